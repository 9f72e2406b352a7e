"""A text was changed as its instruction says, and in no other way. Rules are read from the words of the row."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.verifiers.text_modification._letters_checked import LETTERS
from agentinstruct_local.verifiers.text_modification._marks_checked import MARKS
from agentinstruct_local.verifiers.text_modification._removals_checked import REMOVALS
from agentinstruct_local.verifiers.text_modification._rewritten import Check
from agentinstruct_local.verifiers.text_modification._words_checked import WORDS
from agentinstruct_local.words import squash

BY = "modified"
CHECKS: Mapping[str, tuple[str, Check]] = {**LETTERS, **WORDS, **REMOVALS, **MARKS}
_MENDED_NAMES = "sentence_case caesar_back rot13_back backwards_back twice tags fillers spaces broken_lines"
MENDED = frozenset(_MENDED_NAMES.split())
"""Changes whose answer is the passage's own text: what is shown was spoiled."""
_CAP = 4_000
_LISTED = frozenset(("tag_list",))


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """The question is an instruction and a text of the passage (text_not_shown, not_of_passage).

    The instruction says what the change is (change_unclear), and the answer is the text changed so and not otherwise
    (changed_wrongly), and no copy of it (nothing_changed).
    """
    question, text, answer, change = (
        string(draft, f"{of}.{name}") for name in ("question", "text", "answer", "change")
    )
    if not text or text not in question or len(question) > _CAP or len(answer) > _CAP:
        return bad(BY, "text_not_shown", f"the question does not show: {text}")
    instruction = question.replace(text, "", 1).strip()
    if stray := _stray(draft, change, text, answer):
        return bad(BY, "not_of_passage", f"not in the passage: {stray}")
    cue, check = CHECKS.get(change, (r"(?!)", _unknown))
    if not re.search(cue, instruction):
        return bad(BY, "change_unclear", f"{change} is not asked for by: {instruction}")
    if answer == text:
        return bad(BY, "nothing_changed", f"the answer is the text: {text}")
    wrong = check(instruction, text, answer)
    return bad(BY, "changed_wrongly", f"{wrong} ({change})") if wrong else good(BY, change)


def _unknown(instruction: str, text: str, answer: str) -> str:
    return "no such change"


def _stray(draft: Draft, change: str, text: str, answer: str) -> str:
    """What the passage does not have of the text, or of the answer where that is the passage's own; "" if nothing."""
    passage = squash(draft.passage.text)
    if change.startswith(("table_", "csv_")):
        bare = re.sub(r"\W+", " ", passage)
        cells = [re.sub(r"\W+", " ", one).strip() for one in re.split(r"[|\n]", text)]
        return next((one for one in cells if one.strip("- ") and not _words_in(one, bare)), "")
    if change in _LISTED:
        known = re.sub(r"\W+", " ", passage.casefold())
        return next((one for one in answer.split("\n") if not _words_in(one, known)), "")
    own = answer if change in MENDED else text
    return "" if squash(own) in passage else own


def _words_in(some: str, known: str) -> bool:
    return set(some.split()) <= set(known.split())
