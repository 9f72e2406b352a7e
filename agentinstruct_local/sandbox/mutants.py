"""Copies of a program with one line broken, as people break it, and what is wrong in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .outcome import same


class Mutant(NamedTuple):
    """A program with a fault in one line."""

    code: str
    line: int  # from 1
    wrong: str  # the line without its indent
    right: str
    why: str  # goes on "Line 4 is wrong: it ..."


_CHANGES: Sequence[tuple[str, str, str]] = (
    (r" == ", " != ", "turns the condition round: `!=` is true for everything that does not match"),
    (r" != ", " == ", "turns the condition round: `==` is true only where nothing has changed"),
    (r" >= ", " > ", "leaves out the boundary itself: `>` is false when both sides are equal"),
    (r" > (?=limit|\d)", " >= ", "takes in the boundary itself: `>=` is also true when both sides are equal"),
    (r"(?<!while low) <= ", " < ", "leaves out the boundary itself: `<` is false when both sides are equal"),
    (r" < (?=\d)", " <= ", "takes in the boundary itself: `<=` is also true when both sides are equal"),
    (r" > ", " < ", "compares the wrong way round: `<` is true for small values instead of large ones"),
    (r"(?<=while low) <= ", " < ", "stops one step too early: `<` leaves the loop while one candidate is left"),
    (r" not in ", " in ", "turns the condition round: it is true only for what was met before"),
    (r"(?<=if )(.+?)(?<! not) in (?=.+:$)", r"\1 not in ", "turns the condition round: `not in` picks the others"),
    (r"if not (?!met)", "if ", "turns the condition round: without `not` it picks the filled entries"),
    (r" is not None", " is None", "turns the condition round: it takes the values that are None"),
    (r"\.get\((\w+), 0\) \+ 1", r".get(\1, 1) + 1", "starts every count at 1 before the first row is counted"),
    (r" \+= (?=\d)", " = ", "sets the count instead of raising it"),
    (r" \+= ", " = ", "replaces the sum by the last value instead of adding to it"),
    (r"\btotal = 0\b", "total = 1", "starts the sum at 1 instead of 0"),
    (r"at \+ 1,", "at,", "starts the inner loop at the same place, so that each name is paired with itself"),
    (r"enumerate\((\w+), 1\)", r"enumerate(\1)", "counts from 0, as `enumerate` does unless it is told otherwise"),
    (r"middle \+ 1", "middle + 2", "skips the name next to the middle"),
    (r"start \+ size\]", "start + size - 1]", "cuts one name too few from each group"),
    (r"len\((\w+)\), size\)", r"len(\1) - 1, size)", "ends the range too early, so that the last group can get lost"),
    (r"(\w+)\[0\]", r"\1[-1]", "takes the last character, because index -1 counts from the end"),
    (r"\.startswith\(", ".endswith(", "looks at the end of the name instead of its beginning"),
    (r"(\w)\.lower\(\) in ", r"\1 in ", "compares a name as it is with a text in lower case"),
    (r"return sorted\((\w+)\)", r"return \1", "returns the names in the order of the dictionary, not sorted"),
    (r"dict\(defaults\)", "dict(own)", "starts from the own settings, so that the defaults are lost"),
    (r"set\(second\)", "set(first)", "builds the set from the first list, in which every name of the loop is found"),
    (r"(?<=\")-(?=\"\.join)", "", "joins the words without a hyphen between them"),
    (r"\bisinstance\(data, list\)", "isinstance(data, tuple)", "looks for tuples, so that lists are passed over"),
    (r" \+ \"\.\"\)", ")", "leaves out the dot between the keys"),
    (r"flat\[prefix \+ key\]", "flat[key]", "stores the value under its last key alone, without the way to it"),
    (r"partition\(\"=\"\)", 'rpartition("=")', "cuts at the last equals sign and tears a value with one in it apart"),
    (r"^( +)seen\.add\(\w+\)$", r"\1pass", "does not note that the name was met, so every repetition is kept"),
)  # fmt: skip


def mutants(code: str) -> Iterator[Mutant]:
    """Every change that applies to a line of the code, and a `return` that has slipped into its loop."""
    lines = code.split("\n")
    for at, line in enumerate(lines):
        for pattern, change, why in _CHANGES:
            broken = re.sub(pattern, change, line, count=1)
            if broken != line:
                yield _mutant(lines, at, broken, why)
    last = len(lines) - 1
    inside = len(lines[last - 1]) - len(lines[last - 1].lstrip())
    if lines[last].startswith("    return ") and inside >= 8 and "None" not in lines[last]:
        why = "stands inside the loop by its indentation, so the function ends in the first turn"
        yield _mutant(lines, last, f"        {lines[last].strip()}", why)


def _mutant(lines: Sequence[str], at: int, broken: str, why: str) -> Mutant:
    code = "\n".join((*lines[:at], broken, *lines[at + 1 :]))
    return Mutant(code, at + 1, broken.strip(), lines[at].strip(), why)


def caught(code: str, setup: str, calls: Sequence[tuple[str, object]]) -> tuple[str, object, str] | None:
    """The first call on which the code fails, with its value and its error ("" where it has a value); None if none.

    Code that the sandbox cannot run, or that runs into a limit, is not caught: nothing is known of it.
    """
    from . import values

    start, *found = values(f"{setup}\n{code}", [call for call, _ in calls])
    if start.kind != "value":
        return None
    for (call, wanted), one in zip(calls, found, strict=True):
        if one.kind in ("limit", "unsupported"):
            return None
        if one.kind == "raised" or not same(one.value, wanted):
            return call, one.value, one.error
    return None
