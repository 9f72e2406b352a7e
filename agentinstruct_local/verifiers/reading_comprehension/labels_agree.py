"""A true/false label says the same as its explanation."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.clauses import denied, negated
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, names, numbers, share

_FALSE = re.compile(
    r"(?i)^\W*(?:no|false|incorrect|wrong|untrue)\b"
    r"|\b(?:is|are|was|makes? (?:it|the statement)|therefore|thus|hence|so|label is"
    r"|answer is)\s(?:\w+ly\s)?(?:false|incorrect|untrue|wrong)\b"
    r"|\bnot\s(?:true|correct|accurate|right|supported|stated|consistent|what)\b|\b(?<!not )contradict(?:s"
    r"|ed)?\b|\binconsistent\b"
    r"|\bdoes\snot\s(?:support|match|say|state|agree|mention)\b|\bdisagrees?\b|\bmisstates?\b|\bfalsely\b"
)
_TRUE = re.compile(
    r"(?i)^\W*(?:yes|true|correct|right)\b"
    r"|\b(?:is|are|was|makes? (?:it|the statement)|therefore|thus|hence|so|label is"
    r"|answer is)\s(?:\w+ly\s)?(?:true|correct|accurate)\b"
    r"|\b(?:confirm|support|match|agree|align|affirm)(?:s|es|ed)?\b(?!\snot)|\bnot\s(?:false|incorrect|contradict\w*)\b"
    r"|\bdoes\snot\scontradict\b|\bconsistent with\b"
)
_UNDO = re.compile(
    r"(?i)\b(?:does|do|did|is|are|was)\s?(?:not|n['’]t)\s(?:support\w*|match\w*|agree\w*|confirm\w*|consistent"
    r"|align\w*)|\bdoes not contradict\b"
)
_CONTRAST = re.compile(
    r"(?i)\b(?:but|however|instead|rather|while|whereas|only|actually|although|though|in fact|contrary|unlike)\b"
)
_LABELS = {
    **dict.fromkeys(("true", "t", "yes", "correct", "supported"), True),
    **dict.fromkeys(("false", "f", "no", "incorrect", "refuted", "not supported"), False),
}


def verify(
    draft: Draft,
    *,
    label: str = "answer.label",
    explanation: str = "answer.explanation",
    statement: str = "item.statement",
) -> Verdict:
    """The label is the one that the explanation argues for, where it says so clearly (label_contradicted)."""
    said = string(draft, label).strip(" .!'\"").casefold()
    why, claim = string(draft, explanation), string(draft, statement)
    if said not in _LABELS:
        return bad("labels_agree", "label_contradicted", f"'{said}' is neither true nor false")
    found = stance(why)
    if found is None and claim:
        found = _restated(claim, why)
    if found is not None and found != _LABELS[said]:
        return bad("labels_agree", "label_contradicted", f"{said}, although: {why}")
    return good("labels_agree", why)


def stance(explanation: str) -> bool | None:
    """True or false where an explanation says clearly which it argues for, None where it does not."""
    undone = _UNDO.findall(explanation)
    text = _UNDO.sub(" ", explanation)
    no = bool(_FALSE.search(text)) or any("contradict" not in part.casefold() for part in undone)
    yes = bool(_TRUE.search(text)) or any("contradict" in part.casefold() for part in undone)
    return None if yes == no else yes


def _restated(claim: str, why: str) -> bool | None:
    """What an explanation makes of a statement that it only repeats, or denies word for word."""
    if _CONTRAST.search(why) or share(content(claim), content(why)) < 0.9:
        return None
    if bool(denied(claim)) != bool(denied(why)) and set(denied(claim) + denied(why)) & set(content(claim)):
        return False
    same = set(numbers(claim)) <= set(numbers(why)) and set(names(claim)) <= set(names(why))
    return True if same and negated(claim) == negated(why) and share(content(why), content(claim)) >= 0.8 else None
