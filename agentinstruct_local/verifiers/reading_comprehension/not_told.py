"""A question names something that the passage does not tell of."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, names


def verify(
    draft: Draft, *, question: str = "item.question", told: str = "item.elsewhere", alike: float = 0.5
) -> Verdict:
    """No sentence of what the reader sees has more than `alike` of the words of the answer, and a name of the question
    is in none (may_be_told); there is such a name (names_nothing)."""
    asked, answer = string(draft, question), set(content(string(draft, told)))
    strange = [name for name in names(f"x {asked}"[:-1]) if name.casefold() not in draft.text.casefold()]
    if not strange:
        return bad("not_told", "names_nothing" if asked else "may_be_told", asked)
    for unit in draft.passage.units:
        if answer and len(answer & set(content(unit.text))) > alike * len(answer):
            return bad("not_told", "may_be_told", unit.text)
    return good("not_told", f"not there: {strange[0]}")
