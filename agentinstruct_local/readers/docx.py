"""Word documents: headings, paragraphs, lists and tables in document order, as Markdown."""

from __future__ import annotations

import io
import re
from typing import Any

from ._archive import Archive
from ._tables import markdown
from .content import Content, clean, tidy

MEDIA_TYPES = {".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
SUFFIXES = tuple(MEDIA_TYPES)

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING = re.compile(r"^heading (\d)", re.IGNORECASE)


def read(data: bytes, name: str) -> Content:
    """The text of a document; tracked insertions count, deletions do not. Raises Unreadable."""
    Archive(data).check()
    import docx

    document = docx.Document(io.BytesIO(data))
    blocks: list[str] = []
    for item in document.iter_inner_content():
        if hasattr(item, "rows"):
            blocks.append(_table(item))
            continue
        text, is_item = _paragraph(item)
        if not text:
            continue
        if is_item and blocks and blocks[-1].lstrip().startswith(("- ", "1. ")):
            blocks[-1] += "\n" + text
        else:
            blocks.append(text)
    text = tidy(clean("\n\n".join(block for block in blocks if block)))
    title = document.core_properties.title or next((block[2:] for block in blocks if block.startswith("# ")), "")
    return Content(text=text, title=" ".join(title.split()))


def _paragraph(paragraph: Any) -> tuple[str, bool]:
    """A paragraph as a line of Markdown, and whether it is a list item."""
    text = _text(paragraph._p)
    if not text:
        return "", False
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    level = _HEADING.match(style)
    if level or style == "Title":
        return "#" * (min(6, max(1, int(level[1]))) if level else 1) + " " + " ".join(text.split()), False
    numbering = paragraph._p.find(f"{_W}pPr/{_W}numPr")
    if numbering is None and not style.startswith("List "):
        return text, False
    depth = numbering.find(f"{_W}ilvl") if numbering is not None else None
    indent = "  " * int(depth.get(f"{_W}val", "0")) if depth is not None else ""
    marker = "1." if "Number" in style else "-"
    return f"{indent}{marker} " + text.replace("\n", " "), True


def _table(table: Any) -> str:
    rows: list[list[str]] = []
    for row in table.rows:
        cells: list[str] = []
        last = None
        for cell in row.cells:
            if cell._tc is not last:  # a merged cell is given once for every column that it spans
                cells.append(" ".join(_text(part) for part in cell._tc.iter(f"{_W}p")))
            last = cell._tc
        rows.append(cells)
    return markdown(rows)


def _text(paragraph: Any) -> str:
    parts: list[str] = []
    for element in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}noBreakHyphen"):
        if any(parent.tag in (f"{_W}del", f"{_W}tabs", _FALLBACK) for parent in element.iterancestors()):
            continue
        name = element.tag.removeprefix(_W)
        parts.append({"tab": " ", "br": "\n", "noBreakHyphen": "-"}.get(name, element.text or ""))
    return "".join(parts).strip()
