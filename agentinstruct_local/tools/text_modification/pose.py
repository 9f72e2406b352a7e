"""A task that only a writer can do: an instruction in words, and a text of the passage to do it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools.text_modification._excerpts import excerpts

_NOTHING: Mapping[str, Sequence[str]] = {}


def use(
    draft: Draft, *, wordings: Mapping[str, Sequence[str]] = _NOTHING, at_least: int = 12, at_most: int = 60
) -> dict[str, Any]:
    """`question` (an instruction with the text), `instruction`, `text`, `way` (what was chosen of `wordings`), `quote`.

    `wordings`: way -> wordings of the instruction. The text has `at_least` to `at_most` words. Error: `no_text`.
    """
    draw = drawn(draft, "pose")
    found = [one for one in excerpts(draft) if at_least <= len(" ".join(one).split()) <= at_most]
    if not found or not wordings:
        return {"error": "no_text"}
    text, way = " ".join(draw.choice(found)), draw.choice(sorted(wordings))
    instruction = draw.choice(list(wordings[way]))
    text_first = not instruction.endswith(":") and draw.random() < 0.4
    return {
        "output": {
            "question": "\n\n".join((text, instruction) if text_first else (instruction, text)),
            "instruction": instruction,
            "text": text,
            "way": way,
            "quote": draft.focus.text if draft.focus else "",
        }
    }
