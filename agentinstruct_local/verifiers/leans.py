"""An answer does not point at a text that its reader does not have."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string

_POINTS = re.compile(
    r"(?i)\b(?:this|these|such|the above|the following|the given|the provided|aforementioned) "
    r"(?:field|section|document|manual|chapter|passage|text|file|option|command|value|case|example|program|package|page"
    r"|table|figure|sentence|paragraph|list|function|method|class|module|article|differences?|thing|way|one)s?\b"
    r"|\b(?:mentioned|described|listed|shown|discussed) (?:above|below|here|earlier)\b"
    r"|\baccording to the (?:text|passage)\b"
    r"|\b(?:the|this) (?:document|text|passage|sentence|facts?|statement) "
    r"(?:states?|says?|mentions?|describes?|does not)\b"
    r"|\b(?:section|chapter|appendix) \d[\d.]*\b"
    r"|\bsee (?:also )?(?:section|chapter|below|above|[A-Z])"
)


def verify(draft: Draft, *, field: str = "answer.answer", question: str = "item.question") -> Verdict:
    """No "this field", "described above" or "see section 3" (points_away), unless the question has the same words."""
    said = string(draft, field)
    asked = string(draft, question).casefold()
    for match in _POINTS.finditer(said):
        if match[0].casefold() not in asked:
            return bad("leans", "points_away", f"'{match[0]}' in: {said}")
    return good("leans")
