"""Data as it stands in a question, read back: a Markdown table, CSV, JSON, XML, lines of `key: value` or triples."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any, NamedTuple

from agentinstruct_local.records import Draft
from agentinstruct_local.verifiers.fields import plain_entry

Record = dict[str, str]
EMPTY = ("", "-", "–", "—", "n/a", "na", "null", "?", "tbd", "none")


class Data(NamedTuple):
    """Rows by heading; the first heading names them."""

    head: str
    headings: tuple[str, ...]  # the others
    records: tuple[Record, ...]


def read(text: str) -> Data | None:
    """The data of a text that holds nothing else; None where it has none of the known forms."""
    body = text.strip()
    if body.startswith(("{", "[")):
        records = _json(body)
    elif body.startswith("<"):
        entries = re.findall(r"<entry>(.*?)</entry>", body, re.DOTALL)
        records = [
            {name: unescape(cell) for name, cell in re.findall(r"<([\w.-]+)>(.*?)</\1>", one)} for one in entries
        ]
    elif body.startswith("|"):
        grid = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in body.splitlines()]
        records = _of_grid([grid[0], *grid[2:]])
    elif body.startswith("("):
        records = _triples(body)
    elif re.match(r"[^,\n]{1,60}: ?", body):
        records = [dict(_pair(line) for line in block.splitlines()) for block in body.split("\n\n")]
    else:
        records = _of_grid(list(csv.reader(body.splitlines())))
    records = [one for one in records if one]
    if not records or any(list(one)[:1] != list(records[0])[:1] for one in records):
        return None
    names = list(dict.fromkeys(name for one in records for name in one))
    return Data(names[0], tuple(names[1:]), tuple(records))


def _pair(line: str) -> tuple[str, str]:
    name, _, cell = line.partition(":")
    return name.strip(), cell.strip()


def _of_grid(grid: Sequence[Sequence[str]]) -> list[Record]:
    return [dict(zip(grid[0], row, strict=False)) for row in grid[1:]]


def _json(body: str) -> list[Record]:
    try:
        found: Any = json.loads(body)
    except ValueError:
        return []
    if isinstance(found, Mapping):
        found = found.get("entries", [found])
    flat = []
    for one in found if isinstance(found, list) else []:
        inner = one.get("details", {}) if isinstance(one, Mapping) else {}
        whole = (
            {**{name: cell for name, cell in one.items() if name != "details"}, **inner}
            if isinstance(one, Mapping)
            else {}
        )
        flat.append({str(name): "" if cell is None else str(cell) for name, cell in whole.items()})
    return flat


def _triples(body: str) -> list[Record]:
    found: dict[str, Record] = {}
    for line in body.splitlines():
        parts = line.strip().strip("()").split(" | ")
        if len(parts) == 3:
            found.setdefault(parts[0], {"": parts[0]})[parts[1]] = parts[2]
    return list(found.values())


def empty(cell: str) -> bool:
    """Whether a cell says nothing."""
    return cell.strip().casefold() in EMPTY


def strange(data: Data, draft: Draft) -> str:
    """A cell that stands in no row of the passage beside its key, or heading that stands in no header; "" if none.

    A gap may be shown where the passage has an entry.
    """
    rows = [[plain_entry(cell) for cell in re.split(r"(?<!\\)\|", unit.text.strip().strip("|"))]
            for unit in draft.passage.units if unit.kind == "row"]  # fmt: skip
    wanted = [plain_entry(name) for name in (data.head, *data.headings) if name]
    heads = [row for row in rows if all(_among(name, row) for name in wanted)]
    if not heads:
        return " / ".join(wanted)
    lost = [_lost(data, header, rows) for header in heads]
    return "" if "" in lost else lost[0]


def _lost(data: Data, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A cell that no row under this header has beside its key."""
    for record in data.records:
        (_, key), *cells = record.items()
        found = [row for row in rows if row[0] == plain_entry(key) and len(row) == len(header)]
        for name, cell in cells:
            place = next(at for at, one in enumerate(header) if _same(plain_entry(name), one))
            if not empty(cell) and not any(row[place] == plain_entry(cell) for row in found):
                return f"{key}, {name}: {cell}"
    return ""


def _among(name: str, row: Sequence[str]) -> bool:
    return any(_same(name, one) for one in row)


def _same(one: str, other: str) -> bool:
    """Equal, but for the characters that the name of an XML element cannot have."""
    return one == other or re.sub(r"[^\w.-]+", "_", one).strip("_") == re.sub(r"[^\w.-]+", "_", other).strip("_")
