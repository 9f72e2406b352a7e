"""A list has several different entries, and each of them stands in the text."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string, strings
from agentinstruct_local.words import content, normalise, share, strange_numbers


def verify(
    draft: Draft, *, items: str = "answer.items", within: str = "text", at_least: int = 2, share_at_least: float = 0.75
) -> Verdict:
    """At least so many entries (too_few_items), none empty (empty_item) or there twice (item_twice).

    All of them stand in the text (item_not_in_text).
    """
    found, text = [entry.strip() for entry in strings(draft, items)], string(draft, within)
    if len(found) < at_least:
        return bad("listed", "too_few_items", f"{len(found)} entries")
    seen = [normalise(entry) for entry in found]
    if not all(seen):
        return bad("listed", "empty_item", "; ".join(found) or "nothing but empty entries")
    if twice := next((entry for at, entry in enumerate(seen) if entry in seen[:at]), None):
        return bad("listed", "item_twice", twice)
    words = set(content(text))
    for entry in found:
        if share(content(entry), words) < share_at_least or strange_numbers(entry, text):
            return bad("listed", "item_not_in_text", entry)
    return good("listed", "; ".join(found))
