"""Figures, codes and names of a text, told by their marks alone: no word of any language is known here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentinstruct_local.words.tokens import spaced

_FIGURE = re.compile(r"(?<![^\W\d_])\d+(?:[.,:/’' -]\d+)*")
_WORD = re.compile(r"[^\W_]+(?:[-_./'’][^\W_]+)*")
_INNER = re.compile(r"[-_./'’]")
_NUMBERED = re.compile(r"^[\s*#>_-]*\(?\d{1,2}(?:\.\d{1,2})*[.):]?\s", re.MULTILINE)
"""The number of a list item or heading."""
_OPENS = re.compile(r"(?:^|[.!?:;»“”\"'(\[*#\n-]\s*)\Z")
"""Before a word that may have its capital letter from its place alone."""
_NOUNS = 0.2
"""Share of capital letters inside sentences from which on a language writes its nouns with them."""


def figures(text: str) -> set[str]:
    """The figures of a text, as digits alone: whole, and each of their parts ("14.06.2025", "6,140")."""
    return {part for one in _FIGURE.findall(spaced(text)) for part in (_digits(one), *_parts(one))}


def foreign_figures(text: str, source: str, *, numbered: bool = False) -> list[str]:
    """The figures of a text that do not stand in the source, whole or part by part; the numbers of its own list items
    left out where it is `numbered`."""
    known = figures(source)
    found = _FIGURE.findall(spaced(_NUMBERED.sub("", text) if numbered else text))
    return [one for one in found if _digits(one) not in known and not known.issuperset(_parts(one))]


def words(text: str) -> set[str]:
    """The words of a text in small letters: whole, and the parts of those that marks hold together."""
    return {part.casefold() for one in _WORD.findall(spaced(text)) for part in (one, *_INNER.split(one)) if part}


def foreign_names(text: str, known: set[str], *, capitals: bool, headed: bool = False) -> list[str]:
    """Codes (OR62, FSP-07) and names of a text that are not among the `known` words.

    A name has a capital letter inside a sentence, if `capitals` tell names. In a text that is `headed` headings have
    such letters too, so a name is two unknown words of that kind together.
    """
    return list(_foreign_names(text, known, capitals, headed))


def is_named(text: str, *, capitals: bool) -> bool:
    """Whether a text has a code, or a name if `capitals` tell names."""
    return any(_foreign_names(text, set(), capitals, headed=False))


def _foreign_names(text: str, known: set[str], capitals: bool, headed: bool) -> Iterator[str]:
    text, before = spaced(text), False
    for found in _WORD.finditer(text):
        word = found.group()
        strange = not _is_known(word, known)
        opens = _OPENS.search(text[max(0, found.start() - 8) : found.start()])
        named = strange and capitals and len(word) > 1 and word[0].isupper() and not opens
        if (strange and _is_code(word)) or (named and (before or not headed)):
            yield word
        before = named


def capitals_tell(text: str) -> bool:
    """Whether a capital letter inside a sentence tells a name, as it does not where all nouns have one."""
    text = spaced(text)
    inside = [
        one.group()
        for one in _WORD.finditer(text)
        if one.group()[0].isalpha() and not _OPENS.search(text[max(0, one.start() - 8) : one.start()])
    ]
    return sum(one[0].isupper() and not _is_code(one) for one in inside) < _NOUNS * len(inside)


def _digits(figure: str) -> str:
    return _bare(re.sub(r"\D", "", figure))


def _parts(figure: str) -> list[str]:
    return [_bare(part) for part in re.split(r"\D+", figure)]


def _bare(digits: str) -> str:
    return digits.lstrip("0") or "0"


def _is_code(word: str) -> bool:
    return word[0].isalpha() and (any(map(str.isdigit, word)) or any(map(str.isupper, word[1:])))


def _is_known(word: str, known: set[str]) -> bool:
    """The word, without an ending for a genitive or a plural, or every part of it."""
    small = word.casefold()
    if small in known or small.removesuffix("s").rstrip("'’") in known or f"{small}s" in known:
        return True
    parts = _INNER.split(small)
    return len(parts) > 1 and all(part in known or part in ("", "s") for part in parts)
