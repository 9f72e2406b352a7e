"""A chat of several turns out of questions and answers that are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentinstruct_local.records import Draft


def use(draft: Draft, *, said: Sequence[str] = ("item.question", "item.answer")) -> dict[str, Any]:
    """`messages`: what stands at the fields `said`, the user's and the assistant's in turn."""
    roles = ("user", "assistant")
    turns = [{"role": roles[at % 2], "content": str(draft.value(path))} for at, path in enumerate(said)]
    return {"output": {"messages": turns}}
