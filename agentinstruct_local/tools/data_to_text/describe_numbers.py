"""What the amounts of a column come to, told in words: a comparison, a ranking, a summary, a trend, a caption."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.passages import Table, row_of, tables
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._figures import adds_up, compares, in_time, time_of, trend, wording
from agentinstruct_local.tools._forms import shown
from agentinstruct_local.tools._matter import NUMBERS, drawn
from agentinstruct_local.tools._sentences import capital
from agentinstruct_local.tools._sheet import Sheet, sheet_of

_ROWS = {"compare": (2, 2), "ranking": (3, 5), "summary": (3, 8), "caption": (3, 8), "title": (3, 8)}


def use(
    draft: Draft,
    *,
    kind: str = "compare",
    forms: Sequence[str] = ("markdown",),
    asks: Sequence[str] = ("What does this say about the {noun}?\n\n{data}",),
    tells: Sequence[str] = ("{ranked}",),
    **more: Sequence[str],
) -> dict[str, Any]:
    """`question` with the `data` in it, `answer`, the `column` in question, `kind`, and a row as `quote`.

    `kind`: compare (two rows), ranking, summary, caption, title, or trend (rows that follow each other in time).
    `tells` and the other wordings are filled in with figures worked out from the rows: see tools/_figures.py. `plain`
    is used in the place of `tells` where the sum of the column means nothing; `extremes`, `steps` and `steady` are the
    further sentences of a trend. Errors: no_table, too_few_columns, and no_such_entry where the rows do not differ or
    follow no time.
    """
    found = row_of(draft) if draft.focus else _series(draft)
    if found is None:
        return {"error": "no_table"}
    draw = drawn(draft, f"describe_numbers {kind}")
    all_rows = min(12, len(found[0].rows))
    sheet = sheet_of(*found, draw, (max(4, all_rows), all_rows) if kind == "trend" else _ROWS[kind], (1, 3), 1)
    if sheet is None:
        return {"error": "too_few_columns"}
    counted = [at for at, one in enumerate(sheet.columns) if compares(one) and all(row[at] for row in sheet.rows)]
    at = draw.choice(counted) if counted else -1
    values = [sheet.amount(row, at) for row in range(len(sheet.keys))] if counted else []
    apart = len(set(values)) == len(values) if kind != "trend" else in_time(sheet) and values[0] != values[-1]
    if not values or not apart or values.count(max(values)) > 1 or values.count(min(values)) > 1:
        return {"error": "no_such_entry"}
    words = {**wording(sheet, at), "count": NUMBERS[len(sheet.keys)]}
    words |= {name.capitalize(): capital(words[name]) for name in ("high", "low", "noun", "count", "kinds")}
    data = shown(sheet, draw.choice(list(forms)))
    answer = _trend(sheet, at, words, {"overall": tells, **more}, draw) if kind == "trend" else ""
    if not answer:
        cells = [row[at] for row in sheet.rows]
        fit = tells if "plain" not in more or adds_up(sheet.columns[at], cells) else more["plain"]
        fit = [one for one in fit if "{table}" not in one or words["noun"] not in sheet.name.casefold()]
        answer = draw.choice(fit).format(**words)
    return {"output": {
        "question": draw.choice(list(asks)).format(data=data, **words), "data": data, "answer": answer,
        "column": sheet.columns[at].header, "kind": kind,
        "quote": draft.focus.text if draft.focus else draft.passage.units[found[0].units[found[1]]].text,
    }}  # fmt: skip


def _series(draft: Draft) -> tuple[Table, int] | None:
    """A table whose rows follow each other in time, and one of its rows."""
    found = [one for one in tables(draft.passage, series=True) if time_of(one.header[0], [row[0] for row in one.rows])]
    if not found:
        return None
    table = drawn(draft, "series").choice(found)
    return table, drawn(draft, "series row").randrange(len(table.rows))


def _trend(
    sheet: Sheet, at: int, words: Mapping[str, str], wordings: Mapping[str, Sequence[str]], draw: random.Random
) -> str:
    told = {**words, **trend(sheet, at)}
    values = [sheet.amount(row, at) for row in range(len(sheet.keys))]
    steps = [later - sooner for sooner, later in itertools.pairwise(values)]
    rose = values[-1] > values[0]
    told["rose"], told["rise"] = ("rose", "an increase") if rose else ("fell", "a decrease")
    told["was"] = "were" if sheet.columns[at].plural else "was"
    told["by"] = f"{told['difference']} ({told['percent']}%)" if "percent" in told else told["difference"]
    sentences = [draw.choice(list(wordings["overall"]))]
    if all(step > 0 for step in steps) or all(step < 0 for step in steps):
        told["grew"] = "rose" if rose else "fell"
        sentences.append(draw.choice(list(wordings["steady"])))
    else:
        sentences.append(draw.choice(list(wordings["extremes"])))
    for name, step in (("steps_up", max(steps)), ("steps_down", min(steps))):
        if steps.count(step) == 1 and (step > 0) == (name == "steps_up"):
            sentences.append(draw.choice(list(wordings[name])))
    return " ".join(one.format(**told) for one in sentences)
