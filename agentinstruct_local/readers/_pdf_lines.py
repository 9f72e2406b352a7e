"""The lines of a PDF page with their place, size and face, by PDFium."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_FIXED_PITCH = 1  # bit of the font flags
_MONO_NAMES = (b"mono", b"courier", b"consol", b"typewriter", b"cmtt", b"cursor", b"inconsolata", b"menlo", b"hack")
_LONG_CELL = 5  # words that a cell of a table seldom has
_MAX_CHARACTERS = 100_000  # a page with more is no page
_SAMPLES = 8  # characters of a line whose font is looked up
_WORD_GAP = 1.8  # in font sizes: a wider gap inside a line is a column


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a page; the place in points from the lower left corner."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    bold: bool = False
    mono: bool = False
    wide: bool = False  # it has gaps as wide as those between columns

    def indent(self, block: Sequence[Line]) -> int:
        """How many characters it stands right of the leftmost line of its block."""
        width = max((self.right - self.left) / max(1, len(self.text)), 1.0)
        return min(40, max(0, round((self.left - min(line.left for line in block)) / width)))


def lines_of(document: Any, number: int) -> list[Line]:
    """The lines of a page, in the order of the file."""
    import pypdfium2.raw as pdfium

    page = document[number]
    text_page = page.get_textpage()
    handle = text_page.raw
    edges = [ctypes.c_double() for _ in range(4)]
    boxes: list[tuple[str, float, float, float, float, int]] = []
    lines: list[Line] = []
    for index in range(min(text_page.count_chars(), _MAX_CHARACTERS)):
        code = pdfium.FPDFText_GetUnicode(handle, index)
        if code in (10, 13):
            _add(lines, boxes, handle, pdfium)
            boxes = []
            continue
        if not code or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            continue
        pdfium.FPDFText_GetCharBox(handle, index, *edges)
        left, right, bottom, top = (edge.value for edge in edges)
        boxes.append((chr(code), left, right, bottom, top, index))
    _add(lines, boxes, handle, pdfium)
    text_page.close()
    page.close()
    return lines


def _add(lines: list[Line], boxes: list[tuple[str, float, float, float, float, int]], handle: Any, pdfium: Any) -> None:
    seen = [box for box in boxes if not box[0].isspace() and box[2] > box[1]]
    if not seen:
        return
    faces = [_face(box[5], handle, pdfium) for box in seen[:: max(1, len(seen) // _SAMPLES)]]
    size = _size(seen, handle, pdfium)
    text, wide = _spaced(boxes, size)
    if not text.strip():
        return
    lines.append(
        Line(
            text=text.strip(),
            left=min(box[1] for box in seen),
            right=max(box[2] for box in seen),
            top=max(box[4] for box in seen),
            bottom=min(box[3] for box in seen),
            size=size,
            bold=all(bold for bold, _ in faces),
            mono=sum(mono for _, mono in faces) > 0.75 * len(faces),
            wide=wide,
        )
    )


def _face(index: int, handle: Any, pdfium: Any) -> tuple[bool, bool]:
    """Whether a character is bold, and whether its font has one width."""
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(handle, index, name, 128, flags)
    face = name.value.lower()
    mono = bool(flags.value & _FIXED_PITCH) or any(part in face for part in _MONO_NAMES)
    return pdfium.FPDFText_GetFontWeight(handle, index) >= 650 or b"bold" in face, mono


def _size(seen: list[tuple[str, float, float, float, float, int]], handle: Any, pdfium: Any) -> float:
    """The font size of a line to half a point: that of its middle, so that a footnote's mark does not decide."""
    sizes = sorted(pdfium.FPDFText_GetFontSize(handle, box[5]) for box in seen[:: max(1, len(seen) // 5)])
    size = float(sizes[len(sizes) // 2])
    heights = max(box[4] - box[3] for box in seen)
    return round(2 * (size if size > 2 else heights)) / 2  # some files scale a font of size 1 on the page


def _spaced(boxes: list[tuple[str, float, float, float, float, int]], size: float) -> tuple[str, bool]:
    """The text of a line, three spaces where columns part, and whether they do."""
    parts: list[str] = []
    gaps: list[int] = []
    edge: float | None = None
    seen = 0
    for character, left, right, _, _, _ in boxes:
        if not character.isspace():
            if edge is not None and left - edge > _WORD_GAP * max(size, 4.0) and seen > 3:
                gaps.append(len(parts))
                parts.append("   ")
            edge = right
            seen += 1
        parts.append(" " if character.isspace() else character)
    if len(gaps) == 1 and not "".join(parts[gaps[0] :]).strip().isdigit():
        before = sum(word.isalpha() for word in "".join(parts[: gaps[0]]).split())
        if before > _LONG_CELL:  # a picture in the middle of a sentence
            parts[gaps.pop()] = " "
    return "".join(parts), bool(gaps)
