"""A brain teaser is solved again from the words of its question, and the moves of the answer are played through."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise, product

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "teaser_holds"
_DAYS = ("Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_YEAR = "January February March April May June July August September October November December"
_MONTHS = _YEAR.split()
_COUNT = {"one": 1, "two": 2}
_ORDINAL = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: puzzle_unread, puzzle_ambiguous, puzzle_wrong (the answer), step_unfounded (a step or move)."""
    kind, question, answer = (string(draft, f"{of}.{name}") for name in ("kind", "question", "answer"))
    steps, _, given = answer.rpartition("\n\nAnswer: ")
    check = _CHECKS.get(kind)
    if check is None or not given:
        return bad(BY, "puzzle_unread", kind)
    try:
        reason = check(question, steps, given.rstrip("."))
    except (AttributeError, ValueError, IndexError, KeyError):  # a pattern that the question or answer does not have
        reason = "puzzle_unread"
    return bad(BY, reason, answer) if reason else good(BY, given)


def _found(pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text)
    if not found:
        raise ValueError(pattern)
    return found


def _liars(question: str, steps: str, given: str) -> str:
    said = re.findall(r'- The (\w+) says: "The key (is|is not) in the box marked ([a-z -]+)\."', question)
    truths = _COUNT[_found(r"Exactly (\w+) of the three", question)[1]]
    boxes = re.findall(r"box marked ([a-z -]+):", steps)
    if not all(box in question for box in boxes) or not {box for *_, box in said} <= set(boxes) or len(set(boxes)) != 3:
        return "puzzle_unread"
    true = {box: [who for who, how, place in said if (place == box) == (how == "is")] for box in boxes}
    right = [box for box in boxes if len(true[box]) == truths]
    if len(right) != 1:
        return "puzzle_ambiguous"
    for line in steps.splitlines():
        box = _found(r"box marked ([a-z -]+):", line)[1]
        told = re.findall(r"the (technician|auditor|planner)\b", line)
        told = [who for who, *_ in said] if "all three" in line else told
        if told != true[box] or ("as it must be" in line) != (box == right[0]):
            return "step_unfounded"
    return "" if given == right[0] else "puzzle_wrong"


def _jugs(question: str, steps: str, given: str) -> str:
    small, big = map(int, _found(r"One holds (\d+) litres and the other (\d+) litres", question).groups())
    goal = int(_found(r"exactly (\d+) litres", question)[1])
    cans = {small: 0, big: 0}
    pattern = r"^\d+\. (\w+) (?:from )?the (\d+)-litre can(?: into the (\d+)-litre can)?: (\d+) and (\d+)"
    moves = re.findall(pattern, steps, re.MULTILINE)
    for verb, one, other, left, right in moves:
        if verb == "Pour":
            more = min(cans[int(one)], int(other) - cans[int(other)])
            cans[int(one)] -= more
            cans[int(other)] += more
        else:
            cans[int(one)] = int(one) if verb == "Fill" else 0
        if [cans[small], cans[big]] != [int(left), int(right)]:
            return "step_unfounded"
    least = _fewest((0, 0), lambda at: _poured(at, small, big), lambda at: goal in at)
    if goal not in cans.values() or len(moves) != least:
        return "step_unfounded"
    return "" if given == f"{least} moves" else "puzzle_wrong"


def _poured(at: tuple[int, ...], small: int, big: int) -> list[tuple[int, ...]]:
    one, two = at
    both = one + two
    return [
        (small, two), (one, big), (0, two), (one, 0), (max(0, both - big), min(big, both)),
        (min(small, both), max(0, both - small)),
    ]  # fmt: skip


State = tuple[int, ...]


def _fewest(start: State, after: Callable[[State], list[State]], done: Callable[[State], bool]) -> int:
    """The smallest number of moves to a state that is wanted, level by level; -1 where there is none."""
    level, seen, moves = {start}, {start}, 0
    while level:
        if any(map(done, level)):
            return moves
        level = {new for at in level for new in after(at)} - seen
        seen |= level
        moves += 1
    return -1


def _crossing(question: str, steps: str, given: str) -> str:
    pattern = r"the boxes marked ([a-z -]+) and ([a-z -]+) must not .*? nor those marked ([a-z -]+) and ([a-z -]+)\."
    first, middle, other, last = _found(pattern, question).groups()
    crates = [first, middle, last]
    if other != middle or len(set(crates)) != 3:
        return "puzzle_unread"

    def safe(at: tuple[int, ...]) -> bool:
        worker, one, two, three = at
        return not ((one == two != worker) or (two == three != worker))

    def rides(at: tuple[int, ...]) -> list[tuple[int, ...]]:
        new = [(1 - at[0], *at[1:])]
        new += [
            tuple(1 - place if which in (0, number) else place for which, place in enumerate(at))
            for number in (1, 2, 3)
            if at[number] == at[0]
        ]
        return [one for one in new if safe(one)]

    at: tuple[int, ...] = (0, 0, 0, 0)
    lines = steps.splitlines()
    for line in lines:
        way, what = _found(r"\d+\. (Up|Down) (?:with )?([a-z -]+)\.", line).groups()
        moved = (0,) if what == "empty" else (0, crates.index(what) + 1)
        if any(at[number] != (0 if way == "Up" else 1) for number in moved):
            return "step_unfounded"
        at = tuple(1 - place if number in moved else place for number, place in enumerate(at))
        if not safe(at):
            return "step_unfounded"
    least = _fewest((0, 0, 0, 0), rides, all)
    if not all(at) or len(lines) != least:
        return "step_unfounded"
    return "" if given == f"{least} rides" else "puzzle_wrong"


def _sequence(question: str, steps: str, given: str) -> str:
    row = [int(one) for one in _found(r"\n\n([\d, ]+), \?", question)[1].split(", ")]
    gaps = [two - one for one, two in pairwise(row)]
    said = set()
    if len(set(gaps)) == 1:
        said.add(row[-1] + gaps[0])
    if len({two - one for one, two in pairwise(gaps)}) == 1:
        said.add(row[-1] + 2 * gaps[-1] - gaps[-2])
    if gaps[0::2] == [gaps[0]] * len(gaps[0::2]) and gaps[1::2] == [gaps[1]] * len(gaps[1::2]):
        said.add(row[-1] + gaps[len(gaps) % 2])
    for factor, more in product((1, 2, 3, 4), range(-9, 10)):
        if all(two == factor * one + more for one, two in pairwise(row)):
            said.add(factor * row[-1] + more)
    if all(three == one + two for one, two, three in zip(row, row[1:], row[2:], strict=False)):
        said.add(row[-1] + row[-2])
    if len(said) != 1:
        return "puzzle_ambiguous" if said else "puzzle_unread"
    if not steps.endswith(f"= {said.copy().pop()}."):
        return "step_unfounded"
    return "" if given == str(said.pop()) else "puzzle_wrong"


def _anagram(question: str, steps: str, given: str) -> str:
    letters = Counter(_found(r"The letters are ([A-Z ]+)\.", question)[1].lower().split())
    options = _found(r"do they make: ([a-z, ]+)\?", question)[1].split(", ")
    right = [one for one in options if Counter(one) == letters]
    if len(right) != 1:
        return "puzzle_ambiguous"
    for one in options:
        lacks = ", ".join(sorted(letter for letter in letters if letters[letter] > one.count(letter))).upper()
        if f"- {one}: it {f'lacks {lacks}.' if lacks else 'uses every letter,'}" not in steps:
            return "step_unfounded"
    return "" if given == right[0] else "puzzle_wrong"


def _cipher(question: str, steps: str, given: str) -> str:
    shown, coded, hidden = _found(r'word "([a-z]+)" has become "([a-z]+)".*hidden in "([a-z]+)"', question).groups()
    shifts = {(ord(two) - ord(one)) % 26 for one, two in zip(shown, coded, strict=True)}
    if len(shifts) != 1:
        return "puzzle_ambiguous"
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    shift = shifts.pop()
    word = hidden.translate(str.maketrans(alphabet[shift:] + alphabet[:shift], alphabet))
    pairs = re.findall(r"^- (\w) -> (\w)$", steps, re.MULTILINE)
    if (
        f"moved on by {shift} place" not in steps
        or "".join(one for one, _ in pairs) != hidden
        or "".join(two for _, two in pairs) != word
    ):
        return "step_unfounded"
    return "" if given == word else "puzzle_wrong"


def _calendar(question: str, steps: str, given: str) -> str:
    pattern = r"on (\w+), (\d+) (\w+) (\d{4}), .* every (\d+) days\. .* the (\w+) time"
    name, day, month, year, gap, nth = _found(pattern, question).groups()
    number, count = _MONTHS.index(month) + 1, _ORDINAL.index(nth) + 1
    # Zeller's congruence, with January and February as months of the year before.
    before = number < 3
    shifted, era = (number + 12 if before else number), int(year) - before
    start = (int(day) + 13 * (shifted + 1) // 5 + era % 100 + era % 100 // 4 + era // 400 + 5 * (era // 100)) % 7
    if _DAYS[start] != name:
        return "puzzle_unread"
    total = int(gap) * count
    end = _DAYS[(start + total) % 7]
    told = (f"{count} × {gap} = {total}.", f"{total} = {total // 7} × 7 + {total % 7},", f"more is {end}.")
    if not all(one in steps for one in told):
        return "step_unfounded"
    return "" if given == end else "puzzle_wrong"


def _clock(question: str, steps: str, given: str) -> str:
    hour, minute = map(int, _found(r"shows (\d+):(\d\d)", question).groups())
    minutes = hour % 12 * 60 + minute
    apart = abs(minutes * 0.5 - minutes * 6) % 360  # the hands move by half a degree and by six degrees a minute
    angle = min(apart, 360 - apart)
    if f"= {minutes / 2:g} degrees" not in steps or f"= {minute * 6} degrees" not in steps:
        return "step_unfounded"
    return "" if given == f"{angle:g} degrees" else "puzzle_wrong"


_CHECKS: Mapping[str, Callable[[str, str, str], str]] = {
    "liars": _liars,
    "jugs": _jugs,
    "crossing": _crossing,
    "sequence": _sequence,
    "anagram": _anagram,
    "cipher": _cipher,
    "calendar": _calendar,
    "clock": _clock,
}
