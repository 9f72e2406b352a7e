"""Sentences about a row of data: what a cell is told as, and several ways to tell all cells of a row."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from agentinstruct_local.tools._sheet import TIMES, Column, Sheet, amount, singular, unit
from agentinstruct_local.words.terms import listed

_MONEY = re.compile(r"(?:sale|cost|revenue|earning|expense|profit|loss|saving|asset|fund|dollar|euro)s?$|es?tings$")
_PLACES_TEXT = """
country state region city continent location capital language currency
"""
_PLACES = frozenset(_PLACES_TEXT.split())
_PEOPLE_TEXT = """
author employee person user maintainer member player student customer manager teacher
"""
_PEOPLE = frozenset(_PEOPLE_TEXT.split())


def article(noun: str) -> str:
    """ "a" or "an" before a noun, by how it is spoken."""
    first = noun.split(maxsplit=1)[0]
    if first.isupper():
        return "an" if first[0] in "AEFHILMNORSX" else "a"
    vowel = first[0].lower() in "aeio" or (
        first[0].lower() == "u" and not re.match(r"(?i)un[i]|us|ut[io]|ur[ia]|eu", first)
    )
    return "an" if vowel or re.match(r"(?i)hour|honest|heir", first) else "a"


def capital(text: str) -> str:
    """A sentence's first letter as a capital, names and codes as they are."""
    first = text.split(maxsplit=1)[0].strip(",")
    return f"{text[0].upper()}{text[1:]}" if first.isalpha() and first.islower() else text


def has(column: Column, cell: str) -> str:
    """What a row "has": `a stock of 6`, `395 employees`, `the number KX-1107`."""
    if not column.amounts:
        said = column.said(cell)
        return f"{said} as its {column.noun}" if column.noun in _PLACES else f"the {column.noun} {said}"
    value = column.said(cell)
    if not column.plural:
        return f"{article(column.noun)} {column.noun} of {value}"
    whole = unit(cell) == ("", "") and not column.before and not column.after and "." not in cell
    if whole and not _MONEY.search(column.noun) and not cell.startswith("-"):
        return f"{value} {singular(column.noun) if amount(cell) == 1 else column.noun}"
    return f"{column.noun} of {value}"


def be(column: Column) -> str:
    """The verb that goes with a heading."""
    return "are" if column.plural else "is"


def row_told(sheet: Sheet, row: int, draw: random.Random, way: int | None = None, *, gaps: bool = True) -> str:
    """All cells of a row, each once; of a gap that nothing is given, if `gaps` are shown."""
    subject = sheet.subject(row)
    pairs = list(zip(sheet.columns, sheet.rows[row], strict=True))
    told = [(column, cell) for column, cell in pairs if cell]
    empty = [f"The {column.noun} {be(column)} not given." for column, cell in pairs if gaps and not cell]
    ways: tuple[Callable[[str, list[tuple[Column, str]]], str], ...] = (_has, _for, _of, _listed, _with)
    if sheet.kind in TIMES:
        ways = (_in,)
    elif sheet.kind in _PEOPLE:
        ways = (_for, _listed)
    made = ways[(draw.randrange(len(ways)) if way is None else way) % len(ways)](subject, told) if told else ""
    return " ".join([made, *empty]) if made else capital(f"for {subject}, nothing is given.")


def _has(subject: str, told: list[tuple[Column, str]]) -> str:
    return capital(f"{subject} has {listed([has(*one) for one in told])}.")


def _for(subject: str, told: list[tuple[Column, str]]) -> str:
    parts = [f"the {column.noun} {be(column)} {column.said(cell)}" for column, cell in told]
    return f"For {subject}, {listed(parts)}."


def _in(time: str, told: list[tuple[Column, str]]) -> str:
    return f"In {_for(time, told).removeprefix('For ')}"


def _listed(subject: str, told: list[tuple[Column, str]]) -> str:
    return capital(f"{subject} is listed with {listed([has(*one) for one in told])}.")


def _with(subject: str, told: list[tuple[Column, str]]) -> str:
    *rest, last = told
    if not rest or not rest[0][0].amounts:
        return _has(subject, told)
    return f"With {listed([has(*one) for one in rest])}, {subject} has {has(*last)}."


def _of(subject: str, told: list[tuple[Column, str]]) -> str:
    (first, cell), *rest = told
    parts = [f"its {column.noun} {be(column)} {column.said(value)}" for column, value in rest]
    start = f"The {first.noun} of {subject} {be(first)} {first.said(cell)}"
    return f"{start}, {'and ' if len(parts) == 1 else ''}{listed(parts)}." if parts else f"{start}."
