"""Marks of prompts, chat formats and placeholders in a text."""

from __future__ import annotations

import re

from agentinstruct_local.words.tokens import squash

_ROLES = re.compile(
    r"(?im)^\W{0,4}(?:user|assistant|system|human|ai|bot|q|a|question|answer|response|instruction|input"
    r"|output|passage|context"
    r"|explanation|quote|evidence|topic|task|example|note to self|options?)\s?\d{0,3}\W{0,3}:(?!:|//)"
)
_LEFTOVERS = tuple(
    re.compile(pattern)
    for pattern in (
        r"<\|[\w ]{1,30}\|>|</?s>|<</?SYS>>|\[/?INST\]|</?think(?:ing)?>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>",
        r"(?i)^question \d{1,3}\W{0,2}$|\[(?:insert|your|name|date|topic|answer|question|placeholder|text"
        r"|blank)\b[^\]\n]{0,60}\]",
        r"\{\{|\}\}|\{%|%\}|(?i:<(?:answer|question|your|insert|topic|text|passage|quote)(?:[ _-][\w -]{1,40})?>)",
        r"(?i)\blorem ipsum\b|\bas an ai\b|\bas a (?:large )?language model\b|\bmy training data\b"
        r"|\bI don't have access to\b",
        r"(?i)\bhere (?:is|are) (?:the|a|an|your|some|one)\s(?:\w{1,20}\s){0,2}(?:question|answer|rewritten"
        r"|summary|passage|response|version|quote)s?\b",
        r"(?i)^(?:sure|certainly|of course|absolutely)[,!.]\s",
        r'"[\w ]{1,30}"\s?:\s?["\[{]|^\s{0,5}[\[{]\s?"|"\s?[}\]]\s{0,5}$|\\n|\\"|\\u[0-9a-f]{4}',
    )
)


def leftover(text: str, source: str, *, roles: bool = True) -> str:
    """A mark of a prompt or chat format, or a placeholder, that a text has and the source has not; or "".

    Without `roles` a text may name who speaks, as a page of questions and answers does.
    """
    plain = squash(source)
    for pattern in (*_LEFTOVERS, _ROLES) if roles else _LEFTOVERS:
        for match in pattern.finditer(text):
            if squash(match.group()) not in plain:
                return match.group().strip()
    return ""
