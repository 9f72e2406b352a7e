"""Read the rules of a logic game from their sentences, for a constraint solver: what a person would understand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Condition = Callable[..., bool]
IS = r"(?:comes|goes|is|takes)"
IS_NOT = r"(?:does not (?:come|go|take)|is not)"


@dataclass(frozen=True, slots=True)
class Game:
    """What is placed, the words for the places, and how many things a place takes."""

    things: tuple[str, ...]
    labels: tuple[str, ...]
    room: int

    def problem(self, told: Sequence[tuple[tuple[str, ...], Condition]]) -> Any:
        """The game as a constraint problem (python-constraint2), with what was told of it."""
        from constraint import AllDifferentConstraint, FunctionConstraint, Problem

        problem = Problem()
        problem.addVariables(list(self.things), list(range(len(self.labels))))
        if self.room == 1:
            problem.addConstraint(AllDifferentConstraint(), list(self.things))
        else:
            room, places = self.room, range(len(self.labels))
            fits = FunctionConstraint(lambda *at: all(at.count(place) <= room for place in places))
            problem.addConstraint(fits, list(self.things))
        for names, condition in told:
            problem.addConstraint(FunctionConstraint(condition), list(names))
        return problem

    def read(self, sentence: str) -> tuple[tuple[str, ...], Condition] | None:
        """The things that a sentence is about and the condition on their places; None where it cannot be read."""
        text = sentence.strip().rstrip(".")
        text = text[:1].lower() + text[1:]
        thing = "the (" + "|".join(map(re.escape, sorted(self.things, key=len, reverse=True))) + ")"
        place = "(" + "|".join(map(re.escape, sorted(self.labels, key=len, reverse=True))) + ")"
        where = rf"({place[1:-1]})(?:(?:, | or )({place[1:-1]}))?(?:(?:, | or )({place[1:-1]}))?"
        at = {label: number for number, label in enumerate(self.labels)}
        if found := re.fullmatch(rf"if {thing} {IS} {place}, then {thing} {IS} {place}", text):
            here, there = at[found[2]], at[found[4]]
            return (found[1], found[3]), lambda one, other: one != here or other == there
        if found := re.fullmatch(rf"either {thing} or {thing}, but not both, {IS} {place}", text):
            here = at[found[3]]
            return (found[1], found[2]), lambda one, other: (one == here) != (other == here)
        if found := re.fullmatch(rf"{thing} {IS} {where}", text):
            places = {at[name] for name in found.groups()[1:] if name}
            return (found[1],), lambda one: one in places
        if found := re.fullmatch(rf"{thing} {IS_NOT} {where}", text):
            places = {at[name] for name in found.groups()[1:] if name}
            return (found[1],), lambda one: one not in places
        for pattern, condition in _TWO.items():
            if found := re.fullmatch(pattern.replace("THING", thing).replace("IS", IS), text):
                return (found[1], found[2]), condition
        return None


_TWO: Mapping[str, Condition] = {
    "THING IS at some point before THING": lambda one, other: one < other,
    "THING IS directly before THING": lambda one, other: one + 1 == other,
    "THING and THING are not next to each other": lambda one, other: one - other not in (1, -1),
    "THING and THING are not on neighbouring days": lambda one, other: one - other not in (1, -1),
    "exactly one place lies between THING and THING": lambda one, other: one - other in (2, -2),
    "THING and THING are in the same group": lambda one, other: one == other,
    "THING and THING are in different groups": lambda one, other: one != other,
}
