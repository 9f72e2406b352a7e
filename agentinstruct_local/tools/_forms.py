"""Data as it is shown in a question: a Markdown table, CSV, JSON, XML, lines of `key: value` or triples."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

from agentinstruct_local.tools._sheet import Sheet


def shown(sheet: Sheet, form: str) -> str:
    """The sheet in one of the forms: markdown, csv, json, nested, xml, pairs, triples."""
    return _FORMS[form](sheet)


def _grid(sheet: Sheet) -> list[list[str]]:
    header = [sheet.head, *(one.header for one in sheet.columns)]
    return [header, *([key, *row] for key, row in zip(sheet.keys, sheet.rows, strict=True))]


def _markdown(sheet: Sheet) -> str:
    header, *rows = _grid(sheet)
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(header)} |", "|" + " --- |" * len(header), *lines])


def _csv(sheet: Sheet) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_grid(sheet))
    return text.getvalue().rstrip("\n")


def _records(sheet: Sheet) -> list[dict[str, str | None]]:
    header, *rows = _grid(sheet)
    return [{name: cell or None for name, cell in zip(header, row, strict=True)} for row in rows]


def _json(sheet: Sheet) -> str:
    records = _records(sheet)
    return json.dumps(records[0] if len(records) == 1 else records, ensure_ascii=False, indent=2)


def _nested(sheet: Sheet) -> str:
    inner = [{sheet.head: key, "details": {name: one[name] for name in list(one)[1:]}}
             for key, one in zip(sheet.keys, _records(sheet), strict=True)]  # fmt: skip
    return json.dumps({"title": sheet.name, "entries": inner}, ensure_ascii=False, indent=2)


def _xml(sheet: Sheet) -> str:
    lines = ["<entries>"]
    for one in _records(sheet):
        inner = "".join(f"<{tag(name)}>{escape(cell or '')}</{tag(name)}>" for name, cell in one.items())
        lines.append(f"  <entry>{inner}</entry>")
    return "\n".join([*lines, "</entries>"])


def tag(name: str) -> str:
    """A heading as the name of an XML element."""
    return re.sub(r"[^\w.-]+", "_", name).strip("_") or "field"


def _pairs(sheet: Sheet) -> str:
    blocks = ["\n".join(f"{name}: {cell or ''}".rstrip() for name, cell in one.items()) for one in _records(sheet)]
    return "\n\n".join(blocks)


def _triples(sheet: Sheet) -> str:
    records: Sequence[Mapping[str, str | None]] = _records(sheet)
    return "\n".join(
        f"({key} | {name} | {cell})"
        for key, one in zip(sheet.keys, records, strict=True)
        for name, cell in list(one.items())[1:]
        if cell
    )


_FORMS: Mapping[str, Callable[[Sheet], str]] = {
    "markdown": _markdown, "csv": _csv, "json": _json, "nested": _nested, "xml": _xml, "pairs": _pairs,
    "triples": _triples,
}  # fmt: skip
