"""Numbered documents for a question: the stretch that answers it among others that a search of the corpus finds."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._listing import ABSENT, ALIKE, around, brief, numbered, others, titled


def use(
    draft: Draft,
    *,
    corpus: Library | None = None,
    form: str = "cited",
    documents: int = 4,
    planted: Sequence[str] = (),
    asks: Sequence[str] = ("{documents}\n\n{question}",),
    answers: Sequence[str] = ("{told} [{number}]",),
) -> dict[str, Any]:
    """`user`, the documents with the question of `item`, and `assistant`, the answer with the number of its document.

    `form` is "cited", "json", or "without", which leaves out the document that answers. One of `planted`, orders
    that nobody is to follow, stands at the end of a document. Error `no_documents` where the corpus has not half as
    many others that share words with the question.
    """
    without = form == "without"
    question, told = str(draft.value("item.question")), str(draft.value("item.told"))
    quote = draft.focus.text if draft.focus else ""
    share = ABSENT if without else ALIKE
    found = others(corpus, question, [told], 6 * documents, {draft.passage.id}, share) if corpus and quote else {}
    chosen = list(found.items())[: documents if without else documents - 1]
    if len(chosen) < documents // 2 or not quote:
        return {"error": "no_documents"}
    draw = random.Random(seed_from(draft.seed, "documents"))
    shown = [*chosen] if without else [*chosen, (around(draft.passage, quote), draft.passage)]
    draw.shuffle(shown)
    number = 0 if without else 1 + [one.id for _, one in shown].index(draft.passage.id)
    order, held = (draw.choice(list(planted)), draw.randrange(len(shown))) if planted else ("", -1)
    texts = [f"{text}\n\n{order}" if place == held else text for place, (text, _) in enumerate(shown)]
    listed = numbered([titled(one) for _, one in shown], texts)
    user = draw.choice(list(asks)).format(documents=listed, question=question)
    if form == "json":
        assistant = json.dumps({"answer": told, "relevant_passages": [number] if number else []}, ensure_ascii=False)
    else:
        wording = draw.choice(list(answers))
        if "{key}" in wording and not _short(question, told, str(draft.value("item.key"))):
            return {"error": "no_short_answer"}
        words = {"key": brief(str(draft.value("item.key"))), "sentence": told, "held": held + 1}
        assistant = wording.format(told=told.rstrip("."), number=number, question=question, **words)
    return {"output": {"user": user, "assistant": assistant, "number": number, "texts": texts, "planted": order,
                       "passages": [one.id for _, one in shown], "quote": quote}}  # fmt: skip


def _short(question: str, told: str, key: str) -> bool:
    """Whether the part of a sentence that answers stands by itself: not "enables administrators to manage"."""
    bare = question.endswith((" enable?", " allow?", " do?")) or question.startswith("What is the rule")
    return not bare and len(key.split()) < 0.85 * len(told.split())
