"""What an answer tells of a table is so by the rows of the passage as they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, plain_entry, string
from agentinstruct_local.words import normalise

_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
_WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
Rows = Sequence[Mapping[str, str]]


def verify(draft: Draft, *, item: str = "item") -> Verdict:
    """The answer at `item.told` is what the rows give for that kind of question (table_wrong).

    `item.kind` is one of count, extreme, difference, compare and pairs. Read from the rows of the passage, not from the
    table that the question was made of; a table that is not found is `table_wrong` as well.
    """
    asked: Mapping[str, Any] = draft.value(item, {}) or {}
    kind, told = str(asked.get("kind", "")), string(draft, f"{item}.told")
    rows = _rows(draft, str(asked.get("thing", "")))
    if kind not in _CHECKS or not rows:
        return bad("table_true", "table_wrong", f"no such table, or kind: {kind}")
    wrong = _CHECKS[kind](asked, told, rows)
    return bad("table_true", "table_wrong", wrong) if wrong else good("table_true", told)


def _rows(draft: Draft, thing: str) -> Rows:
    """The rows under a header whose first cell is `thing`, each as {heading: cell}; the first cell is under ""."""
    header: list[str] = []
    found: list[dict[str, str]] = []
    lines = [unit for unit in draft.passage.units if unit.kind == "row"]
    for unit in lines:
        cells = [plain_entry(cell) for cell in re.split(r"(?<!\\)\|", unit.text.strip().strip("|"))]
        if cells[0] == normalise(thing):
            header, found = cells, []
        elif header and len(cells) == len(header) and any(cells):
            found.append({"": cells[0], **dict(zip(header, cells, strict=True))})
        if draft.focus and unit.span == draft.focus.span and not header:
            return []
    return found


def _count(asked: Mapping[str, Any], told: str, rows: Rows) -> str:
    column, entry = normalise(asked["column"]), plain_entry(asked["entry"])
    names = [row[""] for row in rows if row.get(column) == entry]
    number, _, rest = told.partition(":")
    said = _WORDS.index(number.lower()) if number.lower() in _WORDS else int(number) if number.isdigit() else -1
    missing = [name for name in names if name not in normalise(rest)]
    return f"{said} said, {len(names)} there; not named: {missing}" if said != len(names) or missing else ""


def _figure(cell: str) -> Fraction | None:
    found = _FIGURE.findall(cell)
    return Fraction(found[0].replace(",", "")) if len(found) == 1 else None


def _extreme(asked: Mapping[str, Any], told: str, rows: Rows) -> str:
    column = normalise(asked["column"])
    figures = {row[""]: _figure(row.get(column, "")) for row in rows}
    values = [one for one in figures.values() if one is not None]
    if len(values) < len(rows):
        return "an entry is no number"
    best = max(values) if asked["which"] == "largest" else min(values)
    right = [name for name, value in figures.items() if value == best]
    said = normalise(told.rpartition(", with ")[0])
    return "" if right == [said] else f"right: {right}, said: {said}"


def _difference(asked: Mapping[str, Any], told: str, rows: Rows) -> str:
    column = normalise(asked["column"])
    figures = {row[""]: _figure(row.get(column, "")) for row in rows}
    one, other = figures.get(plain_entry(asked["one"])), figures.get(plain_entry(asked["other"]))
    said = _figure(told.partition(":")[0])
    return "" if one is not None and other is not None and said == one - other and said > 0 else f"{one}, {other}"


def _compare(asked: Mapping[str, Any], told: str, rows: Rows) -> str:
    by_name = {row[""]: row for row in rows}
    one, other = by_name.get(plain_entry(asked["one"])), by_name.get(plain_entry(asked["other"]))
    if one is None or other is None:
        return "a row is not there"
    lines = [plain_entry(line.removeprefix("- ")) for line in told.splitlines()]
    columns = list(one)[2:]  # behind "" and the first column, which name the row
    for column in columns:
        same = f"{column}: the same for both, {one[column]}"
        apart = f"{column}: {one[column]} against {other[column]}"
        if (same if one[column] == other[column] else apart) not in lines:
            return f"not told as it is: {column}"
    return "" if len(lines) == len(columns) else "a line too many"


def _pairs(asked: Mapping[str, Any], told: str, rows: Rows) -> str:
    column = normalise(asked["column"])
    options = dict(zip(asked["letters"], map(plain_entry, asked["right"]), strict=True))
    for line, name in zip(told.splitlines(), asked["left"], strict=True):
        letter = line[-1:]
        entries = [row.get(column) for row in rows if row[""] == plain_entry(name)]
        if entries != [options.get(letter)] or plain_entry(name) not in plain_entry(line):
            return f"{name}: {entries}, said {options.get(letter)}"
    return "" if len(set(options.values())) == len(options) else "two options are the same"


_CHECKS = {"count": _count, "extreme": _extreme, "difference": _difference, "compare": _compare, "pairs": _pairs}
