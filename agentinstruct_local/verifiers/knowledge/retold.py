"""A text that was written anew says a good part of what its passage says, in other words; `states` tells which."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import grams
from agentinstruct_local.words.marks import figures


def verify(
    draft: Draft, *, field: str = "retell.text", figures_at_least: float = 0.25, length_at_least: float = 0.25,
    copied_at_most: float = 0.8,
) -> Verdict:  # fmt: skip
    """It has `figures_at_least` of the passage's figures and `length_at_least` of its length (left_out), and of its
    runs of five words at most `copied_at_most` stand in the passage (copied)."""
    text, source = string(draft, field), draft.passage.text
    wanted = figures(source)
    held = len(wanted & figures(text)) / len(wanted) if wanted else 1.0
    if held < figures_at_least:
        return bad("retold", "left_out", f"{held:.2f} of the figures: {', '.join(sorted(wanted - figures(text)))}")
    if len(text) < length_at_least * len(source):
        return bad("retold", "left_out", f"{len(text)} of {len(source)} characters")
    runs, there = list(grams(text, 5)), set(grams(source, 5))
    copied = sum(run in there for run in runs) / max(1, len(runs))
    if copied > copied_at_most:
        return bad("retold", "copied", f"{copied:.2f} of its words in runs of five")
    return good("retold", f"{held:.2f} of the figures; {copied:.2f} copied")
