"""Jupyter notebooks: the text of their cells, and their code as fenced code; what it printed is left out."""

from __future__ import annotations

import json
import re
from typing import Any

from .content import Content, Unreadable, clean, decode, tidy
from .text import title_of

MEDIA_TYPES = {".ipynb": "application/x-ipynb+json"}
SUFFIXES = tuple(MEDIA_TYPES)

_PICTURE = re.compile(r"!\[[^\[\]\n]{0,500}\]\((?:data|attachment):[^()\s]*\)")
_TICKS = re.compile(r"`{3,}")
_LANGUAGE = re.compile(r"[\w+#-]{1,30}")


def read(data: bytes, name: str) -> Content:
    """The cells of a notebook in order. Raises Unreadable."""
    try:
        book = json.loads(decode(data))
    except ValueError as error:
        raise Unreadable("damaged", str(error)) from error
    cells = _cells(book)
    if cells is None:
        raise Unreadable("damaged", "it has no cells")
    fence_of = _language(book)
    text = tidy(clean("\n\n".join(_block(cell, fence_of) for cell in cells)))
    return Content(text=text, title=title_of(text))


def _cells(book: Any) -> list[dict[str, Any]] | None:
    """The cells of version 4; those of the worksheets of version 3."""
    if not isinstance(book, dict):
        return None
    sheets = book["worksheets"] if isinstance(book.get("worksheets"), list) else [book]
    lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    if not any(isinstance(cells, list) for cells in lists):
        return None
    return [cell for cells in lists if isinstance(cells, list) for cell in cells if isinstance(cell, dict)]


def _language(book: dict[str, Any]) -> str:
    """What the notebook's code is written in; python where it does not say."""
    metadata = book.get("metadata")
    for key in ("language_info", "kernelspec"):
        told = metadata.get(key) if isinstance(metadata, dict) else None
        name = told.get("name" if key == "language_info" else "language") if isinstance(told, dict) else None
        if isinstance(name, str) and _LANGUAGE.fullmatch(name):
            return name
    return "python"


def _block(cell: dict[str, Any], language: str) -> str:
    source = cell.get("source", cell.get("input", ""))
    words = "".join(map(str, source)) if isinstance(source, list) else str(source)
    words = words.strip("\n")
    if cell.get("cell_type") == "code" and words.strip():
        fence = max(_TICKS.findall(words), key=len, default="``") + "`"
        return f"{fence}{language}\n{words}\n{fence}"
    return _PICTURE.sub("", words) if cell.get("cell_type") in ("markdown", "heading") else ""
