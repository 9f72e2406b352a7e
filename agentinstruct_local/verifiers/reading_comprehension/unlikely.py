"""A yes-or-no question about the draft is answered with no."""

from __future__ import annotations

from collections.abc import Mapping

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good


def verify(draft: Draft, *, step: str, at_most: float = 0.5) -> Verdict:
    """The probability of yes in the step of that name is at most `at_most` (yes_likely); 1 if it was never asked."""
    output = draft.outputs.get(step)
    found = output.get("yes") if isinstance(output, Mapping) else None
    chance = float(found) if isinstance(found, int | float) else 1.0
    if not chance <= at_most:  # so that what is no number counts as yes
        return bad("unlikely", "yes_likely", f"{step}: {chance:.2f}")
    return good("unlikely", f"{step}: {chance:.2f}")
