"""What a text claims of a column of numbers, read by its words: who has most, what the total is, what rose."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

Values = Mapping[str, Fraction]  # by key, in the order of the rows
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\d])")
KEY = re.compile(r"⟦(\d+)⟧")
_N = r"[$€£]?(-?\d+(?:,\d{3})*(?:\.\d+)?)"
_UNIT = r"(?:(?: ?%| percentage points|°\w?| ?[^\W\d_]{1,9}(?:/\w+)?)?)"
_DERIVED = (
    ("share", rf"{_N} ?% of the total"),
    ("percent", rf"\({_N}%\)"),
    ("average", rf"\baverage § of [^.;]{{0,60}}? (?:is|are)(?: about)? {_N}"),
    ("average", rf"\b(?:averages?(?: of| is| comes to)?|mean (?:of|is)|on average)(?: about)? {_N}"),
    ("total", rf"\b(?:adds? up to|total(?: of §)? (?:of|is)|total § (?:is|are)|totals|sum of) {_N}"),
    ("difference", rf"\b(?:difference (?:of|is)|differ by|(?:increase|decrease|rise|fall) of|by) {_N}"),
    ("difference", rf"\b(?:is|are) {_N}{_UNIT} (?:more|higher|less|lower)\b"),
    ("ratio", rf"{_N} times\b"),
)
_MOST = re.compile(r"\b(?:most|highest|longest|largest|biggest|greatest|top|peak\w*|maximum|first)\b")
_LEAST = re.compile(r"\b(?:fewest|lowest|shortest|smallest|least|minimum|bottom|last)\b")
_STEP = re.compile(
    r"\b(?:largest|steepest|biggest|sharpest|strongest) (rise|increase|gain|jump|fall|drop|decrease|decline)\b"
)
_ALWAYS = re.compile(r"\b(?:every|each|without a break|throughout|never)\b")
_UP, _DOWN = re.compile(r"\b(?:rose|increased|grew|climbed)\b"), re.compile(r"\b(?:fell|decreased|declined|dropped)\b")
_ABOVE = re.compile(r"⟦(\d+)⟧[^⟦⟧]*\b(?:higher|longer|more|above)\b[^⟦⟧]*⟦(\d+)⟧")
_BELOW = re.compile(r"⟦(\d+)⟧[^⟦⟧]*\b(?:less|fewer|lower|shorter|below)\b[^⟦⟧]*⟦(\d+)⟧")


class Claim(NamedTuple):
    """One thing that the text says, whether it holds, and the words that say it."""

    kind: str
    holds: bool
    words: str


def number(text: str) -> Fraction | None:
    """The first number of a cell or phrase; None where it has none."""
    found = NUMBER.search(text.replace("\u2212", "-"))
    return Fraction(found[0].replace(",", "")) if found else None


def claims(text: str, values: Values) -> tuple[list[Claim], str]:
    """All claims of a text in which ⟦0⟧, ⟦1⟧ and so on stand for the keys, and what is left of it.

    What is left has its figures blanked out that were worked out; those of single rows are claims of the kind "value".
    """
    made: list[Claim] = []
    for kind, pattern in _DERIVED:
        for match in re.finditer(pattern, text):
            said = Fraction(match[1].replace(",", ""))
            made.append(Claim(kind, _derived(kind, said, match[1], match[0], text, values), match[0]))
            start, end = match.span(1)
            text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    left = text
    for sentence in _sentences(text):
        made += _of_sentence(sentence, values)
    return made, NUMBER.sub(" ", left)


def _sentences(text: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.!?])\s+|\n+", text) if one.strip()]


def _derived(kind: str, said: Fraction, written: str, words: str, text: str, values: Values) -> bool:
    all_of = list(values.values())
    first, last = all_of[0], all_of[-1]
    places = len(written.partition(".")[2])
    exact = {
        "total": sum(all_of, Fraction(0)),
        "average": sum(all_of, Fraction(0)) / len(all_of),
        "difference": abs(first - last),
        "percent": 100 * abs(last - first) / first if first else Fraction(0),
        "share": 100 * max(all_of) / total if (total := sum(all_of, Fraction(0))) else Fraction(0),
        "ratio": max(all_of) / min(all_of) if min(all_of) else Fraction(0),
    }[kind]
    if kind in ("total", "difference"):
        return said == exact
    near = abs(said - exact) <= Fraction(1, 2) / 10**places
    if kind == "average":
        return said == exact or (near and "about" in words)
    return near if places else abs(said - exact) <= Fraction(1, 20)


def _of_sentence(sentence: str, values: Values) -> Iterator[Claim]:
    names = list(values)
    at = [names[int(one)] for one in KEY.findall(sentence)]
    parts = [
        (match.lastgroup, match[0])
        for match in re.finditer(r"(?P<key>⟦\d+⟧)|(?P<number>(?<![\w.])[$€£]?-?\d[\d,]*(?:\.\d+)?)", sentence)
    ]
    if any(kind == "number" for kind, _ in parts):
        yield from _values(parts, names, values, sentence)
    if step := _STEP.search(sentence):
        yield Claim("step", _is_step(step[1], at, values), sentence)
    else:
        for clause in re.split(r"[,;:] | and |\. ", sentence):
            inside = [names[int(one)] for one in KEY.findall(clause)] or (at if len(set(at)) == 1 else [])
            if _MOST.search(clause) and inside:
                yield Claim("most", values[inside[0]] == max(values.values()), clause)
            if _LEAST.search(clause) and inside:
                yield Claim("least", values[inside[0]] == min(values.values()), clause)
    for pattern, sign in ((_ABOVE, 1), (_BELOW, -1)):
        for one, other in pattern.findall(sentence):
            yield Claim("above", sign * (values[names[int(one)]] - values[names[int(other)]]) > 0, sentence)
    if (up := bool(_UP.search(sentence))) or _DOWN.search(sentence):
        yield Claim("course", _course(up, at, values, bool(_ALWAYS.search(sentence))), sentence)


def _values(parts: list[tuple[str | None, str]], names: list[str], values: Values, sentence: str) -> Iterator[Claim]:
    """Numbers beside the key whose they are: in pairs, or all keys and then as many numbers."""
    kinds = [kind for kind, _ in parts]
    half = len(parts) // 2
    if kinds == ["key"] * half + ["number"] * half:
        together = list(zip(parts[:half], parts[half:], strict=True))
    else:
        together = list(zip(parts[::2], parts[1::2], strict=False))
        if len(parts) % 2:
            together.append((parts[-1], parts[-1]))
    for one, other in together:
        key, figure = (one, other) if one[0] == "key" else (other, one)
        if key[0] != "key" or figure[0] != "number":
            yield Claim("value", False, sentence)
            continue
        name = names[int(key[1].strip("⟦⟧"))]
        yield Claim("value", number(figure[1]) == values[name], f"{name}: {figure[1]}")


def _is_step(word: str, at: list[str], values: Values) -> bool:
    names, all_of = list(values), list(values.values())
    steps = [later - sooner for sooner, later in itertools.pairwise(all_of)]
    if len(at) != 2 or names.index(at[1]) != names.index(at[0]) + 1:
        return False
    step = values[at[1]] - values[at[0]]
    most = max(steps) if word in ("rise", "increase", "gain", "jump") else min(steps)
    return step == most and steps.count(most) == 1


def _course(up: bool, at: list[str], values: Values, always: bool) -> bool:
    names, all_of = list(values), list(values.values())
    steps = [later - sooner for sooner, later in itertools.pairwise(all_of)]
    if always:
        return all(step > 0 for step in steps) if up else all(step < 0 for step in steps)
    first, last = (at[0], at[-1]) if len(at) > 1 else (names[0], names[-1])
    whole = {first, last} == {names[0], names[-1]}
    change = values[last] - values[first]
    return whole and names.index(first) < names.index(last) and (change > 0) == up and change != 0
