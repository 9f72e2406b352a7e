"""Draw the true or the false statement of a pair by the draft's seed."""

from __future__ import annotations

import random
from typing import Any

from agentinstruct_local.records import Draft


def use(draft: Draft, *, true: str = "item.true_claim", false: str = "item.false_claim") -> dict[str, Any]:
    """`claim`, and its `label`: "true" or "false"."""
    claim, label = random.Random(draft.seed).choice(((true, "true"), (false, "false")))
    return {"output": {"claim": str(draft.value(claim)), "label": label}}
