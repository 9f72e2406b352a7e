"""An ordering or matching answer uses each thing that was given exactly once."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, labels, plain, string, strings
from agentinstruct_local.verifiers.reading_comprehension.options import find

_LINE = re.compile(r"\n|\s?(?:->|=>|→|;)\s?")
_MARK = re.compile(r"^\s{0,20}(?:[-*•]|\(?\d{1,2}[.)])\s+")


def verify(
    draft: Draft, *, of: str = "item.shuffled", given: str = "answer.order", key: str = "", at_least: int = 2
) -> Verdict:
    """The answer is a permutation of what was given (not_a_permutation), and equals `key` if named (wrong_order)."""
    things, names = strings(draft, of), labels(draft, of)
    if len(things) < at_least:
        return bad("permutation", "not_a_permutation", f"only {len(things)} things were given")
    order = _order(draft, given, things, names)
    if order is None or sorted(order) != list(range(len(things))):
        return bad("permutation", "not_a_permutation", string(draft, given))
    if key:
        wanted = _order(draft, key, things, names)
        if wanted is None or wanted != order:
            return bad("permutation", "wrong_order", f"{string(draft, given)} | the key is {string(draft, key)}")
    return good("permutation", ", ".join(names[at] for at in order))


def _order(draft: Draft, path: str, things: list[str], names: list[str]) -> list[int] | None:
    """The places of the things in the order that a field gives; None if an entry is none of them."""
    value = draft.value(path, ())
    if isinstance(value, Mapping):
        entries = [plain(entry) for entry in value.values()]
    elif isinstance(value, str):
        entries = _LINE.split(value) if _LINE.search(value) else value.split(",")
        if len(entries) == 1:
            entries = value.split()
        if len(entries) > 2 * len(things) + 2:
            return None
        if not all(find(entry, things, names) is not None for entry in entries if entry.strip()):
            entries = [_MARK.sub("", entry) for entry in entries]
    else:
        entries = strings(draft, path)
    found = []
    for entry in entries:
        if not entry.strip():
            continue
        place = find(entry, things, names)
        if place is None and entry.strip().isdigit() and 1 <= int(entry) <= len(things):
            place = int(entry) - 1
        if place is None:
            return None
        found.append(place)
    return found
