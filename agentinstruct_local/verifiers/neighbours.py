"""The sentences round the one that is asked about neither limit it nor begin as it does."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import around, bad, good

_LIMITS = re.compile(
    r"(?i)^\W*(?:however|but|unless|except|otherwise|if (?:no|none|nothing|that)|"
    r"nevertheless|nonetheless|although|though|"
    r"in (?:this|that|such|some|other|which) cases?|the (?:only )?exceptions?|exceptions?|not all|conversely|"
    r"on the other hand|instead|(?:this|that|it) (?:does not|is not|only|applies)|only)\b"
)
_UNLESS = re.compile(r"(?i)^\W*if\b[^,]{0,120}\b(?:no|not|none|nothing|never|cannot|fails?|without)\b[^,]{0,120},")
_CONDITION = re.compile(r"(?i)^\W*(?:if|when|unless)\b")
_SAME = 4
"""As many first words in common are a parallel: what is true of one may be asked of the other."""


def verify(draft: Draft) -> Verdict:
    """The next sentence is no exception to the focus (exception_follows), and no other begins alike (same_beginning).

    A question about one of two such sentences is answered in part only by what is said in it.
    """
    units, place = around(draft)
    if place is None or draft.focus is None:
        return good("neighbours", "no focus among the sentences")
    after = units[place + 1] if place + 1 < len(units) else None
    # After one "If ..., " another is the other case, not an exception to it.
    unless = after is not None and _UNLESS.match(after.text) and not _CONDITION.match(draft.focus.text)
    if after is not None and after.kind == units[place].kind and (unless or _LIMITS.match(after.text)):
        return bad("neighbours", "exception_follows", after.text)
    start = draft.focus.text.casefold().split()[:_SAME]
    for other in units:
        alike = len(start) == _SAME and not _CONDITION.match(draft.focus.text)
        if other.span != draft.focus.span and alike and other.text.casefold().split()[:_SAME] == start:
            return bad("neighbours", "same_beginning", other.text)
    return good("neighbours")
