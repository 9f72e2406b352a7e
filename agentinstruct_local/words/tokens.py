"""Cut text into words, numbers, dates, paths and identifiers. Every regex here is linear: all repeats are bounded."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

CAP = 100_000
"""Characters of a text that are looked at; what follows is not read."""

Kind = Literal["url", "path", "option", "date", "time", "version", "number", "code", "word"]


class Token(NamedTuple):
    """One token: its kind, its text, and where it stands."""

    kind: Kind
    text: str
    start: int
    end: int


UNITS = {
    **dict.fromkeys(("%", "percent", "per cent"), "%"),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "second"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "minute"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "hour"),
    **dict.fromkeys(("day", "days"), "day"),
    **dict.fromkeys(("week", "weeks"), "week"),
    **dict.fromkeys(("month", "months"), "month"),
    **dict.fromkeys(("yr", "yrs", "year", "years"), "year"),
    **dict.fromkeys(("bit", "bits"), "bit"),
    **dict.fromkeys(("byte", "bytes"), "byte"),
    **dict.fromkeys(("kb", "kilobyte", "kilobytes"), "kb"),
    **dict.fromkeys(("mb", "megabyte", "megabytes"), "mb"),
    **dict.fromkeys(("gb", "gigabyte", "gigabytes"), "gb"),
    **dict.fromkeys(("tb", "terabyte", "terabytes"), "tb"),
    **dict.fromkeys(("dollar", "dollars", "usd"), "usd"),
    **dict.fromkeys(("euro", "euros", "eur"), "eur"),
    **dict.fromkeys(("metre", "metres", "meter", "meters"), "m"),
    **dict.fromkeys(("kilometre", "kilometres", "kilometer", "kilometers"), "km"),
    **dict.fromkeys(("kilogram", "kilograms"), "kg"),
    **dict.fromkeys(("litre", "litres", "liter", "liters"), "l"),
    **{unit: unit for unit in ("kib", "mib", "gib", "tib", "hz", "khz", "mhz", "ghz", "mm", "cm", "km", "kg")},
    **{unit: unit for unit in ("mg", "kw", "kwh", "mv", "kv", "ma", "bar", "rpm", "psi", "nm", "°c", "°f")},
}
"""How a unit is written, in lower case -> the one word that it is compared by."""

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}

_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_MONTH = "|".join(name.capitalize() for name in sorted(MONTHS, key=len, reverse=True))
_TOKEN = re.compile(
    rf"""
      (?P<url>\b[a-z][a-z0-9+.-]{{1,15}}://[^\s<>"'`)\]]{{1,300}}
        | (?<![\w.])[\w.+-]{{1,64}}@[\w-]{{1,60}}(?:\.[\w-]{{1,30}}){{1,5}})
    | (?P<date>(?<![\w./-])(?:
          \d{{4}}-\d\d-\d\d | \d{{4}}/\d\d/\d\d | \d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}
        | \d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTH})\b\.?(?:,?\s\d{{4}})?
        | (?:{_MONTH})\b\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:,?\s\d{{4}})?
        | (?:{_MONTH})\b\.?,?\s\d{{4}}
      )(?![\w/]))
    | (?P<path>(?<![\w/<])(?:
          (?:~|\.{{1,2}}|\$\w{{1,40}}|[A-Za-z0-9_][\w.-]{{0,60}})?(?:/[\w.+<>*{{}}$@~:=%\[\]-]{{1,80}}){{1,20}}/?
        | [A-Za-z]:\\[\w.\\-]{{1,200}}
        | [*?]\.\w{{1,10}}(?!\w)
      ))
    | (?P<option>(?<![\w-])--?[A-Za-z][\w-]{{0,60}})
    | (?P<time>(?<![\w:.])\d{{1,2}}:\d\d(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?(?![\w:]))
    | (?P<version>(?<![\w.])(?:v\d{{1,9}}(?:\.\d{{1,9}}){{0,5}}|\d{{1,9}}(?:\.\d{{1,9}}){{2,5}})
        (?:[-+~]?[A-Za-z][\w+~-]{{0,30}})?(?!\w))
    | (?P<number>(?:(?<![\w)])[-\u2212+])?[$€£¥]?(?:\d{{1,3}}(?:,\d{{3}}){{1,6}}(?!\d)|\d{{1,30}}(?!\d))
        (?:\.\d{{1,15}})?(?:[eE][-+]?\d{{1,3}})?
        (?:(?:st|nd|rd|th)\b|[\s\u00a0-]?(?i:{_UNIT})(?!\w)|(?![A-Za-z_\d]|\.\d)))
    | (?P<code>[A-Za-z_]\w{{0,80}}(?:(?:\.|::|->|-(?=\w*\d))\w{{1,80}}){{1,10}}(?:\(\w{{0,20}}\))?
        | [A-Za-z_]\w{{0,80}}\(\w{{0,20}}\)
        | [^\W\d_]{{1,80}}[\d_]\w{{0,80}} | _\w{{1,80}} | \d{{1,20}}[A-Za-z_]\w{{0,60}}
        | [a-z]{{1,40}}[A-Z]\w{{0,60}} | [A-Z][a-z0-9]{{1,40}}[A-Z]\w{{0,60}})
    | (?P<word>[^\W\d_]{{1,100}}(?:['’-][^\W\d_]{{1,60}}){{0,6}})
    """,
    re.VERBOSE,
)
_SIGN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_ABBREVIATION = re.compile(r"(?i)\b(?:e\.g|i\.e|etc|cf|vs|no|fig|approx|inc|ltd|mr|mrs|ms|dr|st|u\.s|[a-z])\.$")
_END = re.compile(r"[.!?][\"'”’)\]]{0,3}(?=\s)|\n\s{0,80}\n|\n(?=\s{0,20}[-*•]\s)")


@lru_cache(maxsize=512)
def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text in order; punctuation is left out."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text[:CAP]):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        word, start = match.group(), match.start()
        if kind == "path" and word[0].isalnum() and word.replace("/", "").isalpha():
            found.extend(  # and/or, client/server: two words, not a path
                Token("word", part.group(), start + part.start(), start + part.end())
                for part in re.finditer(r"[^/]+", word)
            )
            continue
        if kind in ("path", "url"):
            word = word.rstrip(".,:;?!*" if word[:1] != "*" else ".,:;?!")
        elif kind == "code" and word.lower() in ("e.g", "i.e", "a.m", "p.m"):
            kind = "word"
        found.append(Token(kind, word, start, start + len(word)))
    return tuple(found)


def spaced(text: str) -> str:
    """Chinese and Japanese, which put no space between words, with one around each sign: a sign counts as a word."""
    return text if text.isascii() else _SIGN.sub(r" \g<0> ", text)


def squash(text: str) -> str:
    """The same characters with every run of whitespace made one space."""
    return " ".join(text[:CAP].split())


FOLD = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u2212": "-", "\u00ad": None})
"""Typographic characters and the plain ones that they are compared as."""


def normalise(text: str) -> str:
    """Two texts that a reader would call the same give the same: case, quotes, dashes, end punctuation, articles."""
    folded = squash(unicodedata.normalize("NFKC", text[:CAP]).translate(FOLD)).casefold()
    folded = folded.strip("\"'`*_ .,;:!?")
    return re.sub(r"^(?:the|an?) (?=\S)", "", folded)


@lru_cache(maxsize=256)
def sentences(text: str) -> tuple[str, ...]:
    """Sentences and list items, roughly: good enough to say which of them an answer rests on."""
    text = text[:CAP]
    found, start = [], 0
    for match in _END.finditer(text):
        if _ABBREVIATION.search(text[max(start, match.start() - 8) : match.start() + 1]):
            continue
        found.append(text[start : match.end()])
        start = match.end()
    found.append(text[start:])
    return tuple(cleaned for sentence in found if (cleaned := squash(sentence)))
