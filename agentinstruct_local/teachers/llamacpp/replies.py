"""From a sequence's bytes to a reply: what is accepted, and the names of what is not."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentinstruct_local.records import Output


@dataclass(frozen=True, slots=True)
class Outcome:
    """A value, or the reason why there is none."""

    value: Any = None
    error: str | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)


def read(output: Output, data: bytes, *, stopped: bool) -> Outcome:  # noqa: PLR0911  # one for each way to fail
    """Accept a reply only if it ended by itself, is whole Unicode text and, for JSON, parses strictly.

    A text that may be cut need not have ended. Errors: `cut` (the token limit was reached), `broken_text`, `empty`,
    `malformed`.
    """
    cut = not stopped and output.may_be_cut and output.kind == "text"
    if not stopped and not cut:
        return Outcome(error="cut")
    try:
        text = data.decode("utf-8", "ignore" if cut else "strict")  # the cut may go through a character
    except UnicodeDecodeError:
        return Outcome(error="broken_text")
    if output.kind == "text":
        text = text.strip()
        if not _whole(text):
            return Outcome(error="broken_text")
        return Outcome(value=unicodedata.normalize("NFC", text)) if text else Outcome(error="empty")
    if output.kind in ("regex", "lark"):
        return Outcome(value=text) if _whole(text) else Outcome(error="broken_text")
    if not text.strip():
        return Outcome(error="empty")
    try:
        value = json.loads(text)
    except ValueError:
        return Outcome(error="malformed")
    if not _whole(json.dumps(value, ensure_ascii=False)):
        return Outcome(error="broken_text")
    return Outcome(value=value)


def chosen(options: Sequence[str], chances: Sequence[float]) -> Outcome:
    """The likeliest option, and how likely each is."""
    best = max(range(len(options)), key=lambda number: chances[number])
    return Outcome(value=options[best], probabilities=dict(zip(options, chances, strict=True)))


def scored(scores: Mapping[str, float]) -> Outcome:
    """The likeliest continuation; `scores` are the log-probabilities, in nats, of each as a whole."""
    return Outcome(value=max(scores, key=lambda option: scores[option]), scores=scores)


def _whole(text: str) -> bool:
    return not any(char in "�\x00" or 0xD800 <= ord(char) <= 0xDFFF for char in text)
