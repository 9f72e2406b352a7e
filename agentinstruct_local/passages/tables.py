"""The tables of a passage as rows of cells, and its lists of options, which are tables of two columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agentinstruct_local.records import Draft, Passage, Unit

FEWEST = 3
"""Rows of a table that is worth a question."""
LONGEST_KEY, LONGEST_CELL = 60, 300
"""Characters of what names a row, and of any other cell."""

MOST_CELLS = 8
"""Of a row that is asked about cell by cell."""

BRIEF = 6
"""Words of a cell that can be told inside a sentence."""

_MARKS = re.compile(r"\*\*|__|`|\\(?=[_*|<>])")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_CELLS = re.compile(r"(?<!\\)\|")
_WORD = re.compile(r"[^\W_]")
_RULE = re.compile(r"[\s|:-]+")
_BARE = re.compile(r"[\d.,\s%+-]*")
_AMOUNT = re.compile(r"[$€£~]?\s?-?\d[\d,]*(?:\.\d+)?\s?(?:[^\W\d_]{1,9}(?:/\w{1,5})?|[%°][CF]?)?")
_SECTION = re.compile(r"^(?:(?:chapter|section|part|appendix)\s+)?[\dA-Z]?[\d.]*[.):]?\s+(?=\w)", re.IGNORECASE)
_REMARK = re.compile(
    r"(?:notes?|tips?|important|warnings?|cautions?|hints?|examples?|description|see also)?\W*", re.IGNORECASE
)
"""Headings that name no table."""


class Table(NamedTuple):
    """Rows that their first cell names, each name once."""

    name: str  # the heading that it stands under
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    units: tuple[int, ...]  # the unit of the passage behind each row


def tables(passage: Passage, *, series: bool = False) -> tuple[Table, ...]:
    """Every table of a passage that can be looked up: one header, and rows that their first cell tells apart.

    With `series` also those whose rows only numbers name, such as years.
    """
    return tuple(one for one in (*_drawn(passage), *_options(passage)) if _sound(one, series))


def table_of(passage: Passage, unit: int) -> tuple[Table, int] | None:
    """The table that a unit is a row of, and which row; None where it is in none."""
    found = ((one, one.units.index(unit)) for one in tables(passage) if unit in one.units)
    return next(found, None)


def row_of(draft: Draft) -> tuple[Table, int] | None:
    """The table that a draft's focus is a row of, and which row; None where it is in none."""
    places = [place for place, unit in enumerate(draft.passage.units) if draft.focus and unit.span == draft.focus.span]
    return table_of(draft.passage, places[0]) if places else None


def cells_of(passage: Passage, unit: Unit) -> list[str]:
    """What a row states, cell by cell, with headings: "Size: 40 mm; Price: 3.20", "Size: 40 mm; Colour: red".

    Nothing for the row of headings. A row of many cells, and one whose headings are not known, is told as a whole.
    """
    place = next((number for number, one in enumerate(passage.units) if one.span == unit.span), None)
    if place is None or not _drawn_row(unit):
        return [unit.text]
    first = place
    while first and _drawn_row(passage.units[first - 1]):
        first -= 1
    above = passage.columns if first == 0 else ""
    if first + 1 < len(passage.units) and _ruled(passage, first, first + 1):
        above = passage.units[first].text
        if place == first:
            return []
    if not above:
        return [unit.text]
    header, row = _cells(above), _cells(unit.text)
    told = [f"{name}: {cell}" if name else cell for name, cell in zip(header, row, strict=False) if _WORD.search(cell)]
    if not 2 < len(told) <= MOST_CELLS:
        return ["; ".join(told)]
    return [f"{told[0]}; {one}" for one in told[1:]]


def columns_above(text: str, start: int) -> str:
    """The row of headings of the table that goes on at `start`; empty where none does."""
    lines = text[:start].rstrip().split("\n")
    if not text[start:].lstrip().startswith("|"):
        return ""
    while len(lines) > 1 and lines[-1].lstrip().startswith("|"):
        if "--" in (line := lines.pop()) and _RULE.fullmatch(line):
            return lines[-1].strip()
    return ""


def _drawn_row(unit: Unit) -> bool:
    return unit.kind == "row" and unit.text.startswith("|") and unit.text.count("|") > 2


def _drawn(passage: Passage) -> Iterator[Table]:
    run: list[int] = []
    for number, unit in enumerate((*passage.units, None)):
        if unit is not None and _drawn_row(unit):
            run.append(number)
            continue
        if len(run) > FEWEST and _ruled(passage, run[0], run[1]):
            cells = [_cells(passage.units[one].text) for one in run]
            body = [
                (row, one)
                for row, one in zip(cells[1:], run[1:], strict=True)
                if any(row) and len(row) == len(cells[0])
            ]
            yield Table(
                _heading(passage, run[0]),
                tuple(cells[0]),
                tuple(tuple(row) for row, _ in body),
                tuple(one for _, one in body),
            )
        run = []


def _ruled(passage: Passage, first: int, second: int) -> bool:
    """Whether a line is drawn below the first row: else it is the middle of a long table, and no header."""
    start, end = passage.units[first].span[1], passage.units[second].span[0]
    return "--" in passage.text[start - passage.span[0] : end - passage.span[0]]


def _options(passage: Passage) -> Iterator[Table]:
    units = passage.units
    found = [
        (number + 1, unit.names)
        for number, unit in enumerate(units[:-1])
        if unit.names.startswith("-") and units[number + 1].kind == "sentence" and not units[number + 1].names
    ]
    if len(found) >= FEWEST:
        rows = tuple((name, units[number].text) for number, name in found)
        yield Table(_heading(passage, found[0][0] - 1), ("Option", "Description"), rows, tuple(one for one, _ in found))


def _heading(passage: Passage, before: int) -> str:
    inside = [unit.text for unit in passage.units[:before] if unit.kind == "heading"]
    found = (plain_cell(_SECTION.sub("", one)) for one in (passage.title, *passage.headings, *inside))
    above: Sequence[str] = [one for one in found if not _REMARK.fullmatch(one)]
    return above[-1] if above else ""


def _cells(row: str) -> list[str]:
    return [plain_cell(cell) for cell in _CELLS.split(row.strip().strip("|"))]


def plain_cell(text: str) -> str:
    """A cell without the marks of emphasis, code and links."""
    return " ".join(_MARKS.sub("", _LINK.sub(r"\1", text)).split())


def _sound(table: Table, series: bool = False) -> bool:
    """It has a name, a header of distinct names and enough rows, each named by a short first cell of its own."""
    keys = [row[0].casefold() for row in table.rows]
    names = [cell.casefold() for cell in table.header]
    return (
        bool(table.name)
        and len(table.rows) >= FEWEST
        and len(names) >= 2
        and all(names)
        and len(set(names)) == len(names)
        and all(len(one) <= 40 and re.search(r"[^\W\d_]", one) and len(one.split()) <= 5 for one in names)
        and len(set(keys)) == len(keys)
        and all((series or len(key) > 1) and len(key) <= LONGEST_KEY and any(map(str.isalnum, key)) for key in keys)
        and (series or not all(_BARE.fullmatch(key) for key in keys))
        and not _headless(table)
        and all(len(cell) <= LONGEST_CELL for row in table.rows for cell in row)
    )


def _headless(table: Table) -> bool:
    """Whether the header looks like one more row: it is named as the rows are, "max_size" or "LICENCE"."""
    keys, first = [row[0] for row in table.rows], table.header[0]
    same = [one for one in (str.isupper, _identifier) if len(first) > 3 and one(first)]
    small = all(cell[:1].islower() for cell in (*table.header, *keys))
    return small or any(sum(map(one, keys)) >= len(keys) / 2 for one in same)


def _identifier(text: str) -> bool:
    return bool(re.fullmatch(r"\S*\w[_./-]\w\S*", text))


def row_traits(passage: Passage, unit: int) -> frozenset[str]:
    """What a unit offers as a row of a table that can be looked up; nothing if it is none.

    record: it has a value beside its name. measured: a column holds amounts only, such as "12 weeks". brief: two
    columns hold a few words each and no sentences.
    """
    found = table_of(passage, unit)
    if found is None:
        return frozenset()
    table, row = found
    columns = [one for one in list(zip(*table.rows, strict=True))[1:] if any(one)]
    short = [one for one in columns if all(len(c.split()) <= BRIEF and not c.endswith(".") for c in one)]
    offers = {
        "record": any(table.rows[row][1:]),
        "measured": any(all(_AMOUNT.fullmatch(cell) for cell in one if cell) for one in columns),
        "brief": len(short) > 1,
    }
    return frozenset(name for name, there in offers.items() if there)
