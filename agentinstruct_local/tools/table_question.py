"""Questions over the rows of a table: counts, extremes, differences, comparisons, pairs."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.passages import Table, row_of
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import NUMBERS
from agentinstruct_local.words.terms import listed

_AMOUNT = re.compile(
    r"(?P<sign>[-+]?)(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<unit>(?:[^\W\d_]|[%°µ/²³]){1,12}(?: [^\W\d_]{1,12})?)?"
)
SHORT = 8  # words of an entry that is named in a question
LETTERS = "ABCDE"
Made = dict[str, Any] | None


def use(draft: Draft, *, kind: str = "count") -> dict[str, Any]:
    """A question's parts over the table that the focus is a row of, and `told`, the answer.

    `kind`: "count" (`column`, `entry`), "extreme" (`column`, `which`: largest or smallest), "difference" (`column`,
    `one`, `other`), "compare" (`one`, `other`), "pairs" (`left`, `right`, `letters`, `key`, `column`). All give
    `table`, `thing` (what the rows are, as the first column is called), `question` (a key for near-duplicates) and
    `quote`. Errors: `no_table`; `nothing_to_ask` where the rows give no such question with one answer.
    """
    found = row_of(draft)
    if found is None or draft.focus is None or draft.focus.kind != "row":
        return {"error": "no_table"}
    table, row = found
    made = _KINDS[kind](table, row, random.Random(seed_from(draft.seed, "table_question")))
    if not made:
        return {"error": "nothing_to_ask"}
    named = {"table": table.name, "thing": table.header[0], "quote": draft.focus.text if draft.focus else ""}
    asked = " / ".join([kind, table.name, *(str(made.get(name, "")) for name in ("column", "entry", "one", "other"))])
    return {"output": {"kind": kind, "question": asked, **named, **made}}


def amount(cell: str) -> tuple[Decimal, str] | None:
    """A cell that is one number, and its unit without the s of the plural; None for any other."""
    found = _AMOUNT.fullmatch(cell.strip())
    if not found or found["sign"]:
        return None
    return Decimal(found["number"].replace(",", "")), (found["unit"] or "").strip().removesuffix("s")


def _count(table: Table, row: int, draw: random.Random) -> Made:
    columns = []
    for column in range(1, len(table.header)):
        entry = table.rows[row][column]
        same = [one[0] for one in table.rows if one[column] == entry]
        if any(map(str.isalnum, entry)) and len(entry.split()) <= SHORT and 2 <= len(same) < len(table.rows):
            columns.append((column, entry, same))
    if not columns:
        return None
    column, entry, same = draw.choice(columns)
    number = NUMBERS[len(same)] if len(same) < len(NUMBERS) else str(len(same))
    return {"column": table.header[column], "entry": entry, "told": f"{number.capitalize()}: {listed(same)}."}


def _amounts(table: Table) -> dict[int, list[tuple[Decimal, str]]]:
    """The columns whose every entry is a number of one unit."""
    found = {}
    for column in range(1, len(table.header)):
        read = [amount(one[column]) for one in table.rows]
        values = [one for one in read if one]
        if len(values) == len(table.rows) and len({unit for _, unit in values}) == 1 and len(set(values)) > 1:
            found[column] = values
    return found


def _extreme(table: Table, row: int, draw: random.Random) -> Made:
    columns = _amounts(table)
    if not columns:
        return None
    column = draw.choice(list(columns))
    values = [value for value, _ in columns[column]]
    sides = [side for side, value in (("largest", max(values)), ("smallest", min(values))) if values.count(value) == 1]
    if not sides:
        return None
    which = draw.choice(sides)
    place = values.index(max(values) if which == "largest" else min(values))
    told = f"{table.rows[place][0]}, with {table.rows[place][column]}."
    return {"column": table.header[column], "which": which, "told": told, "entry": which}


def _difference(table: Table, row: int, draw: random.Random) -> Made:
    columns = {column: values for column, values in _amounts(table).items() if values[row][0]}
    pairs = [(column, other) for column, values in columns.items() for other, one in enumerate(values)
             if one[0] != values[row][0]]  # fmt: skip
    if not pairs:
        return None
    column, other = draw.choice(pairs)
    values = columns[column]
    more, less = (row, other) if values[row] > values[other] else (other, row)
    unit = re.sub(r"^[-\d.,\s]+", "", table.rows[more][column])
    gap = values[more][0] - values[less][0]
    if gap == 1 and unit.endswith("s") and unit[:-1].isalpha():
        unit = unit[:-1]
    entries = f"{table.rows[more][column]} against {table.rows[less][column]}"
    told = f"{f'{gap:,} {unit}'.strip()}: {entries}."
    return {"column": table.header[column], "one": table.rows[more][0], "other": table.rows[less][0], "told": told}


def _compare(table: Table, row: int, draw: random.Random) -> Made:
    mine = table.rows[row]
    if len(table.header) < 3 or not _brief(mine):
        return None
    others = []
    for one in table.rows:
        same = sum(a == b for a, b in zip(one, mine, strict=True))
        if one is not mine and same < len(mine) - 1 and _brief(one):
            others.append(one)
    if not others:
        return None
    other = draw.choice(others)
    lines = []
    for name, a, b in list(zip(table.header, mine, other, strict=True))[1:]:
        lines.append(f"- {name}: the same for both, {a}" if a == b else f"- {name}: {a} against {b}")
    return {"one": mine[0], "other": other[0], "told": "\n".join(lines)}


def _brief(row: tuple[str, ...]) -> bool:
    """Every cell says something, in a few words and not in sentences: else "A against B" would be hard to read."""
    return all(any(map(str.isalnum, cell)) and len(cell.split()) <= SHORT and cell[-1] not in ".;" for cell in row)


def _pairs(table: Table, row: int, draw: random.Random) -> Made:
    columns = []
    for column in range(1, len(table.header)):
        entries = Counter(one[column] for one in table.rows)
        rows = [one for one in table.rows if entries[one[column]] == 1 and any(map(str.isalnum, one[column]))]
        if len(rows) >= 3 and table.rows[row] in rows and all(len(one[column]) <= 160 for one in rows):
            columns.append((column, rows))
    if not columns:
        return None
    column, rows = draw.choice(columns)
    others = [one for one in rows if one is not table.rows[row]]
    chosen = [table.rows[row], *draw.sample(others, min(len(others), len(LETTERS) - 1))]
    left = [one[0] for one in sorted(chosen, key=table.rows.index)]
    right = [one[column] for one in chosen]
    draw.shuffle(right)
    by_key = {one[0]: one[column] for one in chosen}
    letters = list(LETTERS[: len(chosen)])
    key = [letters[right.index(by_key[one])] for one in left]
    told = "\n".join(
        f"{number}. {one}: {letter}" for number, (one, letter) in enumerate(zip(left, key, strict=True), 1)
    )
    lines = [f"{number}. {one}" for number, one in enumerate(left, 1)]
    lines += ["", *(f"{letter}) {one}" for letter, one in zip(letters, right, strict=True))]
    made = {"left": left, "right": right, "letters": letters, "key": key, "listed": "\n".join(lines), "told": told}
    return {**made, "column": table.header[column], "one": left[0]}


_KINDS: dict[str, Callable[[Table, int, random.Random], Made]] = {
    "count": _count, "extreme": _extreme, "difference": _difference, "compare": _compare, "pairs": _pairs,
}  # fmt: skip
