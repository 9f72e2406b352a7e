"""One sequence of the engine: the tokens of a request under way, or of a finished prompt that is kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import llguidance
import numpy as np

from agentinstruct_local.records import Request


@dataclass(slots=True, eq=False)
class Sequence:
    """One request under way, or (`request` is None) the prompt of a finished one, kept for those to come."""

    tokens: list[int]  # the prompt, then what has been written
    prompt: int  # length of the prompt
    request: Request | None
    slot: int = -1  # llama.cpp's sequence id
    done: int = 0  # how many of `tokens` the cache holds
    option: str = ""  # a continuation to be scored, where nothing is to be written
    target: tuple[int, ...] = ()  # its tokens
    score: float = 0.0  # its log-probability so far
    matcher: llguidance.LLMatcher | None = None
    random: np.random.Generator = field(default_factory=np.random.default_rng)
    guessed: list[int] = field(default_factory=list)  # tokens computed after the last one, in case they come
    trust: int = 4  # how many tokens the next guess may have
    grams: dict[tuple[int, ...], int] = field(default_factory=dict)  # where the token after such a run stands
    seen: int = 0  # how many of `tokens` are in `grams`
    cached: int = 0
    forced: int = 0
    started: float = 0.0

    @property
    def written(self) -> list[int]:
        """The reply's tokens so far."""
        return self.tokens[self.prompt :]
