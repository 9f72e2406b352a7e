"""An answer says more than its question did."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words.marks import figures, words


def verify(draft: Draft, *, answer: str = "item.answer", question: str = "item.question", at_least: int = 1) -> Verdict:
    """A figure that the question does not have, or `at_least` new words of three letters or more, or of one Chinese or
    Japanese sign; all of them where the answer has fewer (repeats_question)."""
    said, asked = string(draft, answer), string(draft, question)
    told = {one for one in words(said) if len(one.encode()) > 2}
    new = told - words(asked)
    if figures(said) - figures(asked) or (new and len(new) >= min(at_least, len(told))):
        return good("adds", ", ".join(sorted(new)))
    return bad("adds", "repeats_question", f"{said} | {asked}")
