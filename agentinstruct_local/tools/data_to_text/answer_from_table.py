"""A question that a table answers, with the answer and the cell that supports it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.passages import row_of
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._figures import compares, degrees, plural
from agentinstruct_local.tools._forms import shown
from agentinstruct_local.tools._matter import NUMBERS, drawn
from agentinstruct_local.tools._sentences import be, capital, has
from agentinstruct_local.tools._sheet import Sheet, sheet_of
from agentinstruct_local.words.terms import listed

Wordings = Mapping[str, Sequence[str]]


def use(
    draft: Draft,
    *,
    forms: Sequence[str] = ("markdown",),
    frames: Sequence[str] = ("{data}\n\n{question}",),
    asks: Wordings = {"entry": ["What is the {noun} of {label}?"]},  # noqa: B006  (never written to)
    answers: Wordings = {"entry": ["The {noun} of {label} {is} {value}."]},  # noqa: B006
) -> dict[str, Any]:
    """`question` with the `data` in it, `answer`, `asked` (the question alone), and the focus as `quote`.

    Of these cases one that the rows allow, by the draft's seed: entry, row (which has this entry), most, least, above
    (how many are above one of them). Errors: no_table, too_few_columns, no_such_entry.
    """
    found = row_of(draft)
    if found is None:
        return {"error": "no_table"}
    table, focus = found
    draw = drawn(draft, "answer_from_table")
    sheet = sheet_of(table, focus, draw, (3, 6), (2, 3))
    if sheet is None:
        return {"error": "too_few_columns"}
    row = sheet.keys.index(table.rows[focus][0])
    cases = [case for case in asks if case in answers]
    for case in draw.sample(cases, len(cases)):
        for at in draw.sample(range(len(sheet.columns)), len(sheet.columns)):
            if (words := _words(case, sheet, row, at, draw)) and asks[case]:
                asked, answer = (draw.choice(list(one[case])).format(**words) for one in (asks, answers))
                data = shown(sheet, draw.choice(list(forms)))
                return {"output": {
                    "question": draw.choice(list(frames)).format(data=data, question=asked, table=sheet.name),
                    "data": data, "asked": asked, "answer": answer, "quote": draft.focus.text if draft.focus else "",
                }}  # fmt: skip
    return {"error": "no_such_entry"}


def _words(case: str, sheet: Sheet, row: int, at: int, draw: random.Random) -> dict[str, str]:
    """What a question of this case and its answer are made of; empty where rows and column do not allow it."""
    column, cells = sheet.columns[at], [one[at] for one in sheet.rows]
    if not cells[row] or (case != "entry" and not all(cells)):
        return {}
    kind = sheet.kind or "entry"
    words = {
        "noun": column.noun, "is": be(column), "kind": kind, "kinds": plural(kind), "header": column.header,
        "label": sheet.label(row), "Label": capital(sheet.label(row)), "key": sheet.keys[row],
        "value": column.said(cells[row]), "has": has(column, cells[row]), "table": sheet.name,
    }  # fmt: skip
    if case == "entry":
        return words
    if case == "row":
        return words if cells.count(cells[row]) == 1 else {}
    if not compares(column) or len({sheet.amount(one, at) for one in range(len(cells))}) < len(cells):
        return {}
    order = sorted(range(len(cells)), key=lambda one: -sheet.amount(one, at))
    if case == "above":
        place = draw.randrange(1, len(order))
        above = [f"{sheet.label(one)} ({column.said(cells[one])})" for one in order[:place]]
        number = NUMBERS[place]
        return {
            **words, "value": column.said(cells[order[place]]), "above": listed(above), "number": number,
            "Number": number.capitalize(), "have": "has" if place == 1 else "have",
            "those": kind if place == 1 else plural(kind),
        }  # fmt: skip
    superlative = f"the {degrees(column)[1 if case == 'most' else 2]} {column.noun}"
    best = order[0] if case == "most" else order[-1]
    label = sheet.label(best)
    return {**words, "superlative": superlative, "label": label, "Label": capital(label), "key": sheet.keys[best],
            "value": column.said(cells[best])}  # fmt: skip
