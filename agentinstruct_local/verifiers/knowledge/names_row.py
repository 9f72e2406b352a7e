"""A pair about one cell of a table names the row that the cell stands in."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words.marks import words


def verify(
    draft: Draft, *, question: str = "item.question", value: str = "item.value", at_least: float = 0.5
) -> Verdict:
    """Of the words of the cell that names the row, `at_least` stand in the question or the value (row_not_named).

    What is no row passes.
    """
    named = words(str(draft.item.get("row", "")).rpartition(": ")[2])
    there = words(string(draft, question)) | words(string(draft, value))
    held = len(named & there) / len(named) if named else 1.0
    return good("names_row") if held >= at_least else bad("names_row", "row_not_named", string(draft, question))
