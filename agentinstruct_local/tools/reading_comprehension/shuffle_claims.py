"""Put a true and a false statement in an order that the draft's seed decides."""

from __future__ import annotations

import random
from typing import Any

from agentinstruct_local.records import Draft


def use(draft: Draft, *, true: str = "item.true_claim", false: str = "item.false_claim") -> dict[str, Any]:
    """`first`, `second`, and which of them is true as `first_label` and `second_label`."""
    claims = [(str(draft.value(true)), "true"), (str(draft.value(false)), "false")]
    random.Random(draft.seed).shuffle(claims)
    (first, first_label), (second, second_label) = claims
    labels = {"first_label": first_label, "second_label": second_label, "true": "true", "false": "false"}
    return {"output": {"first": first, "second": second, **labels}}
