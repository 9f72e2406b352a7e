"""Does a question, by itself, lead back to its passage? One that does not leaves open what it is about."""

from __future__ import annotations

from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft

DEPTH = 10
"""Passages that are looked at."""


def use(draft: Draft, *, corpus: Library | None = None, question: str = "item.question") -> dict[str, Any]:
    """`rank`: which place the draft's passage has, from 1, where all passages are searched by the words of the question
    (BM25); 0 where it is not among the first 10."""
    places = corpus.by_words(str(draft.value(question)), DEPTH) if corpus else []
    found = [corpus.passages[place].id for place in places] if corpus else []
    rank = found.index(draft.passage.id) + 1 if draft.passage.id in found else 0
    return {"output": {"rank": rank}}
