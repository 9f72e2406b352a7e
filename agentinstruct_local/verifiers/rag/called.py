"""The answer of an agent in a loop rests on what its calls returned."""

from __future__ import annotations

import json

from agentinstruct_local.loop import messages
from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, plain, string
from agentinstruct_local.words import content, name_supported, names, strange_numbers

BY = "called"


def verify(
    draft: Draft,
    *,
    agent: str = "answer",
    answer: str = "answer.answer",
    told: str = "",
    asked: str = "item.question",
    chat: str = "",
) -> Verdict:
    """The agent has called a tool before it answered (no_call), and the last result is no error (result_missing).

    The sentence at `told`, which answers, stands in a result (result_missing). The answer has no number and no name
    that neither a result nor the question has (answer_ungrounded). `chat`: where the turns of a chat stand that a
    tool has written, instead of a loop; its last turn is the answer.
    """
    turns = (
        draft.value(chat, [])
        if chat
        else [{"role": one.role, "content": one.content} for one in messages(draft, agent)]
    )
    results = [json.loads(turn["content"]) for turn in turns if turn["role"] == "tool"]
    if not results:
        return bad(BY, "no_call", string(draft, answer))
    if "error" in results[-1]:
        return bad(BY, "result_missing", str(results[-1]["error"]))
    shown = "\n".join(plain(one) for one in results if "error" not in one)
    wanted, have = set(content(string(draft, told))), set(content(shown))
    if len(wanted & have) < 0.95 * len(wanted):
        return bad(BY, "result_missing", f"no result has: {string(draft, told)}")
    said, known = turns[-1]["content"] if chat else string(draft, answer), f"{shown}\n{string(draft, asked)}"
    strange = [*strange_numbers(said, known), *(one for one in names(said) if not name_supported(one, known))]
    if strange:
        return bad(BY, "answer_ungrounded", f"no result has: {strange[0]}")
    return good(BY, f"{len(results)} calls")
