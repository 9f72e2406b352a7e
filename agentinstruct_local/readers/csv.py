"""Tables as text, separated by commas, semicolons or tabs, as Markdown tables."""

from __future__ import annotations

import csv
import io

from ._tables import count, table_or_records
from .content import Content, Unreadable, clean, decode, tidy

MEDIA_TYPES = {".csv": "text/csv", ".tsv": "text/tab-separated-values"}
SUFFIXES = tuple(MEDIA_TYPES)

_SEPARATORS = ",;\t|"
_SAMPLE = 20  # lines that are looked at for the separator


def read(data: bytes, name: str) -> Content:
    """The rows as one table, the first row as its header. Raises Unreadable."""
    text = clean(decode(data))
    separator = "\t" if name.lower().endswith(".tsv") else ""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # a note of spreadsheets to themselves
        text, separator = rest, first[4]
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator or _separator(text)):
            cells += len(row)
            count(cells)
            if any(cell.strip() for cell in row):
                rows.append(row)
    except csv.Error as error:
        reason = "too_large" if "field larger" in str(error) else "damaged"
        raise Unreadable(reason, str(error)) from error
    return Content(text=tidy(table_or_records(rows)))


def _separator(text: str) -> str:
    """What cuts the first lines into the same number of cells, more than one; a comma where nothing does."""
    lines = [line for line in text[:65536].split("\n")[: _SAMPLE + 1] if line.strip()]
    best, most = ",", 1.0
    for separator in _SEPARATORS:
        widths = [len(row) for row in csv.reader(lines[:_SAMPLE], delimiter=separator)]
        usual = max(set(widths), key=widths.count, default=0)
        alike = widths.count(usual) / max(1, len(widths))
        if usual > 1 and alike * usual > most:
            best, most = separator, alike * usual
    return best
