"""The false statement of a pair contradicts the true one, rather than saying something else."""

from __future__ import annotations

from collections import Counter

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.clauses import negated
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, normalise, numbers

_OPPOSED_TEXT = """
more less fewer before after above below with without over under least most all none any always never up down only
first last must may should not no
"""
_OPPOSED = frozenset(_OPPOSED_TEXT.split())
"""Words that carry no matter of their own and turn a statement round all the same."""


def verify(
    draft: Draft, *, true: str = "item.true_claim", false: str = "item.false_claim", new_words_at_most: int = 4
) -> Verdict:
    """They differ in a number, in polarity or in a few words (claims_alike), not in their matter (claims_unrelated)."""
    one, other = string(draft, true), string(draft, false)
    here, there = set(content(one)), set(content(other))
    values = {number.value for number in numbers(one)} != {number.value for number in numbers(other)}
    mine, theirs = Counter(normalise(one).split()), Counter(normalise(other).split())
    turned = any(mine[word] != theirs[word] for word in _OPPOSED)
    apart = values or negated(one) != negated(other) or there - here or turned
    if normalise(one) == normalise(other) or not apart:
        return bad("claims_differ", "claims_alike", f"{one} | {other}")
    if len(there - here) > new_words_at_most or len(here & there) < 2:
        return bad("claims_differ", "claims_unrelated", f"{one} | {other}")
    return good("claims_differ", f"{one} | {other}")
