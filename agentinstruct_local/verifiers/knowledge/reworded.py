"""A text is not one that it was made from."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import f1, normalise, spaced


def verify(draft: Draft, *, one: str, other: str = "item.question", at_most: float = 0.95) -> Verdict:
    """Words of the two, counted, agree to `at_most` (F1); else it is a copy (same_words)."""
    first, second = (normalise(spaced(string(draft, path))).split() for path in (one, other))
    alike = f1(first, second)
    if alike > at_most:
        return bad("reworded", "same_words", f"{alike:.2f}: {string(draft, one)}")
    return good("reworded", f"{alike:.2f}")
