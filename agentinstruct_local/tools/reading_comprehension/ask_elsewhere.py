"""A question that another passage of the corpus answers and this one does not."""

from __future__ import annotations

import random
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft, Passage
from agentinstruct_local.tools.name_subject import NUMBERING
from agentinstruct_local.words import content, names
from agentinstruct_local.words.questions import is_specific, plain, questions

NEAR = 12  # passages that are looked through
LEAST, MOST = 0.12, 0.6  # of the question's words: it has to sound like this passage, and must not be answered by it


def use(draft: Draft, *, corpus: Library | None = None) -> dict[str, Any]:
    """`question`, its reply elsewhere (`elsewhere`), and `heading`, what this passage is about instead.

    Error `nothing_to_ask` where no passage near this one can be asked about something that this one does not name.
    """
    heading = NUMBERING.sub("", plain([draft.passage.title, *draft.passage.headings][-1]))
    if corpus is None or not heading:
        return {"error": "nothing_to_ask"}
    here = set(content(f"{draft.passage.title} {' '.join(draft.passage.headings)} {draft.passage.text}"))
    found = []
    for passage in corpus.search(f"{draft.passage.title} {draft.passage.text[:400]}", NEAR):
        if passage.id != draft.passage.id:
            found += _foreign(passage, draft.passage.text, here)
    if not found:
        return {"error": "nothing_to_ask"}
    question, told = random.Random(seed_from(draft.seed, "ask_elsewhere")).choice(found)
    return {"output": {"question": question, "elsewhere": told, "heading": heading}}


def _foreign(passage: Passage, text: str, here: set[str]) -> list[tuple[str, str]]:
    """Questions about a passage that name something which a text does not have, with what is told there."""
    found = []
    for place in passage.foci:
        unit = passage.units[place]
        for asked in questions(unit.text, passage.text):
            words = set(content(asked.question))
            strange = [one for one in names(f"x {asked.question}"[:-1]) if one.casefold() not in text.casefold()]
            shared = len(words & here) / max(1, len(words))
            if is_specific(asked) and strange and LEAST <= shared <= MOST:
                found.append((asked.question, unit.text))
    return found
