"""Every figure of a row stands in its passage."""

from __future__ import annotations

from collections.abc import Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, context, good, paths, string
from agentinstruct_local.words.marks import foreign_figures


def verify(
    draft: Draft,
    *,
    fields: str | Sequence[str] = ("item.question", "item.answer"),
    within: str | Sequence[str] = ("passage",),
    numbered: bool = False,
) -> Verdict:
    """The figures of the fields stand in one of `within`, the title or a heading (unsupported_number).

    In a text that is `numbered` the numbers of its own list items count for nothing.
    """
    source = "\n".join((*(string(draft, path) for path in paths(within)), context(draft)))
    for path in paths(fields):
        text = string(draft, path)
        if foreign := foreign_figures(text, source, numbered=numbered):
            return bad("contained", "unsupported_number", f"not in the text: {', '.join(foreign)}, in: {text}")
    return good("contained")
