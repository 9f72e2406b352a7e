"""A text tells every cell of the data in its question once, beside its own heading and row, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers._mentions import Mention, mentions, noun, pairs, sentences, unknown
from agentinstruct_local.verifiers._shown import Data, empty, read, strange
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "tells_rows"
_COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def verify(draft: Draft, *, of: str = "item", answer: str = "item.answer", framing: Sequence[str] = ()) -> Verdict:
    """Reasons: data_unread, data_not_in_text (a cell that the passage does not have in that row), cell_missing,
    cell_twice, cell_misplaced (told of another row or heading), unsupported_number, unsupported_words.

    The data are read from the question as it stands. `framing`: what the text may say beside them.
    """
    question, told, shown = string(draft, f"{of}.question"), string(draft, answer), string(draft, f"{of}.data")
    data = read(shown) if shown and shown in question else None
    if data is None:
        return bad(BY, "data_unread", question)
    if lost := strange(data, draft):
        return bad(BY, "data_not_in_text", lost)
    found, left = mentions(told, data)
    if isinstance(cells := _cells(told, left, found), str):
        return bad(BY, "cell_misplaced", cells)
    if wrong := _wrong(cells, data):
        return bad(BY, *wrong)
    known = [*framing, noun(data.head), data.head, _COUNTS[len(data.records)] if len(data.records) < 13 else ""]
    extra = unknown(left, known)
    if extra:
        number = any(any(map(str.isdigit, one)) for one in extra)
        return bad(BY, "unsupported_number" if number else "unsupported_words", ", ".join(extra))
    return good(BY, f"{len(cells)} cells")


def _cells(told: str, left: str, found: list[Mention]) -> list[tuple[str, str, str]] | str:
    """Key, heading and cell of all that is told; else the sentence in which they do not go together."""
    made, current = [], ""
    for start, end in sentences(told, left):
        inside = [one for one in found if start <= one.place < end]
        keys = [one for one in inside if one.kind == "key"]
        if not keys and not current:
            if any(one.kind != "heading" for one in inside):
                return told[start:end]
            continue
        groups = [inside]
        if len({one.what for one in keys}) > 1:  # each of them opens what is told of it
            places = [one.place for one in keys]
            groups = [
                [one for one in inside if at <= one.place < after]
                for at, after in zip(places, [*places[1:], end], strict=True)
            ]
            if inside[0].kind != "key":
                return told[start:end]
        for group in groups:
            current = next((one.what for one in group if one.kind == "key"), current)
            together = pairs(group)
            if together is None:
                return told[start:end]
            made += [(current, heading, cell) for heading, cell in together]
    return made


def _wrong(cells: list[tuple[str, str, str]], data: Data) -> tuple[str, str] | None:
    """What is told of a row that it does not say, is told twice or not at all."""
    places = [(key, heading) for key, heading, _ in cells]
    for record in data.records:
        (_, key), *rest = record.items()
        for heading, cell in rest:
            said = [one for one, place in zip(cells, places, strict=True) if place == (key, heading)]
            value = "" if empty(cell) else cell
            if len(said) > 1:
                return "cell_twice", f"{heading} of {key}"
            if not said and not (value == "" and len(data.records) == 0):
                return "cell_missing", f"{heading} of {key}"
            if said and said[0][2].casefold() != value.casefold():
                return "cell_misplaced", f"{heading} of {key}: {said[0][2] or 'nothing'} for {value or 'nothing'}"
    known = {(next(iter(record.values())), heading) for record in data.records for heading in list(record)[1:]}
    odd = next((place for place in places if place not in known), None)
    return ("cell_misplaced", f"{odd[1]} of {odd[0]}") if odd else None
