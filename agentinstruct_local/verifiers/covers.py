"""Question and answer together tell the sentence that they were made from, not a corner of it."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, context, good, string
from agentinstruct_local.words import content, share
from agentinstruct_local.words.stems import missing


def verify(
    draft: Draft,
    *,
    answer: str = "answer.answer",
    question: str = "item.question",
    quote: str = "focus",
    at_least: float = 0.6,
    own: float = 0.7,
) -> Verdict:
    """At least `at_least` of the sentence's words are in the question or the answer (tells_part).

    And at least `own` of the answer's words are in that sentence, its title or headings (evidence_elsewhere).
    """
    words = set(content(string(draft, quote)))
    left = missing(words, content(f"{string(draft, question)} {string(draft, answer)}"))
    if words and len(left) > (1 - at_least) * len(words):
        return bad("covers", "tells_part", f"left out: {', '.join(sorted(left))}")
    said = content(string(draft, answer))
    if words and share(said, words | set(content(context(draft)))) < own:
        return bad("covers", "evidence_elsewhere", f"the answer is not from the sentence: {string(draft, answer)}")
    return good("covers", f"{len(words) - len(left)} of {len(words)} words")
