"""What is missing or contradicts itself in a few rows: gaps are named, not filled."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.passages import row_of
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._forms import shown
from agentinstruct_local.tools._matter import NUMBERS, drawn
from agentinstruct_local.tools._sentences import be
from agentinstruct_local.tools._sheet import Sheet, sheet_of
from agentinstruct_local.words.terms import listed


def use(
    draft: Draft,
    *,
    forms: Sequence[str] = ("markdown",),
    asks: Sequence[str] = ("Is anything missing here?\n\n{data}",),
    answers: Mapping[str, Sequence[str]] = {"one": ["{Gaps} {is} missing."]},
) -> dict[str, Any]:
    """`question` with the `data` in it, `answer`, and the focus as `quote`.

    `answers`: wordings for the cases one, several (gaps), conflict (a row twice with another entry) and none. Cells are
    left out, or a row is doubled, in what is shown. Errors: no_table, too_few_columns, no_such_entry.
    """
    found = row_of(draft)
    if found is None:
        return {"error": "no_table"}
    draw = drawn(draft, "report_gaps")
    sheet = sheet_of(*found, draw, (3, 5), (2, 3))
    if sheet is None:
        return {"error": "too_few_columns"}
    case = draw.choices(["one", "several", "conflict", "none"], [35, 30, 25, 10])[0]
    case = case if case in answers else "one"
    made = _conflict(sheet, draw) if case == "conflict" else _holes(sheet, {"one": 1, "none": 0}.get(case, 2), draw)
    if made is None:
        return {"error": "no_such_entry"}
    changed, words = made
    data = shown(changed, draw.choice(list(forms)))
    return {"output": {
        "question": draw.choice(list(asks)).format(data=data, table=sheet.name), "data": data,
        "answer": draw.choice(list(answers[case])).format(**words), "case": case,
        "quote": draft.focus.text if draft.focus else "",
    }}  # fmt: skip


def _holes(sheet: Sheet, count: int, draw: random.Random) -> tuple[Sheet, dict[str, str]] | None:
    """The sheet with so many gaps, those that it has among them, and the words for them."""
    places = [(row, at) for row in range(len(sheet.rows)) for at in range(len(sheet.columns))]
    gaps = [place for place in places if not sheet.rows[place[0]][place[1]]]
    filled = [place for place in places if place not in gaps]
    if len(gaps) > count + 1 or (gaps and count < 2 and len(gaps) != count):
        return None
    more = draw.randint(count, count + 1) if count > 1 else count
    gaps = sorted([*gaps, *draw.sample(filled, max(0, min(more - len(gaps), len(filled) - 2)))])
    rows = tuple(
        tuple("" if (row, at) in gaps else cell for at, cell in enumerate(cells))
        for row, cells in enumerate(sheet.rows)
    )
    if len({row for row, _ in gaps}) == len(rows) or any(
        not any(one[at] for one in rows) for at in range(len(rows[0]))
    ):
        return None
    named = [f"the {sheet.columns[at].noun} of {sheet.label(row)}" for row, at in gaps]
    words = {"gaps": listed(named), "count": NUMBERS[len(gaps)], "Count": NUMBERS[len(gaps)].capitalize(),
             "rows": NUMBERS[len(rows)], "is": be(sheet.columns[gaps[0][1]]) if len(gaps) == 1 else "are",
             "listed": "\n".join(f"- {one}" for one in named)}  # fmt: skip
    words["Gaps"] = f"{words['gaps'][:1].upper()}{words['gaps'][1:]}"
    return sheet._replace(rows=rows), words


def _conflict(sheet: Sheet, draw: random.Random) -> tuple[Sheet, dict[str, str]] | None:
    """The sheet with one of its rows a second time, in which one entry is that of another row."""
    choices = [
        (row, other, at)
        for row in range(len(sheet.rows)) for other in range(len(sheet.rows)) for at in range(len(sheet.columns))
        if sheet.rows[row][at] != sheet.rows[other][at] and all(map(all, sheet.rows))
    ]  # fmt: skip
    if not choices:
        return None
    row, other, at = draw.choice(choices)
    column, twice = sheet.columns[at], list(sheet.rows[row])
    twice[at] = sheet.rows[other][at]
    place = draw.randint(0, len(sheet.rows))
    keys, rows = list(sheet.keys), list(sheet.rows)
    keys.insert(place, sheet.keys[row])
    rows.insert(place, tuple(twice))
    first, second = (twice[at], sheet.rows[row][at]) if place <= row else (sheet.rows[row][at], twice[at])
    words = {"label": sheet.label(row), "noun": column.noun, "first": column.said(first), "second": column.said(second)}
    words["Label"] = (
        f"{words['label'][:1].upper()}{words['label'][1:]}" if words["label"].startswith("the ") else words["label"]
    )
    return sheet._replace(keys=tuple(keys), rows=tuple(rows)), words
