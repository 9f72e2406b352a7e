"""The smallest stretches that can be quoted: sentences, list items, table rows and code, with exact places."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentinstruct_local.records import Span, Unit

from .blocks import Block

MAX_UNIT = 600
"""Characters of the longest unit."""

_ABBREVIATED = re.compile(
    r"(?:^|[\s(\[\"'“])(?:e\.g|i\.e|cf|vs|etc|approx|ca|al|resp|incl|excl|max|min|Fig|Figs|No|Nos|Sec|Sect|Ch|Chap|Eq|Vol|pp?|Dr|Mr|Mrs|Ms"
    r"|Prof|St|Jr|Sr|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Art|Ref|Refs|Tab|Ex|[A-Z])\.$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"(?<=[;:.?!])\s+|(?<=,)\s+(?=(?:and|but|or|which|where|while|because|so|if|when|unless|with|then)\b)|\s+(?=\()"
)
_TRAILING = re.compile(r"(?:\n[ \t]*){2,}")
_SEPARATOR = re.compile(r"^[\s|:+=-]+$")
_NOTE_MARK = re.compile(r"(?:\^?\[\d{1,3}\]|[⁰¹²³⁴-⁹]+)\s*")
_WORDS = re.compile(r"[^\W\d_]{2}")
_NAME = re.compile(
    r"[`'\"]?(?P<name>-{1,2}[A-Za-z][\w-]*|[A-Z][A-Z0-9_-]+|\w+(?:_\w+)+(?:\(\))?)[`'\"]?"
    r"(?:(?: \S{1,24}){0,3}(?<![.!?:;,])| [-–=\[{<].{0,200})|"
    r"(?P<argument>\w+) : "
    r"(?:\{|int|str|bool|float|array|list|dict|callable|object|tuple|None|\w+, (?:default|optional)).*"
)
"""What the lines below explain: "--force", "MAX_SIZE number", "ACTION - {DROP|LOG}", "drop : {'first'} or an array"."""
_MOSTLY = 0.35  # the least share of letters in a sentence


def units_in(text: str, block: Block) -> Iterator[Unit]:
    """The units of a block, in order."""
    if block.kind == "heading":
        yield from _made(text, (block.inner, block.close), "heading") if block.title else ()
    elif block.kind == "text":
        for span in sentences(text, block.start, block.end):
            for piece in _short(text, span):
                yield from _made(text, piece, "sentence")
    elif block.kind == "item":
        whole = (block.inner, block.end)
        pieces = [whole] if _width(text, whole) <= MAX_UNIT else sentences(text, *whole)
        for span in pieces:
            for piece in _short(text, span):
                yield from _made(text, piece, "item")
    elif block.kind in ("table", "layout"):
        for span in _lines(text, block.start, block.end):
            if not _SEPARATOR.match(text[span[0] : span[1]]):
                yield from _made(text, span, "row")
    else:
        for span in code_pieces(text, block.inner, block.close):
            yield from _made(text, span, "code")


def sentences(text: str, start: int, end: int) -> list[Span]:
    """The places of the sentences of a stretch, without whitespace around them."""
    from sentencex import get_sentence_boundaries  # type: ignore[import-untyped, unused-ignore]

    spans: list[Span] = []
    for found in get_sentence_boundaries("en", text[start:end]):
        span = _trimmed(text, start + found["start_index"], start + found["end_index"])
        if span[0] >= span[1]:
            continue
        if spans and not _TRAILING.search(text, spans[-1][1], span[0]) and _goes_on(text, spans[-1], span):
            spans[-1] = (spans[-1][0], span[1])
        else:
            spans.append(span)
    return spans


def _goes_on(text: str, before: Span, after: Span) -> bool:
    """Whether a splitter cut inside a sentence: after an abbreviation, before a small letter, at a lone mark."""
    last, first = text[max(before[0], before[1] - 80) : before[1]], text[after[0] : min(after[1], after[0] + 80)]
    # Sentences have a space between them; names of files have none, and neither have sentences that end in "。".
    if (before[1] == after[0] and last[-1].isascii()) or first[0] in ",;:)]}":
        return True
    if first[0].islower() and not re.match(r"[\w.+-]*[./_\d(]", first) and last[-1] == ".":
        return True
    opens = len(last) > 30 and first.split()[0] in ("The", "This", "It", "If", "In", "For", "A")
    if _ABBREVIATED.search(last[-12:]) and not opens:
        return len(last.rstrip(".").split()[-1]) > 1 or first[0].isupper()
    return after[1] - after[0] < 3 or not any(map(str.isalnum, first)) or not any(map(str.isalnum, last))


def code_pieces(text: str, start: int, end: int) -> list[Span]:
    """Code in pieces of at most MAX_UNIT characters, cut at blank lines where there are any, else between lines."""
    start, end = _trimmed(text, start, end)
    pieces: list[Span] = []
    for line in _lines(text, start, end):
        if pieces and _width(text, (pieces[-1][0], line[1])) <= MAX_UNIT:
            roomy = _width(text, pieces[-1]) > MAX_UNIT / 2 and "\n\n" in text[pieces[-1][1] : line[0]]
            if not roomy:
                pieces[-1] = (pieces[-1][0], line[1])
                continue
        pieces.append(line)
    return pieces


def _short(text: str, span: Span) -> list[Span]:
    """A sentence of more than MAX_UNIT characters cut at the clause nearest to its middle, and so on."""
    if _width(text, span) <= MAX_UNIT:
        return [span]
    middle = (span[0] + span[1]) / 2
    cuts = [found.span() for found in _CLAUSE.finditer(text, span[0], span[1])]
    cuts = [cut for cut in cuts if span[0] + 40 < cut[0] and cut[1] < span[1] - 40]
    if not cuts:
        return []
    left, right = min(cuts, key=lambda cut: abs(cut[0] - middle))
    return _short(text, (span[0], left)) + _short(text, (right, span[1]))


def _made(text: str, span: Span, kind: str) -> Iterator[Unit]:
    span = _trimmed(text, *span)
    mark = _NOTE_MARK.match(text, *span) if kind == "sentence" else None
    if mark:
        span = _trimmed(text, mark.end(), span[1])
    words = " ".join(text[span[0] : span[1]].split())
    letters = sum(map(str.isalnum, words))
    wordless = kind == "sentence" and (letters < _MOSTLY * len(words) or not _WORDS.search(words))
    if not letters or len(words) > MAX_UNIT or wordless:
        return
    yield Unit(span=span, text=words, kind=kind, names=named_by(words))  # type: ignore[arg-type]


def named_by(words: str) -> str:
    """The option or parameter whose own line this is; empty for anything else."""
    found = _NAME.fullmatch(words)
    return (found["name"] or found["argument"]) if found else ""


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    place = start
    for line in text[start:end].split("\n"):
        span = _trimmed(text, place, place + len(line))
        if span[0] < span[1]:
            yield span
        place += len(line) + 1


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _width(text: str, span: Span) -> int:
    return len(" ".join(text[span[0] : span[1]].split())) if span[1] - span[0] > MAX_UNIT else span[1] - span[0]
