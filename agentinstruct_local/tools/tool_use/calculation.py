"""A question whose answer has to be worked out from the amounts of a table or a sentence, with a calculator's call."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from agentinstruct_local.loop import declarations
from agentinstruct_local.passages import Table, row_of
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._listing import headed
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools.calculator import calculate
from agentinstruct_local.words.terms import listed

LARGEST = 100_000
"""The most of a unit that anyone would want to have: not years in seconds."""
MOST_ROWS = 12
"""Of a table that a question shows."""
_ENTRY = re.compile(r"(\d[\d,]*(?:\.\d+)?)(?: ?([A-Za-zµ%]{1,12}))?")
_NAMES_A_THING = re.compile(
    r"\b(?:no|number|id|code|port|year|version|page|section|chapter|rfc|date|phone|edition|rank|level)\b\.?$",
    re.IGNORECASE,
)
_ADDS_UP = re.compile(
    r"\b(?:stock|quantity|qty|amount|count|number of|total|costs?|weight|mass|volume|pieces|items|budget|revenue|sales|"
    r"tickets|hours|units|orders|cases|visitors|area|consumption|inventory|turnover|production|output|loss|profit)\b",
    re.IGNORECASE,
)
_PER = re.compile(r"\b(?:per|each|average|mean|rate|maximum|minimum|max|min|limit)\b|%", re.IGNORECASE)
"""What is no part of a whole: a price per unit, a mean."""
_COUNTED = re.compile(
    rf"{_ADDS_UP.pattern}|\b(?:staff|people|users|members|capacity|price|seats|rooms)\b", re.IGNORECASE
)
_CONVERTED = {
    "second": ("minutes", "hours"), "minute": ("seconds", "hours"), "hour": ("minutes", "days"),
    "day": ("hours", "weeks"), "week": ("days", "hours"), "byte": ("KiB",), "KiB": ("bytes", "MiB"),
    "MiB": ("KiB", "GiB"), "GiB": ("MiB",), "millisecond": ("seconds",), "ms": ("seconds",), "kg": ("grams",),
    "g": ("kilograms",), "gram": ("kilograms",), "mm": ("centimetres", "metres"), "cm": ("millimetres", "metres"),
    "km": ("metres",),
}  # fmt: skip
"""How an amount is written -> the units in which someone may want it."""
_AMOUNT = re.compile(rf"(?<![\w.,/:-])(\d[\d,]*(?:\.\d+)?) ({'|'.join(_CONVERTED)})(s?)\b(?![/²³^]| per\b)")
_CHAPTER = re.compile(r"^\d[\d.]*\s+")
_SOUND = re.compile(r"[A-Z`][^\"“”|{}\n]{30,260}[.!?]")


def use(
    draft: Draft, *, case: str = "difference", asks: Sequence[str] = (), answers: Sequence[str] = ()
) -> dict[str, Any]:
    """`messages` (question, call, result, answer), `tools`, `question`, `case` and `quote`.

    `case`: "difference" of two rows of a table, "total" of some, "share" of one in all, or "convert", an amount of a
    sentence in another unit. Errors: no_table, no_amount (nothing to reckon with), bad_sum.
    """
    if case == "convert":
        made = _converted(draft)
    else:
        found = row_of(draft)
        if found is None or len(found[0].rows) > MOST_ROWS or not headed(found[0]):
            return {"error": "no_table"}
        made = _of_table(draft, *found, case)
    if made is None or not asks or not answers:
        return {"error": "no_amount"}
    words, arguments = made
    counted = calculate(arguments["expression"], arguments.get("unit", ""))
    if "error" in counted:
        return counted
    result = counted["output"]
    words |= {"result": shown(result["value"], words["unit"])}
    draw = drawn(draft, "calculation")
    question = draw.choice(list(asks)).format(**words)
    call = {"name": "calculator", "arguments": arguments}
    messages = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "name": "calculator", "content": json.dumps(result, ensure_ascii=False)},
        {"role": "assistant", "content": draw.choice(list(answers)).format(**words)},
    ]
    asked = question.replace(words.get("text", "\n"), " ").strip()  # without the table, which other questions show too
    return {"output": {
        "messages": messages, "tools": [dict(one) for one in declarations(["calculator"])], "question": question,
        "asked": asked, "case": case, "quote": draft.focus.text if draft.focus else words["sentence"],
    }}  # fmt: skip


def shown(value: float, unit: str) -> str:
    """A result as people write it: at most two places, "about" where that rounds it."""
    short = round(value, 2)
    number = f"{int(short):,}" if short == int(short) else f"{short:,}"
    single = unit[:-1] if number == "1" and unit.endswith("s") and len(unit) > 3 else unit
    about = "" if Fraction(str(value)) == Fraction(str(short)) else "about "
    return f"{about}{number}{'%' if unit == '%' else f' {single}'.rstrip()}"


def _of_table(draft: Draft, table: Table, row: int, case: str) -> tuple[dict[str, str], dict[str, str]] | None:
    """The words of a question about a table, and what the calculator is asked; None where no column will do."""
    draw = drawn(draft, "column")
    columns = [one for one in range(1, len(table.header)) if _reckoned(table, row, one, case)]
    if not columns:
        return None
    column = draw.choice(columns)
    amounts = {at: _amount(one[column]) for at, one in enumerate(table.rows)}
    own = amounts[row]
    known = {at: one for at, one in amounts.items() if one and own and one[1] == own[1]}
    others = [at for at in known if at != row]
    words = {"table": table.name, "column": table.header[column], "kind": table.header[0], "text": _written(table)}
    words |= {"unit": "%" if case == "share" else own[1] if own else "", "key": table.rows[row][0]}
    if case == "difference":
        other = draw.choice([at for at in others if known[at][0] != known[row][0]])
        high, low = sorted((row, other), key=lambda at: -known[at][0])
        words |= {"more": table.rows[high][0], "less": table.rows[low][0]}
        words |= {"high": table.rows[high][column], "low": table.rows[low][column]}
        return words, {"expression": f"{_spelled(known[high])} - {_spelled(known[low])}"}
    if case == "total":
        some = sorted([row, *draw.sample(others, min(len(others), draw.choice((1, 2, 3))))])
        words |= {"keys": listed([table.rows[at][0] for at in some])}
        return words, {"expression": " + ".join(_spelled(known[at]) for at in some)}
    whole = " + ".join(_plain(known[at][0]) for at in sorted(known))
    return words, {"expression": f"{_plain(known[row][0])} / ({whole}) * 100"}


def _reckoned(table: Table, row: int, column: int, case: str) -> bool:
    """Whether the entries of a column are amounts of one unit, and of the kind that the case needs."""
    amounts = [_amount(one[column]) for one in table.rows]
    own, header = amounts[row], table.header[column]
    if own is None or (_NAMES_A_THING.search(header) and not _ADDS_UP.search(header)):
        return False
    alike = [one for at, one in enumerate(amounts) if at != row and one and one[1] == own[1]]
    if case == "difference":
        return bool(own[1] or _COUNTED.search(header)) and any(one[0] != own[0] for one in alike)
    if not _ADDS_UP.search(header) or _PER.search(header):
        return False
    return len(alike) == len(amounts) - 1 if case == "share" else bool(alike)


def _amount(entry: str) -> tuple[Fraction, str] | None:
    """An entry as a value and its unit in the singular or plural that it has; None where it is no amount."""
    found = _ENTRY.fullmatch(entry.strip())
    if not found:
        return None
    unit = found[2] or ""
    if unit and unit != "%" and "error" in calculate(f"1 {unit}"):
        return None
    plural = {"day": "days", "week": "weeks", "hour": "hours", "minute": "minutes", "month": "months", "year": "years"}
    return Fraction(found[1].replace(",", "")), plural.get(unit, unit)


def _spelled(amount: tuple[Fraction, str]) -> str:
    unit = amount[1][:-1] if amount[0] == 1 and len(amount[1]) > 3 else amount[1]  # 1 day, 2 days
    return f"{_plain(amount[0])} {'' if unit == '%' else unit}".strip()


def _plain(value: Fraction) -> str:
    return str(int(value)) if value.denominator == 1 else str(float(value))


def _written(table: Table) -> str:
    lines = [table.header, ("---",) * len(table.header), *table.rows]
    return "\n".join(f"| {' | '.join(one)} |" for one in lines)


def _converted(draft: Draft) -> tuple[dict[str, str], dict[str, str]] | None:
    """An amount of a sentence, and a unit that gives a round number."""
    units = [draft.focus] if draft.focus else [one for one in draft.passage.units if one.kind == "sentence"]
    found = []
    for unit in units:
        if not _SOUND.fullmatch(unit.text):
            continue
        for match in _AMOUNT.finditer(unit.text):
            for wanted in _CONVERTED[match[2]]:
                counted = calculate(f"{match[1]} {match[2]}", wanted)
                value = counted.get("output", {}).get("value", 0)
                if 1 < value <= LARGEST and value == round(value, 2) and wanted[:-1] not in unit.text:
                    found.append((unit.text, match, wanted))
    if not found:
        return None
    sentence, match, wanted = drawn(draft, "amount").choice(found)
    written = f"{match[1]} {match[2]}{match[3] or ('s' if match[1] != '1' and len(match[2]) > 3 else '')}"
    words = {
        "sentence": sentence,
        "amount": written,
        "unit": wanted,
        "title": _CHAPTER.sub("", draft.passage.title or draft.passage.source),
    }
    return words, {"expression": written, "unit": wanted}
