"""Ask what a sentence tells, in a question that its own form gives."""

from __future__ import annotations

import random
import re
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.passages import followed_by
from agentinstruct_local.records import Draft
from agentinstruct_local.words import content, names, numbers
from agentinstruct_local.words.phrases import VAGUE
from agentinstruct_local.words.questions import Asked, is_named, is_specific, plain, questions

_BROAD = ("provide?", "support?", "allow?", "offer?", "implement?", "require?", "do?")
_WHOLE = ("condition", "rule", "circumstance")
"""Forms that ask for all that happens or holds: what goes on in the next sentence would be missing."""


def use(draft: Draft, *, sentence: str = "focus", named: bool = False) -> dict[str, Any]:
    """`question`, the part of `sentence` that answers it (`key`), and the sentence as a reply (`told`).

    As `named` it says without its document what it is about. Error `nothing_to_ask` where its form gives no question,
    or where the passage tells more of the same thing. Done here rather than by a teacher: of the closed-book questions
    that a small one wrote, which passed all checks, 4 of 14 were right.
    """
    text = str(draft.value(sentence))
    found = askable(draft, text, named=named)
    if not found:
        return {"error": "nothing_to_ask"}
    one = random.Random(seed_from(draft.seed, "ask")).choice(found)
    return {"output": {"question": one.question, "key": one.key, "told": as_reply(text)}}


def askable(draft: Draft, text: str, *, named: bool = False) -> list[Asked]:
    """Every question that the form of `text`, a sentence of the passage, allows; the specific ones where there are."""
    known = f"{draft.passage.text}\n" + ", ".join(draft.passage.title.split())  # a title's words may be names
    asked = [one for one in questions(text, known) if _tells(one, text) and (not named or is_named(one))]
    found = [one for one in asked if _alone(one, draft, text)]
    return [one for one in found if is_specific(one)] or found


def as_reply(text: str) -> str:
    """A sentence of the passage as a reply: without marks of lists and links, with a full stop."""
    told = plain(text)
    told = f"{told[0].upper()}{told[1:]}" if re.fullmatch(r"[a-z-]+", told.split()[0]) else told
    return f"{told}."


def _tells(asked: Asked, text: str) -> bool:
    """The answer is not the question turned round: "ACCEPT means that the packet will be accepted"."""
    said = content(f"{asked.question} {re.sub('[_.-]', ' ', asked.question)}")  # disk_details speaks of disks
    new, least = set(content(text)) - set(said) - VAGUE, 1
    if asked.form in ("definition", "object") and not (numbers(asked.key) or names(f"x {asked.key}")):
        least = 2
    return asked.form == "subject" or len(new) >= least


def _alone(asked: Asked, draft: Draft, text: str) -> bool:
    """No other sentence of the passage is about the same thing, and no title gives it away."""
    if (asked.form in _WHOLE or asked.question.endswith(" to do?")) and _goes_on(draft, text):
        return False
    if not asked.subject or asked.form == "circumstance":  # whatever else is told of it is no answer
        return True
    title, about = content(f"{draft.passage.title} {draft.passage.source}"), set(content(asked.subject))
    if asked.form == "subject":
        return not set(content(asked.key)) <= {*title, *content(" ".join(draft.headings))}
    if asked.question.endswith(_BROAD) and (about <= set(title) or len(asked.subject.split()) < 4):
        return False  # a whole product does more than one sentence says
    start = asked.subject.casefold()
    others = (plain(unit.text) for unit in draft.passage.units if unit.text != text and unit.kind != "heading")
    return not any(other.casefold().startswith(f"{start} ") for other in others)


def _goes_on(draft: Draft, text: str) -> bool:
    """Whether the next sentence of the paragraph speaks of the same things: it may add to the answer or limit it."""
    spans = [unit.span for unit in draft.passage.units]
    focus = spans.index(draft.focus.span) if draft.focus and draft.focus.span in spans else None
    after = followed_by(draft.passage, focus) if focus is not None else None
    common = set(content(text)) & set(content(after or ""))
    return bool(common - VAGUE - set(content(f"{draft.passage.title} {draft.passage.source}")))
