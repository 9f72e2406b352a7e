"""Changes of words, checked word by word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import combinations

from agentinstruct_local.verifiers.text_modification._rewritten import (
    Check,
    differences,
    ordinal,
    pairs_of,
    quoted,
    walked,
)
from agentinstruct_local.words.stems import SPELLED
from agentinstruct_local.words.swaps import CONTRACTIONS, PLAINER

_MASK = re.compile(r"\[REDACTED\]|\[NAME\]|\[\.\.\.\]|█+")
_CLIPPED = re.compile(r"(?i)\w['’](?:t|ll|re|ve|d|m)\b|\b(?:it|there|that|he|she|let)['’]s\b")


def _pairs(instruction: str, text: str, answer: str) -> str:
    old, new = (*quoted(instruction), "", "")[:2]
    pairs = pairs_of(instruction) or ({old: new} if new else {})
    return walked(text, answer, pairs) if pairs else "no words are named"


def _names(instruction: str, text: str, answer: str) -> str:
    pairs = pairs_of(instruction)
    return walked(text, answer, pairs, exact=True) if pairs else "no names are named"


def _redacted(instruction: str, text: str, answer: str) -> str:
    mask = _MASK.search(instruction)
    if mask is None:
        return "no mask is named"
    told = [name for name in quoted(instruction) if name in answer]
    return f"still there: {told[0]}" if told else walked(
        text, answer, dict.fromkeys(quoted(instruction), mask[0]), exact=True
    )  # fmt: skip


def _vague(instruction: str, text: str, answer: str) -> str:
    ours, theirs = text.split(), answer.split()
    if len(ours) != len(theirs) or re.search(r"\d", answer):
        return "a number is left, or other words were changed"
    changed = [(one, two) for one, two in zip(ours, theirs, strict=True) if one != two]
    for one, two in changed:
        number = one.strip("(").casefold()
        if two.strip("(").casefold() != "several" or not (number.isdigit() or number in SPELLED):
            return f"“{one}” is no number, or did not become “several”"
    return "" if changed else "nothing was changed"


def _swaps(text: str, answer: str, of: list[str]) -> str:
    """Whether each stretch that differs is one swap of those in `of`, or two that stand side by side."""
    found = differences(text, answer)
    sides = [(_bag(one), _bag(PLAINER[one])) for one in of]
    both = [(a + c, b + d) for (a, b), (c, d) in combinations(sides, 2)]
    for old, new in found:
        mine, yours = _bag(old), _bag(new)
        if not any(a - mine == b - yours and mine <= a and yours <= b for a, b in (*sides, *both)):
            return f"“{old}” became “{new}”"
    return "" if found else "nothing was changed"


def _bag(words: str) -> Counter[str]:
    return Counter(words.casefold().replace(",", "").split())


def _banned(instruction: str, text: str, answer: str) -> str:
    words = quoted(instruction)
    left = [one for one in words if re.search(rf"(?i)\b{re.escape(one)}\b", answer)]
    if left or not words:
        return f"“{left[0]}” still occurs" if left else "no words are named"
    return _swaps(text, answer, [one for one in PLAINER if one.casefold().rstrip(",") in words])


def _letter(instruction: str, text: str, answer: str) -> str:
    found = re.search(r"\b([A-Z]) key|letter ([A-Z])\b|single ([A-Z])\b", instruction)
    if not found:
        return "no letter is named"
    letter = next(filter(None, found.groups())).casefold()
    if letter in answer.casefold() or letter not in text.casefold():
        return f"the letter {letter} still occurs, or never did"
    return _swaps(text, answer, [one for one in PLAINER if letter in one.casefold()])


def _contractions(instruction: str, text: str, answer: str) -> str:
    if left := _CLIPPED.search(answer):
        return f"“{left[0]}” is left"
    found = differences(text, answer)
    wrong = [old for old, new in found if " ".join(CONTRACTIONS.get(one, one) for one in old.split()) != new]
    return f"“{wrong[0]}” was changed" if wrong else "" if found else "nothing was changed"


def _cloze(instruction: str, text: str, answer: str) -> str:
    every, ours, theirs = ordinal(instruction), text.split(), answer.split()
    if not every or len(ours) != len(theirs):
        return "no such rule, or not as many words"
    for at, (one, two) in enumerate(zip(ours, theirs, strict=True), 1):
        bare = re.sub(r"[\w'’-]", "", one)
        if (two.replace("____", "") != bare or "____" not in two) if at % every == 0 else two != one:
            return f"{two} for {one}"
    return ""


def _initials(instruction: str, text: str, answer: str) -> str:
    same = [one[:1].casefold() for one in text.split()] == [one.casefold() for one in answer.split()]
    return "" if same and answer == answer.upper() else "not the first letters"


WORDS: Mapping[str, tuple[str, Check]] = {
    "noun": (r"[Rr]eplace", _pairs),
    "glossary": (r"[Rr]eplace|glossary", _pairs),
    "modal": (r"[Rr]eplace", _pairs),
    "renamed": (r"[Rr]eplace", _pairs),
    "pseudonym": (r"[Rr]eplace", _names),
    "redacted": (r"[Rr]edact|[Rr]eplace|[Mm]ask", _redacted),
    "vague": (r"“several”", _vague),
    "banned": (r"without|avoid|not accept", _banned),
    "letter": (r"letter|without a single", _letter),
    "contractions": (r"[Cc]ontractions", _contractions),
    "cloze": (r"____", _cloze),
    "initials": (r"first letter|initial", _initials),
}
"""Change -> what its instruction has to say, and its check."""
