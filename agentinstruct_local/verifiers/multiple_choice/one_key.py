"""Of the options of a question about a table exactly one is right, by the rows of the passage as they stand."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, plain_entry, string
from agentinstruct_local.words import normalise


def verify(draft: Draft, *, choice: str = "row_choice") -> Verdict:
    """Four distinct options (duplicate_options), and one right one, which the key names (key_wrong).

    Read from the rows of the passage, not from the table that the question was made of.
    """
    options = [normalise(str(one)) for one in draft.value(f"{choice}.options", [])]
    if len(options) != 4 or len(set(options)) != 4:
        return bad("one_key", "duplicate_options", " / ".join(options))
    rows = [[plain_entry(cell) for cell in re.split(r"(?<!\\)\|", unit.text.strip().strip("|"))]
            for unit in draft.passage.units if unit.kind == "row"]  # fmt: skip
    column, row, entry = (plain_entry(string(draft, f"{choice}.{name}")) for name in ("column", "row", "entry"))
    header = next((cells for cells in rows if column in cells), [])
    place = header.index(column) if header else -1
    body = [cells for cells in rows if len(cells) == len(header) and cells is not header]
    if string(draft, f"{choice}.case") == "entry":
        true = {cells[place] for cells in body if cells[0] == row}
    elif string(draft, f"{choice}.case") == "row":
        true = {cells[0] for cells in body if cells[place] == entry}
    else:
        true = set(options) - {cells[place] for cells in body}
    right = [letter for letter, one in zip("ABCD", options, strict=True) if one in true]
    key = string(draft, f"{choice}.key")
    if right != [key] or not re.search(rf"\b{key}\b", string(draft, f"{choice}.reply")):
        return bad("one_key", "key_wrong", f"right: {right}, key: {key}")
    return good("one_key", key)
