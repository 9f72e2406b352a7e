"""A teacher that reads the passage answers every question of a conversation as its turns do."""

from __future__ import annotations

from dataclasses import replace

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers import same_answer
from agentinstruct_local.verifiers.fields import bad, good, strings


def verify(
    draft: Draft,
    *,
    asked: str = "converse.asked",
    told: str = "converse.told",
    answers: str = "answer.answers",
    threshold: float = 0.5,
) -> Verdict:
    """Each answer shares words, numbers, names and polarity with what the turn tells (answers_differ)."""
    questions, turns, found = strings(draft, asked), strings(draft, told), strings(draft, answers)
    if len(found) != len(questions):
        return bad("turns_agree", "answers_differ", f"{len(found)} answers to {len(questions)} questions")
    for question, one, other in zip(questions, turns, found, strict=True):
        turn = replace(draft, item={"question": question, "told": one, "answer": other})
        verdict = same_answer.verify(turn, one="item.told", other="item.answer", kind="short", threshold=threshold)
        if not verdict.ok:
            return bad("turns_agree", verdict.reason, verdict.evidence)
    return good("turns_agree", f"{len(found)} answers")
