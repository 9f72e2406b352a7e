"""A deduction about notes and pages on things that the passage names: syllogisms, overlapping counts, links."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import NUMBERS, drawn, puzzle, things, worded
from agentinstruct_local.words.terms import listed

Made = tuple[str, str, str]  # question without its opening, answer, key


def use(draft: Draft, *, kind: str = "syllogism", wordings: Sequence[str] = ()) -> dict[str, Any]:
    """`question`, `answer`, `key`, `kind` and `things`. `kind`: syllogism, venn or links. Error: too_few_terms."""
    wanted, make = _KINDS[kind]
    draw = drawn(draft, "deduction")
    found = things(draft, min(wanted, 4), wanted)[:wanted]
    if not found:
        return {"error": "too_few_terms"}
    total = str(draw.randrange(40, 121))
    asked, answer, key = make(found, draw, int(total))
    opening = worded(draft, wordings, found, total=total)
    return puzzle(draft, f"{opening}{asked}", answer, key, kind, found)


ALL, NO, SOME, SOME_NOT = range(4)
_SAYS = (
    "Every note that mentions the {0} also mentions the {1}.",
    "No note that mentions the {0} mentions the {1}.",
    "At least one note that mentions the {0} also mentions the {1}.",
    "At least one note that mentions the {0} does not mention the {1}.",
)
_FORMS = (
    # premise, premise, conclusion over A=0, B=1, C=2; why it follows, empty where it does not
    ((ALL, 0, 1), (ALL, 1, 2), (ALL, 0, 2),
     "A note that mentions the {0} mentions the {1} (1), and so the {2} too "
     "(2)."),
    ((ALL, 0, 1), (NO, 1, 2), (NO, 0, 2),
     "A note that mentions the {0} mentions the {1} (1), and such a note does not mention the {2} "
     "(2)."),
    ((ALL, 0, 1), (NO, 2, 1), (NO, 0, 2),
     "A note that mentions the {0} mentions the {1} (1). A note that mentions the {2} does not (2), so no "
     "note mentions both the {0} and the {2}."),
    ((SOME, 0, 1), (ALL, 1, 2), (SOME, 0, 2),
     "There is a note that mentions the {0} and the {1} (1). Because it mentions the {1}, it mentions the "
     "{2} (2)."),
    ((SOME, 0, 1), (NO, 1, 2), (SOME_NOT, 0, 2),
     "There is a note that mentions the {0} and the {1} (1). Because it mentions the {1}, it does not "
     "mention the {2} (2)."),
    ((SOME_NOT, 0, 1), (ALL, 2, 1), (SOME_NOT, 0, 2),
     "There is a note that mentions the {0} and not the {1} (1). A note on the {2} would mention the {1} "
     "(2), so that note does not mention the {2}."),
    ((ALL, 0, 1), (ALL, 2, 1), (ALL, 0, 2), ""),
    ((ALL, 0, 1), (SOME, 1, 2), (SOME, 0, 2), ""),
    ((ALL, 1, 0), (ALL, 1, 2), (ALL, 0, 2), ""),
    ((NO, 0, 1), (NO, 1, 2), (NO, 0, 2), ""),
    ((SOME, 0, 1), (SOME, 1, 2), (SOME, 0, 2), ""),
    ((ALL, 0, 1), (ALL, 1, 2), (ALL, 2, 0), ""),
    ((ALL, 0, 1), (NO, 0, 2), (NO, 1, 2), ""),
    ((SOME_NOT, 0, 1), (ALL, 1, 2), (SOME_NOT, 0, 2), ""),
)  # fmt: skip


def _syllogism(found: Sequence[str], draw: random.Random, total: int) -> Made:
    del total
    form = draw.choice(_FORMS)
    first, second, last = ({"says": _SAYS[kind].format(found[one], found[other])} for kind, one, other in form[:3])
    ask = draw.choice(("Does it follow that the next statement is true?", "Must the following be true as well?"))
    asked = f"\n\n1. {first['says']}\n2. {second['says']}\n\n{ask}\n{last['says']}"
    if form[3]:
        return asked, form[3].format(*found), "yes, it follows"
    notes = _against(form)
    shown = "; ".join(f"one that mentions {_mentions([found[at] for at in note])}" for note in notes)
    holds = "Both statements hold for them, but the conclusion does not, so it need not be true."
    return asked, f"Take a set with these notes and no others: {shown}. {holds}", "no, it does not follow"


def _mentions(parts: Sequence[str]) -> str:
    return f"only {listed([f'the {one}' for one in parts])}"


def _against(form: tuple[Any, ...]) -> tuple[tuple[int, ...], ...]:
    """The fewest notes, each by what it mentions, for which both premises hold and the conclusion does not."""
    kinds = [some for size in (1, 2, 3) for some in combinations(range(3), size)]
    for size in (1, 2, 3):
        for notes in combinations(kinds, size):
            first, second, last = (_holds(one, notes) for one in form[:3])
            if first and second and not last:
                return notes
    raise AssertionError("a form without a proof has a counterexample")


def _holds(statement: tuple[int, int, int], notes: Sequence[tuple[int, ...]]) -> bool:
    kind, one, other = statement
    with_it = [other in note for note in notes if one in note]
    return {ALL: all(with_it), NO: not any(with_it), SOME: any(with_it), SOME_NOT: not all(with_it)}[kind]


def _venn(found: Sequence[str], draw: random.Random, total: int) -> Made:
    one, other = (f"the {name}" for name in found[:2])
    both = draw.randrange(3, total // 6)
    first, second = both + draw.randrange(4, total // 4), both + draw.randrange(4, total // 4)
    told = f"Of these, {first} mention {one} and {second} mention {other}; {both} mention both."
    sums: Mapping[str, tuple[str, list[str], int]] = {
        "neither": (
            f"How many mention neither {one} nor {other}?",
            [
                f"At least one of the two: {first} + {second} - {both} = {first + second - both}",
                f"Neither: {total} - {first + second - both} = {total - first - second + both}",
            ],
            total - first - second + both,
        ),
        "one": (
            f"How many mention exactly one of the two, {one} or {other}?",
            [
                f"Only {one}: {first} - {both} = {first - both}",
                f"Only {other}: {second} - {both} = {second - both}",
                f"Exactly one: {first - both} + {second - both} = {first + second - 2 * both}",
            ],
            first + second - 2 * both,
        ),
        "only": (
            f"How many mention {one} but not {other}?",
            [f"Those with {one} less those with both: {first} - {both} = {first - both}"],
            first - both,
        ),
        "any": (
            f"How many mention at least one of the two, {one} or {other}?",
            [f"The sum has those with both twice: {first} + {second} - {both} = {first + second - both}"],
            first + second - both,
        ),
    }  # fmt: skip
    question, lines, result = sums[draw.choice(sorted(sums))]
    return f" {told} {question}", "\n".join(f"- {line}" for line in lines), str(result)


def _links(found: Sequence[str], draw: random.Random, total: int) -> Made:
    del total
    while True:
        order = list(found)
        draw.shuffle(order)
        links = {one: sorted(draw.sample([o for o in order if o != one], draw.choice((1, 1, 2)))) for one in order}
        start = order[0]
        levels = [[start]]
        while more := sorted(set(chain(*(links[one] for one in levels[-1]))) - set(chain(*levels))):
            levels.append(more)
        if len(levels) > 2:
            break
    far = draw.choice(range(2, len(levels)))
    end = draw.choice(levels[far])
    told = "\n".join(
        f"- The page on the {one} links to the page{'s' if len(links[one]) > 1 else ''} on "
        f"{listed([f'the {to}' for to in links[one]])}."
        for one in sorted(order)
    )
    ask = f"What is the smallest number of clicks that leads from the page on the {start} to the page on the {end}?"
    lines = [
        f"- New after {NUMBERS[number]} click{'s' if number > 1 else ''}: {listed([f'the {one}' for one in level])}."
        for number, level in enumerate(levels[1 : far + 1], 1)
    ]
    return f"\n\n{told}\n\n{ask}", "\n".join(lines), str(far)


_KINDS: Mapping[str, tuple[int, Callable[[Sequence[str], random.Random, int], Made]]] = {
    "syllogism": (3, _syllogism),
    "venn": (2, _venn),
    "links": (5, _links),
}
