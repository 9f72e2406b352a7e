"""A field is neither too short nor too long."""

from __future__ import annotations

from typing import Literal

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import spaced


def verify(
    draft: Draft,
    *,
    field: str = "answer.answer",
    at_least: int = 1,
    at_most: int = 400,
    unit: Literal["words", "characters"] = "words",
) -> Verdict:
    """The field has `at_least` to `at_most` words or characters (too_short, too_long)."""
    text = string(draft, field).strip()
    size = len(spaced(text).split()) if unit == "words" else len(text)
    if size < at_least:
        return bad("length", "too_short", f"{size} {unit} in {field}, at least {at_least} wanted: {text}")
    if size > at_most:
        return bad("length", "too_long", f"{size} {unit} in {field}, at most {at_most} wanted: {text}")
    return good("length", f"{size} {unit}")
