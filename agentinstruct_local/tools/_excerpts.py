"""Stretches of passages as a search shows them."""

from __future__ import annotations

from agentinstruct_local.evidence import ranked
from agentinstruct_local.records import Passage

AROUND = 2  # units before and after the one that fits


def titled(passage: Passage) -> str:
    """What stands above a stretch: its document, and the heading."""
    return " > ".join(dict.fromkeys([passage.title or passage.source, *passage.headings[-1:]]))


def window(passage: Passage, question: str) -> str:
    """The stretch of a passage that fits a question best."""
    units = [unit for unit in passage.units if unit.kind != "heading"]
    return around(passage, ranked(units, question)[0].text) if units else passage.text


def around(passage: Passage, quote: str) -> str:
    """The unit with those before and after it, up to the next heading."""
    units = passage.units
    place = next(number for number, unit in enumerate(units) if unit.text == quote)
    first, last = place, place
    while first > max(0, place - AROUND) and units[first - 1].kind != "heading":
        first -= 1
    while last < min(len(units) - 1, place + AROUND) and units[last + 1].kind != "heading":
        last += 1
    return passage.text[units[first].span[0] - passage.span[0] : units[last].span[1] - passage.span[0]]
