"""The quote that the answer rests on is what the question was written from."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, numbers, share, squash


def verify(draft: Draft, *, quote: str = "answer.quote", at_least: float = 0.6, same_place: bool = False) -> Verdict:
    """The quote overlaps the focus in place, or says most of it, its numbers too (evidence_elsewhere).

    With `same_place` only the first will do.
    """
    if draft.focus is None:
        return good("agrees_with_focus", "no focus")
    chosen, focus = squash(string(draft, quote)), squash(draft.focus.text)
    if not chosen:
        return bad("agrees_with_focus", "evidence_elsewhere", "there is no quote")
    if any(_overlap(squash(text), chosen, focus) for text in dict.fromkeys((draft.text, draft.passage.text))):
        return good("agrees_with_focus", "same place")
    covered = 0.0 if same_place else share(content(focus), content(chosen))
    theirs, mine = {number.value for number in numbers(focus)}, {number.value for number in numbers(chosen)}
    if theirs and not theirs & mine:
        return bad("agrees_with_focus", "evidence_elsewhere", f"the focus says {', '.join(sorted(theirs))}: {chosen}")
    if covered >= at_least:
        return good("agrees_with_focus", f"{covered:.2f} of the focus's words")
    return bad("agrees_with_focus", "evidence_elsewhere", f"focus: {focus[:90]} | quote: {chosen[:90]}")


def _overlap(text: str, quote: str, focus: str) -> bool:
    """True if some place of the quote and some place of the focus share a character of the text."""
    ours, theirs = _places(text, quote), _places(text, focus)
    return any(a < d and c < b for a, b in ours for c, d in theirs)


def _places(text: str, part: str, most: int = 20) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    at = text.find(part)
    while at >= 0 and len(places) < most:
        places.append((at, at + len(part)))
        at = text.find(part, at + 1)
    return places
