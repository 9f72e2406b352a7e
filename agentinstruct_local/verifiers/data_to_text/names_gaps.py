"""A report on data names every gap and every contradiction in it, no others, and fills none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers._mentions import Mention, mentions, sentences, unknown
from agentinstruct_local.verifiers._shown import Data, empty, read, strange
from agentinstruct_local.verifiers.fields import bad, good, plain, string

BY = "names_gaps"
_COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_COMPLETE = re.compile(r"(?i)\b(?:nothing is missing|no (?:gaps|values? (?:is|are) missing)|complete)\b")


def verify(draft: Draft, *, of: str = "item", framing: Mapping[str, Sequence[str]] | Sequence[str] = ()) -> Verdict:
    """Reasons: data_unread, data_not_in_text, gap_missed, gap_invented (a cell that is filled, or a wrong count),
    conflict_missed, unsupported_words. `framing`: what the report may say beside them.
    """
    question, answer, shown = (string(draft, f"{of}.{one}") for one in ("question", "answer", "data"))
    data = read(shown) if shown and shown in question else None
    if data is None:
        return bad(BY, "data_unread", question)
    keys = [record[data.head] for record in data.records]
    twice = {key for key in keys if keys.count(key) > 1}
    alone = data._replace(records=tuple(one for one in data.records if one[data.head] not in twice))
    if lost := strange(alone, draft):
        return bad(BY, "data_not_in_text", lost)
    gaps = {(one[data.head], name) for one in data.records for name in data.headings if empty(one.get(name, ""))}
    clashes = _clashes(data, twice)
    found, left = mentions(answer, data)
    if clashes or twice:
        return _clash(clashes, found, answer) or _words(left, data, framing, len(clashes))
    named = _named(answer, left, found)
    if missed := gaps - named:
        return bad(BY, "gap_missed", "; ".join(f"{name} of {key}" for key, name in sorted(missed)))
    counts = [word for word in re.findall(r"[a-z]+", left.casefold()) if word in _COUNTS[2:]]
    counted = counts and counts[0] not in (_COUNTS[min(12, len(gaps) or len(keys))],)
    if named - gaps or counted or (bool(_COMPLETE.search(answer)) != (not gaps)):
        return bad(BY, "gap_invented", answer)
    return _words(left, data, framing, len(gaps))


def _words(left: str, data: Data, framing: Mapping[str, Sequence[str]] | Sequence[str], count: int) -> Verdict:
    known = [plain(framing), *_COUNTS[: len(data.records) + 1], data.head]
    extra = unknown(left, known)
    return bad(BY, "unsupported_words", ", ".join(extra)) if extra else good(BY, f"{count} named")


def _named(answer: str, left: str, found: Sequence[Mention]) -> set[tuple[str, str]]:
    """The keys and headings that are named together, two mentions at a time."""
    made: set[tuple[str, str]] = set()
    for start, end in sentences(answer, left):
        inside = [one for one in found if start <= one.place < end and one.kind in ("key", "heading")]
        for one, other in zip(inside[::2], inside[1::2], strict=False):
            key, heading = (one, other) if one.kind == "key" else (other, one)
            made.add((key.what, heading.what))
        if len(inside) % 2:
            made.add((inside[-1].what, ""))
    return made


def _clashes(data: Data, twice: set[str]) -> dict[tuple[str, str], set[str]]:
    """Entries of the rows that stand twice and differ, by key and heading."""
    found = {}
    for key in twice:
        for name in data.headings:
            cells = {one.get(name, "") for one in data.records if one[data.head] == key}
            if len(cells) > 1:
                found[(key, name)] = cells
    return found


def _clash(clashes: dict[tuple[str, str], set[str]], found: Sequence[Mention], answer: str) -> Verdict | None:
    if len(clashes) != 1:
        return bad(BY, "conflict_missed", f"{len(clashes)} contradictions")
    ((key, name), cells), *_ = clashes.items()
    told = {kind: {one.what for one in found if one.kind == kind} for kind in ("key", "heading", "cell")}
    right = told["key"] == {key} and told["heading"] == {name} and told["cell"] == cells
    return None if right else bad(BY, "conflict_missed", answer)
