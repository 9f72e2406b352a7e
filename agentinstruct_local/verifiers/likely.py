"""A text is one that the teacher could have written itself: what is garbled, or fits its fact badly, is unlikely."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good


def verify(draft: Draft, *, score: str, at_least: float) -> Verdict:
    """The log-probability for each token, in nats, at the path `score` is at least `at_least` (unlikely_wording).

    What was never scored is refused too.
    """
    found = draft.value(score)
    if not isinstance(found, int | float) or not found >= at_least:  # so that what is no number is refused
        return bad("likely", "unlikely_wording", f"{score}: {found}")
    return good("likely", f"{score}: {found:.2f}")
