"""Prompt lookup: what a reply copies is guessed from the prompt and confirmed in the same batch.

Speculative decoding without a second model (Saxena 2023, "Prompt Lookup Decoding"). A guess is only ever computed
with: each token is still drawn from the model's own distribution, so what is sampled does not change.
"""

from __future__ import annotations

from agentinstruct_local.teachers.llamacpp.sequence import Sequence

GRAM = 3
"""So many last tokens must stand in the prompt, or earlier in the reply, for what follows there to be guessed."""
MOST = 8
"""Tokens guessed at a time; fewer after a guess that was wrong."""


def guess(sequence: Sequence, most: int = MOST) -> list[int]:
    """The tokens that followed the last ones before; empty where they did not occur, or guessing did not pay."""
    tokens = sequence.tokens
    if len(tokens) <= GRAM:
        return []
    for place in range(max(sequence.seen, GRAM), len(tokens)):
        sequence.grams[tuple(tokens[place - GRAM : place])] = place
    sequence.seen = len(tokens)
    found = sequence.grams.get(tuple(tokens[-GRAM:]))
    return [] if found is None else tokens[found : found + max(0, min(most, sequence.trust))]


def hits(guessed: list[int], came: list[int]) -> int:
    """How many of the first guesses are what came."""
    wrong = (place for place, (one, other) in enumerate(zip(guessed, came, strict=False)) if one != other)
    return next(wrong, min(len(guessed), len(came)))


def learn(sequence: Sequence, guessed: int, right: int) -> None:
    """Trust a sequence's next guess more after one that was right as a whole, less after another."""
    if guessed:
        sequence.trust = min(MOST, 2 * sequence.trust) if right == guessed else max(1, right, sequence.trust // 2)
