"""Logic games that can be solved by drawing one conclusion after another: rules, their sentences, the conclusions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product

from agentinstruct_local.words.terms import listed

Places = Mapping[str, int]
Domains = dict[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Board:
    """Which things are to be placed, and where. A place takes `room` things, as many as there are places for."""

    things: tuple[str, ...]
    labels: tuple[str, ...]  # of the places: "first", "on Monday", "to the auditor"
    verb: str  # the bare verb that joins them: "come", "go", "be"
    room: int = 1

    def says(self, thing: str, places: Sequence[int], no: bool = False) -> str:
        """The sentence that a thing has one of these places, or none of them."""
        where = listed([self.labels[place] for place in places], "or")
        is_ = "is" if self.verb == "be" else f"{self.verb}es" if self.verb == "go" else f"{self.verb}s"
        denied = "is not" if self.verb == "be" else f"does not {self.verb}"
        return f"the {thing} {denied if no else is_} {where}"

    def all(self) -> Iterator[dict[str, int]]:
        """Every way to place the things."""
        if self.room == 1:
            for order in permutations(range(len(self.labels)), len(self.things)):
                yield dict(zip(self.things, order, strict=True))
            return
        for chosen in product(range(len(self.labels)), repeat=len(self.things)):
            if all(chosen.count(place) <= self.room for place in range(len(self.labels))):
                yield dict(zip(self.things, chosen, strict=True))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a game: its kind, the things it is about, and the places that it names."""

    kind: str
    of: tuple[str, ...]
    at: tuple[int, ...] = ()

    def holds(self, places: Places) -> bool:
        """Whether things that stand so keep the rule."""
        here = [places[one] for one in self.of]
        if self.kind == "is":
            return here[0] in self.at
        if self.kind == "is not":
            return here[0] not in self.at
        if self.kind == "if":
            return here[0] != self.at[0] or here[1] == self.at[1]
        if self.kind == "one of":
            return (here[0] == self.at[0]) != (here[1] == self.at[0])
        gap = here[1] - here[0]
        return {
            "before": gap > 0,
            "right before": gap == 1,
            "apart": abs(gap) != 1,
            "one between": abs(gap) == 2,
            "same": gap == 0,
            "other": gap != 0,
        }[self.kind]

    def says(self, board: Board) -> str:
        """The rule as a sentence."""
        if self.kind in ("is", "is not"):
            return sentence(board.says(self.of[0], self.at, no=self.kind == "is not"))
        one, other = (f"the {thing}" for thing in self.of)
        first, second = (board.says(thing, self.at[at : at + 1]) for at, thing in enumerate(self.of))
        verb = "is" if board.verb == "be" else f"{board.verb}s"
        days = board.labels[0].endswith("day")
        return sentence(
            {
                "before": f"{one} {verb} at some point before {other}",
                "right before": f"{one} {verb} directly before {other}",
                "apart": f"{one} and {other} are not {'on neighbouring days' if days else 'next to each other'}",
                "one between": f"exactly one place lies between {one} and {other}",
                "same": f"{one} and {other} are in the same group",
                "other": f"{one} and {other} are in different groups",
                "if": f"if {first}, then {second}",
                "one of": f"either {one} or {other}, but not both, {board.says('', self.at).removeprefix('the  ')}",
            }[self.kind]
        )


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


KINDS = {
    "order": ("before", "before", "right before", "apart", "one between", "is not", "is"),
    "schedule": ("before", "right before", "apart", "is not", "is", "is"),
    "group": ("same", "other", "if", "is", "is not", "other"),
    "chain": ("if", "if", "if", "if", "is"),
    "match": ("is not", "is", "one of", "is not", "if"),
}
"""Sort of game -> the kinds of its rules; what is named twice is drawn more often."""


def true_rules(sort: str, board: Board, key: Places, draw: random.Random) -> list[Rule]:
    """Rules that hold where things stand as in `key`, in an order of chance, no two alike."""
    found: dict[Rule, None] = {}
    every = range(len(board.labels))
    for _ in range(60):
        kind = draw.choice(KINDS[sort])
        one, other = draw.sample(board.things, 2)
        at: tuple[int, ...] = ()
        if kind in ("is", "is not"):
            at, other = tuple(sorted(draw.sample(every, draw.choice((1, 2, 2)) if len(every) > 2 else 1))), ""
        elif kind == "if":
            at = (draw.choice(every), draw.choice(every))
        elif kind == "one of":
            at = (draw.choice(every),)
        rule = Rule(kind, (one, other) if other else (one,), at)
        plain = kind in ("is", "is not")
        if rule.holds(key) and not (plain and any(rule.of == one.of for one in found)):
            found[rule] = None
    return list(found)


def solved(board: Board, rules: Sequence[Rule]) -> tuple[list[str], Domains]:
    """The conclusions that can be drawn one at a time, as sentences, and what places each thing may have at the end."""
    every = frozenset(range(len(board.labels)))
    may: Domains = dict.fromkeys(board.things, every)
    steps: list[str] = []
    moved = True
    while moved:
        moved = False
        for number, rule in enumerate(rules, 1):
            told = _narrow(board, may, rule)
            if told:
                steps.append(sentence(f"from rule {number}, {'; '.join(told)}"))
                moved = True
        for told_one in _by_room(board, may):
            steps.append(told_one)
            moved = True
    return steps, may


def _narrow(board: Board, may: Domains, rule: Rule) -> list[str]:
    """Apply one rule: what is new, in words."""
    kept: dict[str, set[int]] = {one: set() for one in rule.of}
    for chosen in product(*(sorted(may[one]) for one in rule.of)):
        if board.room == 1 and len(set(chosen)) < len(chosen):
            continue
        places = dict(zip(rule.of, chosen, strict=True))
        if rule.holds(places):
            for one, place in places.items():
                kept[one].add(place)
    told = []
    for one in rule.of:
        if kept[one] and kept[one] != may[one]:
            told.append(_fact(board, one, may[one], kept[one]))
            may[one] = frozenset(kept[one])
    return told


def _fact(board: Board, thing: str, before: frozenset[int], after: set[int]) -> str:
    gone = sorted(before - after)
    return board.says(thing, sorted(after)) if len(after) <= 2 else board.says(thing, gone, no=True)


def _by_room(board: Board, may: Domains) -> Iterator[str]:
    """What follows from full places, and from a place that only one thing can take."""
    for place in range(len(board.labels)):
        sure = [one for one in board.things if may[one] == {place}]
        if len(sure) == board.room:
            others = [one for one in board.things if one not in sure and place in may[one]]
            before = {one: may[one] for one in others}
            for one in others:
                may[one] -= {place}
            told = [_fact(board, one, before[one], set(may[one])) for one in others if len(may[one]) <= 2]
            if told:
                yield sentence(f"{_full(board, place, sure)}, so {'; '.join(told)}")
    if board.room * len(board.labels) != len(board.things):
        return
    for place in range(len(board.labels)):
        able = [one for one in board.things if place in may[one]]
        new = [one for one in able if may[one] != {place}]
        if len(able) == board.room and new:
            for one in new:
                may[one] = frozenset({place})
            told = [board.says(one, [place]) for one in new]
            yield sentence(f"nothing else can {board.verb} {board.labels[place]}, so {'; '.join(told)}")


def _full(board: Board, place: int, sure: Sequence[str]) -> str:
    if board.room > 1:
        return f"no more can {board.verb} {board.labels[place]}"
    return f"the {sure[0]} has that place ({board.labels[place]})"


def game(sort: str, board: Board, draw: random.Random, *, full: bool = True) -> tuple[list[Rule], Places] | None:
    """Rules that single conclusions solve, none of them idle, and the one solution.

    Not `full`: with one rule fewer, so that two to eight solutions are left.
    """
    every = list(board.all())
    for _ in range(40):
        key = draw.choice(every)
        rules: list[Rule] = []
        for rule in true_rules(sort, board, key, draw):
            left = [one for one in every if all(other.holds(one) for other in rules)]
            if not all(rule.holds(one) for one in left):
                rules.append(rule)
            if len(rules) > 6 or len(left) == 1:
                break
        for rule in list(rules):
            fewer = [other for other in rules if other != rule]
            if all(len(may) == 1 for may in solved(board, fewer)[1].values()):
                rules = fewer
        done = all(len(may) == 1 for may in solved(board, rules)[1].values())
        plain = sum(
            len(rule.of) == 1 and (len(rule.at) if rule.kind == "is" else len(board.labels) - len(rule.at)) == 1
            for rule in rules
        )  # rules that settle a thing by themselves
        if not done or not 3 <= len(rules) <= 6 or plain > 1:
            continue
        if full:
            return rules, key
        for rule in rules:
            fewer = [other for other in rules if other != rule]
            if 2 <= sum(all(other.holds(one) for other in fewer) for one in every) <= 8:
                return fewer, key
    return None


def solutions(board: Board, rules: Sequence[Rule]) -> list[dict[str, int]]:
    """Every way to place the things that keeps the rules."""
    return [one for one in board.all() if all(rule.holds(one) for rule in rules)]


def facts(board: Board) -> Iterator[Rule]:
    """Simple statements about a game: a thing's place, and which of two comes first."""
    for one in board.things:
        for place in range(len(board.labels)):
            yield Rule("is", (one,), (place,))
    if board.room == 1:
        for one, other in combinations(board.things, 2):
            yield Rule("before", (one, other))
            yield Rule("before", (other, one))
