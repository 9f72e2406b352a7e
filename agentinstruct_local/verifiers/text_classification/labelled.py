"""Every item of a classification has the label that its own words give it, from the set that the question defines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string, strings
from agentinstruct_local.verifiers.text_classification._marks import MARKS, words_of
from agentinstruct_local.words import content, squash

BY = "labelled"
_BECAUSE = re.compile(
    r'the word "([^" ]+)" decides it\.|the words "([^"]+)" decide it\.|no word in it calls for another label\.'
)


def verify(draft: Draft, *, of: str = "item") -> Verdict:  # noqa: PLR0911  # one for each thing that can be wrong
    """The labels in `of`.answer are those that a second reading of `of`.items gives.

    Reasons: labels_untold (a label without its definition in the question), text_strange (an item is not of the
    passage), label_open (the words of an item do not decide it), label_wrong, form_wrong, rationale_wrong (the words
    that shall decide are not in the item).
    """
    scheme, form, question, answer = (
        string(draft, f"{of}.{name}") for name in ("scheme", "form", "question", "answer")
    )
    items, names = strings(draft, f"{of}.items"), draft.value(f"{of}.names", {})
    if scheme not in MARKS or not items or not names:
        return bad(BY, "form_wrong", scheme or "no items")
    if untold := [name for name in names if not re.search(rf"(?m)^- {re.escape(name)}: \w", question)]:
        return bad(BY, "labels_untold", untold[0])
    if strange := [one for one in items if one not in question or not _of_passage(one, scheme, draft)]:
        return bad(BY, "text_strange", strange[0])
    try:
        given = _given(answer, form, len(items))
    except (ValueError, KeyError, TypeError):
        return bad(BY, "form_wrong", answer)
    for item, said in zip(items, given, strict=True):
        read = MARKS[scheme](item, words_of(item))
        if read is None or (not read and scheme != "features"):
            return bad(BY, "label_open", item)
        if [names.get(one, one) for one in said] != read:
            return bad(BY, "label_wrong", f"{said}, not {read}: {item}")
    if form in ("words", "reason") and (why := _rationale(answer, form, items[0], names)):
        return bad(BY, "rationale_wrong", why)
    return good(BY, "; ".join(",".join(one) or "none" for one in given))


def _of_passage(item: str, scheme: str, draft: Draft) -> bool:
    """A sentence stands in the passage, marks aside; a question is made of its words."""
    passage = _bare(draft.passage.text)
    if scheme != "intent":
        return _bare(item).rstrip(". ") in passage
    own = [word for word in content(item) if word not in {"happen", "happens", "use", "used"}]
    return sum(word in set(content(draft.passage.text)) for word in own) >= 0.6 * len(own)


def _bare(text: str) -> str:
    return squash(re.sub(r"[*_`]|\[([^\[\]]*)\]\([^()\s]*\)", r"\1", text))


def _given(answer: str, form: str, count: int) -> list[list[str]]:
    """The labels of each item, read from the answer in its form."""
    if count > 1:
        if form == "json":
            rows = json.loads(answer)
            if [row["id"] for row in rows] != list(range(1, count + 1)):
                raise ValueError("other numbers")
            return [_split(row["label"]) for row in rows]
        rows = [re.fullmatch(rf"{at}\. (.+)", line) for at, line in enumerate(answer.split("\n"), 1)]
        if len(rows) != count or None in rows:
            raise ValueError("not a line for each")
        return [_split(row[1]) for row in rows if row]
    if form == "list":
        return [list(json.loads(answer))]
    if form in ("json", "words"):
        return [[json.loads(answer)["label"]]]
    return [_split(answer.partition(": ")[0] if form == "reason" else answer)]


def _split(told: str) -> list[str]:
    return [] if told == "none" else told.split(", ")


def _rationale(answer: str, form: str, item: str, names: Mapping[str, str]) -> str:
    """What is wrong with the words that shall decide; "" where nothing is."""
    if form == "words":
        shown = json.loads(answer)["rationale"]
    else:
        found = _BECAUSE.fullmatch(answer.partition(": ")[2])
        if not found:
            return answer
        shown = found[1] or found[2]
    label = _given(answer, form, 1)[0][0]
    bare = names.get(label, label) in ("statement", "no", "impersonal")
    if bare != (shown is None):
        return f"{label} with {shown}"
    return "" if shown is None or re.search(rf"(?<!\w){re.escape(shown)}(?!\w)", item) else f"{shown} is not in {item}"
