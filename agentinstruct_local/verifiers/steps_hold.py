"""What is said of steps is so by the places at which they stand in the passage."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string, strings
from agentinstruct_local.words import normalise
from agentinstruct_local.words.questions import plain


def verify(draft: Draft, *, kind: str = "next") -> Verdict:
    """`item.told` stands next to `item.step`, behind it ("next") or before it ("before").

    "order": `item.key` puts `item.events` in the order of the passage. "all": `item.told` has every item of its list.
    All are steps_wrong where it is not so, or where a step stands in the passage twice.
    """
    items = [normalise(plain(unit.text)) for unit in draft.passage.units if unit.kind == "item"]
    if kind == "order":
        events, letters = [normalise(one) for one in strings(draft, "item.events")], strings(draft, "item.letters")
        by_letter = dict(zip(letters, events, strict=False))
        told = [by_letter.get(letter, "") for letter in strings(draft, "item.key")]
        said = [one.strip() for one in string(draft, "item.told").split(",")]
        if said != strings(draft, "item.key") or sorted(told) != sorted(events) or len(told) < 3:
            return bad("steps_hold", "steps_wrong", "a letter is missing, or there twice")
    elif kind == "all":
        lines = string(draft, "item.told").splitlines()
        told = [normalise(line.partition(". ")[2].removesuffix(".")) for line in lines]
        told = [
            one if one in items else normalise(line.partition(". ")[2]) for one, line in zip(told, lines, strict=True)
        ]
        after = items.index(told[-1]) + 1 if told and told[-1] in items else 0
        numbered = [line.partition(".")[0] for line in lines] == [str(one + 1) for one in range(len(lines))]
        if not numbered or (after and after < len(items) and _goes_on(draft, items[after])):
            return bad("steps_hold", "steps_wrong", "the list is longer, or its numbers are wrong")
    else:
        step, other = normalise(string(draft, "item.step")), normalise(string(draft, "item.told").removesuffix("."))
        other = other if other in items else normalise(string(draft, "item.told"))
        told = [step, other] if kind == "next" else [other, step]
    places = [items.index(one) if items.count(one) == 1 else -9 for one in told]
    if not places or places != list(range(places[0], places[0] + len(places))) or places[0] < 0:
        return bad("steps_hold", "steps_wrong", f"they stand at {places}")
    return good("steps_hold", f"{kind}: {places}")


def _goes_on(draft: Draft, item: str) -> bool:
    """Whether an item stands directly behind the last one that is told: nothing but space and a number between."""
    units = draft.passage.units
    place = next(number for number, unit in enumerate(units) if normalise(plain(unit.text)) == item)
    start, end = units[place - 1].span[1] - draft.passage.span[0], units[place].span[0] - draft.passage.span[0]
    return units[place - 1].kind == "item" and draft.passage.text[start:end].strip().rstrip(".)").isdigit()
