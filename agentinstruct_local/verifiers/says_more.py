"""The answer tells something that the question did not."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, normalise
from agentinstruct_local.words.stems import missing

_FILLER_TEXT = """
call name nam need use purpose include follow specific certain particular simply thing way answer mean refer order main
role actual basic
"""
_FILLER = frozenset(content(_FILLER_TEXT))
_CHOICE = re.compile(r"\bor\b|\bversus\b|\bvs\b", re.IGNORECASE)


def verify(
    draft: Draft, *, question: str = "item.question", answer: str = "answer.answer", at_least: float = 0.12
) -> Verdict:
    """The answer is not the question turned round (repeats_question), nor told by it (answer_in_question)."""
    asked, said = string(draft, question), string(draft, answer)
    theirs, mine = content(asked), content(said)
    new = [word for word in missing(mine, theirs) if word not in _FILLER]
    if new and len(new) >= at_least * len(set(mine)):
        return good("says_more", f"new: {', '.join(new[:8])}")
    chosen = set(mine) & set(theirs)
    if mine and not new and _CHOICE.search(asked) and len(chosen) < 0.7 * len(set(theirs)):
        return good("says_more", "one of the choices that the question gives")
    if mine and len(set(mine)) <= 5 and normalise(said) in normalise(asked):
        return bad("says_more", "answer_in_question", f"the question says it: {said}")
    return bad("says_more", "repeats_question", f"nothing new: {said}")
