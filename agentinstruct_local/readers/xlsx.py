"""Excel workbooks: each visible sheet a heading and its tables, as Markdown. Sheets are pages."""

from __future__ import annotations

import datetime
import io
import warnings
from collections.abc import Iterator
from typing import Any

from ._archive import Archive
from ._tables import count, table_or_records
from .content import Content, clean, join_pages, tidy

MEDIA_TYPES = {".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
SUFFIXES = tuple(MEDIA_TYPES)


def read(data: bytes, name: str) -> Content:
    """The values of a workbook as they were last computed; formulas are not. Raises Unreadable."""
    Archive(data).check()
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which are not read
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            pages, cells = [], 0
            for sheet in book.worksheets:  # sheets of charts are none
                rows: list[list[str]] = []
                if sheet.sheet_state == "visible":
                    sheet.reset_dimensions()  # a size that the file only claims would be filled with empty cells
                    for row in sheet.iter_rows():
                        cells += len(row) + 1
                        count(cells)
                        rows.append([_value(cell) for cell in row])
                body = "\n\n".join(_blocks(rows))
                heading = f"# {' '.join(sheet.title.split())}\n\n"
                pages.append(tidy(clean(heading + body)) if body else "")
            title = book.properties.title or ""
        finally:
            book.close()
    text, starts = join_pages(pages)
    return Content(text=text, title=" ".join(clean(title).split()), pages=starts)


def _blocks(rows: list[list[str]]) -> Iterator[str]:
    """The tables of a sheet, which empty rows part. What stands alone in the rows above a table is text."""
    table: list[list[str]] = []
    for row in [*rows, []]:
        filled = [cell for cell in row if cell]
        if len(filled) == 1 and not table:
            yield filled[0]
        elif filled:
            table.append(row)
        elif table:
            yield table_or_records(table)
            table = []


def _value(cell: Any) -> str:
    """A cell as its reader sees it, nearly: numbers without the noise of binary fractions, dates as ISO has them."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        percent = str(cell.number_format).endswith("%")
        return f"{100 * value:.10g}%" if percent else str(value) if isinstance(value, int) else f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    return str(value).strip()
