"""What a text claims of the numbers in its question is so when they are worked out anew, and nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers._claims import KEY, Claim, claims, number
from agentinstruct_local.verifiers._mentions import forms_of, noun, unknown
from agentinstruct_local.verifiers._shown import Data, read, strange
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "tells_numbers"
_COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_DEGREES = (
    "percentage points billion million about more most fewest longer longest shortest higher highest lowest first"
)
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "compare": ("value", "difference"), "ranking": ("value",), "summary": ("average", "most", "least", "value"),
    "caption": ("value",), "title": (), "trend": ("value", "course"),
}  # fmt: skip


def verify(draft: Draft, *, of: str = "item", answer: str = "item.answer", framing: Sequence[str] = ()) -> Verdict:
    """Reasons: data_unread, data_not_in_text, figure_wrong (a claim that the numbers do not bear out), figure_missing
    (what an answer of this `kind` must tell), wrong_order (of a ranking), unsupported_words.
    """
    question, told = string(draft, f"{of}.question"), string(draft, answer)
    shown, column, kind = (string(draft, f"{of}.{name}") for name in ("data", "column", "kind"))
    data = read(shown) if shown and shown in question else None
    values = _values(data, column) if data else {}
    if data is None or not values:
        return bad(BY, "data_unread", question)
    if lost := strange(data, draft):
        return bad(BY, "data_not_in_text", lost)
    text = _masked(told, draft, data, column)
    made, left = claims(text, values)
    if no := _wrong(kind, made, text, values):
        return bad(BY, *no)
    known = [*framing, _DEGREES, *data.headings, noun(data.head), *draft.headings, draft.passage.title]
    cells = [cell for record in data.records for cell in record.values()]
    counted = [word for word in re.findall(r"[a-z]+", left.casefold()) if word in _COUNTS[2:]]
    if any(word != _COUNTS[min(len(values), 12)] for word in counted):
        return bad(BY, "figure_wrong", f"{counted[0]} for {len(values)}")
    if extra := unknown(KEY.sub(" ", left), [*known, *counted, *cells]):
        return bad(BY, "unsupported_words", ", ".join(extra))
    return good(BY, f"{len(made)} claims")


def _values(data: Data, column: str) -> dict[str, Fraction]:
    """The numbers of a column by their rows; none where a row has none."""
    found = {record[data.head]: number(record.get(column, "")) for record in data.records}
    values = {key: value for key, value in found.items() if value is not None}
    return values if len(values) == len(data.records) else {}


def _wrong(kind: str, made: list[Claim], text: str, values: Mapping[str, Fraction]) -> tuple[str, str] | None:
    """A claim that does not hold, one that is not made, or a ranking out of order: reason and evidence."""
    if wrong := next((one for one in made if not one.holds), None):
        return "figure_wrong", f"{wrong.kind}: {wrong.words}"
    kinds = {one.kind for one in made}
    missing = [one for one in _NEEDS.get(kind, ()) if one not in kinds]
    named = list(dict.fromkeys(int(one) for one in KEY.findall(text)))
    if "§" not in text:
        missing.append("the heading of the column")
    if missing or not _enough(kind, named, made, values):
        return "figure_missing", ", ".join(missing) or text
    ordered = [list(values.values())[one] for one in named]
    return ("wrong_order", text) if kind == "ranking" and ordered != sorted(ordered, reverse=True) else None


def _enough(kind: str, named: list[int], made: list[Claim], values: Mapping[str, Fraction]) -> bool:
    """Whether all rows are told that an answer of this kind tells."""
    told = {one.words.rpartition(": ")[0] for one in made if one.kind == "value"}
    order = sorted(values, key=lambda key: values[key])
    names = list(values)
    return {
        "compare": told == set(values),
        "ranking": told == set(values) and len(named) == len(values),
        "summary": {order[0], order[-1]} <= told,
        "caption": {order[0], order[-1]} <= told,
        "title": not told and not named,
        "trend": {names[0], names[-1]} <= told,
    }.get(kind, False)


def _masked(told: str, draft: Draft, data: Data, column: str) -> str:
    """The text with ⟦0⟧, ⟦1⟧ and so on for the keys, without headings of the passage and of the data."""
    keys = [record[data.head] for record in data.records]
    text = re.sub(r"(?m)^\d{1,2}\. ", "", told)
    for place in sorted(range(len(keys)), key=lambda at: -len(keys[at])):
        text = re.sub(rf"(?<![\w.]){re.escape(keys[place])}(?!\w|[.,]\d)", f"⟦{place}⟧", text, flags=re.IGNORECASE)
    headings = [
        one for one in (*draft.passage.headings, *(u.text for u in draft.passage.units if u.kind == "heading")) if one
    ]
    for heading in sorted(headings, key=len, reverse=True):
        text = text.replace(re.sub(r"^#+ |^[\d.]+ ", "", heading), " ")
    for one in forms_of(column):
        text = re.sub(rf"\b{re.escape(one)}\b", "§", text, flags=re.IGNORECASE)
    return text
