"""Whether a text says a statement, contradicts it or leaves it open, by the words that only one of them has."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, squash

BY = "inferred"
_DENIAL = frozenset(["not", "does", "do"])
_OPPOSITES = (
    "always/never least/most more/less minimum/maximum largest/smallest increases/decreases enabled/disabled "
    "allowed/forbidden required/optional succeeds/fails higher/lower faster/slower longer/shorter"
)
_PAIRS = {frozenset(one.split("/")) for one in _OPPOSITES.split()}
_COUNTS = frozenset(["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"])
_LITTLE = frozenset(["then"])
_SAME = {
    "in order to": "to", "n't": " not", "cannot": "can not", "however,": "", "for example,": "", "holds": "contains",
    "states": "specifies", "offers": "provides", "needs": "requires", "by itself": "automatically", "has to": "must",
    "at once": "immediately", "several": "multiple",
}  # fmt: skip
"""What says the same -> the one form that both are compared in."""
CLOSE = 0.55
"""How much of a statement one sentence may hold of a text that is to leave it open."""


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reads `of`.answer and holds `of`.claim against each sentence of `of`.text.

    Reasons: form_wrong, text_strange (the text is not the passage's), label_wrong (the words say another label).
    """
    text, claim, answer, form = (string(draft, f"{of}.{name}") for name in ("text", "claim", "answer", "form"))
    passage, question = squash(draft.passage.text), string(draft, f"{of}.question")
    strange = [line for line in text.split("\n") if line and squash(line.removeprefix("- ")) not in passage]
    if strange or not text or not claim or text not in question or claim not in question:
        return bad(BY, "text_strange", strange[0] if strange else claim or "no statement")
    try:
        given = json.loads(answer)["label"] if form == "json" else answer.partition(": ")[0]
    except (ValueError, KeyError, TypeError):
        return bad(BY, "form_wrong", answer)
    if form == "reason" and not _founded(answer, given, text):
        return bad(BY, "form_wrong", answer)
    if (form == "label" and given != answer) or not re.search(rf"(?m)^- {re.escape(given)}: \w", question):
        return bad(BY, "form_wrong", given or "no label")
    lines = [one for line in text.split("\n") for one in re.split(r"(?<=[.!?])\s+(?=[A-Z\"“(/-])", line)]
    read = _read(claim, [one for one in lines if one])
    if read != given:
        return bad(BY, "label_wrong", f"{given}, not {read}: {claim}")
    return good(BY, f"{given}: {claim}")


def _founded(answer: str, given: str, text: str) -> bool:
    """The reason is a sentence of the text, or that it has none."""
    told = answer.partition(": ")[2]
    if given == "neutral":
        return told == "nothing in the text says whether it is so."
    found = re.fullmatch(r'the text says: "(.+)"', told)
    return bool(found) and squash(found[1]).rstrip(".") in squash(re.sub(r"[*_`]", "", text))  # type: ignore[index]


def _read(claim: str, lines: Sequence[str]) -> str:
    """entailment: a sentence says the same words. contradiction: the same words but for one denial, number or opposite.
    neutral: no sentence has much of it. "open" where it is none of them."""
    mine = _words(claim)
    forms = [form for line in lines for one in _shorter(line) for form in (_words(one), _words(_turned(one)))]
    if mine in forms:
        return "entailment"
    bag = Counter(mine)
    if any(_contrary(set(bag - Counter(form)), set(Counter(form) - bag)) for form in forms):
        return "contradiction"
    own = set(content(claim))
    held = max((len(own & set(content(line))) / max(1, len(own)) for line in lines), default=0)
    return "neutral" if held <= CLOSE else "open"


def _shorter(line: str) -> set[str]:
    """A sentence as it stands, and without what stands in brackets or in a relative clause at its end."""
    bare = re.sub(r"\([^()]*\)", " ", line)
    marks = ("which", "such as", "including", "for example", "e.g.")
    ends = [one.rpartition(f", {mark} ")[0] for one in (line, bare) for mark in marks]
    return {line, bare, *(one for one in ends if len(one.split()) > 3)}


def _turned(line: str) -> str:
    """The same with what stands before its first comma behind the rest."""
    first, comma, rest = line.removeprefix("- ").partition(", ")
    return f"{rest.rstrip('. ')} {first}" if comma and first.split()[0] in ("If", "When", "By") else line


def _words(text: str) -> list[str]:
    """The words in order, in the one form in which what says the same is compared."""
    folded = re.sub(r"[*_`]", "", text.lower().replace("’", "'"))
    for other, one in _SAME.items():
        folded = re.sub(rf"{'' if other[0] == 'n' else '(?<![a-z])'}{re.escape(other)}(?![a-z])", one, folded)
    found = re.findall(r"[^\s,;()\"“”]+", folded)
    bare = (word.rstrip(".!:").removeprefix("-") for word in found)
    return [word for word in bare if word and word not in _LITTLE]


def _contrary(more: set[str], less: set[str]) -> bool:
    """What one has and the other has not turns the meaning round, and nothing else."""
    if len(more) > 3 or len(less) > 3:
        return False
    changed = more ^ less
    if "not" in changed:
        rest = changed - _DENIAL - {"also", "yet"}
        return not rest or len({_stem(word) for word in rest}) == 1
    if len(more) == len(less) == 1:
        (one,), (other,) = more, less
        digits = all(re.fullmatch(r"[\d.,]+\S{0,3}", word) for word in (one, other))
        return digits or {one, other} <= _COUNTS or frozenset((one, other)) in _PAIRS
    return False


def _stem(word: str) -> str:
    return {"has": "have", "goes": "go"}.get(word, re.sub(r"(?:ies|y|es|s|e)$", "", word))
