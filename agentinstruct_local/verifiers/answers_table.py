"""The answer to a question about a table is what its rows say: the question is read and looked up again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers._claims import number
from agentinstruct_local.verifiers._mentions import Mention, mentions
from agentinstruct_local.verifiers._shown import Data, empty, read, strange
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "answers_table"
_COUNTS = "no one two three four five six seven eight nine ten eleven twelve".split()
_MOST = re.compile(r"\b(?:most|highest|longest|largest|greatest|biggest|top)\b")
_LEAST = re.compile(r"\b(?:fewest|lowest|shortest|smallest|least|bottom)\b")
_ABOVE = re.compile(r"\b(?:above|more than|over|higher than|greater than)\b")


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: data_unread, data_not_in_text, question_unread (what it asks for cannot be told), key_wrong (the answer
    is not what the rows say, or says more).
    """
    question, asked, answer, shown = (string(draft, f"{of}.{one}") for one in ("question", "asked", "answer", "data"))
    data = read(shown) if shown and shown in question else None
    if data is None or not asked or asked not in question:
        return bad(BY, "data_unread", question)
    if lost := strange(data, draft):
        return bad(BY, "data_not_in_text", lost)
    right = _right(asked, data)
    if right is None:
        return bad(BY, "question_unread", asked)
    keys, cells, count = right
    told, _ = mentions(answer, data)
    said = _of(told, "key")
    numbers = {word for word in re.findall(r"[a-z]+", answer.casefold()) if word in _COUNTS[2:]}
    if (
        said != keys
        or not cells <= _of(told, "cell")
        or (count and numbers - {count})
        or (count and not _has(answer, count))
    ):
        return bad(BY, "key_wrong", f"{answer} / {', '.join(keys)}: {', '.join(sorted(cells))}")
    extra = _of(told, "cell") - cells - ({one.what for one in mentions(asked, data)[0]})
    return (
        bad(BY, "key_wrong", f"beside the answer: {', '.join(extra)}") if extra else good(BY, ", ".join(sorted(keys)))
    )


def _has(answer: str, count: str) -> bool:
    return count in re.findall(r"[a-z]+", answer.casefold()) or (count == "one" and "only" in answer.casefold())


def _of(found: Sequence[Mention], kind: str) -> set[str]:
    return {one.what for one in found if one.kind == kind}


def _right(asked: str, data: Data) -> tuple[set[str], set[str], str] | None:
    """The keys and cells that answer the question, and how many there are where it asks for that."""
    found, _ = mentions(asked, data)
    keys, headings, cells = (_of(found, kind) for kind in ("key", "heading", "cell"))
    if len(headings) != 1:
        return None
    heading = next(iter(headings))
    entries = {record[data.head]: record.get(heading, "") for record in data.records}
    amounts: dict[str, Fraction] = {key: value for key, cell in entries.items() if (value := number(cell)) is not None}
    if len(keys) == 1 and not cells:
        key = next(iter(keys))
        return (keys, {entries[key]}, "") if not empty(entries[key]) else None
    if keys:
        return None
    whole = len(amounts) == len(entries)
    if _ABOVE.search(asked) and whole and (limit := number(_last(asked))) is not None:
        over = [key for key in entries if amounts[key] > limit]
        return {*over}, {entries[key] for key in over}, _COUNTS[min(len(over), 12)]
    if (superlative := _MOST.search(asked) or _LEAST.search(asked)) and whole and not cells:
        best = max(amounts.values()) if superlative.re is _MOST else min(amounts.values())
        holders = {key for key, value in amounts.items() if value == best}
        return (holders, {entries[key] for key in holders}, "") if len(holders) == 1 else None
    if len(cells) == 1:
        holders = {key for key, cell in entries.items() if cell in cells}
        return (holders, set(), "") if len(holders) == 1 else None
    return None


def _last(text: str) -> str:
    """The last number of a text, as a text."""
    found = re.findall(r"-?\d[\d,]*(?:\.\d+)?", text)
    return found[-1] if found else ""
