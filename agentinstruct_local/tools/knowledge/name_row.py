"""Say of a question about a cell of a table which row the cell stands in, where the question does not say it."""

from __future__ import annotations

from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.words.marks import words

HELD = 0.5
"""Of the words that name the row, in the question or the value, from which on it is named."""


def use(draft: Draft) -> dict[str, Any]:
    """`question`: as it is where it or the value names the row (`item.row`), and where there is none; else followed by
    the row's heading and name, in brackets."""
    question, row = str(draft.value("item.question", "")), str(draft.item.get("row", ""))
    named = words(row.rpartition(": ")[2])
    held = len(named & (words(question) | words(str(draft.item.get("value", "")))))
    return {"output": {"question": question if held >= HELD * len(named) else f"{question} ({row})"}}
