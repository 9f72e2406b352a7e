"""A multiple choice question about a passage that it shows: one statement is as the text has it, others are changed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agentinstruct_local.passages import traits
from agentinstruct_local.records import Draft
from agentinstruct_local.tools import falsify
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools._steps import steps
from agentinstruct_local.words.questions import plain

LETTERS = "ABCD"
_SUBORDINATE = re.compile(r"\b(?:that|which|who|whose|where|when|if|even|unless|because|although|while)\b")
_VERB_FIRST = re.compile(
    r"^[A-Z][a-z]+(?:ifies|ates|izes|[^aeious]es|[^s]s) (?:frequency|which|how|whether|the|an?|if|all|any)\b|"
    r"^[\w-]+(?: \w+)?, "
)
_DENIES = re.compile(r"\b(?:not|no|never|cannot|none)\b|n['’]t\b")
_MAY = re.compile(r"\b(?:may|might|could|would)\b")
_TRIES = 40
_WORDS = range(7, 29)  # of a statement


def use(
    draft: Draft,
    *,
    case: str = "true",
    asks: Sequence[str] = ("{text}\n\nWhich statement is true?\n\n{listed}",),
    answers: Sequence[str] = ("{letter}",),
) -> dict[str, Any]:
    """`question` with the passage in it, four `options`, the `key` (a letter), `reply`, and a sentence as `quote`.

    `case`: "true" (one sentence of the text among three that one change made false), "false" (the other way round),
    "after" and "before" (which step comes next to one). Errors: too_few_sentences, no_steps.
    """
    draw = drawn(draft, f"text_choice {case}")
    made = _step(draft, case, draw) if case in ("after", "before") else _claims(draft, case, draw)
    if made is None:
        return {"error": "no_steps" if case in ("after", "before") else "too_few_sentences"}
    words, options, right = made
    letter = LETTERS[options.index(right)]
    listed = "\n".join(f"{one}) {text}" for one, text in zip(LETTERS, options, strict=True))
    why = words.pop("why", "")
    for at, one in enumerate(options):
        why = why.replace(f"\0{one}\0", LETTERS[at])
    words |= {"text": draft.passage.text, "listed": listed, "letter": letter, "right": right, "why": why}
    return {"output": {
        "question": draw.choice(list(asks)).format(**words), "options": options, "key": letter, "case": case,
        "reply": draw.choice(list(answers)).format(**words), "quote": words["quote"], "step": words.get("step", ""),
    }}  # fmt: skip


def _claims(draft: Draft, case: str, draw: random.Random) -> tuple[dict[str, str], list[str], str] | None:
    """Four statements of about the same length, one of them true, or one of them false."""
    found: list[tuple[str, str, str]] = []  # the sentence, made false, and as it stands
    for place in draft.passage.foci:
        unit = draft.passage.units[place]
        text = plain(unit.text)
        if unit.kind != "sentence" or len(text.split()) not in _WORDS or "named" not in traits(draft.passage, place):
            continue
        if re.search(r"[`*|\"“]|\n", unit.text) or not text[0].isupper():
            continue
        changed = falsify.use(replace(draft, focus=unit), claim="focus").get("output")
        if changed and _in_main_clause(text, false := plain(changed["false_claim"])):
            found.append((f"{text}.", f"{false}.", unit.text))
    if len(found) < 4:
        return None
    for _ in range(_TRIES):
        odd, *others = draw.sample(found, 4)
        options = [odd[0] if case == "true" else odd[1], *(one[1] if case == "true" else one[0] for one in others)]
        if _alike(options):
            break
    else:
        return None
    right = options[0]
    wrong = [(one[1], one[0]) for one in others] if case == "true" else [(odd[1], odd[0])]
    draw.shuffle(options)
    wrong.sort(key=lambda one: options.index(one[0]))
    why = "\n".join(f'\0{false}\0: the text says "{true.rstrip(".")}".' for false, true in wrong)
    return {"why": why, "truth": odd[0], "quote": odd[2]}, options, right


def _alike(options: Sequence[str]) -> bool:
    """Whether the first of them stands out neither by its length nor as the only one with a "not", or without."""
    lengths = [len(one) for one in options]
    denied = [bool(_DENIES.search(one)) for one in options]
    return max(lengths) <= 2.2 * min(lengths) and denied[0] in denied[1:]


def _in_main_clause(true: str, false: str) -> bool:
    """Whether the change stands before any subordinate clause: of "zones that are not signed" it may be true too."""
    same = next((at for at, (one, other) in enumerate(zip(true, false, strict=False)) if one != other), 0)
    return bool(same) and not any(
        (_SUBORDINATE.search(true[:same]), _VERB_FIRST.match(true), _MAY.search(true))  # what may be may also not be
    )


def _step(draft: Draft, case: str, draw: random.Random) -> tuple[dict[str, str], list[str], str] | None:
    """A step, and four others, of which one comes directly after it or before it."""
    found = steps(draft.passage)
    if len(found) < 5:
        return None
    at = draw.randrange(len(found) - 1) if case == "after" else draw.randrange(1, len(found))
    right = found[at + 1] if case == "after" else found[at - 1]
    wrong = draw.sample([one for one in found if one not in (right, found[at])], 3)
    options = [f"{one}." for one in (right, *wrong)]
    draw.shuffle(options)
    quote = next(unit.text for unit in draft.passage.units if plain(unit.text) == right)
    return {"step": found[at], "quote": quote}, options, f"{right}."
