"""The same words in another layout: lists, lines, headings, and rows of a table in another notation."""

from __future__ import annotations

import csv
import io
import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from html import escape

from agentinstruct_local.passages import Table, row_of, tables
from agentinstruct_local.passages.tables import plain_cell
from agentinstruct_local.tools.text_modification._excerpts import Change, Maker, Source

Cells = Sequence[Sequence[str]]
ROWS, WIDEST = 4, 90


def _lines(how: Callable[[int, str], str], around: tuple[str, str] = ("", "")) -> Maker:
    def make(source: Source) -> Change | None:
        if len(source.sentences) < 2:
            return None
        body = "\n".join(how(at, one) for at, one in enumerate(source.sentences, 1))
        return Change(f"{around[0]}{body}{around[1]}")

    return make


def _wrapped(source: Source) -> Change | None:
    width = source.draw.choice((40, 50, 60, 72))
    made = textwrap.wrap(source.text, width, break_long_words=False, break_on_hyphens=False)
    return Change("\n".join(made), {"width": str(width)}) if len(made) > 2 else None


def _headed(source: Source) -> Change | None:
    above = source.draft.headings
    heading = re.sub(r"^(?:[\dA-Z][\d.]*[.)]?\s+|Chapter [\d.]+ )", "", plain_cell(above[-1])) if above else ""
    if len(source.sentences) < 2 or not re.fullmatch(r"[A-Z][\w ,’'-]{5,60}", heading):
        return None
    lines = "\n".join(f"- {one}" for one in source.sentences)
    return Change(f"## {heading}\n\n{lines}", {"heading": heading})


def _json_list(source: Source) -> Change | None:
    if len(source.sentences) < 2:
        return None
    return Change(json.dumps(list(source.sentences), ensure_ascii=False, indent=2))


def found_rows(source: Source) -> Cells:
    """Header and up to four rows of a table that the focus is a row of, or of the first of the passage."""
    there = row_of(source.draft)
    whole_tables = tables(source.draft.passage)
    table: Table | None = there[0] if there else next(iter(whole_tables), None)
    if table is None:
        return ()
    start = max(0, min(there[1] if there else 0, len(table.rows) - ROWS))
    some = [table.header, *table.rows[start : start + ROWS]]
    fits = all(len(cell) <= WIDEST and not re.search(r"[|\"`\n]", cell) and cell for row in some for cell in row)
    headed = all(re.fullmatch(r"[A-Z][^\d@.:,/]*", cell) and len(cell.split()) <= 4 for cell in table.header)
    return [list(row) for row in some] if fits and headed else ()


def markdown(cells: Cells) -> str:
    """A table with bars, the header first."""
    rows = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([rows[0], f"| {' | '.join('---' for _ in cells[0])} |", *rows[1:]])


def commas(cells: Cells) -> str:
    """Comma-separated values, quoted where a cell needs it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(cells)
    return out.getvalue().strip()


def _json(cells: Cells) -> str:
    rows = [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]
    return json.dumps(rows, ensure_ascii=False, indent=2)


def _entries(cells: Cells) -> str:
    rows = ["\n".join(f"{name}: {cell}" for name, cell in zip(cells[0], row, strict=True)) for row in cells[1:]]
    return "\n\n".join(rows)


def _html(cells: Cells) -> str:
    lines = ["<table>"]
    for at, row in enumerate(cells):
        mark = "td" if at else "th"
        lines.append(f"  <tr>{''.join(f'<{mark}>{escape(cell, quote=False)}</{mark}>' for cell in row)}</tr>")
    return "\n".join([*lines, "</table>"])


def _table(shown: Callable[[Cells], str], made: Callable[[Cells], str]) -> Maker:
    def make(source: Source) -> Change | None:
        cells = found_rows(source)
        return Change(made(cells), {}, shown(cells)) if cells else None

    return make


LAYOUTS: Mapping[str, Maker] = {
    "bullets": _lines(lambda at, one: f"- {one}"),
    "numbers": _lines(lambda at, one: f"{at}. {one}"),
    "letters": _lines(lambda at, one: f"{'abcdefgh'[at - 1]}) {one}"),
    "one_a_line": _lines(lambda at, one: one),
    "checklist": _lines(lambda at, one: f"- [ ] {one}"),
    "html_list": _lines(lambda at, one: f"  <li>{escape(one, quote=False)}</li>", ("<ul>\n", "\n</ul>")),
    "wrapped": _wrapped,
    "headed": _headed,
    "json_list": _json_list,
}
"""Change -> how it is made of sentences."""
TABLES: Mapping[str, Maker] = {
    "table_csv": _table(markdown, commas),
    "table_json": _table(markdown, _json),
    "table_entries": _table(markdown, _entries),
    "table_html": _table(markdown, _html),
    "csv_table": _table(commas, markdown),
    "csv_json": _table(commas, _json),
}
"""Change -> how it is made of rows of a table."""
