"""An answer speaks of what the question asks about."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, context, good, string
from agentinstruct_local.words import content, name_supported, names, share

_VERB = re.compile(
    r"(?i)\b(?:is|are|was|were|be|has|have|had|does|do|did|must|shall|should|may|might|can|cannot|will|would|could|means"
    r"|contains?|provides?|allows?|requires?|specif(?:y|ies))\b"
)

_VERSION = re.compile(r"(?<![\w.])\d+(?:\.\d+)+")


def verify(
    draft: Draft,
    *,
    question: str = "item.question",
    answer: str = "answer.answer",
    quote: str = "cite.quote",
    at_least: float = 0.5,
) -> Verdict:
    """What stands before the answer's verb, or what follows it, is mostly in the question (other_subject).

    And names of the question stand in the quote or above it, names of the answer in the quote or in the question as it
    was asked: a name that only the heading has was not what the sentence speaks of.
    """
    known = f"{string(draft, quote)}\n{context(draft)}\n{draft.passage.source}"
    for name in names(string(draft, question)) if string(draft, quote) else ():
        if not name_supported(name, known):
            return bad("same_subject", "other_subject", f"'{name}' is not in: {string(draft, quote)}")
    above = " ".join(draft.headings)
    if dated := set(_VERSION.findall(above)):
        strange = set(_VERSION.findall(string(draft, question))) - dated - set(_VERSION.findall(string(draft, quote)))
        if strange:
            return bad("same_subject", "other_subject", f"{strange.pop()}, but it stands under: {above}")
    said = string(draft, answer)
    near = f"{string(draft, quote)}\n{string(draft, 'item.asked') or string(draft, question)}"
    for name in names(said) if string(draft, quote) else ():
        if not name_supported(name, near):
            return bad("same_subject", "other_subject", f"'{name}' is neither in the question nor in: {near}")
    asked = content(string(draft, question))
    verb = _VERB.search(said)
    if verb is None:
        return good("same_subject", "no verb")
    subject, rest = content(said[: verb.start()]), content(said[verb.end() :])
    if not subject or share(subject, asked) >= at_least or (rest and share(rest, asked) >= 0.6):
        return good("same_subject")
    return bad("same_subject", "other_subject", f"{said[: verb.start()].strip()} | {string(draft, question)}")
