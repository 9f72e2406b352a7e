"""A yes-or-no question about the draft is answered with no."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good


def verify(draft: Draft, *, step: str, at_most: float = 0.5) -> Verdict:
    """The probability of yes in the step of that name is at most `at_most` (yes_likely)."""
    output = draft.outputs.get(step)
    chance = float(output["yes"]) if isinstance(output, dict) and "yes" in output else 1.0
    if chance > at_most:
        return bad("unlikely", "yes_likely", f"{step}: {chance:.2f}")
    return good("unlikely", f"{step}: {chance:.2f}")
