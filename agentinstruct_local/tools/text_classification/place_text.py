"""To which of several sections of its document a text belongs."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft, Passage
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools._paragraphs import Excerpt, excerpts
from agentinstruct_local.words import content
from agentinstruct_local.words.phrases import VAGUE

SIZE = 4
"""Sections to choose from."""
_NUMBER = re.compile(r"^(?:(?:chapter|section|part|appendix)\s+)?[\dA-Z]?\d*(?:\.\d+)*[.):]?\s+(?=\w)", re.IGNORECASE)
_GENERAL = frozenset(
    content("introduction overview note warning example details notes see also description usage caveats")
)


def use(
    draft: Draft,
    *,
    corpus: Library | None = None,
    asks: Sequence[str] = ("{labels}\n\n{text}\n\n{form}",),
    forms: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """`question`, `answer`, `text`, `labels` (titles of sections), `label`, `form` and `quote`.

    The text shares words with the title of its own section, and none with those of the others, which are of the same
    document where there are so many. Error: no_documents.
    """
    draw = drawn(draft, "place_text")
    own = _title(draft.passage)
    fitting = [one for one in excerpts(draft.passage) if own and _about(own) & set(content(one.text)) == _about(own)]
    others = _others(draft, own, corpus, draw)
    found = [(one, apart) for one in fitting if len(apart := _apart(one, others)) >= SIZE - 1]
    if not found:
        return {"error": "no_documents"}
    excerpt, apart = draw.choice(found)
    labels = [own, *apart[: SIZE - 1]]
    draw.shuffle(labels)
    form = draw.choice(sorted(forms or {"label": ()}))
    answer = json.dumps({"section": own}, ensure_ascii=False) if form == "json" else own
    question = draw.choice(list(asks))
    parts = {
        "labels": "\n".join(f"- {one}" for one in labels), "form": draw.choice(list((forms or {}).get(form, ("",)))),
        "text": excerpt.text,
    }  # fmt: skip
    for name, words in parts.items():
        question = question.replace(f"{{{name}}}", words)
    quote = max((one.text for one in excerpt.units), key=lambda one: len(_about(own) & set(content(one))))
    return {
        "output": {
            "question": question, "answer": answer, "text": excerpt.text, "labels": labels, "label": own, "form": form,
            "gate": excerpt.text, "quote": quote,
        }
    }  # fmt: skip


def _title(passage: Passage) -> str:
    """The title of the section that a passage is of, without its number; empty where it says too little."""
    inside = [unit.text for unit in passage.units if unit.kind == "heading"]
    if len(inside) > 1 or (inside and passage.units[0].kind != "heading"):  # several sections in one passage
        return ""
    path = [*passage.headings, *inside]
    title = _NUMBER.sub("", path[-1]).strip() if path else ""
    if len(path) < 2 or title in passage.title:  # the document itself
        return ""
    return title if 1 <= len(title.split()) <= 8 and len(_about(title)) >= 2 and not re.search(r"[|:?`]", title) else ""


def _about(title: str) -> set[str]:
    return set(content(title)) - VAGUE - _GENERAL


def _others(draft: Draft, own: str, corpus: Library | None, draw: random.Random) -> list[str]:
    """Titles of other sections in an order of chance, those of the same document first."""
    passages = draw.sample(corpus.passages, len(corpus.passages)) if corpus else []
    passages.sort(key=lambda one: one.document != draft.passage.document)
    titles = dict.fromkeys(title for one in passages if (title := _title(one)))
    return [one for one in titles if not _about(one) & _about(own)]


def _apart(excerpt: Excerpt, others: Sequence[str]) -> list[str]:
    """The titles that share no word with the text, nor with one another."""
    words, kept, taken = set(content(excerpt.text)), [], set[str]()
    for one in others:
        if not _about(one) & words and not _about(one) & taken:
            kept.append(one)
            taken |= _about(one)
        if len(kept) == SIZE - 1:
            break
    return kept
