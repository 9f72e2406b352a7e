"""Tasks over the numbered steps of a passage: what comes next, what came before, in which order, all of them."""

from __future__ import annotations

import random
import re
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.passages import steps
from agentinstruct_local.records import Draft
from agentinstruct_local.words.questions import plain

LETTERS = "ABCDEFG"
_GERUND = re.compile(r"(?:[\d.]+ )?(?P<what>[A-Z][a-z]+ing(?: (?:up|down|out|in|on))? .*)")
_HOW = re.compile(r"(?:[\d.]+ )?(?:How to|To) (?P<what>[a-z]+ .*)")


def use(draft: Draft, *, kind: str = "next") -> dict[str, Any]:
    """One numbered list of the passage as a task; its first step or the one in question is `quote`.

    `kind`: "next" and "before" give `step` and `told`; "order" gives `events` under `letters`, `listed`, and `key`;
    "all" gives `question` after the heading that the list stands under, and `told`, the list. Errors: `no_steps`,
    `no_heading` where "all" finds no heading that says what is done.
    """
    draw = random.Random(seed_from(draft.seed, "follow_steps"))
    found = steps(draft.passage)
    if not found:
        return {"error": "no_steps"}
    chosen = draw.choice(found)
    units = [draft.passage.units[one] for one in chosen.units]
    texts = [plain(unit.text).rstrip(",;") for unit in units]
    if kind == "order":
        return {"output": {**_order(texts[: len(LETTERS)], draw), "quote": units[0].text}}
    if kind == "all":
        question = _asks_how(chosen.heading)
        if not question or any(text.endswith(":") for text in texts):  # what is to be typed would be missing
            return {"error": "no_heading"}
        told = "\n".join(f"{number}. {text}{_stop(text)}" for number, text in enumerate(texts, 1))
        return {"output": {"question": question, "told": told, "quote": units[0].text, "steps": texts}}
    place = draw.randrange(len(texts) - 1)
    step, other = (place, place + 1) if kind == "next" else (place + 1, place)
    output = {"step": texts[step], "told": f"{texts[other]}{_stop(texts[other])}", "quote": units[other].text}
    return {"output": {**output, "question": f"{kind}: {texts[step]}"}}


def _order(texts: list[str], draw: random.Random) -> dict[str, Any]:
    order = list(range(len(texts)))
    while order == sorted(order):
        draw.shuffle(order)
    letters = list(LETTERS[: len(texts)])
    key = [letters[order.index(number)] for number in range(len(texts))]
    events = [texts[number] for number in order]
    listed = "\n".join(f"{letter}) {text}" for letter, text in zip(letters, events, strict=True))
    question = "Order: " + "; ".join(texts)
    shown = ", ".join(key)
    return {"events": events, "letters": letters, "key": key, "listed": listed, "question": question, "told": shown}


def _asks_how(heading: str) -> str:
    heading = plain(heading)
    if found := _HOW.fullmatch(heading):
        return f"How do you {found['what']}?"
    if found := _GERUND.fullmatch(heading):
        what = found["what"]
        return f"What are the steps for {what[0].lower()}{what[1:]}?"
    return ""


def _stop(text: str) -> str:
    return "" if text[-1:] in ".!?:`" else "."
