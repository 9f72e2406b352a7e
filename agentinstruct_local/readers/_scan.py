"""From words that were seen on pictures of pages, with their places, to lines in the order in which one reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ._pdf_lines import Line

_FONT = 0.75  # of the height of a box is the size of its font
_STEP = 0.5  # sizes are told apart in steps of the usual one: boxes of one font differ
_SAME_ROW = 0.5  # of the lower box that must lie beside the other
_WIDE_GAP = 1.8  # heights: a wider gap inside a row is a column of a table
_COLUMN = 4  # pieces that a column of text has at least
_SIDE = 0.3  # of what is written on the page that each of two columns is wide at least
_FULL = 0.6  # of a column's width that its usual line has; cells of tables are shorter


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A piece of a line; the place in points from the lower left corner of the page."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        """Of its box, never zero."""
        return max(self.top - self.bottom, 0.1)


def lines_of_words(pages: Sequence[Sequence[Word]]) -> list[list[Line]]:
    """The lines of each page. All text of about the usual size has the same one."""
    usual = median([word.height for page in pages for word in page] or [1.0])
    return [[_line(row, usual) for block in _blocks(page) for row in _rows(block)] for page in pages]


def _blocks(words: Sequence[Word]) -> Iterable[list[Word]]:
    """A page of two columns in parts that are read one after the other; what goes over both parts them."""
    gutter = _gutter(words)
    left: list[Word] = []
    right: list[Word] = []
    for word in sorted(words, key=lambda one: -one.top):
        if gutter and word.left < gutter < word.right:
            yield from (left, right, [word])
            left, right = [], []
        elif gutter and word.left >= gutter:
            right.append(word)
        else:
            left.append(word)
    yield from (left, right)


def _gutter(words: Sequence[Word]) -> float:
    """Where the space between two columns of text is; 0 where there is none."""
    if not words:
        return 0.0
    start, end = min(word.left for word in words), max(word.right for word in words)
    narrow = [word for word in words if word.right - word.left < 0.6 * (end - start)]
    for share in range(35, 66):
        at = start + share / 100 * (end - start)
        sides = [word for word in narrow if word.right <= at], [word for word in narrow if word.left >= at]
        if sum(map(len, sides)) == len(narrow) and all(_is_text(side, _SIDE * (end - start)) for side in sides):
            return at
    return 0.0


def _is_text(side: Sequence[Word], least: float) -> bool:
    if len(side) < _COLUMN:
        return False
    width = max(word.right for word in side) - min(word.left for word in side)
    return width >= least and median(word.right - word.left for word in side) >= _FULL * width


def _rows(words: Sequence[Word]) -> Iterable[list[Word]]:
    """Pieces that stand beside each other, from left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda one: -one.top):
        beside = rows and min(rows[-1][0].top, word.top) - max(rows[-1][0].bottom, word.bottom)
        if beside and beside >= _SAME_ROW * min(rows[-1][0].height, word.height):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda one: one.left) for row in rows]


def _line(row: Sequence[Word], usual: float) -> Line:
    text, edge, wide = "", row[0].left, False
    for word in row:
        parted = word.left - edge > _WIDE_GAP * usual
        wide = wide or parted
        text += ("   " if parted else " " if text else "") + word.text.strip()
        edge = word.right
    body = max(1.0, round(2 * _FONT * usual) / 2)
    times = max(1.0, round(max(word.height for word in row) / usual / _STEP) * _STEP)
    return Line(
        text=text.strip(), left=row[0].left, right=edge, size=body * times, wide=wide,
        top=max(word.top for word in row), bottom=min(word.bottom for word in row),
    )  # fmt: skip
