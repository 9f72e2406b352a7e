"""A field has, or does not have, the words of another one in it."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import normalise, spaced


def verify(draft: Draft, *, field: str, part: str, wanted: bool = True) -> Verdict:
    """Whether `part` stands in `field`, word for word but for case and marks, is as it is `wanted` (part_missing,
    answer_in_question)."""
    whole, piece = _run(string(draft, field)), _run(string(draft, part))
    held = bool(piece.strip()) and piece in whole
    if held == wanted:
        return good("holds")
    reason = "part_missing" if wanted else "answer_in_question"
    return bad("holds", reason, f"{string(draft, part)!r} in: {string(draft, field)}")


def _run(text: str) -> str:
    words = re.findall(r"[^\W_]+", normalise(spaced(text)))
    return f" {' '.join(words)} "
