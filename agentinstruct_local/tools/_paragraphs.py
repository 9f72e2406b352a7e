"""Stretches of a passage that read well by themselves: whole paragraphs and list items, no code, tables or titles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from agentinstruct_local.records import Passage, Unit
from agentinstruct_local.words.questions import plain

SHORTEST, LONGEST, FEWEST = 30, 190, 3
"""Words of an excerpt, and units of the smallest."""
_MARK = re.compile(r"(?:[-*•·]|\(?\d{1,2}[.)])\s+$")
_BETWEEN = re.compile(r"[^\W_]")
_ENDS = re.compile(r"[.!?][\"”’')\]]*$")
_LEFTOVER = re.compile(r"\]\(|\[[A-Z]+_\d+\]|https?://\S*…|\|")
"""Marks of links, masks and tables: a text that has them does not read as text."""


class Excerpt(NamedTuple):
    """Some units of a passage in a row, and their text: a line for each paragraph and each item of a list."""

    units: tuple[Unit, ...]
    text: str


def excerpts(passage: Passage) -> list[Excerpt]:
    """Every stretch of whole paragraphs that has neither too few nor too many words, in the order of the passage."""
    found: list[Excerpt] = []
    for run in _runs(passage):
        for first in range(len(run)):
            for last in range(first, len(run)):
                made = _joined(run[first : last + 1])
                size = len(made.text.split())
                if size > LONGEST:
                    break
                if size >= SHORTEST and len(made.units) >= FEWEST and _whole(run[first : last + 1]):
                    found.append(made)
    return found


def sentences(passage: Passage) -> list[Unit]:
    """The units that are one whole sentence each, without marks of lists and links."""
    kept = [unit for unit in passage.units if unit.kind in ("sentence", "item") and _ENDS.search(unit.text)]
    return [one for one in kept if one.text[:1].isupper() and not _LEFTOVER.search(one.text) and _single(one.text)]


def _single(text: str) -> bool:
    return not re.search(r"[.!?][\"”’)]* [A-Z]", plain(text)) and text.count("(") == text.count(")")


Group = tuple[bool, list[Unit]]
"""Whether it is an item of a list, and the units of one paragraph or item."""


def _runs(passage: Passage) -> Iterator[list[Group]]:
    """Paragraphs and items that follow one another."""
    run: list[Group] = []
    end = passage.span[0]
    for unit in passage.units:
        between = passage.text[end - passage.span[0] : unit.span[0] - passage.span[0]]
        end = unit.span[1]
        mark = bool(_MARK.search(between))
        lost = bool(_BETWEEN.search(_MARK.sub("", between)))
        fits = unit.kind in ("sentence", "item") and not _LEFTOVER.search(unit.text)
        if run and (lost or not fits):
            yield run
            run = []
        if not fits:
            continue
        if run and not mark and "\n\n" not in between:
            run[-1][1].append(unit)
        elif mark or not re.search(r"[^\n]$", between):
            run.append((mark, [unit]))
        else:
            run.append((False, [unit]))
    if run:
        yield run


def _whole(groups: list[Group]) -> bool:
    """It begins with a capital and ends with its sentence; only what leads to a list ends in a colon."""
    texts = [(item, units[-1].text) for item, units in groups]
    led = all(
        _ENDS.search(text)
        or (text.endswith(":") and not item and at + 1 < len(texts) and texts[at + 1][0])
        or (item and text[-1].isalnum())
        for at, (item, text) in enumerate(texts)
    )
    first = groups[0][1][0].text
    alone = not groups[0][0] or all(item for item, _ in groups)  # not the end of a list and what follows it
    return led and alone and first[:1].isupper() and all(len(units[0].text.split()) > 2 for _, units in groups)


def _joined(groups: list[Group]) -> Excerpt:
    lines: list[str] = []
    before = False
    for item, units in groups:
        line = " ".join(unit.text for unit in units)
        gap = "" if not lines else "\n" if item and before else "\n\n"
        lines.append(f"{gap}{'- ' if item else ''}{line}")
        before = item
    return Excerpt(tuple(unit for _, units in groups for unit in units), "".join(lines))
