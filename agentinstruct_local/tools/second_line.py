"""Another line of the passage, to be asked about together with the one in question."""

from __future__ import annotations

import random
from typing import Any

from agentinstruct_local.records import Draft

SHORTEST = 25
"""Characters of a line that states something."""
KINDS = ("sentence", "item")


def use(draft: Draft) -> dict[str, Any]:
    """`second`: a sentence or list item that is not the focus and says something else, drawn by the draft's seed.

    Error `too_few_lines` where the passage has none.
    """
    focus = draft.focus.text if draft.focus else ""
    lines = [one.text for one in draft.passage.units if one.kind in KINDS and len(one.text) >= SHORTEST]
    others = [line for line in dict.fromkeys(lines) if line not in focus and focus not in line]
    if not focus or not others:
        return {"error": "too_few_lines"}
    return {"output": {"second": random.Random(draft.seed).choice(others)}}
