"""Changes of letters: upper and lower case by a rule, and letters that stand for others."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Mapping

from agentinstruct_local.tools.text_modification._excerpts import Change, Maker, Source, plain, whole
from agentinstruct_local.words import names
from agentinstruct_local.words.stems import STOP

NTH = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
SMALL = ("a", "an", "the", "and", "or", "but", "of", "in", "on", "at", "to", "for", "by", "with")
LEET = {"a": "4", "e": "3", "i": "1", "o": "0"}
_DULL = re.compile(r"(?:ing|ed|ly|able)$|^(?:ensures?|provides?|allows?|requires?|contains?|within|example|likely)$")
_FIRST = re.compile(r"^\W*[a-z]")


def telling(text: str, draw: random.Random, least: int = 5) -> str:
    """A word of a text that stands for something and has no other form there; one that comes again, if there is one."""
    words = [one for one in re.findall(r"[A-Za-z]+", text) if len(one) >= least and one.casefold() not in STOP]
    low = [one.casefold() for one in words]
    fit = [
        one
        for one in dict.fromkeys(low)
        if len(whole(one).findall(text)) == len(re.findall(rf"(?i){re.escape(one[: max(4, len(one) - 2)])}", text))
    ]
    fit = [one for one in fit if not _DULL.search(one)] or fit
    again = [one for one in fit if low.count(one) > 1]
    return _as_written(text, draw.choice(again or fit)) if fit else ""


def _as_written(text: str, word: str) -> str:
    """A word as the text writes it everywhere, such as "OpenStack"; else in small letters."""
    found = {one[0] for one in whole(word).finditer(text)}
    inside = all(one.start() > 1 and text[one.start() - 2] not in ".!?" for one in whole(word).finditer(text))
    return found.pop() if len(found) == 1 and inside else word


def _all(how: Callable[[str], str]) -> Maker:
    def make(source: Source) -> Change | None:
        return Change(how(source.text)) if plain(source.text) and len(source.text.split()) <= 50 else None

    return make


def _title(source: Source) -> Change | None:
    if not plain(source.text) or "-" in source.text or len(source.text.split()) > 40:
        return None
    return Change(" ".join(_FIRST.sub(lambda found: found[0].upper(), word) for word in source.text.split()))


def _headline(source: Source) -> Change | None:
    words = source.text.split()
    if len(source.sentences) > 1 or len(words) > 16 or not plain(source.text) or "-" in source.text:
        return None
    made = [
        word if at and word.casefold() in SMALL else _FIRST.sub(lambda found: found[0].upper(), word)
        for at, word in enumerate(words)
    ]
    return Change(" ".join(made), {"small": ", ".join(SMALL)}) if " ".join(made) != source.text else None


def _sentence(source: Source) -> Change | None:
    usual = all(one == one[0] + one[1:].lower() for one in source.sentences)
    if not plain(source.text) or names(source.text) or not usual or len(source.text.split()) > 60:
        return None
    shown = source.draw.choice((str.upper, str.lower, str.title))(source.text)
    return Change(source.text, {}, shown) if "'" not in shown and "’" not in shown else None


def _keyword(source: Source) -> Change | None:
    word = telling(source.text, source.draw)
    return Change(whole(word).sub(lambda found: found[0].upper(), source.text), {"word": word}) if word else None


def _nth(source: Source) -> Change | None:
    every = source.draw.choice(sorted(NTH))
    words = source.text.split()
    if not plain(source.text) or not 3 * every <= len(words) <= 30:
        return None
    made = [word.upper() if at % every == 0 else word for at, word in enumerate(words, 1)]
    return Change(" ".join(made), {"nth": NTH[every]})


def _opening(source: Source) -> Change | None:
    if len(source.sentences) < 2 or any(len(one.split()[0]) < 2 for one in source.sentences):
        return None
    firsts = [one.split(" ", 1) for one in source.sentences]
    return Change(" ".join(f"{first.upper()} {rest}" for first, rest in firsts)) if plain(source.text) else None


def _spelled(how: Callable[[random.Random], tuple[Callable[[str], str], dict[str, str]]], back: bool) -> Maker:
    def make(source: Source) -> Change | None:
        text = source.text
        if len(source.sentences) > 1 or not plain(text) or not text.isascii() or len(text.split()) > 18:
            return None
        hide, told = how(source.draw)
        return Change(text, told, hide(text)) if back else Change(hide(text), told)

    return make


def shifted(by: int) -> Callable[[str], str]:
    """The Caesar cipher that moves every letter `by` places on."""
    low, high = string.ascii_lowercase, string.ascii_uppercase
    table = str.maketrans(low + high, low[by:] + low[:by] + high[by:] + high[:by])
    return lambda text: text.translate(table)


def _caesar(draw: random.Random) -> tuple[Callable[[str], str], dict[str, str]]:
    by = draw.choice((1, 2, 3, 4, 5))
    return shifted(by), {"by": f"{by} place{'s' if by > 1 else ''}"}


def _atbash(text: str) -> str:
    low, high = string.ascii_lowercase, string.ascii_uppercase
    return text.translate(str.maketrans(low + high, low[::-1] + high[::-1]))


def _backwards(text: str) -> str:
    return re.sub(r"[A-Za-z]+", lambda found: found[0][::-1], text)


def _vowelless(text: str) -> str:
    return re.sub(r"[aeiouAEIOU]", "*", text)


def _vowels(source: Source) -> Change | None:
    return Change(_vowelless(source.text)) if source.text.isascii() and len(source.text.split()) <= 35 else None


def _leet(text: str) -> str:
    return "".join(LEET.get(one.lower(), one) for one in text)


def _fixed(how: Callable[[str], str]) -> Callable[[random.Random], tuple[Callable[[str], str], dict[str, str]]]:
    return lambda draw: (how, {})


def _digits(source: Source) -> Change | None:
    sign = source.draw.choice("X#*")
    made = re.sub(r"\d", sign, source.text)
    return Change(made, {"sign": sign}) if made != source.text else None


def _stars(source: Source) -> Change | None:
    words = list(dict.fromkeys(filter(None, (telling(source.text, source.draw, 5) for _ in range(2)))))
    made = source.text
    for word in words:
        made = whole(word).sub(lambda found: found[0][0] + "*" * (len(found[0]) - 1), made)
    return Change(made, {"words": " and ".join(f"“{one}”" for one in words)}) if words else None


LETTERS: Mapping[str, Maker] = {
    "upper": _all(str.upper), "lower": _all(str.lower), "title": _title, "headline": _headline,
    "sentence_case": _sentence, "keyword_upper": _keyword, "nth_upper": _nth, "opening_upper": _opening,
    "caesar": _spelled(_caesar, False), "caesar_back": _spelled(_caesar, True),
    "rot13": _spelled(_fixed(shifted(13)), False), "rot13_back": _spelled(_fixed(shifted(13)), True),
    "atbash": _spelled(_fixed(_atbash), False), "backwards": _spelled(_fixed(_backwards), False),
    "backwards_back": _spelled(_fixed(_backwards), True), "vowels": _vowels,
    "leet": _spelled(_fixed(_leet), False), "digits": _digits, "stars": _stars,
}  # fmt: skip
"""Change -> how it is made."""
