"""Passages: stretches of a document that fit a prompt, with the units that can be quoted and asked about."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

from agentinstruct_local.ids import digest
from agentinstruct_local.records import Document, Passage, Span, Unit

from .blocks import parse
from .foci import foci
from .packing import Piece, pieces
from .source_code import parse_source
from .units import units_in

__all__ = ["features", "split", "units_of"]

_PROSE = ("text/plain", "text/markdown", "text/x-rst", "text/html", "application/pdf")
_ORDER = re.compile(
    r"\b(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|then|next|after (?:that|this)|afterwards|finally|lastly|step \d+)\b",
    re.IGNORECASE,
)
_STEP = re.compile(r"^\s*\(?\d{1,2}[.)]\s", re.MULTILINE)
_UNIT = (
    r"(?:percent|[km]?[gmlvaw]|[kmgt]i?b|mm|cm|ft|oz|lbs?|min|h|hrs?|s|ms|[kmg]?hz|[km]?Ω|[µun]f|dollars|euros)\b|%|°"
)
_PLURAL = r"(?!(?:is|as|was|has|this|its|does|us)\b)[a-z][a-z-]{2,}s\b"
_AMOUNT = re.compile(
    rf"(?<![\w./-])\d[\d,]*(?:\.\d+)?(?:\s?(?:{_UNIT})|[ -]{_PLURAL})|[$€£]\s?\d[\d,.]*|"
    rf"\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|hundred|thousand) (?:\w+ )?{_PLURAL}",
    re.IGNORECASE,
)
_DEFINITION = re.compile(
    r"^(?!(?:this|it|that|there|these|here|what|which|one|he|she|they|another) )(?:an? |the )?[\w\"'“”‘’`./()-]+"
    r"(?: [\w\"'“”‘’`./()-]+){0,4} "
    r"(?:is an?|is the|are the|means|refers to|is defined as|denotes|stands for|is called) ",
    re.IGNORECASE,
)


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


def features(passage: Passage) -> frozenset[str]:
    """What a passage offers, of: sequence, numbers, list, definition, code."""
    kinds = [unit.kind for unit in passage.units]
    prose = [unit.text for unit in passage.units if unit.kind in ("sentence", "item")]
    words = {found[0].lower() for text in prose for found in _ORDER.finditer(text)}
    offers = {
        "sequence": len(_STEP.findall(passage.text)) >= 3 or len(words) >= 3,
        "numbers": sum(len(_AMOUNT.findall(text)) for text in prose) >= 2,
        "list": kinds.count("item") >= 3,
        "definition": any(_DEFINITION.match(text) for text in prose),
        "code": "code" in kinds,
    }
    return frozenset(name for name, there in offers.items() if there)


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
        units=units,
        foci=foci(units),
    )


def _pages(starts: tuple[int, ...], span: Span) -> tuple[int, int] | None:
    if not starts:
        return None
    return max(1, bisect_right(starts, span[0])), max(1, bisect_right(starts, span[1] - 1))
