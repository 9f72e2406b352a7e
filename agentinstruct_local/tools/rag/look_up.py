"""A chat in which the assistant searches the documents, a second time in more words, and answers from what it found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.loop import declarations
from agentinstruct_local.records import Draft
from agentinstruct_local.tools import search
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.words import content, squash, tokens

SHORT = 3
"""Words of a first query: people begin with few."""


def use(
    draft: Draft, *, corpus: Library | None = None, asks: Sequence[str] = ("{question}",), answers: Sequence[str] = ()
) -> dict[str, Any]:
    """`messages` (the question of `item`, one or two searches, the answer), `tools`, and `quote`.

    The first query has the first telling words of the question, the second one the whole question. Error
    `not_found` where neither finds the sentence that answers, or the corpus is no more than one answer long.
    """
    question, told = str(draft.value("item.question")), str(draft.value("item.told"))
    if not corpus or not draft.focus or not answers or len(corpus.passages) <= 3:
        return {"error": "not_found"}
    draw = drawn(draft, "look_up")
    turns: list[dict[str, Any]] = [{"role": "user", "content": draw.choice(list(asks)).format(question=question)}]
    for query in dict.fromkeys((" ".join(_telling(question)[:SHORT]), question.rstrip("?"))):
        found = search.use(replace(draft, item={"query": query}), corpus=corpus).get("output")
        if found is None:
            continue
        turns += [
            {"role": "assistant", "content": "", "tool_calls": [{"name": "search", "arguments": {"query": query}}]},
            {"role": "tool", "name": "search", "content": json.dumps(found, ensure_ascii=False)},
        ]
        holds = [one for one in found["results"] if squash(draft.focus.text) in squash(one["text"])]
        if holds:
            words = {"told": told.rstrip("."), "title": holds[0]["title"]}
            turns.append({"role": "assistant", "content": draw.choice(list(answers)).format(**words)})
            tools = [dict(one) for one in declarations(["search"])]
            return {"output": {"messages": turns, "tools": tools, "quote": draft.focus.text}}
    return {"error": "not_found"}


def _telling(question: str) -> list[str]:
    """The words of a question that mean something, as it has them."""
    words = [one.text for one in tokens(question) if content(one.text)]
    return [one for one in words if one.casefold() not in ("happens", "rule", "used")]
