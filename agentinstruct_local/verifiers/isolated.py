"""The focus stands by itself: in no example or list of changes, and with nothing added by the next sentence."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import around, bad, good

_CONTINUES = re.compile(
    r"(?i)^\W*(?:in addition|additionally|also|furthermore|moreover|besides|requires?|defaults? to|works|applies|"
    r"implies|conflicts|must|should|can|cannot|may)\b|"
    r"\b(?:is|are|must|should|can|may|will|shall|has|have|it) also\b|\balso (?:must|need|require|note|has|have)\w*\b"
)
_EXAMPLE = re.compile(
    r"(?i)\b(?:for (?:example|instance)|an example|examples? (?:of|shows?|is|below|above)|suppose|imagine|"
    r"say you|let us|let's|consider (?:the|a|an)|(?:following|this|previous|above) example|as an illustration)\b"
)
_CONDITION = re.compile(r"(?i)^\W*(?:if|when|whenever|once)\b")
_FOLLOWS = re.compile(
    r"(?i)^\W*(?:this|it|they|then|you|in (?:this|that|such)|otherwise|after that|instead|here|thus|"
    r"(?:in order )?to do (?:so|this|that)|for (?:this|that)|note|important|make sure|be sure|remember|keep in mind|"
    r"beware|caution|warning|in case|if so|if not)\b"
)
"""What else happens under the condition of the sentence before."""
_CHANGES = re.compile(
    r"(?i)\b(?:release notes|change ?log|what['’]?s new|bug ?fix(?:es)?|(?:version|revision) history|removed features|"
    r"upgrading .*\d|known (?:bugs|issues|problems))\b|"
    r"\brelease \d|^[\W\d.]*version \d[\d.]*$|\bolder news\b|"
    r"^\W*(?:[\d.]+ )?(?:changes in .*\d|changes$|fixed|bugs$|news$|to ?do$)"
)
"""Headings under which a text tells what was, or what is to come."""
_SAMPLE = re.compile(
    r"(?i)\b(?:examples?|sample (?:session|config\w*|code|program|script|output|file)s?|scenarios?|walk-?through|"
    r"case study|use cases?)\b"
)
"""Headings under which names and figures are made up."""
_REACH = 3
"""An example that begins as many sentences before may still go on."""


def verify(draft: Draft) -> Verdict:
    """Nobody knows the persons and figures of an example without the passage (in_example).

    An answer from the focus alone would leave out what the next sentence adds (goes_on). What a list of changes says
    may no longer be so (old_news).
    """
    for reason, words in (("old_news", _CHANGES), ("in_example", _SAMPLE)):
        if told := next((one for one in draft.headings if words.search(one)), ""):
            return bad("isolated", reason, told)
    units, place = around(draft)
    if place is None:
        return good("isolated", "no focus among the sentences")
    before = units[max(0, place - _REACH) : place + 1]
    if told := next((one.text for one in before if _EXAMPLE.search(one.text)), ""):
        return bad("isolated", "in_example", told)
    after = units[place + 1] if place + 1 < len(units) else None
    if after is not None and after.kind == units[place].kind and _CONTINUES.search(after.text):
        return bad("isolated", "goes_on", after.text)
    if after is not None and _CONDITION.match(draft.focus.text) and _FOLLOWS.match(after.text):  # type: ignore[union-attr]
        return bad("isolated", "goes_on", after.text)
    return good("isolated")
