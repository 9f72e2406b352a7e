"""A conversation is well made: turns alternate, and every reply is what the passage says."""

from __future__ import annotations

from collections.abc import Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good
from agentinstruct_local.words import content, numbers, squash
from agentinstruct_local.words.questions import plain


def verify(
    draft: Draft, *, messages: str = "converse.messages", told: str = "converse.told", framing: Sequence[str] = ()
) -> Verdict:
    """User and assistant take turns, from three to nine messages, the last the assistant's (turns_out_of_order).

    Every sentence told stands in the passage, and no reply has a word or a number that neither the passage nor
    `framing` (what replies may add, such as "No, that is not so") has (turn_not_in_text); no reply comes twice
    (turn_repeats).
    """
    turns = [turn for turn in draft.value(messages, ()) if turn["role"] != "system"]
    roles = [turn["role"] for turn in turns]
    if not 3 <= len(turns) <= 9 or roles != ["user", "assistant"] * (len(turns) // 2):
        return bad("turns", "turns_out_of_order", " ".join(roles))
    passage = squash(plain_text(draft.passage.text)).casefold()
    lost = next((one for one in draft.value(told, ()) if squash(one).rstrip(".").casefold() not in passage), None)
    if lost is not None:
        return bad("turns", "turn_not_in_text", lost)
    known = {*content(draft.passage.text), *content(" ".join(framing)), *content(" ".join(draft.headings))}
    known |= set(content(draft.passage.title))
    values = {number.value for number in numbers(draft.passage.text)} | {
        number.value for number in numbers(" ".join((*draft.headings, draft.passage.title)))
    }
    replies = [turn["content"] for turn in turns if turn["role"] == "assistant"]
    asked = {word for turn in turns if turn["role"] == "user" for word in content(turn["content"])}
    for reply in replies:
        strange = [word for word in content(reply) if word not in known | asked]
        strange += [number.value for number in numbers(reply) if number.value not in values]
        if strange:
            return bad("turns", "turn_not_in_text", ", ".join(strange))
    if len(set(replies)) < len(replies):
        return bad("turns", "turn_repeats", next(one for one in replies if replies.count(one) > 1))
    return good("turns", f"{len(turns)} turns")


def plain_text(text: str) -> str:
    """The passage without marks of lists, emphasis and links, line by line, as its sentences are told."""
    return "\n".join(plain(line) for line in text.splitlines()) + "\n" + text
