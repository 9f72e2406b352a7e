"""An edit took a detail out of the text and put nothing in its place."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, names, numbers, share, strange_numbers


def verify(
    draft: Draft,
    *,
    detail: str = "answer.answer",
    sentence: str = "edit.sentence",
    quote: str = "answer.quote",
    question: str = "item.question",
    within: str = "text",
) -> Verdict:
    """The answer is gone from the text (detail_still_there), and the edit says nothing new (detail_replaced)."""
    old, new = string(draft, quote), string(draft, sentence)
    told = set(content(string(draft, question)))
    own = [word for word in content(string(draft, detail)) if word not in told and word in set(content(old))]
    if not own:
        return bad("removed", "nothing_to_remove", string(draft, detail))
    gone = [word for word in own if word not in set(content(new))]
    asked = {number.value for number in numbers(string(draft, question))}
    figures = {number.value for number in numbers(string(draft, detail))} - asked
    kept = figures & {number.value for number in numbers(old)}
    if len(gone) < max(1, len(own) // 3) or (kept and kept <= {number.value for number in numbers(new)}):
        return bad("removed", "detail_still_there", new)
    rest = set(content(string(draft, within)))
    values = {number.value for number in numbers(old)} - {number.value for number in numbers(new)}
    if share(gone, rest) == 1.0 and not values:
        return bad("removed", "detail_still_there", f"the text still has: {', '.join(gone)}")
    if strange_numbers(new, old) or set(names(new)) - set(names(old)) or share(content(new), content(old)) < 0.8:
        return bad("removed", "detail_replaced", new)
    return good("removed", f"gone: {', '.join(gone)}")
