"""Passages: stretches of a document that fit a prompt, with the units that can be quoted and asked about."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace

from agentinstruct_local.ids import digest
from agentinstruct_local.records import Document, Passage, Span, Unit

from .blocks import parse
from .foci import foci
from .packing import Piece, pieces
from .source_code import parse_source
from .steps import Steps, steps
from .tables import Table, cells_of, columns_above, row_of, table_of, tables
from .traits import FOCUS, PASSAGE, features, followed_by, traits
from .units import units_in

__all__ = [
    "FOCUS", "PASSAGE", "Steps", "Table", "features", "followed_by", "lines_of", "row_of", "split", "steps", "table_of",
    "tables", "traits", "units_of",
]  # fmt: skip

_PROSE = ("text/plain", "text/markdown", "text/x-rst", "text/html", "application/pdf")


def split(
    document: Document, *, count_tokens: Callable[[str], int], max_tokens: int = 420, min_tokens: int = 40
) -> list[Passage]:
    """The passages of a document, in order, not overlapping. `max_tokens` bounds each; smaller than `min_tokens` only
    where the document has nothing else. Tables of contents, licences, indexes and the like are in none."""
    prose = document.media_type in _PROSE or not document.media_type.startswith("text/x-")
    blocks = parse(document.text, document.media_type) if prose else parse_source(document.text, document.media_type)
    found = pieces(document.text, blocks, count_tokens, max_tokens, min_tokens)
    enough = [piece for piece in found if piece.tokens >= min_tokens]
    return [_passage(document, piece) for piece in enough or found]


def units_of(text: str) -> tuple[Unit, ...]:
    """The units of a text that is no document, such as one that a teacher wrote."""
    return tuple(unit for block in parse(text) for unit in units_in(text, block))


def lines_of(passage: Passage) -> list[Unit]:
    """What a passage states, one by one: its sentences, its list items, and the cells of its rows."""
    found: list[Unit] = []
    for unit in passage.units:
        if unit.kind == "row":
            found += [replace(unit, text=text) for text in cells_of(passage, unit)]
        elif unit.kind in ("sentence", "item"):
            found.append(unit)
    return found


def _passage(document: Document, piece: Piece) -> Passage:
    start, end = piece.span
    units = tuple(unit for block in piece.blocks for unit in units_in(document.text, block))
    return Passage(
        id=digest(document.id, [start, end]),
        document=document.id,
        source=document.source,
        text=document.text[start:end],
        span=(start, end),
        title=document.title,
        headings=piece.path,
        pages=_pages(document.pages, (start, end)),
        columns=columns_above(document.text, start),
        units=units,
        foci=foci(units),
    )


def _pages(starts: tuple[int, ...], span: Span) -> tuple[int, int] | None:
    if not starts:
        return None
    return max(1, bisect_right(starts, span[0])), max(1, bisect_right(starts, span[1] - 1))
