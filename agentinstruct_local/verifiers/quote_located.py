"""The quote stands in the text word for word."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, paths, string
from agentinstruct_local.words import squash


def verify(
    draft: Draft, *, quote: str = "answer.quote", within: str | Sequence[str] = "text", at_least_words: int = 1
) -> Verdict:
    """The quote occurs in the text, whitespace aside, as whole words (quote_missing)."""
    wanted = squash(string(draft, quote))
    if not wanted:
        return bad("quote_located", "quote_missing", "there is no quote")
    if len(wanted.split()) < at_least_words:
        return bad("quote_located", "quote_missing", f"the quote has fewer than {at_least_words} words: {wanted}")
    before = r"(?<!\w)" if wanted[0].isalnum() else ""
    after = r"(?!\w)" if wanted[-1].isalnum() else ""
    pattern = re.compile(before + re.escape(wanted) + after)
    if any(pattern.search(squash(string(draft, path))) for path in paths(within)):
        return good("quote_located", wanted)
    return bad("quote_located", "quote_missing", f"not in the text: {wanted}")
