"""A multiple choice question about a row of a table: the key is its entry, the distractors are those of other rows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.passages import Table, row_of
from agentinstruct_local.records import Draft

LETTERS = "ABCD"
LONGEST = 12  # words of an option


def use(
    draft: Draft, *, case: str = "entry", asks: Sequence[str] = (), answers: Sequence[str] = ("{letter}",)
) -> dict[str, Any]:
    """`question`, its four `options`, the `key` (a letter), `reply`, and the row as `quote`.

    `case`: "entry" asks what a row has under a column, "row" which row has an entry, "negative" which of the options
    stands in no row under it. Error `no_table` where the focus is in no table that can be looked up,
    `too_few_options` where that has no four options.
    """
    found = row_of(draft)
    if found is None or not asks:
        return {"error": "no_table"}
    (table, row), draw = found, random.Random(seed_from(draft.seed, "row_choice"))
    columns = [
        one for one in range(1, len(table.header)) if (made := _options(table, row, one, case)) and len(made) > 3
    ]
    if not columns:
        return {"error": "too_few_options"}
    column = draw.choice(columns)
    right, *wrong = _options(table, row, column, case)
    options = [right, *draw.sample(wrong, 3)]
    draw.shuffle(options)
    words = {
        "key": table.rows[row][0], "kind": table.header[0], "column": table.header[column],
        "value": _named(table.rows[row][column]), "table": table.name,
    }  # fmt: skip
    letter = LETTERS[options.index(right)]
    asked = draw.choice(list(asks)).format(**words)
    listed = "\n".join(f"{one}) {text}" for one, text in zip(LETTERS, options, strict=True))
    return {"output": {
        "question": asked, "options": options, "key": letter, "case": case, "column": words["column"],
        "row": words["key"], "entry": table.rows[row][column], "quote": draft.focus.text if draft.focus else "",
        "listed": listed, "reply": draw.choice(list(answers)).format(letter=letter, right=right.rstrip("."), **words),
    }}  # fmt: skip


def _named(entry: str) -> str:
    """An entry inside a sentence: one of several words in quotes, without its own full stop."""
    return f'"{entry.rstrip(".")}"' if " " in entry else entry


def _options(table: Table, row: int, column: int, case: str) -> list[str]:
    """The right option, then all wrong ones; none where the row's entry does not tell it apart."""
    entries = [one[column] for one in table.rows]
    own = entries[row]
    if not any(map(str.isalnum, own)) or any(len(one.split()) > LONGEST for one in entries):
        return []
    if case == "entry":
        found = [own, *(one for one in entries if any(map(str.isalnum, one)))]
    elif entries.count(own) > 1:
        return []
    elif case == "row":
        found = [one[0] for one in (table.rows[row], *table.rows)]
    else:
        elsewhere = [one for at, one in enumerate(table.rows[row]) if at != column and any(map(str.isalnum, one))]
        found = [*(one for one in elsewhere[1:2] if one not in entries), *entries]
        if not elsewhere[1:2] or found[0] in entries:
            return []
    return list(dict.fromkeys(one for one in found if one))
