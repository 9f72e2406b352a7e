"""One sequence of the engine: the tokens of a request under way, or of a finished prompt that is kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import llguidance
import numpy as np

from agentinstruct_local.records import Request


@dataclass(slots=True, eq=False)
class Sequence:
    """One request under way, or (`request` is None) the prompt of a finished one, kept for those to come."""

    slot: int  # llama.cpp's sequence id
    tokens: list[int]  # the prompt, then what has been written
    prompt: int  # length of the prompt
    done: int = 0  # how many of `tokens` the cache holds
    request: Request | None = None
    matcher: llguidance.LLMatcher | None = None
    random: np.random.Generator = field(default_factory=np.random.default_rng)
    cached: int = 0
    forced: int = 0
    started: float = 0.0
    used: int = 0  # the step at which it was last of use

    @property
    def written(self) -> list[int]:
        """The reply's tokens so far."""
        return self.tokens[self.prompt :]


def common(one: list[int], other: list[int]) -> int:
    """Length of the common start of two token lists."""
    short = min(len(one), len(other))
    if one[:short] == other[:short]:
        return short
    low, high = 0, short
    while low < high:  # equality of slices is one C call, so halving beats a loop over tokens
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
