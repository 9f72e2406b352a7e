"""The role of a sentence is the one that its first words tell, and it follows on what it is said to follow on."""

from __future__ import annotations

from itertools import pairwise

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import normalise
from agentinstruct_local.words.questions import plain

_MARKS = {
    "example": ("for example", "for instance", "as an example"),
    "contrast": ("however", "on the other hand", "in contrast", "by contrast", "nevertheless", "conversely"),
    "consequence": ("therefore", "as a result", "consequently", "for this reason", "hence", "thus"),
    "addition": ("in addition", "additionally", "furthermore", "moreover"),
    "alternative": ("alternatively", "instead"),
    "restatement": ("in other words", "that is"),
}


def verify(draft: Draft, *, item: str = "item") -> Verdict:
    """`sentence` begins with a mark of its `role` and stands right behind `before` (role_wrong)."""
    sentence, before = string(draft, f"{item}.sentence"), string(draft, f"{item}.before")
    start = normalise(sentence)
    told = [
        role
        for role, marks in _MARKS.items()
        if any(start.startswith(f"{mark},") or start.startswith(f"{mark} ") for mark in marks)
    ]
    if told != [string(draft, f"{item}.role")]:
        return bad("role_told", "role_wrong", f"its words tell {told}: {sentence}")
    texts = [normalise(plain(unit.text)) for unit in draft.passage.units]
    if (normalise(before), start) not in pairwise(texts):
        return bad("role_told", "role_wrong", "they do not stand together")
    return good("role_told", told[0])
