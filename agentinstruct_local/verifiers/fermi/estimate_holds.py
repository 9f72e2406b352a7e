"""An estimate holds: every step of the answer is worked out again, units included, and the result is its rounding."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "estimate_holds"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_SUM = re.compile(
    rf"({_NUMBER}(?: [A-Za-z]+)?(?: [×÷] {_NUMBER}(?: [A-Za-z]+)?)+) (=|is about) ({_NUMBER})(?: ([A-Za-z]+))?\."
)
_TERM = re.compile(rf"([×÷]?) ?({_NUMBER})(?: ([A-Za-z]+))?")
_NAMES = {
    "t": "tonne",
    "kB": "kilobyte",
    "B": "byte",
    "MB": "megabyte",
    "GB": "gigabyte",
    "TB": "terabyte",
    "l": "litre",
}


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: puzzle_unread, amount_not_in_text, step_unfounded, wrong_dimension, puzzle_wrong (the result)."""
    question, answer = string(draft, f"{of}.question"), string(draft, f"{of}.answer")
    written = string(draft, f"{of}.amount")
    steps, _, given = answer.rpartition("\n\nAnswer: ")
    if not written or written not in draft.passage.text or written not in question:
        return bad(BY, "amount_not_in_text", written)
    sums = list(_SUM.finditer(steps))
    lines = [line for line in steps.splitlines() if "×" in line or "÷" in line]
    if not sums or len(sums) != len(lines):
        return bad(BY, "puzzle_unread", steps)
    for one in sums:
        reason = _fault(one)
        if reason:
            return bad(BY, reason, one[0])
    told = question.rpartition('"')[2].replace("once", "1").replace("twice", "2")
    asked = {_plain(number) for number in re.findall(_NUMBER, told)}
    assumed = {_plain(number) for number in re.findall(rf"(?<![\w.^]){_NUMBER}", sums[0][1])}
    if not assumed <= asked:
        return bad(BY, "step_unfounded", f"{sorted(assumed - asked)} is assumed nowhere")
    return _result(sums[-1], steps, given)


def _result(end: re.Match[str], steps: str, given: str) -> Verdict:
    last, unit = _plain(end[3]), end[4] or ""
    result = re.match(rf"about ({_NUMBER})(?: ([A-Za-z]+))?", given)
    if not result or (result[2] or "") != unit or not _near(_plain(result[1]), last):
        return bad(BY, "puzzle_wrong", f"{given} for {float(last):g} {unit}")
    power = re.search(r"Order of magnitude: 10\^(-?\d+)", steps)
    if not power or not Fraction(10) ** int(power[1]) <= last < Fraction(10) ** (int(power[1]) + 1):
        return bad(BY, "puzzle_wrong", f"the order of magnitude of {float(last):g}")
    if bounds := re.search(rf"between ({_NUMBER}) and ({_NUMBER})", given):
        low, high = _plain(bounds[1]), _plain(bounds[2])
        if not (_near(low * 2, last) and _near(high / 2, last)):
            return bad(BY, "puzzle_wrong", given)
    return good(BY, given)


def _plain(number: str) -> Fraction:
    return Fraction(number.replace(",", ""))


def _near(one: Fraction, other: Fraction) -> bool:
    """Equal to two significant digits."""
    return abs(one - other) <= other / 18


def _fault(one: re.Match[str]) -> str:
    """Why a step does not hold: its numbers, or its units."""
    value = Fraction(1)
    units: list[Any] = []
    for sign, number, unit in _TERM.findall(one[1]):
        value = value / _plain(number) if sign == "÷" else value * _plain(number)
        if unit:
            units.append(_unit(unit) ** (-1 if sign == "÷" else 1))
    told = _plain(one[3])
    if abs(told - value) > value / 10**9 and not (one[2] == "is about" and _near(told, value)):
        return "step_unfounded"
    measured = prod(units, start=_registry().Unit(""))
    # "In kg: 52,800 ÷ 1,000 = 52.8 kg" changes the unit: one stands behind the sum and none in it.
    ends_in = _unit(one[4]) if one[4] else _registry().Unit("")
    return "wrong_dimension" if units and measured.dimensionality != ends_in.dimensionality else ""


@cache
def _registry() -> Any:
    import pint

    units: Any = pint.UnitRegistry(cache_folder=None)
    units.define("euros = [euros]")
    units.define("dollars = [dollars]")
    return units


def _unit(name: str) -> Any:
    return _registry().Unit(_NAMES.get(name, name))
