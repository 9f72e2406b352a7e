"""After an edit of the text, the question has another answer than before."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.clauses import negated
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, normalise, numbers


def verify(
    draft: Draft, *, before: str = "answer.answer", after: str = "edit.answer", question: str = "item.question"
) -> Verdict:
    """The two answers differ in a number, in polarity, or in a word that the question does not have (answer_kept)."""
    one, other = string(draft, before), string(draft, after)
    told = set(content(string(draft, question)))
    words = [set(content(text)) - told for text in (one, other)]
    differ = (
        {number.value for number in numbers(one)} != {number.value for number in numbers(other)}
        or negated(one) != negated(other)
        or (words[0] - words[1] and words[1] - words[0])
    )
    if not normalise(one) or not normalise(other) or normalise(one) == normalise(other) or not differ:
        return bad("answer_changed", "answer_kept", f"{one} | {other}")
    return good("answer_changed", f"{one} | {other}")
