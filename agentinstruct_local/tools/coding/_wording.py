"""Wordings with parts that may themselves hold braces: what is put in is never read as a wording."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Any

from agentinstruct_local.tools.coding._programs import Problem

_SLOT = re.compile(r"\{(\w+)\}")


def worded(wordings: Sequence[str], draw: Random, parts: dict[str, Any]) -> str:
    """One of the wordings, chosen by chance, with {name} replaced by its part."""
    return put(draw.choice(list(wordings) or ["{spec}"]), parts)


def put(text: str, parts: dict[str, Any]) -> str:
    """A text with each {name} replaced; a name that there is no part for stays."""
    return _SLOT.sub(lambda found: str(parts.get(found[1], found[0])), text)


def block(code: str, language: str = "python") -> str:
    """Code between fences."""
    return f"```{language}\n{code}\n```"


def program(*parts: str) -> str:
    """Pieces of a program with blank lines between them, as a style guide has it."""
    return "\n\n\n".join(part for part in parts if part)


def examples(problem: Problem, most: int = 2) -> str:
    """The first calls with their values, a line each; those of short values only, where there are such."""
    short = [one for one in problem.calls if len(repr(one[1])) <= 160]
    if not any(value not in ([], {}, None, 0, "") for _, value in short):
        short = [problem.calls[0], *short]
    return "\n".join(f"- `{call}` returns `{value!r}`" for call, value in short[:most])
