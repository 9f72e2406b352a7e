"""Words, numbers, dates and names in running text, for whoever compares two texts. Standard library only."""

from __future__ import annotations

from agentinstruct_local.words.claims import (
    Number,
    date_supported,
    dates,
    name_supported,
    names,
    numbers,
    strange_numbers,
)
from agentinstruct_local.words.stems import akin, content, f1, grams, share, stem
from agentinstruct_local.words.tokens import Token, normalise, sentences, spaced, squash, tokens

__all__ = [
    "Number",
    "Token",
    "akin",
    "content",
    "date_supported",
    "dates",
    "f1",
    "grams",
    "name_supported",
    "names",
    "normalise",
    "numbers",
    "sentences",
    "share",
    "spaced",
    "squash",
    "stem",
    "strange_numbers",
    "tokens",
]
