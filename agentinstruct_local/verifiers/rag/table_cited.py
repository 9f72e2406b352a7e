"""An answer about a table among numbered documents: the cited one has the entry, and no other speaks of its row."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string, strings
from agentinstruct_local.words import normalise

BY = "table_cited"
_HEAD = re.compile(r"(?m)^\[(\d{1,2})\] .*\n")


def verify(draft: Draft, *, of: str = "table_documents") -> Verdict:
    """One document is cited, and its table has the entry under that column in that row (citation_wrong).

    No other document names the row (citation_ambiguous). Of the options exactly one is the entry, and its letter is the
    key that the answer gives (key_wrong). The answer tells the entry (answer_differs).
    """
    listed, said = string(draft, f"{of}.listed"), string(draft, f"{of}.assistant")
    row, column, entry = (string(draft, f"{of}.{name}") for name in ("row", "column", "entry"))
    marks = list(_HEAD.finditer(listed))
    ends = [*(mark.start() for mark in marks[1:]), len(listed)][: len(marks)]
    documents = {int(mark[1]): listed[mark.end() : end] for mark, end in zip(marks, ends, strict=True)}
    cited = {int(one) for one in re.findall(r"\[(\d{1,2})\]", said.replace(entry, ""))}
    if len(cited) != 1 or not cited <= set(documents) or listed not in string(draft, f"{of}.user"):
        return bad(BY, "citation_wrong", f"cited {sorted(cited)} of {len(documents)}")
    (number,) = cited
    if _entry(documents[number], row, column).rstrip(".") != entry or not entry:
        return bad(BY, "citation_wrong", f"[{number}] has no {entry} for {row} under {column}")
    if also := [one for one, text in documents.items() if one != number and normalise(row) in normalise(text)]:
        return bad(BY, "citation_ambiguous", f"[{also[0]}] speaks of {row} too")
    options, key = strings(draft, f"{of}.options"), string(draft, f"{of}.key")
    if options:
        right = ["ABCDEFGH"[at] for at, one in enumerate(options) if one.rstrip(".") == entry]
        if right != [key] or not re.search(rf"\b{key}\b", said):
            return bad(BY, "key_wrong", f"{right}, not {key}: {said}")
    elif entry not in said:
        return bad(BY, "answer_differs", f"{entry} is not told: {said}")
    return good(BY, f"[{number}] {row}: {entry}")


def _entry(text: str, row: str, column: str) -> str:
    """What a table has in a row under a column; empty where it has no such row."""
    lines = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")
    ]
    if not lines or column not in lines[0]:
        return ""
    found = [line for line in lines[1:] if line[0] == row and len(line) == len(lines[0])]
    return found[0][lines[0].index(column)] if len(found) == 1 else ""
