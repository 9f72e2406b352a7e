"""PDF: paragraphs, headings and lists put together again from the lines of each page; page offsets survive."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from . import _ocr
from ._pdf_lines import Line, lines_of
from .content import Content, Unreadable, clean, is_page_number, join_pages, running_lines, shape

MEDIA_TYPES = {".pdf": "application/pdf"}
SUFFIXES = tuple(MEDIA_TYPES)

_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_MAX_PAGES = 5000
_EDGE = 2  # lines at the head and at the foot of a page that may be running ones
_ITEM = re.compile(r"^(?:[•▪‣◦●○■□∙·*–—-]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+\S")
_BULLET = re.compile(r"^[•▪‣◦●○■□∙·]\s*")
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*[\divxlc]*\s*$")
_BROKEN = re.compile("(\\w{1,60})[\ufffe\u0002]\\s*(\\w{1,60})")
_SPLIT = re.compile(r"\b([a-z]{2,40})-\n([a-z]{2,40})")
_CAPTION = re.compile(r"^(?:Figure|Fig\.|Table|Listing)\s+[\dA-Z][\d.]*[.:]?\s")
_NUMBER_AT_EDGE = re.compile(r"^(\d{1,4})\b|\b(\d{1,4})$")
_FOOTNOTE = re.compile(r"^(?:\d{1,3}|[*†‡§¹²³⁴⁵⁶⁷⁸⁹⁰]+)\s?\S")
_NO_HEADING = re.compile(r"[;{}=]$|^[a-z]+ |^(?:\w+ \d{1,2}, \d{4}|\d{1,2}\.? \w+ \d{4})$")
"""Words of a figure or a program, and dates, that are set as big as a heading."""
_HEADINGS = 4
_TITLE_PAGE = 5  # lines of a page that is a title page at most
_BIGGER = 1.12  # times the size of the text: a heading or a title
_LINE_OF_TITLE = 1.8  # font sizes from one line of a title to the next at most
_WORDS_OF_TITLE = 12
_BY_TOOL = re.compile(r"^(?:untitled|microsoft word - .*)|\.(?:dvi|docx?|odt|tex|indd|rtf)$", re.IGNORECASE)


def read(data: bytes, name: str) -> Content:
    """The text of a PDF; pages that are pictures are read where the extra `ocr` is installed.

    Raises Unreadable: encrypted, damaged, no_text (pictures of pages), too_large.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD_ERROR or "password" in str(error).lower():
            raise Unreadable("encrypted", "a password protects it") from error
        raise Unreadable("damaged", str(error)) from error
    try:
        if len(document) > _MAX_PAGES:
            raise Unreadable("too_large", f"more than {_MAX_PAGES} pages")
        pages, pictures = _pages(document)
        title = " ".join(clean(document.get_metadata_value("Title") or "").split())
    except pypdfium2.PdfiumError as error:
        raise Unreadable("damaged", str(error)) from error
    finally:
        document.close()
    if sum(len(line.text) for page in pages for line in page) < 10 * len(pages) / 4:
        raise Unreadable("no_text", _why_no_text(len(pages), pictures))
    text, starts = compose(pages)
    return Content(text=text, title=title if title and not _BY_TOOL.search(title) else title_of(pages), pages=starts)


def _pages(document: Any) -> tuple[list[list[Line]], int]:
    """The lines of each page, and how many pages are pictures."""
    pages = [lines_of(document, number) for number in range(len(document))]
    pictures = [number for number, lines in enumerate(pages) if _ocr.is_picture(document, number, lines)]
    if pictures and _ocr.is_here():
        for number, lines in _ocr.read_pictures(document, pictures).items():
            pages[number] = lines or pages[number]
    return pages, len(pictures)


def _why_no_text(pages: int, pictures: int) -> str:
    if not pictures:
        return f"{pages} pages without text"
    if _ocr.is_here():
        return f"{pictures} pages are pictures, and hardly a word was seen on them"
    return f"{pictures} pages are pictures; to have them read: {_ocr.INSTALL}"


def title_of(pages: list[list[Line]]) -> str:
    """What stands biggest on the first page, if that is clearly bigger than the text; else nothing."""
    body = _body_size(pages)
    named = [line for line in (pages[0] if pages else []) if sum(map(str.isalpha, line.text)) > 2]
    biggest = max((line.size for line in named), default=0.0)
    if biggest < _BIGGER * body:
        return ""
    first = next(number for number, line in enumerate(named) if line.size == biggest)
    lines = [named[first]]
    for line in named[first + 1 :]:
        if line.size != biggest or lines[-1].top - line.top > _LINE_OF_TITLE * biggest:
            break
        lines.append(line)
    words = clean(" ".join(line.text for line in lines)).split()
    return " ".join(words) if len(words) <= _WORDS_OF_TITLE else ""


def _body_size(pages: list[list[Line]]) -> float:
    """The font size of most of the text."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page:
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def compose(pages: list[list[Line]]) -> tuple[str, tuple[int, ...]]:
    """Text and page starts from the lines of the pages, without running heads and page numbers."""
    body = _body_size(pages)
    pages = _without_running_lines(pages, body)
    levels = _heading_levels(pages, body)
    pages = [_without_footnotes(page, body) for page in pages]
    gaps = [above.bottom - below.top for page in pages for above, below in pairwise(page)]
    usual = median([gap for gap in gaps if -body < gap < 3 * body] or [0.0])
    looks = [_Look(levels, body, usual, max((line.right for line in page), default=0.0)) for page in pages]
    blocks = ["\n\n".join(_blocks(page, look)) for page, look in zip(pages, looks, strict=True)]
    known = Counter(re.findall(r"\b\w{1,60}-\w{1,60}", "\n".join(blocks)))
    plain = [_BROKEN.sub(lambda found: _rejoin(found, known), block) for block in blocks]
    plain = [_SPLIT.sub(lambda found: _rejoin(found, known), block) for block in plain]
    return join_pages([clean(block) for block in plain])


def _rejoin(found: re.Match[str], known: Counter[str]) -> str:
    """A word that was broken at the end of a line: the hyphen stays where the document writes it elsewhere."""
    hyphened = f"{found[1]}-{found[2]}"
    return hyphened if known[hyphened] else found[1] + found[2]


def _without_running_lines(pages: list[list[Line]], body: float) -> list[list[Line]]:
    """Heads and feet go by place on the page, whatever their order in the file."""
    edges = []
    for page in pages:
        order = sorted(range(len(page)), key=lambda number: -page[number].top)
        edges.append({*order[:_EDGE], *order[-_EDGE:]})
    at_edge = [[page[number].text for number in edge] for page, edge in zip(pages, edges, strict=True)]
    running = running_lines(at_edge)
    often = Counter(text for texts in at_edge for text in set(texts))
    shifts = Counter(shift for number, texts in enumerate(at_edge) for shift in {*_shifts(texts, number)})
    shift, count = shifts.most_common(1)[0] if shifts else (0, 0)
    numbered = count >= max(3, len(pages) / 3)  # the number that most pages carry at their edge counts the pages

    def runs(line: Line, number: int) -> bool:
        if line.size > 1.1 * body:  # titles of chapters are alike but for their numbers
            return often[line.text] > 2
        counts = numbered and len(line.text) < 100 and shift in _shifts([line.text], number)
        return counts or shape(line.text) in running or is_page_number(line.text)

    return [
        [line for place, line in enumerate(page) if not (place in edge and runs(line, number))]
        for number, (page, edge) in enumerate(zip(pages, edges, strict=True))
    ]


def _shifts(texts: list[str], number: int) -> list[int]:
    """The numbers at the start or end of some lines, less the number of their page."""
    found = [match for text in texts for match in _NUMBER_AT_EDGE.finditer(text.strip())]
    return [int(match[1] or match[2]) - number for match in found]


def _without_footnotes(page: list[Line], body: float) -> list[Line]:
    """Small print that starts with a mark at the foot of a page would stand in the middle of a sentence."""
    start = len(page)
    while start and page[start - 1].size <= 0.92 * body:
        start -= 1
    lowest = min((line.top for line in page[:start]), default=0.0)
    for number, line in enumerate(page[start:], start):
        if line.top < lowest and _FOOTNOTE.match(line.text):
            return page[:number]
        lowest = min(lowest, line.top)
    return page


def _heading_levels(pages: list[list[Line]], body: float) -> dict[float, int]:
    """Font size -> level of heading: the sizes clearly above that of the body, the largest first."""
    sizes: Counter[float] = Counter()
    for page in (page for page in pages if len(page) > _TITLE_PAGE):
        for line in page:
            if line.size >= _BIGGER * body and any(map(str.isalpha, line.text)):
                sizes[line.size] += 1
    ranked = sorted((size for size, count in sizes.items() if count > 1 or len(pages) < 5), reverse=True)
    return {size: min(number, _HEADINGS) for number, size in enumerate(ranked, 1)}


@dataclass(frozen=True, slots=True)
class _Look:
    """How a page is set."""

    levels: dict[float, int]  # font size -> level of heading
    body: float  # font size of most of the text
    usual: float  # space between two lines of a paragraph
    right: float  # where its longest line ends

    def short(self, line: Line) -> bool:
        return line.right < line.left + 0.85 * (self.right - line.left)


def _blocks(lines: list[Line], look: _Look) -> list[str]:
    blocks: list[list[Line]] = []
    for line in lines:
        if blocks and _goes_on(blocks[-1], line, look):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    texts: list[str] = []
    for block in blocks:
        text = _text_of(block, look.levels)
        both_items = texts and texts[-1].startswith("- ") and text.startswith("- ")
        if both_items or (texts and block[0].mono and texts[-1].endswith("```") and text.startswith("```")):
            texts[-1] = texts[-1] + "\n" + text if both_items else texts[-1][:-3] + "\n" + text[4:]
        else:
            texts.append(text)
    return texts


def _goes_on(block: list[Line], line: Line, look: _Look) -> bool:
    """Whether a line belongs to the block above it."""
    last, first, body = block[-1], block[0], look.body
    gap = last.bottom - line.top
    headings = (last.size in look.levels or line.size in look.levels) and last.size != line.size
    if not -2 * body <= gap <= look.usual + 0.55 * body or last.mono != line.mono or headings:
        return False
    if last.mono or first.size in look.levels:
        return last.mono or len(block) < 3
    short = look.short(last)
    indented = line.left > last.left + 0.8 * body and last.left <= first.left + 0.5 * body
    ended = last.text.endswith((".", ":", "?", "!"))
    breaks = (
        (line.bold and not last.bold)
        or (last.bold and not line.bold and len(block) == 1 and short)
        or _CAPTION.match(line.text)
        or (_CAPTION.match(first.text) and short)
        or _LEADERS.search(last.text[-300:])
        or _ITEM.match(line.text)
        or line.wide != last.wide
    )
    if breaks:
        return False
    if _ITEM.match(first.text):
        return line.left > first.left + 1 or not short
    return not (ended and (indented or short))


def _text_of(block: list[Line], levels: dict[float, int]) -> str:
    first = block[0]
    if first.mono:
        return "```\n" + "\n".join(" " * line.indent(block) + line.text for line in block) + "\n```"
    text = "\n".join(line.text for line in block)
    whole = " ".join(text.split())
    title = len(whole) <= 150 and any(map(str.isalpha, whole))
    title = title and not (_LEADERS.search(whole[-300:]) or _NO_HEADING.search(whole))
    if first.size in levels and title:
        return "#" * levels[first.size] + " " + whole
    bold = all(line.bold for line in block) and len(block) < 3 and 2 < len(whole) <= 100
    if bold and title and not (first.wide or whole.endswith((".", ",", ";", ":")) or _ITEM.match(whole)):
        return "#" * min(6, len(set(levels.values())) + 1) + " " + whole
    if text.startswith("#"):
        return f"```\n{text}\n```"  # a comment of a program, which must not pass for a heading
    return _BULLET.sub("- ", text)
