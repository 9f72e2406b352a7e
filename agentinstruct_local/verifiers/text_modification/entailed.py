"""A statement follows from a text, contradicts it or is left open, as the label says; seen from the words alone."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, sentences, share, squash

BY = "entailed"
MOST = 4
"""Words in which a statement may differ from the sentence that it contradicts."""
OPEN = 0.5
"""What a text does not say shares at most so much of its words with it."""
_LIMITS = re.compile(r"(?i)\b(?:if|unless|except|only|when|until|otherwise|without)\b")
_DENIES = re.compile(r"\b(?:no|not|never|cannot|none|hardly)\b|n['’]t\b")
_JOINS = re.compile(r"(?:and|but|so|which|where|because|although|even though)\b")
_TURNS = re.compile(
    r"(?i)\b(?:not|cannot|no|never|always|does|do|did|has|have|\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|least|"
    r"most|more|less|than|min\w+|max\w+|(?:en|dis)abled|allowed|forbidden|required|optional|succeeds|fails|higher|lower|"
    r"faster|slower|longer|shorter|largest|smallest|increases|decreases|can|also)\b"
)
_LABELS = ("entailment", "contradiction", "neutral")


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Question, text and statement belong together and are the passage's (text_not_shown, not_of_passage).

    What the label claims can be seen in the words (label_unfounded): what follows is a sentence of the text with a part
    left out; what contradicts differs from one in few words, a denial, a number or an opposite among them; what is left
    open shares few words with the text. The answer names the label, or is the sentence it should be (changed_wrongly).
    """
    question, text, statement, answer, label, kind = (
        string(draft, f"{of}.{name}") for name in ("question", "text", "statement", "answer", "label", "kind")
    )
    passage = squash(draft.passage.text)
    shown = statement if kind == "contradict" else text
    if not statement or statement not in question or shown not in question:
        return bad(BY, "text_not_shown", f"the question does not show: {shown}")
    if squash(shown) not in passage:
        return bad(BY, "not_of_passage", f"not in the passage: {shown}")
    if kind != "label":
        return _edited(statement, answer, text, true=answer if kind == "agree" else statement)
    said = answer.split()[0].strip(".:,").casefold() if answer.split() else ""
    if said != label or label not in _LABELS or sum(one in answer.casefold() for one in _LABELS) != 1:
        return bad(BY, "changed_wrongly", f"the answer does not say {label}: {answer}")
    quote = re.search(r"“(.+)”", answer)
    if label != "neutral" and (quote is None or quote[1] not in sentences(text)):
        return bad(BY, "changed_wrongly", f"the reason is no sentence of the text: {answer}")
    wrong = _unfounded(label, statement, text, passage, quote[1] if quote else "")
    return bad(BY, "label_unfounded", wrong) if wrong else good(BY, label)


def _edited(statement: str, answer: str, text: str, true: str) -> Verdict:
    """For a statement and its edited form, one of which is a sentence of the text, and the other contradicts it."""
    if true not in sentences(text):
        return bad(BY, "changed_wrongly", f"no sentence of the text: {true}")
    wrong = _contradicts(statement, answer)
    return bad(BY, "changed_wrongly", wrong) if wrong else good(BY, "a contradiction")


def _unfounded(label: str, statement: str, text: str, passage: str, quote: str) -> str:
    if label == "contradiction":
        return _contradicts(statement, quote)
    if label == "entailment":
        return _left_out(statement, quote)
    covered = share(content(statement), content(text))
    if squash(statement) not in passage:
        return f"the passage does not say it: {statement}"
    near = max((share(content(statement), content(one)) for one in sentences(text)), default=1.0)
    return f"{max(covered, near):.2f} of it is in the text: {statement}" if max(covered, near) > OPEN else ""


def _left_out(statement: str, quote: str) -> str:
    """What speaks against a statement that is to be a sentence with one stretch left out; "" if nothing."""
    ours, theirs = _words(statement), _words(quote)
    start = next((at for at, (one, two) in enumerate(zip(ours, theirs, strict=False)) if one != two), len(ours))
    rest = len(ours) - start
    if len(theirs) <= len(ours) or ours[start:] != theirs[len(theirs) - rest :]:
        return f"not a part of its sentence: {statement}"
    gone = " ".join(theirs[start : len(theirs) - rest])
    limit = _LIMITS.search(gone) or (None if _JOINS.match(gone) else _DENIES.search(gone))
    return f"left out what limits it: {gone}" if limit else ""


def _contradicts(one: str, other: str) -> str:
    """What speaks against two sentences being contradictory; "" if nothing."""
    ours, theirs = _words(one), _words(other)
    ops = SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
    changed = [(ours[a:b], theirs[c:d]) for kind, a, b, c, d in ops if kind != "equal"]
    if len(changed) not in (1, 2) or sum(len(a) + len(b) for a, b in changed) > MOST + 1:
        return f"the two differ in {sum(len(a) + len(b) for a, b in changed)} words: {one} | {other}"
    if not any(_TURNS.search(" ".join((*a, *b))) for a, b in changed):
        return f"neither denial, number nor opposite: {one} | {other}"
    return ""


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'’/.-]*\w", text.casefold())
