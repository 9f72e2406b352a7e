"""An estimate that starts from an amount in the passage: stated assumptions, exact steps, a rounded result, bounds."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from fractions import Fraction
from math import floor, log10
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import NUMBERS, drawn
from agentinstruct_local.tools.calculator import registry

_UNITS = {
    "mass": "kg|kilograms?|g|grams?|mg|tonnes?",
    "volume": "litres?|liters?|ml|L",
    "length": "mm|cm|km|m|metres?|meters?",
    "time": "minutes?|min|hours?|seconds?",
    "size": "KB|kB|MB|GB|MiB|KiB|GiB|bytes?|kilobytes?|megabytes?|gigabytes?",
    "energy": "kWh|Wh|kJ|MJ",
    "power": "kW|W|MW",
    "money": "euros?|dollars?|EUR|USD",
}
"""What is measured -> how its units are written."""
_WRITTEN = {
    "kilogram": "kg", "gram": "g", "litre": "l", "liter": "l", "L": "l", "metre": "m", "meter": "m", "minute": "min",
    "hour": "h", "second": "s", "KB": "kB", "byte": "B", "kilobyte": "kB", "megabyte": "MB", "gigabyte": "GB",
    "tonne": "t", "euro": "euros", "EUR": "euros", "dollar": "dollars", "USD": "dollars",
}  # fmt: skip
_LARGE = {
    "g": ("kg", 1000), "mg": ("g", 1000), "kg": ("t", 1000), "ml": ("l", 1000), "mm": ("m", 1000), "cm": ("m", 100),
    "m": ("km", 1000), "min": ("h", 60), "s": ("h", 3600), "kB": ("MB", 1000), "MB": ("GB", 1000), "GB": ("TB", 1000),
    "B": ("kB", 1000), "W": ("kW", 1000), "kW": ("MW", 1000), "kWh": ("MWh", 1000), "Wh": ("kWh", 1000),
}  # fmt: skip
"""A unit, a larger one for large results, and how many of the one make the other."""
_USED_UP = re.compile(
    r"\b(?:takes?|uses?|needs?|consumes?|requires?|costs?|loses?|burns?|draws?|writes|sends|transfers|adds)"
    r"(?! (?:at (?:least|most)|less|more|up to|no|not)\b)(?: (?!than\b|within\b|after\b|for\b|if\b)[a-z]+){0,4} $"
)
"""What stands before an amount that one use takes: not a limit, a size or a moment."""
_EVERY = re.compile(r"(?i)\b(?:at (?:least|most)|up to|less than|more than|within|maximum|minimum|limit\w*|default)\b")


def use(draft: Draft, *, measure: str = "mass", ask: str = "total", wordings: Sequence[str] = ()) -> dict[str, Any]:
    """`question`, `answer`, `key`, `unit` and `quote`. Error: no_amount where the passage has none of `measure`.

    `ask`: total (what a year of uses adds up to), fit (how many uses fit into a year of work), bounds (a total,
    with the range that the assumptions leave).
    """
    found = _amount(draft, measure)
    if found is None:
        return {"error": "no_amount"}
    value, unit, written, sentence = found
    draw = drawn(draft, "estimate")
    card = {"amount": written, "sentence": sentence, "unit": unit}
    made = _fit(value, unit, draw) if ask == "fit" else _total(value, unit, draw, bounds=ask == "bounds")
    asked, lines, key = made
    opening = drawn(draft, "wording").choice(list(wordings) or ['A manual says: "{sentence}"'])
    for name, text in card.items():
        opening = opening.replace(f"{{{name}}}", text)
    question = f"{opening} {asked}"
    short = f"{_plain(value)} {unit}"
    first = f"From the text: {written}{'' if written == short else f' = {short}'}."
    told = "\n".join(f"- {line}" for line in (first, *lines))
    return {
        "output": {
            "question": question, "answer": f"{told}\n\nAnswer: {key}.", "key": key, "unit": unit, "ask": ask,
            "amount": written, "quote": sentence,
        }
    }  # fmt: skip


def _amount(draft: Draft, measure: str) -> tuple[Fraction, str, str, str] | None:
    """An amount of the passage: its value, its unit in short, how it is written, and the sentence that has it."""
    words = "|".join(NUMBERS[2:])
    pattern = re.compile(
        rf"(?<![\w.,/-])(\d[\d,]*(?:\.\d+)?|(?:{words})\b) ?({_UNITS[measure]})(?![\w/²³^]|-\w| per\b)"
    )
    some = []
    for unit in draft.passage.units:
        if unit.kind not in ("sentence", "item") or not 5 <= len(unit.text.split()) <= 45:
            continue
        for match in pattern.finditer(unit.text):
            number = match[1].replace(",", "").rstrip(".")
            value = Fraction(NUMBERS.index(number)) if number in NUMBERS else Fraction(number)
            used = _USED_UP.search(unit.text[: match.start()]) and not _EVERY.search(unit.text)
            if value > 0 and used and '"' not in unit.text and unit.text[-1] == ".":
                some.append((value, _short(match[2]), match[0], unit.text))
    return drawn(draft, "amount").choice(some) if some else None


def _short(unit: str) -> str:
    single = unit if unit in _WRITTEN or not unit.endswith("s") or len(unit) < 4 else unit[:-1]
    return _WRITTEN.get(single, single)


def _plain(value: Fraction) -> str:
    return f"{int(value):,}" if value.denominator == 1 else f"{float(value):,}"


def _rounded(value: Fraction) -> Fraction:
    """A value to two significant digits."""
    place = 1 - floor(log10(value))
    return Fraction(floor(value * Fraction(10) ** place + Fraction(1, 2))) / Fraction(10) ** place


def _total(value: Fraction, unit: str, draw: random.Random, *, bounds: bool) -> tuple[str, list[str], str]:
    places, times, weeks = draw.choice((2, 3, 4, 5, 6, 8)), draw.choice((1, 2, 3)), draw.choice((40, 45, 48, 50))
    often = ("", "once", "twice", "3 times")[times]
    asked = draw.choice(
        (
            f"If that happens {often} a week at each of {places} places, roughly what is that in a year of "
            f"{weeks} weeks?",
            f"Suppose that this is due {often} a week at {places} places, {weeks} weeks a year. Roughly how much "
            "is that in all?",
            f"Make a rough estimate for a year of {weeks} weeks: {places} places, and this {often} a week at each.",
            f"At {places} places this is done {often} a week, {weeks} weeks a year. Roughly how much is that?",
        )
    )
    if bounds:
        asked += " Give a range as well, and say which assumption matters."
    count = places * times * weeks
    total = value * count
    lines = [
        f"Assumed: {places} places, {often} a week, {weeks} weeks a year.",
        f"Times a year: {places} × {times} × {weeks} = {count:,}.",
        f"In a year: {count:,} × {_plain(value)} {unit} = {_plain(total)} {unit}.",
    ]
    total, unit = _larger(total, unit, lines)
    round_ = _rounded(total)
    key = f"about {_plain(round_)} {unit}"
    lines.append(f"Order of magnitude: 10^{floor(log10(total))} {unit}.")
    if bounds:
        low, high = _rounded(total / 2), _rounded(total * 2)
        lines.append(
            f"Half or twice as many times a week would give {_plain(low)} to {_plain(high)} {unit}. The result is in "
            "proportion to each assumption; how often a week is the least certain of them."
        )
        key += f", between {_plain(low)} and {_plain(high)} {unit}"
    return asked, lines, key


def _larger(total: Fraction, unit: str, lines: list[str]) -> tuple[Fraction, str]:
    while unit in _LARGE and total >= _LARGE[unit][1] * 2:
        big, factor = _LARGE[unit]
        lines.append(f"In {big}: {_plain(total)} ÷ {factor:,} = {_plain(total / factor)} {big}.")
        total, unit = total / factor, big
    return total, unit


def _fit(value: Fraction, unit: str, draw: random.Random) -> tuple[str, list[str], str]:
    days, hours = draw.choice((220, 250, 300)), draw.choice((6, 8, 10))
    asked = f"Roughly how often can that be done, once after the other, in {days} days with {hours} hours each?"
    per = int(
        registry().Quantity(Fraction(1), "hour").to({"min": "minute", "s": "second", "h": "hour"}[unit]).magnitude
    )
    whole = days * hours
    lines = [f"Hours in all: {days} × {hours} = {whole:,} h."]
    if per > 1:
        lines.append(f"In {unit}: {whole:,} × {per:,} = {whole * per:,} {unit}.")
    ratio = Fraction(whole * per) / value
    shown = _plain(ratio) if ratio.denominator == 1 else f"about {_plain(_rounded(ratio))}"
    equals = "=" if ratio.denominator == 1 else "is"
    lines.append(f"Times: {whole * per:,} {unit} ÷ {_plain(value)} {unit} {equals} {shown}.")
    lines.append(f"Order of magnitude: 10^{floor(log10(ratio))}.")
    return asked, lines, f"about {_plain(_rounded(ratio))}"
