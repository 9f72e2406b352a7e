"""Of four headings one fits the text that is shown, by its words, and the others do not."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string, strings
from agentinstruct_local.words import content, normalise


def verify(draft: Draft, *, item: str = "item", least: float = 0.6, most: float = 0.34) -> Verdict:
    """The key's option has `least` of its words in the text and is a heading of the passage, no other has more than
    `most` of its own there (key_wrong); the text does not show it (key_given_away)."""
    shown, options, key = (
        string(draft, f"{item}.shown"),
        strings(draft, f"{item}.options"),
        string(draft, f"{item}.key"),
    )
    words = set(content(shown))
    shares = [len(words & set(content(one))) / max(1, len(set(content(one)))) for one in options]
    fits = [letter for letter, one in zip("ABCD", shares, strict=False) if one >= least]
    clear = sum(one <= most for one in shares) == 3
    if len(set(map(normalise, options))) != 4 or fits != [key] or not clear:
        return bad("heading_fits", "key_wrong", f"{fits} fit, the key is {key}: {[round(one, 2) for one in shares]}")
    right = normalise(options["ABCD".index(key)])
    above = [
        normalise(one)
        for one in (*draft.passage.headings, *(u.text for u in draft.passage.units if u.kind == "heading"))
    ]
    if not any(right in one for one in above):
        return bad("heading_fits", "key_wrong", f"no heading of the passage: {right}")
    if right in normalise(shown):
        return bad("heading_fits", "key_given_away", right)
    return good("heading_fits", right)
