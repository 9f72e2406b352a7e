"""Tables as Markdown, for every format that has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from .content import Unreadable

MAX_CELLS = 2_000_000
"""Cells of a file, empty ones included; one with more is no document."""

_LONGEST_NAME = 100  # characters of a header that stands before each value
_TEXT = 200  # characters that a filled cell has on average in a column that holds texts


def markdown(rows: Iterable[Sequence[str]]) -> str:
    """The rows as a Markdown table, the first as its header; rows and columns without words are left out.

    Raises Unreadable (too_large): one wide row makes all others as wide.
    """
    filled = [[_cell(cell) for cell in row] for row in rows]
    filled = [row for row in filled if any(row)]
    used = sorted({column for row in filled for column, cell in enumerate(row) if cell})
    if not used:
        return ""
    count(len(used) * len(filled))
    lines = ["| " + " | ".join(row[column] if column < len(row) else "" for column in used) + " |" for row in filled]
    return "\n".join([lines[0], "|" + " --- |" * len(used), *lines[1:]])


def table_or_records(rows: Sequence[Sequence[str]]) -> str:
    """A table; but where a column holds whole texts, a block of `header: cell` lines for each row, texts kept whole."""
    if not _holds_texts(rows[1:]):
        return markdown(rows)
    header = [" ".join(name.split())[:_LONGEST_NAME] for name in rows[0]]
    return "\n\n".join(
        record((header[place] if place < len(header) else "", cell) for place, cell in enumerate(row))
        for row in rows[1:]
    )


def record(fields: Iterable[tuple[str, str]]) -> str:
    """Fields as `key: value` lines; a value that is a text is a paragraph of its own. Empty ones are left out."""
    text = ""
    apart = False
    for key, value in fields:
        words = value.strip()
        if not words:
            continue
        long = "\n" in words or len(words) > _TEXT
        if text:
            text += "\n\n" if long or apart else "\n"
        text += f"{key}: {words}" if key else words
        apart = long
    return text


def count(cells: int) -> None:
    """Raises Unreadable (too_large) for more cells than a document has."""
    if cells > MAX_CELLS:
        raise Unreadable("too_large", f"more than {MAX_CELLS:,} cells")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


def _holds_texts(rows: Sequence[Sequence[str]]) -> bool:
    lengths: defaultdict[int, int] = defaultdict(int)
    for row in rows:
        for column, cell in enumerate(row):
            if cell.strip():
                lengths[column] += len(cell) - _TEXT  # above zero in the end: longer than that on average
    return any(surplus > 0 for surplus in lengths.values())
