"""PowerPoint: each slide a heading, its text, tables and notes, as Markdown. Slides are pages."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ._archive import Archive
from ._tables import markdown
from .content import Content, clean, join_pages, tidy

MEDIA_TYPES = {".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation"}
SUFFIXES = tuple(MEDIA_TYPES)

_FURNITURE = ("DATE", "FOOTER", "SLIDE_NUMBER", "HEADER")
_LISTS = ("BODY", "OBJECT", "VERTICAL_BODY", "VERTICAL_OBJECT")  # placeholders whose paragraphs have bullets


def read(data: bytes, name: str) -> Content:
    """The text of the slides that are shown, in order, each with its notes. Raises Unreadable."""
    Archive(data).check()
    import pptx

    deck = pptx.Presentation(io.BytesIO(data))
    pages = [
        "" if slide._element.get("show") in ("0", "false") else tidy(clean(_slide(slide, number)))
        for number, slide in enumerate(deck.slides, 1)
    ]
    text, starts = join_pages(pages)
    return Content(text=text, title=" ".join(clean(deck.core_properties.title or "").split()), pages=starts)


def _slide(slide: Any, number: int) -> str:
    title = slide.shapes.title
    words = " ".join(_words(title.text_frame.text).split()) if title is not None else ""
    blocks = [
        block for shape in slide.shapes if title is None or shape.shape_id != title.shape_id for block in _blocks(shape)
    ]
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = _words(slide.notes_slide.notes_text_frame.text).strip()
        blocks += ["### Notes", notes] if notes else []
    if not words and not blocks:
        return ""
    return "\n\n".join([f"## Slide {number}" + (f": {words}" if words else ""), *blocks])


def _blocks(shape: Any) -> Iterator[str]:
    """The text of a shape, and of those in it if it is a group."""
    if hasattr(shape, "shapes"):
        for inner in shape.shapes:
            yield from _blocks(inner)
    elif getattr(shape, "has_table", False):
        yield markdown([[_words(cell.text) for cell in row.cells] for row in shape.table.rows])
    elif shape.has_text_frame:
        kind = shape.placeholder_format.type.name if shape.is_placeholder and shape.placeholder_format.type else ""
        if kind not in _FURNITURE:
            yield from _paragraphs(shape.text_frame, listed=kind in _LISTS)


def _paragraphs(frame: Any, *, listed: bool) -> Iterator[str]:
    filled = [part for part in frame.paragraphs if part.text.strip()]
    if listed and len(filled) > 1:
        yield "\n".join("  " * part.level + "- " + " ".join(_words(part.text).split()) for part in filled)
    else:
        yield from (_words(part.text).strip() for part in filled)


def _words(text: str) -> str:
    return text.replace("\v", "\n")  # a line break inside a paragraph
