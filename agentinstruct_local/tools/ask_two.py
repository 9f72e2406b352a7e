"""A second question to the one that a draft has, after another sentence of its passage."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._asking import turns
from agentinstruct_local.words import content

APART = 0.5
"""The most words that the two replies share: above it they tell the same thing."""


def use(draft: Draft, *, checks: Sequence[str | Mapping[str, Any]] = (), near: bool = False) -> dict[str, Any]:
    """`second` and `second_told`, with `second_small`, and `both`: what is told in the order of the questions.

    The second sentence passes `checks` as a single question would; `near`: it speaks of a thing that the first names.
    Error `too_few_turns` where the passage has none.
    """
    draw = random.Random(seed_from(draft.seed, "ask_two"))
    told, question = str(draft.value("item.told", "")), str(draft.value("item.question", ""))
    first, others = set(content(told)), []
    for turn in turns(draft, checks, draw):
        words = set(content(turn.told))
        shared = len(words & first)
        if turn.asked.question != question and turn.told != told and shared <= APART * min(len(words), len(first)):
            others.append((turn, shared))
    if near:
        others = [(turn, shared) for turn, shared in others if shared]
    if not others or not first:
        return {"error": "too_few_turns"}
    turn, _ = draw.choice(others)
    second = turn.asked.question
    small = f"{second[0].lower()}{second[1:]}"
    output = {"second": second, "second_small": small, "second_told": turn.told, "second_quote": turn.unit.text}
    return {"output": {**output, "both": f"{question} {second}"}}
