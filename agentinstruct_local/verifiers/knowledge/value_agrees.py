"""What the teacher answers without having seen the answer agrees with it."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words.marks import figures, words


def verify(draft: Draft, *, value: str = "item.value", answer: str = "item.answer", at_least: float = 0.5) -> Verdict:
    """Of the words of the short, blind answer `value`, `at_least` stand in the answer, and all its figures
    (answers_differ)."""
    short, said = string(draft, value), string(draft, answer)
    seen = f"{short} | {said}"
    told, there = words(short), words(said)
    if not told:
        return bad("value_agrees", "answers_differ", f"no value: {seen}")
    if strange := figures(short) - figures(said):
        return bad("value_agrees", "answers_differ", f"{', '.join(sorted(strange))}: {seen}")
    held = len(told & there) / len(told)
    if held < at_least:
        return bad("value_agrees", "answers_differ", f"{held:.2f}: {seen}")
    return good("value_agrees", f"{held:.2f}: {seen}")
