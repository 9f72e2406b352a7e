"""Plain text, Markdown and reStructuredText, taken as they are. Form feeds in plain text are page breaks."""

from __future__ import annotations

import re

from .content import Content, clean, decode, is_page_number, join_pages, running_lines, shape, tidy

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".rst": "text/x-rst",
}
SUFFIXES = tuple(MEDIA_TYPES)

_EDGE = 2  # lines at the head and at the foot of a page that may be running ones
_HASHES = re.compile(r"^#\s+(\S[^\n]{0,199})$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(\S[^\n]{0,199})\n([=*#~-])\2{2,200}[ \t]*$", re.MULTILINE)


def read(data: bytes, name: str) -> Content:
    """The text of a file. Raises Unreadable."""
    text = clean(decode(data), keep="\f")
    if "\f" not in text:
        text = tidy(text)
        return Content(text=text, title=title_of(text))
    pages = [page.split("\n") for page in text.split("\f")]
    running = running_lines([_edges(page) for page in pages])
    pages = [_without_running_lines(page, running) for page in pages]
    text, starts = join_pages([tidy("\n".join(page)) for page in pages])
    return Content(text=text, title=title_of(text), pages=starts)


def title_of(text: str) -> str:
    """The first heading near the start of a text, or a short first line; else nothing."""
    head = text[:4000]
    for pattern in (_HASHES, _UNDERLINED):
        found = pattern.search(head)
        if found:
            return found[1].strip().strip("#").strip()
    lines = head.lstrip().split("\n")
    first = lines[0].strip() if lines else ""
    alone = len(lines) < 2 or not lines[1].strip()
    fit = alone and first[:1].isalnum() and len(first) <= 100 and not first.endswith((".", ":", ";", ","))
    return first if fit else ""


def _edges(lines: list[str]) -> list[str]:
    filled = [line for line in lines if line.strip()]
    return filled[:_EDGE] + filled[-_EDGE:]


def _without_running_lines(lines: list[str], running: frozenset[str]) -> list[str]:
    edges = {line for line in _edges(lines) if shape(line) in running or is_page_number(line)}
    filled = [number for number, line in enumerate(lines) if line.strip()]
    at_edge = {*filled[:_EDGE], *filled[-_EDGE:]}
    return [line for number, line in enumerate(lines) if not (number in at_edge and line in edges)]
