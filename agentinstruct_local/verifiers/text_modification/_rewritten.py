"""How a changed text is held against the one it was made of: word by word, never by making the change again."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from difflib import SequenceMatcher

Check = Callable[[str, str, str], str]
"""Instruction, text and answer -> what is wrong, "" where nothing is."""

ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_PART = re.compile(r"\w+|\W")
_JOINED = re.compile(r"[\w/.@-]")


def quoted(instruction: str) -> list[str]:
    """What stands in typographic quotes."""
    return re.findall(r"“([^”]+)”", instruction)


def ordinal(instruction: str) -> int:
    """The first of "second", "third" and so on that an instruction names; 0 where there is none."""
    found = re.search(rf"\b({'|'.join(ORDINALS)})\b(?! word of the text)", instruction)
    return ORDINALS[found[1]] if found else 0


def pairs_of(instruction: str) -> dict[str, str]:
    """What is to be replaced with what: “a” with “b”, or a list of lines "- a: b"."""
    found = dict(re.findall(r"“([^”]+)” with “([^”]+)”", instruction))
    return found or dict(re.findall(r"(?m)^- ([^:\n]+): (.+)$", instruction))


def walked(text: str, answer: str, pairs: Mapping[str, str], *, exact: bool = False) -> str:
    """What is wrong with an answer in which each whole word of `pairs` was replaced, and nothing else; "" if nothing.

    With `exact` letter case counts in what is looked for.
    """
    ours, theirs = _PART.findall(text), _PART.findall(answer)
    parts = {old: (_PART.findall(old), _PART.findall(new)) for old, new in pairs.items()}
    at = there = count = 0
    while at < len(ours):
        old = next(
            (one for one in sorted(parts, key=len, reverse=True) if _stands(ours, at, parts[one][0], exact)), None
        )
        if old is None:
            if theirs[there : there + 1] != ours[at : at + 1]:
                return f"“{ours[at]}” was changed"
            at, there = at + 1, there + 1
            continue
        before, after = parts[old]
        if [one.casefold() for one in theirs[there : there + len(after)]] != [one.casefold() for one in after]:
            return f"“{old}” is not replaced everywhere"
        if ours[at][0].isupper() and after[0][0].isalpha() and not theirs[there][0].isupper():
            return f"“{theirs[there]}” lost its capital"
        at, there, count = at + len(before), there + len(after), count + 1
    if there != len(theirs):
        return f"there is more: {''.join(theirs[there:])}"
    return "" if count else "nothing was replaced"


def _stands(parts: list[str], at: int, wanted: list[str], exact: bool) -> bool:
    there = parts[at : at + len(wanted)]
    same = there == wanted if exact else [one.casefold() for one in there] == [one.casefold() for one in wanted]
    if not same:
        return False
    after = parts[at + len(wanted) : at + len(wanted) + 2]
    joined = bool(after) and (
        bool(re.fullmatch(r"[/@-]", after[0])) or (after[0] == "." and after[1:] != [] and after[1].isalnum())
    )
    return not joined and not (at and _JOINED.fullmatch(parts[at - 1][-1]))


def left_out(text: str, answer: str, gone: Collection[str]) -> str:
    """What is wrong with an answer that leaves words out and keeps all others in their order; "" if nothing."""
    kept = [word for word in text.split() if word.casefold() not in gone]
    if answer.split() != kept:
        return f"expected {len(kept)} words as they are: {' '.join(kept)}"
    return ""


def differences(text: str, answer: str) -> list[tuple[str, str]]:
    """The stretches of words in which two texts differ, without the marks at their ends and without capitals."""
    one, other = text.split(), answer.split()
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return [(_bare(one[a:b]), _bare(other[c:d])) for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal"]


def _bare(words: list[str]) -> str:
    return " ".join(words).strip(".,;:()\"'“”‘’").casefold().replace("’", "'")


def spans(answer: str, opening: str, closing: str) -> tuple[str, list[str], str]:
    """An answer without its marks, what stands in them, and what stands outside."""
    pattern = re.compile(rf"{re.escape(opening)}(.+?){re.escape(closing)}")
    return pattern.sub(r"\1", answer), pattern.findall(answer), pattern.sub("\x00", answer)


def words_of(text: str) -> list[str]:
    """Words as they stand by themselves: a path, an address or a hyphened word is one."""
    return [one.rstrip(".-") for one in re.findall(r"[\w/.@-]+", text)]
