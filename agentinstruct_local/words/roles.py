"""What a sentence does to the one before it, where its first words say so."""

from __future__ import annotations

import re

_ROLES = {
    "example": r"For (?:example|instance),|As an example,",
    "contrast": r"However,|On the other hand,|In contrast,|By contrast,|Nevertheless,|Conversely,",
    "consequence": r"Therefore,|As a result,|Consequently,|For this reason,|Hence,|Thus,",
    "addition": r"In addition,|Additionally,|Furthermore,|Moreover,",
    "alternative": r"Alternatively,|Instead,",
    "restatement": r"In other words,|That is,",
}
_OPENS = {role: re.compile(words) for role, words in _ROLES.items()}


def role(sentence: str) -> tuple[str, str] | None:
    """The role of a sentence and the words that tell it: ("contrast", "However"); None where they do not."""
    for name, words in _OPENS.items():
        if found := words.match(sentence):
            return name, found[0].rstrip(",")
    return None
