"""What a puzzle is made of: things that the passage names, the unit that names most of them, and a wording."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from agentinstruct_local import ids
from agentinstruct_local.records import Draft
from agentinstruct_local.words.terms import listed, terms

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def prose(draft: Draft) -> list[str]:
    """The sentences and list items of the passage."""
    return [unit.text for unit in draft.passage.units if unit.kind in ("sentence", "item")]


def things(draft: Draft, least: int, most: int) -> list[str]:
    """From `least` to `most` things that the passage speaks of, such as "gearbox"; none if it has fewer."""
    found = terms(prose(draft))[: most + 2]
    draw = drawn(draft, "things")
    draw.shuffle(found)
    return found[:most] if len(found) >= least else []


def drawn(draft: Draft, what: str) -> random.Random:
    """A source of chance for one purpose, decided by the draft's seed."""
    return random.Random(ids.seed_from(draft.seed, what))


def quote(draft: Draft, used: Sequence[str]) -> str:
    """The unit of the passage that names most of what was used."""
    units = [unit.text for unit in draft.passage.units if unit.kind != "heading"]
    return max(units, key=lambda text: sum(one.casefold() in text.casefold() for one in used), default="")


def puzzle(draft: Draft, question: str, answer: str, key: str, kind: str, used: Sequence[str]) -> dict[str, Any]:
    """A puzzle as a tool's output: `question`, `answer` with the key at its end, `key`, `kind`, `things`, `quote`."""
    told = {"question": question, "answer": f"{answer}\n\nAnswer: {key}.", "key": key, "kind": kind}
    return {"output": {**told, "things": used, "quote": quote(draft, used)}}


def worded(draft: Draft, wordings: Sequence[str], parts: Sequence[str], **more: str) -> str:
    """One of the wordings, with what it is about filled in: {count}, {things} and what else is given."""
    chosen = drawn(draft, "wording").choice(list(wordings) or ["Here are {count} things: {things}."])
    names = listed([f"the {one}" for one in parts])
    for name, value in {"count": NUMBERS[len(parts)], "things": names, **more}.items():
        chosen = chosen.replace(f"{{{name}}}", value).replace(f"{{{name.capitalize()}}}", value[:1].upper() + value[1:])
    return chosen
