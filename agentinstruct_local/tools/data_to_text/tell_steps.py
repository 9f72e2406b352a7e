"""A list of steps told as one paragraph: the same steps in the same order, joined by words."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Sequence
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import NUMBERS, drawn
from agentinstruct_local.tools._steps import steps

LINKS: Sequence[Sequence[str]] = (
    ("First, ", "Start with this: ", "To begin with, "),
    ("Then ", "Next, ", "After that, ", "When that is done, ", "Now "),
    ("Finally, ", "Last of all, ", "As the last step, "),
)


def use(
    draft: Draft,
    *,
    forms: Sequence[str] = ("numbered",),
    asks: Sequence[str] = ("Write these steps as a paragraph:\n\n{data}",),
    tells: Sequence[str] = ("{text}",),
) -> dict[str, Any]:
    """`question` with the `data` in it (numbered, csv or json), `answer`, the `steps`, and the first as `quote`.

    Error no_steps where the passage has no numbered orders that are sentences by themselves.
    """
    found = steps(draft.passage)
    if not found:
        return {"error": "no_steps"}
    draw = drawn(draft, "tell_steps")
    data = _shown(found, draw.choice(list(forms)))
    heading = (draft.passage.headings or (draft.passage.title,))[-1]
    words = {"data": data, "count": NUMBERS[len(found)], "heading": heading}
    text = draw.choice(list(tells)).format(text=_told(found, draw), **words)
    first = next(
        unit.text for unit in draft.passage.units if found[0] in unit.text or unit.text.startswith(found[0][:30])
    )
    return {"output": {
        "question": draw.choice(list(asks)).format(**words), "data": data, "answer": text, "steps": found,
        "quote": first,
    }}  # fmt: skip


def _told(found: Sequence[str], draw: random.Random) -> str:
    """The steps as sentences, no link twice in a row."""
    links = [draw.choice(LINKS[0])]
    for _ in found[1:-1]:
        links.append(draw.choice([one for one in LINKS[1] if one != links[-1]]))
    links.append(draw.choice(LINKS[2]))
    return " ".join(f"{link}{step[0].lower()}{step[1:]}." for link, step in zip(links, found, strict=True))


def _shown(found: Sequence[str], form: str) -> str:
    if form == "json":
        return json.dumps(
            [{"step": place, "do": step} for place, step in enumerate(found, 1)], ensure_ascii=False, indent=1
        )
    if form == "csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([("step", "instruction"), *enumerate(found, 1)])
        return text.getvalue().rstrip("\n")
    return "\n".join(f"{place}. {step}" for place, step in enumerate(found, 1))
