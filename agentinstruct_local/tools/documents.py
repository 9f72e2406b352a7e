"""Numbered documents for a question: the stretch that answers it among others that a search of the corpus finds."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft, Passage
from agentinstruct_local.tools._excerpts import around, titled, window
from agentinstruct_local.words import content

ALIKE = 0.6  # of the words of the answer: a document that has more of them may hold it too


def use(
    draft: Draft,
    *,
    corpus: Library | None = None,
    form: str = "cited",
    documents: int = 4,
    without: bool = False,
    asks: Sequence[str] = ("{documents}\n\n{question}",),
    answers: Sequence[str] = ("{told} [{number}]",),
) -> dict[str, Any]:
    """`user`, the documents with the question of `item`, and `assistant`, the answer with the number of its document.

    `form` is "cited" or "json"; `without` leaves out the document that answers. Error `no_documents` where the
    corpus has not half as many others that share words with the question.
    """
    question, told = str(draft.value("item.question")), str(draft.value("item.told"))
    found = corpus.search(f"{question} {told}", 6 * documents) if corpus and draft.focus else []
    quote = draft.focus.text if draft.focus else ""
    others: dict[str, Passage] = {}
    for one in found:
        text = window(one, question)
        if one.id != draft.passage.id and not _alike(text, told) and text not in others:
            others[text] = one
    chosen = list(others.items())[: documents if without else documents - 1]
    if len(chosen) < documents // 2 or not quote:
        return {"error": "no_documents"}
    draw = random.Random(seed_from(draft.seed, "documents"))
    shown = [*chosen] if without else [*chosen, (around(draft.passage, quote), draft.passage)]
    draw.shuffle(shown)
    number = 0 if without else 1 + [one.id for _, one in shown].index(draft.passage.id)
    listed = "\n\n".join(f"[{place}] {titled(one)}\n{text}" for place, (text, one) in enumerate(shown, 1))
    user = draw.choice(list(asks)).format(documents=listed, question=question)
    if form == "json":
        assistant = json.dumps({"answer": told, "relevant_passages": [number] if number else []}, ensure_ascii=False)
    else:
        wording = draw.choice(list(answers))
        assistant = wording.format(told=told.rstrip("."), number=number, question=question)
    texts = [text for text, _ in shown]
    return {"output": {"user": user, "assistant": assistant, "number": number, "texts": texts,
                       "passages": [one.id for _, one in shown], "quote": quote}}  # fmt: skip


def _alike(text: str, told: str) -> bool:
    wanted = set(content(told))
    return len(wanted & set(content(text))) > ALIKE * len(wanted)
