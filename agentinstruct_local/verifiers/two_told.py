"""Two questions at once are answered from two sentences, each told once."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, normalise, share


def verify(
    draft: Draft, *, first: str = "item.told", second: str = "item.second_told", answer: str = "word.answer"
) -> Verdict:
    """Both replies stand in `answer`, each from its own sentence (tells_part) of the passage (unsupported_words)."""
    replies = [string(draft, first), string(draft, second)]
    said = normalise(string(draft, answer))
    places = []
    for reply in replies:
        words = content(reply)
        fits = [at for at, unit in enumerate(draft.passage.units) if words and share(words, content(unit.text)) >= 0.95]
        if not fits:
            return bad("two_told", "unsupported_words", reply)
        if normalise(reply).rstrip(".") not in said:
            return bad("two_told", "tells_part", f"not in the answer: {reply}")
        places.append(set(fits))
    if places[0] == places[1] and len(places[0]) == 1:
        return bad("two_told", "tells_part", "both rest on one sentence")
    return good("two_told", f"{sorted(places[0])}, {sorted(places[1])}")
