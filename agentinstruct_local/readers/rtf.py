"""Rich Text: its paragraphs and tables."""

from __future__ import annotations

import re

from ._tables import count, markdown
from .content import Content, Unreadable, clean, tidy

MEDIA_TYPES = {".rtf": "application/rtf"}
SUFFIXES = tuple(MEDIA_TYPES)

_FONT = re.compile(r"(?=\\f\d)")


def read(data: bytes, name: str) -> Content:
    """The text of a file, table rows as Markdown tables. Raises Unreadable."""
    if not data.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"{\\rtf"):
        raise Unreadable("damaged", "it does not begin as rich text does")
    from striprtf.striprtf import rtf_to_text

    # What a field shows is in it too. Without this the library looks for links in a way that a hostile file makes slow.
    markup = data.decode("latin-1").replace("{\\field", "{ \\field")
    text = rtf_to_text(_safe_fonts(markup), errors="replace")
    # Characters beyond the first plane are written as two halves.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    blocks: list[str] = []
    rows: list[list[str]] = []
    cells = 0
    for line in [*clean(text).split("\n"), ""]:
        if line.rstrip().endswith("|"):
            rows.append(line.rstrip()[:-1].split("|"))
            cells += len(rows[-1])
            count(cells)
            continue
        if rows:
            blocks.append(markdown(rows))
            rows = []
        blocks.append(line.strip())
    return Content(text=tidy("\n\n".join(filter(None, blocks))))


def _safe_fonts(markup: str) -> str:
    """The markup, each font on a line of its own; without its table of fonts where one is not closed, so that only the
    encoding of the file counts. The library's pattern for fonts would take hours to find no end in a hostile table."""
    from striprtf.striprtf import font_table_group

    table = font_table_group(markup)
    head, *fonts = _FONT.split(table)
    if all(len(font) < 1000 and ";" in font for font in fonts):
        return markup.replace(table, "\n".join([head, *fonts]), 1)
    return markup.replace("\\fonttbl", "\\*\\fonttable")
