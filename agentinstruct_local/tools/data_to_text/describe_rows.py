"""Rows of a table told in prose: all that is shown, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentinstruct_local.passages import row_of
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._forms import shown
from agentinstruct_local.tools._matter import NUMBERS, drawn
from agentinstruct_local.tools._sentences import row_told
from agentinstruct_local.tools._sheet import sheet_of


def use(
    draft: Draft,
    *,
    forms: Sequence[str] = ("markdown",),
    rows: Sequence[int] = (1, 1),
    columns: Sequence[int] = (2, 4),
    asks: Sequence[str] = ("Describe this in a sentence:\n\n{data}",),
    tells: Sequence[str] = ("{text}",),
) -> dict[str, Any]:
    """`question` with the `data` in it, `answer`, what was shown as `named` rows and `nouns`, and the focus as `quote`.

    `rows` and `columns`: from how many to how many are shown. `asks` take {data}, {table} and {count}, `tells` {text}.
    Errors: no_table where the focus is no row of a table, too_few_columns where that has no columns to be told.
    """
    found = row_of(draft)
    if found is None:
        return {"error": "no_table"}
    draw = drawn(draft, "describe_rows")
    sheet = sheet_of(*found, draw, (rows[0], rows[1]), (columns[0], columns[1]))
    if sheet is None:
        return {"error": "too_few_columns"}
    form, first = draw.choice(list(forms)), draw.randrange(3)
    data = shown(sheet, form)
    if form == "triples":  # they do not say what kind of thing a subject is
        sheet = sheet._replace(kind="")
    told = [row_told(sheet, at, draw, first + at, gaps=form != "triples") for at in range(len(sheet.keys))]
    count = NUMBERS[len(sheet.keys)]
    asked = draw.choice(list(asks)).format(data=data, table=sheet.name, count=count)
    text = draw.choice(list(tells)).format(text=" ".join(told), table=sheet.name, count=count)
    return {"output": {
        "question": asked, "data": data, "answer": text, "named": list(sheet.keys),
        "nouns": [one.noun for one in sheet.columns], "quote": draft.focus.text if draft.focus else "",
    }}  # fmt: skip
