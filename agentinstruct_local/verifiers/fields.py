"""How verifiers read a draft and say what they found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.passages.tables import plain_cell
from agentinstruct_local.records import Draft, Unit, Verdict
from agentinstruct_local.words import normalise, squash

EVIDENCE = 200
"""The most characters that a verdict's evidence has."""


def good(by: str, evidence: str = "") -> Verdict:
    """A verdict that lets the draft through."""
    return Verdict(by=by, ok=True, evidence=short(evidence))


def bad(by: str, reason: str, evidence: str = "") -> Verdict:
    """A verdict that refuses the draft."""
    return Verdict(by=by, ok=False, reason=reason, evidence=short(evidence))


def short(text: str, limit: int = EVIDENCE) -> str:
    """A text on one line, cut to `limit` characters."""
    line = squash(text[: 4 * limit])
    return line if len(line) <= limit else line[: limit - 3].rstrip() + "..."


def paths(value: str | Sequence[str]) -> tuple[str, ...]:
    """One field path or several, as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


def plain(value: Any) -> str:
    """Any value as the text that a reader would see; a list gives one line an entry."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {plain(entry)}" for key, entry in value.items())
    if isinstance(value, Sequence):
        return "\n".join(plain(entry) for entry in value)
    return "" if value is None else str(value)


def string(draft: Draft, path: str) -> str:
    """The text at a dotted path, "" where there is none or no path is given."""
    return plain(draft.value(path)) if path else ""


def strings(draft: Draft, path: str) -> list[str]:
    """The entries of a list, or the values of a mapping, at a dotted path."""
    value = draft.value(path, ()) if path else ()
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    return [plain(_worded(entry)) for entry in value]


def _worded(entry: Any) -> Any:
    """Of {"label": "A", "text": "..."} only the text."""
    return entry["text"] if isinstance(entry, Mapping) and "text" in entry else entry


def plain_entry(text: object) -> str:
    """A cell of a table as it is compared: without marks and links, as `normalise` folds it."""
    return normalise(plain_cell(str(text)))


def labels(draft: Draft, path: str) -> list[str]:
    """What the entries of a list of options are called: their own labels, or A, B, C and so on."""
    value = draft.value(path, ()) if path else ()
    if isinstance(value, Mapping):
        return [str(key) for key in value]
    entries = [] if isinstance(value, str) or not isinstance(value, Sequence) else list(value)
    return [
        str(entry["label"])
        if isinstance(entry, Mapping) and "label" in entry
        else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[at % 26]
        for at, entry in enumerate(entries)
    ]


def context(draft: Draft) -> str:
    """The title of the document and the headings that the draft's focus stands under."""
    return "\n".join(part for part in (draft.passage.title, *draft.headings) if part)


def seen(draft: Draft) -> str:
    """All that the documents said: the passage, what it was turned into, its title and headings."""
    parts = [draft.text, draft.passage.text if draft.passage.text != draft.text else "", context(draft)]
    return "\n".join(part for part in parts if part)


def around(draft: Draft) -> tuple[list[Unit], int | None]:
    """The units of the passage without its headings, and which of them is the focus; None where there is none."""
    units = [unit for unit in draft.passage.units if unit.kind != "heading"]
    span = draft.focus.span if draft.focus else None
    return units, next((at for at, unit in enumerate(units) if unit.span == span), None)
