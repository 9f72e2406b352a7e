"""Put an edited sentence in the place of the one that was quoted."""

from __future__ import annotations

from typing import Any

from agentinstruct_local.evidence import locate
from agentinstruct_local.records import Draft


def use(draft: Draft, *, old: str = "answer.quote", new: str = "edit.sentence") -> dict[str, Any]:
    """`text` with the first occurrence of `old` replaced, and the new sentence as `quote`.

    Error `nothing_changed` where that gives the same text.
    """
    quote, sentence = str(draft.value(old)), str(draft.value(new)).strip()
    span = locate(quote, draft.text)
    if span is None or not sentence or sentence == quote:
        return {"error": "nothing_changed"}
    text = draft.text[: span[0]] + sentence + draft.text[span[1] :]
    return {"output": {"text": text, "quote": sentence}}
