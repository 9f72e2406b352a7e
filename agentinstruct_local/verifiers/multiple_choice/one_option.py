"""Of four options about a passage that the question shows exactly one is right, by the passage itself."""

from __future__ import annotations

import difflib
import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, sentences, squash
from agentinstruct_local.words.questions import plain

BY = "one_option"
_OPTION = re.compile(r"(?m)^([A-D])\) (.+)$")
_FALSE = re.compile(r"\b(?:NOT true|is false|contradicts|one of them wrong|is incorrect)\b")
_DENIES = re.compile(r"\b(?:not|no|never|cannot|none)\b|n['’]t\b")
_MAY = re.compile(r"\b(?:may|might|could|would)\b")  # with "not" and without it contradict nothing
_LONGER = 1.8  # the key's length, against the mean of the others


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: option_count, duplicate_options, key_given_away (by its length, or as the only one with or without a
    "not"), option_unfounded (a changed statement whose sentence is not there), key_wrong.

    The options are read from the question; a statement is true where the passage has it word for word.
    """
    question, reply, key, step = (string(draft, f"{of}.{one}") for one in ("question", "reply", "key", "step"))
    passage = _flat(draft.passage.text)
    options = dict(_OPTION.findall(question[_after(question, draft) :]))
    if len(options) != 4 or len({_flat(one) for one in options.values()}) != 4:
        return bad(BY, "option_count" if len(options) != 4 else "duplicate_options", " / ".join(options.values()))
    others = [len(text) for letter, text in options.items() if letter != key]
    denied = {letter: bool(_DENIES.search(text)) for letter, text in options.items()}
    alone = not step and list(denied.values()).count(denied.get(key, False)) == 1
    if alone or len(options.get(key, "")) > _LONGER * sum(others) / 3 + 12:
        return bad(BY, "key_given_away", options.get(key, ""))
    places = {letter: passage.find(_flat(text)) for letter, text in options.items()}
    asked = question.replace(draft.passage.text, " ")
    if step:
        right = _next(step, asked, passage, options, places)
    else:
        there = [letter for letter, place in places.items() if place >= 0]
        absent = [letter for letter in options if letter not in there]
        right = absent if _FALSE.search(_OPTION.sub("", asked)) else there
        known = [_flat(one) for one in sentences(draft.passage.text)]
        unsure = [one for one in absent if _MAY.search(options[one]) or not _one_change(_flat(options[one]), known)]
        lost = next((options[one] for one in unsure), None)
        if lost:
            return bad(BY, "option_unfounded", lost)
    named = re.findall(r"(?m)(?:^|is |option is |Answer: )([A-D])\b", reply)
    if right != [key] or named[:1] != [key]:
        return bad(BY, "key_wrong", f"right: {right}, key: {key}")
    return good(BY, key)


def _after(question: str, draft: Draft) -> int:
    """Where the passage ends in the question; 0 where its options come first."""
    at = question.find(draft.passage.text)
    rest = question[at + len(draft.passage.text) :] if at >= 0 else ""
    return at + len(draft.passage.text) if at >= 0 and _OPTION.search(rest) else 0


def _next(step: str, asked: str, passage: str, options: dict[str, str], places: dict[str, int]) -> list[str]:
    """The options that stand directly behind, or before, the step in the passage, no other step between."""
    at, after = passage.find(_flat(step)), bool(re.search(r"\b(?:after|next|follows)\b", asked))
    if at < 0 or _flat(step) not in _flat(asked):
        return []
    found = []
    for letter, place in places.items():
        first, second = (at, place) if after else (place, at)
        start = first + len(_flat(step) if after else _flat(options[letter]))
        between = passage[start:second]
        if place >= 0 and first < second and len(content(between)) <= 1 and len(between) < 12:
            found.append(letter)
    return found


def _flat(text: str) -> str:
    return squash(plain(text)).casefold()


def _one_change(option: str, known: list[str]) -> bool:
    """Whether a sentence of the passage differs from it by one change of a few words."""
    words = option.split()
    for sentence in known:
        match = difflib.SequenceMatcher(None, words, sentence.split(), autojunk=False)
        blocks = [one for one in match.get_opcodes() if one[0] != "equal"]
        if len(blocks) <= 2 and sum(max(b - a, d - c) for _, a, b, c, d in blocks) <= 4 and match.ratio() > 0.7:
            return True
    return False
