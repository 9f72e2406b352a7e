"""What no question should be asked of: tables of contents, licences, indexes, link lists, bibliographies."""

from __future__ import annotations

import re

from .blocks import Block

_LOOK = 4000  # characters of a block that tell what it is
_WHOLE_SECTION = re.compile(
    r"^(?:(?:chapter|appendix|section)?\s*[\dA-Z]{0,3}(?:\.\d+)*[.:]?\s+)?"
    r"(?:table of contents|contents|(?:general |concept )?index|bibliography|references|"
    r"further reading|"
    r"requests? for comments?(?: \(rfcs?\))?|related documents?|"
    r"list of (?:figures|tables|examples)|copyright(?: notice| and licen[cs]e)?|licen[cs]es?(?: information)?|"
    r"licensing|legal notices?|disclaimer|trademarks?|"
    r"acknowledge?ments?|contributors|credits|colophon|author(?:s|'s address| information)?|navigation|see also|"
    r"(?:foot|end)notes|"
    r"gnu (?:general public|free documentation|lesser general public) licen[cs]e.*)\s*:?$",
    re.IGNORECASE,
)
_LICENCE = re.compile(
    r"permission is (?:hereby )?granted|all rights reserved|without any warranty|redistribution and use|"
    r"redistributions? (?:of source|in binary)|general public licen[cs]e (?:as published|version|for more)|"
    r"(?:merchantability|fitness) (?:or|for) (?:fitness|a particular)|licensed under|free documentation licen[cs]e|"
    r"as is[\"”'’]? (?:and|without|basis)|copyright (?:\(c\)|©|notice|holders?)|^\s*(?:©|\(c\)) ?\d{4}|copyright\s+©|"
    r"neither the name of|(?:trademarks?|service mark)s? (?:of|are|or)|under the terms of the|spdx-license|"
    r"damages? .{0,60}arising",
    re.IGNORECASE | re.MULTILINE,
)
_DOTTED = re.compile(r"(?:\.\s?){4,}\s*[\divxlc]+\s*$", re.IGNORECASE)
_GAPPED = re.compile(r"^\s*(?:[\dA-Z][\d.]*\s+)?[A-Za-z][^|]*?\s{3,}\d{1,4}\s*$")
_INDEX_ENTRY = re.compile(r"(?:,\s*\d{1,4}(?:[-–]\d{1,4})?){1,}\s*$")
_CONTENTS_LINE = re.compile(
    r"^\s*(?:[-*]\s+)?(?:\d{1,2}(?:\.\d{1,3})+\.?|[A-H]\.\d+(?:\.\d+)*\.?)\s+\S.{0,90}(?<![.;:,])$"
)
_NAVIGATION = re.compile(
    r"\W*(?:\b(?:next|previous|prev|up|home|top|contents|index|back|forward|table of contents|"
    r"skip to (?:main )?content|sign (?:in|up)|log ?in|search|menu|edit|print|share)\b\W*){2,}",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"^\s{0,8}\[[\w+-]{1,12}\]\s+\S|\b(?:doi:|ISBN|ISSN|arXiv:)|^\W{0,8}https?://\S+$|"
    r"^\W{0,4}(?:RFC|BCP|STD) \d{2,5} - "
)


def is_section(title: str) -> bool:
    """Whether everything under a heading of this title is boilerplate."""
    return _WHOLE_SECTION.match(title.strip()) is not None


def is_boilerplate(text: str, block: Block) -> bool:
    """Whether one block is. Headings never are."""
    if block.kind in ("heading", "code"):
        return False
    words = text[block.start : min(block.end, block.start + _LOOK)]
    lines = [line[:300] for line in words.split("\n") if line.strip()]
    prose = block.kind != "table"
    return (
        (prose and _is_licence(words))
        or (prose and _is_contents(words, lines))
        or (prose and _REFERENCE.match(words) is not None and sum(map(_is_reference, lines)) >= len(lines) / 4)
        or (len(words) < 300 and _NAVIGATION.fullmatch(" ".join(words.split())) is not None)
        or (len(lines) > 3 and _share(_INDEX_ENTRY, lines) > 0.6)
    )


def _is_licence(words: str) -> bool:
    hits = len(_LICENCE.findall(words))
    return hits > 1 or (hits == 1 and len(words) < 400)


def _is_contents(words: str, lines: list[str]) -> bool:
    """Lines that end with a page number after dots or a gap, or that are all numbered titles."""
    if len(lines) > 2 and _share(_CONTENTS_LINE, lines) > 0.6:
        return True
    paged = sum(_DOTTED.search(line) is not None or _GAPPED.match(line) is not None for line in lines)
    return paged >= max(1, 0.5 * len(lines)) and not words.endswith((".", ":"))


def _is_reference(line: str) -> bool:
    return _REFERENCE.search(line) is not None


def _share(pattern: re.Pattern[str], lines: list[str]) -> float:
    return sum(pattern.search(line) is not None for line in lines) / len(lines)
