"""Which of four headings a passage stands under."""

from __future__ import annotations

import random
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft, Passage
from agentinstruct_local.tools.name_subject import NUMBERING, SLIGHT
from agentinstruct_local.words import content
from agentinstruct_local.words.questions import plain

LETTERS = "ABCD"
NEAR = 40
OWN, FOREIGN = 0.6, 0.34
"""The least share of a heading's words that its own text has, and the most that a foreign one's text has."""


def use(draft: Draft, *, corpus: Library | None = None) -> dict[str, Any]:
    """`shown` (the passage without its headings), four `options`, the `key` (a letter), `right`, `listed`, `quote`.

    Errors: `no_heading` where the passage's own says too little or stands in the text, `too_few_options`.
    """
    units = draft.passage.units
    inside = [one for one in units if one.kind == "heading"]
    own = _heading(draft.passage)
    body = [one for one in units if one.kind != "heading"]
    if corpus is None or len(inside) > 1 or (inside and units[0].kind != "heading") or not own or len(body) < 3:
        return {"error": "no_heading"}
    shown = draft.passage.text[body[0].span[0] - draft.passage.span[0] :]
    text = set(content(shown))
    if _share(own, text) < OWN or own.casefold() in shown.casefold():
        return {"error": "no_heading"}
    near: dict[str, str] = {}
    far: dict[str, str] = {}
    for passage in corpus.search(f"{draft.passage.title} {shown[:300]}", NEAR):
        other = _heading(passage)
        apart = not set(content(other)) & set(content(own))
        if other and apart and _share(other, text) <= FOREIGN:
            (near if passage.document == draft.passage.document else far).setdefault(other.casefold(), other)
    draw = random.Random(seed_from(draft.seed, "fit_heading"))
    others = near if len(near) >= 3 else {**far, **near}
    if len(others) < 3:
        return {"error": "too_few_options"}
    options = [own, *draw.sample(list(others.values()), 3)]
    draw.shuffle(options)
    key = LETTERS[options.index(own)]
    listed = "\n".join(f"{letter}) {one}" for letter, one in zip(LETTERS, options, strict=True))
    return {"output": {
        "shown": shown, "options": options, "key": key, "right": own, "listed": listed,
        "quote": max(body, key=lambda one: (_share(own, set(content(one.text))), -one.span[0])).text,
        "question": f"heading: {own} / {draft.passage.id}",
    }}  # fmt: skip


def _heading(passage: Passage) -> str:
    """The innermost heading of a passage without its number; empty where it says little."""
    above = [*passage.headings, *(one.text for one in passage.units[:1] if one.kind == "heading")]
    found = NUMBERING.sub("", plain(above[-1])).strip(" .:#*_`") if above else ""
    return (
        found
        if found[:1].isupper() and 2 <= len(content(found)) <= 7 and not SLIGHT.fullmatch(found) and len(found) < 70
        else ""
    )


def _share(heading: str, text: set[str]) -> float:
    words = set(content(heading))
    return len(words & text) / max(1, len(words))
