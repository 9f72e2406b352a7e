"""The answer to a question about a table is what its rows say: the question is read and looked up again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers._claims import number
from agentinstruct_local.verifiers._mentions import Mention, mentions, unknown
from agentinstruct_local.verifiers._shown import Data, empty, read, strange
from agentinstruct_local.verifiers.fields import bad, good, plain, string

BY = "answers_table"
_COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_MOST = re.compile(r"\b(?:most|highest|longest|largest|greatest|biggest|top)\b")
_LEAST = re.compile(r"\b(?:fewest|lowest|shortest|smallest|least|bottom)\b")
_ABOVE = re.compile(r"\b(?:above|more than|over|higher than|greater than)\b")


def verify(draft: Draft, *, of: str = "item", framing: Mapping[str, Sequence[str]] | Sequence[str] = ()) -> Verdict:
    """Reasons: data_unread, data_not_in_text, question_unread (what it asks for cannot be told), key_wrong (the answer
    is not what the rows say, or says more), unsupported_words. `framing`: what the answer may say beside them.
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
    told, left = mentions(answer, data)
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
    if extra:
        return bad(BY, "key_wrong", f"beside the answer: {', '.join(extra)}")
    strangers = unknown(left, [plain(framing), asked, data.head, *_COUNTS])
    return bad(BY, "unsupported_words", ", ".join(strangers)) if strangers else good(BY, ", ".join(sorted(keys)))


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
    if keys:
        sole = next(iter(keys)) if len(keys) == 1 and not cells else ""
        return None if empty(entries.get(sole, "")) else (keys, {entries[sole]}, "")
    if len(amounts) == len(entries):
        if _ABOVE.search(asked) and (limit := number(_last(asked))) is not None:
            over = {key for key in entries if amounts[key] > limit}
            return over, {entries[key] for key in over}, _COUNTS[min(len(over), 12)]
        if (superlative := _MOST.search(asked) or _LEAST.search(asked)) and not cells:
            best = max(amounts.values()) if superlative.re is _MOST else min(amounts.values())
            return _sole({key for key, value in amounts.items() if value == best}, entries)
    holders = {key for key, cell in entries.items() if cell in cells}
    return _sole(holders, {}) if len(cells) == 1 else None


def _sole(keys: set[str], entries: Mapping[str, str]) -> tuple[set[str], set[str], str] | None:
    """The one key that answers, with its entry where that has to be told; None where there are several."""
    return (keys, {entries[key] for key in keys & entries.keys()}, "") if len(keys) == 1 else None


def _last(text: str) -> str:
    """The last number of a text, as a text."""
    found = re.findall(r"-?\d[\d,]*(?:\.\d+)?", text)
    return found[-1] if found else ""
