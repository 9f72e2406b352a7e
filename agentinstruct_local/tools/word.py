"""Put a task and its answer in words: one of several wordings each, filled with what the steps before have found."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.records import Draft
from agentinstruct_local.words.questions import plain


def use(draft: Draft, *, asks: Sequence[str] = ("{question}",), answers: Sequence[str] = ("{told}",)) -> dict[str, Any]:
    """`ask` and `answer`, each drawn from its wordings. A "{name}" in one is that entry of the draft's item.

    "{small}" is the question with a small first letter, "{focus}" the sentence in question. Error `nothing_to_word`
    where an entry is missing.
    """
    draw = random.Random(seed_from(draft.seed, "word"))
    known = {name: str(value) for name, value in draft.item.items()}
    if draft.focus:
        known["focus"] = f"{plain(draft.focus.text)}."
    if question := known.get("question", ""):
        known["small"] = f"{question[0].lower()}{question[1:]}"
    try:
        ask, answer = (draw.choice(list(one)).format_map(known) for one in (asks, answers))
    except KeyError:
        return {"error": "nothing_to_word"}
    return {"output": {"ask": ask, "answer": answer}}
