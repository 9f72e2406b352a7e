"""An answer with its value left out, to be filled in from memory (a cloze)."""

from __future__ import annotations

from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.words import spaced

GAP = "____"
FEWEST = 5
"""Words that must be left for it to say what is asked."""


def use(draft: Draft, *, answer: str = "item.answer", value: str = "item.value") -> dict[str, Any]:
    """`text`: the answer with a gap in place of the value.

    Error `nothing_to_blank` where the value does not stand there exactly once, or too little is left.
    """
    said, part = str(draft.value(answer)), str(draft.value(value)).strip(" .")
    if not part or said.count(part) != 1 or len(spaced(said.replace(part, "")).split()) < FEWEST:
        return {"error": "nothing_to_blank"}
    return {"output": {"text": said.replace(part, GAP)}}
