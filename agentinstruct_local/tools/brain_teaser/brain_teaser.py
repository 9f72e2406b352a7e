"""A brain teaser that a search or a count decides, set among the things and numbers that the passage names."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from math import gcd
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import NUMBERS, drawn, prose, puzzle, things, worded

Made = tuple[str, str, str]  # question behind the opening, answer, key
PEOPLE = ("technician", "auditor", "planner")


def use(draft: Draft, *, kind: str = "liars", wordings: Sequence[str] = ()) -> dict[str, Any]:
    """`question`, `answer`, `key`, `kind` and `things`. Errors: too_few_terms, no_game.

    `kind`: liars, jugs, crossing, sequence, anagram, cipher, calendar or clock.
    """
    wanted, make = _KINDS[kind]
    draw = drawn(draft, "teaser")
    found = things(draft, max(wanted, 1), max(wanted, 1))
    if not found:
        return {"error": "too_few_terms"}
    made = make(draft, found, draw)
    if made is None:
        return {"error": "no_game"}
    asked, answer, key = made
    opening = worded(draft, wordings, found, thing=found[0])
    return puzzle(draft, f"{opening}{asked}", answer, key, kind, found)


def _numbers(draft: Draft, least: int, most: int) -> list[int]:
    """The whole numbers of the passage within bounds."""
    found = re.findall(r"(?<![\w.,-])\d{1,3}(?![\w.,-]*\d)", " ".join(prose(draft)))
    return [int(one) for one in dict.fromkeys(found) if least <= int(one) <= most]


def _liars(draft: Draft, found: Sequence[str], draw: random.Random) -> Made | None:
    del draft
    for _ in range(60):
        truths = draw.choice((1, 1, 2))
        said = [(draw.choice(found), draw.random() < 0.5) for _ in PEOPLE]  # where it is, or is not
        counts = {place: sum((place == one) == yes for one, yes in said) for place in found}
        right = [place for place in found if counts[place] == truths]
        if len(set(said)) == 3 and len(right) == 1:
            break
    else:
        return None
    lines = "\n".join(
        f'- The {who} says: "The key {"is" if yes else "is not"} in the box marked {one}."'
        for who, (one, yes) in zip(PEOPLE, said, strict=True)
    )
    tell = "tells" if truths == 1 else "tell"
    asked = f"\n\n{lines}\n\nExactly {NUMBERS[truths]} of the three {tell} the truth. In which box is the key?"
    steps = []
    for place in found:
        true = [who for who, (one, yes) in zip(PEOPLE, said, strict=True) if (place == one) == yes]
        names = " and ".join(f"the {who}" for who in true) if len(true) < 3 else "all three"
        fits = "as it must be" if counts[place] == truths else f"and not {NUMBERS[truths]}"
        told = f"{names or 'nobody'} would be right, {NUMBERS[len(true)] if true else 'none'} in all"
        steps.append(f"- If it is in the box marked {place}: {told}, {fits}.")
    return asked, "\n".join(steps), right[0]


def _jugs(draft: Draft, found: Sequence[str], draw: random.Random) -> Made | None:
    sizes = [*_numbers(draft, 3, 11), 3, 5, 7, 8, 9, 11]
    for _ in range(60):
        small, big = sorted(draw.sample(sizes, 2))
        if small == big or gcd(small, big) > 1:
            continue
        goal = draw.randrange(2, big)
        moves = _pour(small, big, goal)
        if goal != small and 3 <= len(moves) <= 9:
            break
    else:
        return None
    asked = (
        f" One holds {small} litres and the other {big} litres, and neither has marks. They can be filled from a tap, "
        "emptied, or poured into each other. "
        f"How can exactly {goal} litres be measured out with as few moves as possible?"
    )
    lines = "\n".join(f"{at}. {move}" for at, move in enumerate(moves, 1))
    return asked, f"{lines}\n\nNow one of them holds {goal} litres.", f"{len(moves)} moves"


def _pour(small: int, big: int, goal: int) -> list[str]:
    """The shortest list of moves that leaves `goal` litres in one of two cans, by breadth-first search."""
    seen: dict[tuple[int, int], list[str]] = {(0, 0): []}
    queue = deque([(0, 0)])
    while queue:
        one, two = queue.popleft()
        if goal in (one, two):
            return seen[one, two]
        up, down = min(one, big - two), min(two, small - one)
        for words, after in (
            (f"Fill the {small}-litre can", (small, two)),
            (f"Fill the {big}-litre can", (one, big)),
            (f"Empty the {small}-litre can", (0, two)),
            (f"Empty the {big}-litre can", (one, 0)),
            (f"Pour from the {small}-litre can into the {big}-litre can", (one - up, two + up)),
            (f"Pour from the {big}-litre can into the {small}-litre can", (one + down, two - down)),
        ):
            if after not in seen:
                seen[after] = [*seen[one, two], f"{words}: {after[0]} and {after[1]} litres."]
                queue.append(after)
    return []


def _crossing(draft: Draft, found: Sequence[str], draw: random.Random) -> Made | None:
    del draft
    first, middle, last = draw.sample(list(found), 3)
    asked = (
        " The hoist carries the worker and at most one box at a time, and it moves only with the worker in it. "
        f"Without the worker, the boxes marked {first} and {middle} must not be on the same floor together, "
        f"nor those marked {middle} and {last}. How do all three boxes get up, with as few rides as possible?"
    )
    rides = [
        f"Up with {middle}", "Down empty", f"Up with {first}", f"Down with {middle}", f"Up with {last}", "Down empty",
        f"Up with {middle}",
    ]  # fmt: skip
    lines = "\n".join(f"{at}. {ride}." for at, ride in enumerate(rides, 1))
    return asked, lines, "7 rides"


def _sequence(draft: Draft, found: Sequence[str], draw: random.Random) -> Made | None:
    del found
    starts = _numbers(draft, 2, 99)
    if not starts:
        return None
    start, step = draw.choice(starts), draw.choice((3, 4, 6, 7, 9))
    name = draw.choice(("plus", "times", "growing", "two steps"))
    row = [start]
    for at in range(6):
        row.append(
            {
                "plus": row[-1] + step,
                "times": row[-1] * 2 + 1,
                "growing": row[-1] + step + at,
                "two steps": row[-1] + (step if at % 2 == 0 else -2),
            }[name]
        )
    told = {
        "plus": f"Each number is {step} more than the one before.",
        "times": "Each number is twice the one before, plus 1.",
        "growing": f"The differences are {', '.join(str(step + at) for at in range(5))}: each is 1 more than the last.",
        "two steps": f"In turn {step} is added and 2 is taken off.",
    }[name]
    last = f"{row[5]} + {row[6] - row[5]} = {row[6]}" if row[6] > row[5] else f"{row[5]} - {row[5] - row[6]} = {row[6]}"
    if name == "times":
        last = f"2 × {row[5]} + 1 = {row[6]}"
    return f"\n\n{', '.join(map(str, row[:6]))}, ?", f"{told} So the next is {last}.", str(row[6])


def _anagram(draft: Draft, found: Sequence[str], draw: random.Random) -> Made | None:
    word = next((one for one in found if " " not in one and len(one) >= 5), "")
    words = {one for one in re.findall(r"[a-z]+", " ".join(prose(draft)).lower()) if len(one) == len(word)}
    others = sorted(one for one in words if sorted(one) != sorted(word))
    letters = list(word)
    draw.shuffle(letters)
    if not word or len(others) < 2 or "".join(letters) == word:
        return None
    options = sorted([word, *draw.sample(others, min(3, len(others)))])
    asked = f" The letters are {' '.join(letters).upper()}. Which of these words do they make: {', '.join(options)}?"
    counted = ", ".join(f"{one.upper()} {letters.count(one)}" for one in sorted(set(letters)))
    lines = []
    for one in options:
        lacks = sorted({letter for letter in word if letters.count(letter) > one.count(letter)})
        end = f"it lacks {', '.join(lacks).upper()}" if lacks else "it uses every letter, as often as it is there"
        lines.append(f"- {one}: {end}.")
    return asked, f"The letters and how often they are there: {counted}.\n" + "\n".join(lines), word


def _cipher(draft: Draft, found: Sequence[str], draw: random.Random) -> Made | None:
    del draft
    shown, secret = (one.split()[-1] for one in found[:2])
    if shown == secret:
        return None
    shift = draw.randrange(1, 9)
    coded, hidden = _shifted(shown, shift), _shifted(secret, shift)
    asked = f' The word "{shown}" has become "{coded}". Which word is hidden in "{hidden}"?'
    places = f"{shift} place{'s' if shift > 1 else ''}"
    pairs = "\n".join(f"- {_shifted(one, shift)} -> {one}" for one in secret)
    told = f'"{shown[0]}" became "{_shifted(shown[0], shift)}", so each letter was moved on by {places}. Moved back:'
    return asked, f"{told}\n{pairs}", secret


def _shifted(word: str, shift: int) -> str:
    return "".join(chr((ord(one) - 97 + shift) % 26 + 97) for one in word)


def _calendar(draft: Draft, found: Sequence[str], draw: random.Random) -> Made | None:
    gaps = [*_numbers(draft, 8, 90), 10, 12, 18, 25, 40, 100]
    start = date(2024, 1, 1) + timedelta(days=draw.randrange(1000))
    gap, times = draw.choice(gaps), draw.randrange(3, 9)
    total = gap * times
    end = start + timedelta(days=total)
    asked = (
        f" It was done on {start:%A}, {start.day} {start:%B %Y}, and from then on it is done again every {gap} days. "
        f"On which day of the week is it done the {_ORDINAL[times]} time after that?"
    )
    rest = total % 7
    lines = (
        f"- Days until then: {times} × {gap} = {total}.\n- {total} = {total // 7} × 7 + {rest}, so the day of the week "
        f"moves on by {rest}.\n- {start:%A} and {rest} day{'' if rest == 1 else 's'} more is {end:%A}."
    )
    return asked, lines, f"{end:%A}"


_ORDINAL = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def _clock(draft: Draft, found: Sequence[str], draw: random.Random) -> Made | None:
    del draft, found
    hour, minute = draw.randrange(1, 12), draw.choice((10, 20, 30, 40, 50, 15, 45))
    short, long = hour * 30 + minute / 2, minute * 6
    apart = abs(short - long)
    angle = min(apart, 360 - apart)
    other = "" if angle == apart else f", or 360 - {apart:g} = {angle:g} the other way"
    ask = "What is the smaller angle between its hands, in degrees?"
    asked = f" The clock on the wall shows {hour}:{minute:02d}. {ask}"
    lines = [
        f"- The hour hand stands at {hour} × 30 + {minute} ÷ 2 = {short:g} degrees.",
        f"- The minute hand stands at {minute} × 6 = {long:g} degrees.",
        f"- They are {apart:g} degrees apart{other}.",
    ]
    return asked, "\n".join(lines), f"{angle:g} degrees"


_KINDS: Mapping[str, tuple[int, Callable[[Draft, Sequence[str], random.Random], Made | None]]] = {
    "liars": (3, _liars),
    "jugs": (1, _jugs),
    "crossing": (3, _crossing),
    "sequence": (1, _sequence),
    "anagram": (3, _anagram),
    "cipher": (2, _cipher),
    "calendar": (1, _calendar),
    "clock": (1, _clock),
}
