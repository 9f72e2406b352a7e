"""Changes of letters, checked letter by letter."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping

from agentinstruct_local.verifiers.text_modification._rewritten import Check, ordinal, quoted, walked
from agentinstruct_local.words import sentences

_SWAPS = dict(zip("aeio", "4310", strict=True))


def _upper(instruction: str, text: str, answer: str) -> str:
    same = text.casefold() == answer.casefold() and len(text) == len(answer)
    return "" if same and not any(map(str.islower, answer)) else "not the same words in capitals"


def _lower(instruction: str, text: str, answer: str) -> str:
    same = text.casefold() == answer.casefold() and len(text) == len(answer)
    return "" if same and not any(map(str.isupper, answer)) else "not the same words in small letters"


def _title(instruction: str, text: str, answer: str) -> str:
    return _capitals(text, answer, ())


def _headline(instruction: str, text: str, answer: str) -> str:
    listed = re.search(r"\w+(?:, \w+){5,}", instruction)
    return _capitals(text, answer, listed[0].split(", ")) if listed else "no list of small words"


def _capitals(text: str, answer: str, small: tuple[str, ...] | list[str]) -> str:
    ours, theirs = text.split(), answer.split()
    if len(ours) != len(theirs):
        return "not the same words"
    for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        first = next((place for place, letter in enumerate(one) if letter.isalnum()), 0)
        same = other[:first] == one[:first] and other[first + 1 :] == one[first + 1 :]
        kept = at > 0 and one.casefold() in small
        if not same or (other != one if kept else other[first] != one[first].upper()):
            return f"{other} for {one}"
    return ""


def _sentence_case(instruction: str, text: str, answer: str) -> str:
    if text.casefold() != answer.casefold():
        return "not the same words"
    for one in sentences(answer):
        if not one[0].isupper() or any(map(str.isupper, one[1:])):
            return f"not in sentence case: {one}"
    return ""


def _keyword(instruction: str, text: str, answer: str) -> str:
    word = (quoted(instruction) or [""])[0]
    wrong = walked(text, answer, {word: word.upper()}) if word else "no word is named"
    shown = re.findall(rf"(?i)(?<![\w/.@-]){re.escape(word)}(?![\w/@-]|\.\w)", answer)
    return wrong or ("" if all(map(str.isupper, shown)) else f"“{word}” is not in capitals everywhere")


def _nth(instruction: str, text: str, answer: str) -> str:
    every, ours, theirs = ordinal(instruction), text.split(), answer.split()
    if not every or len(ours) != len(theirs):
        return "no such rule, or not the same words"
    for at, (one, two) in enumerate(zip(ours, theirs, strict=True), 1):
        raised = two.casefold() == one.casefold() and not any(map(str.islower, two))
        if two != one if at % every else not raised:
            return f"{two} for {one}"
    return ""


def _opening(instruction: str, text: str, answer: str) -> str:
    ours, theirs = sentences(text), sentences(answer)
    if len(ours) != len(theirs):
        return "not the same sentences"
    for one, two in zip(ours, theirs, strict=True):
        first, _, rest = two.partition(" ")
        if first.casefold() != one.partition(" ")[0].casefold() or any(map(str.islower, first)):
            return f"the first word is not in capitals: {two}"
        if rest != one.partition(" ")[2]:
            return f"more was changed: {two}"
    return ""


def _each(fits: Callable[[str, str], bool]) -> Check:
    def check(instruction: str, text: str, answer: str) -> str:
        if len(text) != len(answer):
            return "not as many letters"
        wrong = [f"{two} for {one}" for one, two in zip(text, answer, strict=True) if not fits(one, two)]
        return wrong[0] if wrong else ""

    return check


def _caesar(back: bool) -> Check:
    def check(instruction: str, text: str, answer: str) -> str:
        found = re.search(r"(\d+) places?", instruction)
        if not found:
            return "no number of places"
        by = -int(found[1]) if back else int(found[1])
        return _each(
            lambda one, two: (
                one == two
                if not one.isalpha()
                else one.isupper() == two.isupper() and (ord(two) - ord(one) - by) % 26 == 0
            )
        )(instruction, text, answer)

    return check


def _rot13(instruction: str, text: str, answer: str) -> str:
    return "" if codecs.encode(answer, "rot13") == text else "ROT13 of the answer is not the text"


def _backwards(instruction: str, text: str, answer: str) -> str:
    ours, theirs = re.split(r"([A-Za-z]+)", text), re.split(r"([A-Za-z]+)", answer)
    same = len(ours) == len(theirs) and all(
        list(one) == (list(reversed(two)) if at % 2 else list(two))
        for at, (one, two) in enumerate(zip(ours, theirs, strict=True))
    )
    return "" if same else "not each word backwards"


def _digits(instruction: str, text: str, answer: str) -> str:
    found = re.search(r"(?:with|writing|character) ([X#*])", instruction)
    if not found:
        return "no sign is named"
    return _each(lambda one, two: two == (found[1] if one.isdigit() else one))(instruction, text, answer)


def _stars(instruction: str, text: str, answer: str) -> str:
    return walked(text, answer, {one: one[:1] + "*" * (len(one) - 1) for one in quoted(instruction)})


def _mirrored(one: str, two: str) -> bool:
    if not one.isalpha():
        return one == two
    return ord(one.lower()) + ord(two.lower()) == ord("a") + ord("z") and one.isupper() == two.isupper()


LETTERS: Mapping[str, tuple[str, Check]] = {
    "upper": (r"capital letters|upper case|all caps", _upper),
    "lower": (r"lower case|lower-case|small letter", _lower),
    "title": (r"(?:every|each) word", _title),
    "headline": (r"headline|title case", _headline),
    "sentence_case": (r"sentence case", _sentence_case),
    "keyword_upper": (r"“.+”.*(?:capital letters|upper case|all caps)", _keyword),
    "nth_upper": (r"every (?:second|third|fourth|fifth) word.*(?:capital|upper case)|Capitalise every", _nth),
    "opening_upper": (r"(?:first|opening) word of (?:each|every) sentence", _opening),
    "caesar": (r"\d places? forward", _caesar(False)),
    "caesar_back": (r"(?:was encrypted|Decode).*\d places? forward", _caesar(True)),
    "rot13": (r"ROT13", _rot13),
    "rot13_back": (r"ROT13", _rot13),
    "atbash": (r"Atbash|mirrored", _each(_mirrored)),
    "backwards": (r"backwards|reverse the letters", _backwards),
    "backwards_back": (r"reversed|backwards", _backwards),
    "vowels": (r"vowel", _each(lambda one, two: two == ("*" if one.casefold() in "aeiou" else one))),
    "leet": (r"4 for a|a with 4", _each(lambda one, two: two == _SWAPS.get(one.casefold(), one))),
    "digits": (r"digit", _digits),
    "stars": (r"asterisk", _stars),
}
"""Change -> what its instruction has to say, and its check."""
