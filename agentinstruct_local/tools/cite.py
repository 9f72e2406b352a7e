"""Find the stretch of the text that an answer rests on: the unit that shares most with the question and the answer.

Tried against letting the teacher copy its evidence under a grammar before it answers: a small teacher picks a sentence
by its first word and so picks the wrong one more often than not, while its answers are right. The quote that is found
here is verbatim all the same, and stands at a known place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentinstruct_local.evidence import quotable, support
from agentinstruct_local.records import Draft


def use(
    draft: Draft, *, answer: str | Sequence[str] = "answer.answer", question: str | Sequence[str] = "item.question"
) -> dict[str, Any]:
    """`quote`: one unit, or two that follow one another where both are needed. Error `no_evidence` if nothing fits."""
    found = support(quotable(draft), _text(draft, answer), _text(draft, question), draft.text)
    return {"output": {"quote": found}} if found else {"error": "no_evidence"}


def _text(draft: Draft, paths: str | Sequence[str]) -> str:
    values = [draft.value(path) for path in ([paths] if isinstance(paths, str) else paths)]
    return " ".join(" ".join(map(str, value)) if isinstance(value, list) else str(value) for value in values)
