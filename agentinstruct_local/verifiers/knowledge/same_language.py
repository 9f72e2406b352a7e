"""A row is in the language of its passage."""

from __future__ import annotations

from collections.abc import Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, paths, string
from agentinstruct_local.verifiers.language import guess

FEWEST = 30
"""Letters from which on a language can be told."""


def verify(
    draft: Draft, *, fields: str | Sequence[str] = ("item.question", "item.answer"), doubt: float = 1.0
) -> Verdict:
    """The language of each field, and of all together, is that of the passage (wrong_language).

    `doubt` is how far the passage's language may lag behind the likeliest one of the fields, in log-odds for each
    square root of a byte.
    """
    import py3langid

    if sum(map(str.isalpha, draft.passage.text)) < FEWEST:
        return good("same_language", "too short to tell")
    expected = str(py3langid.classify(draft.passage.text)[0])
    each = [string(draft, path) for path in paths(fields)]
    for text in (*each, " ".join(each)):
        if sum(map(str.isalpha, text)) < FEWEST:
            continue
        found, lag = guess(text, expected)
        if found != expected and lag > doubt:
            return bad("same_language", "wrong_language", f"looks like {found}, not {expected}: {text}")
    return good("same_language", expected)
