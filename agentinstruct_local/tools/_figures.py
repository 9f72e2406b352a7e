"""What the amounts of one column come to, exactly, and how it is written in the manner of its cells."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from agentinstruct_local.tools._sentences import be, has
from agentinstruct_local.tools._sheet import TIMES, Column, Sheet, noun_of, singular
from agentinstruct_local.words.terms import listed
from agentinstruct_local.words.tokens import MONTHS

_NO_SUM = re.compile(
    r"(?:rate|ratio|average|mean|median|price|age|speed|temperature|latitude|longitude|density|share|percentage|percent|"
    r"intensity|amplitude|phase|score|level|limit|width|height|depth|rank|orb|angle|per|time|valuation|frequency)\b"
)
_LONG = re.compile(r"\b(?:length|duration|time|interval|period)$")
_NO_FIGURE = re.compile(r"latitude|longitude|colou?r|phase")


def wording(sheet: Sheet, at: int) -> dict[str, str]:
    """The words for a column's figures: highest and lowest, difference, total and average, ranking."""
    column, values = sheet.columns[at], [sheet.amount(row, at) for row in range(len(sheet.keys))]
    order = sorted(range(len(values)), key=lambda row: -values[row])
    high, low = order[0], order[-1]
    said = [column.said(sheet.rows[row][at]) for row in range(len(values))]
    total = sum(values, Decimal(0))
    ranked = [f"{sheet.label(row)} ({said[row]})" for row in order]
    degree, most, least = degrees(column)
    return {
        "table": sheet.name, "noun": column.noun, "is": be(column), "that": "those" if column.plural else "that",
        "kind": sheet.kind or "entry", "kinds": plural(sheet.kind or "entry"),
        "head": sheet.head, "header": column.header,
        "high": sheet.label(high), "low": sheet.label(low), "high_value": said[high], "low_value": said[low],
        "more": f"{'' if column.plural else 'a '}{degree} {column.noun}",
        "most": f"the {most} {column.noun}", "least": f"the {least}", "least_of_all": f"the {least} {column.noun}",
        "higher": "longer" if degree == "longer" else "higher",
        "adds": "add" if column.plural else "adds",
        "difference": derived(column, sheet, at, values[high] - values[low], apart=True),
        "total": derived(column, sheet, at, total), "average": derived(column, sheet, at, mean(values)),
        "about": "" if mean(values) * len(values) == total else "about ",
        "share": str(_round(100 * values[high] / total, 1)) if total > 0 else "",
        "ranked": listed(ranked), "rest": listed(ranked[1:]), "first_has": has(column, sheet.rows[high][at]),
        "numbered": "\n".join(f"{place}. {sheet.keys[row]}: {said[row]}" for place, row in enumerate(order, 1)),
    }  # fmt: skip


def trend(sheet: Sheet, at: int) -> dict[str, str]:
    """The words for what becomes of a column over time: start and end, and the largest step up and down."""
    column, values = sheet.columns[at], [sheet.amount(row, at) for row in range(len(sheet.keys))]
    steps = [later - sooner for sooner, later in itertools.pairwise(values)]
    up, down = max(steps), min(steps)
    words = {"start": sheet.keys[0], "end": sheet.keys[-1],
             "difference": derived(column, sheet, at, abs(values[-1] - values[0]), apart=True)}  # fmt: skip
    places = {"start": 0, "end": -1, "up_from": steps.index(up), "up_to": steps.index(up) + 1,
              "down_from": steps.index(down), "down_to": steps.index(down) + 1}  # fmt: skip
    for name, place in places.items():
        words[name] = sheet.keys[place]
        words[f"{name}_value"] = column.said(sheet.rows[place][at])
    if values[0] > 0 and _round(100 * abs(values[-1] - values[0]) / values[0], 1) > 0:
        words["percent"] = str(_round(100 * abs(values[-1] - values[0]) / values[0], 1))
    return words


def derived(column: Column, sheet: Sheet, at: int, value: Decimal, *, apart: bool = False) -> str:
    """A figure that stands in no cell, with the cells' unit; of percentages the difference is percentage points."""
    cells = [row[at] for row in sheet.rows]
    several = next((cell for cell in cells if abs(sheet.amount(cells.index(cell), at)) != 1), cells[0])
    before, after = re.split(r"-?[\d.,]*\d", several, maxsplit=1) if re.search(r"\d", several) else ("", "")
    written = f"{value:,f}" if abs(value) >= 10000 else f"{value:f}"
    written = re.sub(r"(\.\d*?)0+$", r"\1", written).rstrip(".") if "." in written else written
    if (after or column.after).strip() == "%" and apart:
        return f"{written} percentage points"
    if abs(value) == 1:
        after = re.sub(r"(?<=[a-z]{2})s$", "", after)
    return f"{before or column.before}{written}{after or column.after}"


def mean(values: Sequence[Decimal]) -> Decimal:
    """The average, to two decimals or as many as the values have; of large whole numbers to a whole number."""
    decimals = max(0, *(-_exponent(value) for value in values))
    large = decimals == 0 and min(map(abs, values)) >= 10_000
    places = 0 if large else max(2, decimals)
    return _round(sum(values, Decimal(0)) / len(values), places)


def adds_up(column: Column, cells: Sequence[str]) -> bool:
    """Whether the sum of a column means something: not of rates, shares and measurements of state."""
    return not _NO_SUM.search(column.noun) and not any("%" in cell or "°" in cell for cell in (*cells, column.after))


def compares(column: Column) -> bool:
    """Whether more and less of it means something."""
    return column.amounts and not _NO_FIGURE.search(column.noun)


def when(key: str) -> tuple[int, ...] | None:
    """When it was: what a key such as "1984", "Mar", "2024-01", "Q3 2020" or "Year 2" is sorted by."""
    text = key.strip().casefold()
    if month := re.fullmatch(r"([a-z]{3,9})\.?(?: (\d{4}))?", text):
        return (int(month[2] or 0), MONTHS[month[1]]) if month[1] in MONTHS else None
    if part := re.fullmatch(r"[qh](\d)(?: (\d{4}))?|(\d{4}) ?[qh](\d)", text):
        return (int(part[2] or part[3] or 0), int(part[1] or part[4]))
    if named := re.fullmatch(r"(?:[a-z]{1,7} ?)?(\d{1,4})(?:-(\d\d))?(?:-(\d\d))?", text):
        return tuple(int(one or 0) for one in named.groups())
    return None


def in_time(sheet: Sheet) -> bool:
    """Whether the rows follow each other in time."""
    return time_of(sheet.head, sheet.keys)


def time_of(header: str, keys: Sequence[str]) -> bool:
    """Whether keys under this heading are times, each later than the one before."""
    found = [one for one in map(when, keys) if one is not None]
    later = all(one < other for one, other in itertools.pairwise(found))
    return singular(noun_of(header) or "x") in TIMES and len(found) == len(keys) and later


def plural(noun: str) -> str:
    """Several of what a noun names."""
    if re.search(r"(?:[^aeiou]y)$", noun):
        return f"{noun[:-1]}ies"
    return noun if singular(noun) != noun else f"{noun}es" if re.search(r"(?:s|x|ch|sh)$", noun) else f"{noun}s"


def degrees(column: Column) -> tuple[str, str, str]:
    """More, most and least of a column: of employees, of a length, of anything else."""
    if _countable(column):
        return "more", "most", "fewest"
    return ("longer", "longest", "shortest") if _LONG.search(column.noun) else ("higher", "highest", "lowest")


def _countable(column: Column) -> bool:
    return column.plural and has(column, "2").startswith("2 ")


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP).normalize() + 0
