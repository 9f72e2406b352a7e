"""A question leads back to its passage, so it says what it is about."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string


def verify(
    draft: Draft, *, rank: str = "found_again.rank", question: str = "item.question", at_most: int = 5
) -> Verdict:
    """A search of all passages for the question has its own among the first `at_most` (names_nothing)."""
    place = int(draft.value(rank, 0))
    if 1 <= place <= at_most:
        return good("stands_alone", f"place {place}")
    return bad("stands_alone", "names_nothing", f"place {place or 'none'} for: {string(draft, question)}")
