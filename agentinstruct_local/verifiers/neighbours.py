"""The sentences round the one that is asked about neither limit it nor begin as it does."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good

_LIMITS = re.compile(
    r"(?i)^\W*(?:however|but|unless|except|otherwise|if (?:no|none|nothing|that)|"
    r"nevertheless|nonetheless|although|though|"
    r"in (?:this|that|such|some|other|which) cases?|the (?:only )?exceptions?|exceptions?|not all|conversely|"
    r"on the other hand|instead|(?:this|that|it) (?:does not|is not|only|applies)|only)\b"
)
_UNLESS = re.compile(r"(?i)^\W*if\b[^,]{0,120}\b(?:no|not|none|nothing|never|cannot|fails?|without)\b[^,]{0,120},")
_CONDITION = re.compile(r"(?i)^\W*(?:if|when|unless)\b")
_CONTINUES = re.compile(
    r"(?i)^\W*(?:in addition|additionally|also|furthermore|moreover|besides)\b|"
    r"\b(?:is|are|must|should|can|may|will|shall|has|have|it) also\b|\balso (?:must|need|require|note|has|have)\w*\b"
)
_EXAMPLE = re.compile(
    r"(?i)\b(?:for (?:example|instance)|an example|examples? (?:of|shows?|is|below|above)|suppose|imagine|"
    r"say you|let us|let's|consider (?:the|a|an)|(?:following|this|previous|above) example|as an illustration)\b"
)
_REACH = 3
"""An example that begins as many sentences before may still go on."""
_SAME = 4
"""As many first words in common are a parallel: what is true of one may be asked of the other."""


def verify(draft: Draft, *, closed_book: bool = False) -> Verdict:
    """The next sentence is no exception to the focus (exception_follows), and no other begins alike (same_beginning).

    A question about one of two such sentences is answered in part only by what is said in it. For a row without the
    passage the focus stands in no example (in_example), whose persons and figures nobody knows, and the next sentence
    adds nothing to it (goes_on), which the answer would leave out.
    """
    if draft.focus is None:
        return good("neighbours", "no focus")
    units = [unit for unit in draft.passage.units if unit.kind != "heading"]
    place = next((at for at, unit in enumerate(units) if unit.span == draft.focus.span), None)
    if place is None:
        return good("neighbours", "the focus is no unit of the passage")
    before = units[max(0, place - _REACH) : place + 1]
    if closed_book and (told := next((one.text for one in before if _EXAMPLE.search(one.text)), "")):
        return bad("neighbours", "in_example", told)
    after = units[place + 1] if place + 1 < len(units) else None
    # After one "If ..., " another is the other case, not an exception to it.
    unless = after is not None and _UNLESS.match(after.text) and not _CONDITION.match(draft.focus.text)
    if after is not None and after.kind == units[place].kind and (unless or _LIMITS.match(after.text)):
        return bad("neighbours", "exception_follows", after.text)
    if closed_book and after is not None and after.kind == units[place].kind and _CONTINUES.search(after.text):
        return bad("neighbours", "goes_on", after.text)
    start = draft.focus.text.casefold().split()[:_SAME]
    for other in units:
        alike = len(start) == _SAME and not _CONDITION.match(draft.focus.text)
        if other.span != draft.focus.span and alike and other.text.casefold().split()[:_SAME] == start:
            return bad("neighbours", "same_beginning", other.text)
    return good("neighbours")
