"""Records for tests, with everything that a test does not care about filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.passages.units import named_by
from agentinstruct_local.records import Draft, Passage, Step, Unit
from agentinstruct_local.words import sentences


def make_units(text: str, start: int = 0) -> tuple[Unit, ...]:
    """The sentences of a text as units with spans."""
    units, at = [], 0
    for sentence in sentences(text):
        words = sentence.split()
        first = text.index(words[0], at)
        end = first
        for word in words:
            end = text.index(word, end) + len(word)
        units.append(Unit(span=(start + first, start + end), text=sentence, kind="sentence", names=named_by(sentence)))
        at = end
    return tuple(units)


def make_passage(text: str = "", *, title: str = "", headings: Sequence[str] = (), start: int = 0) -> Passage:
    """A passage of a document named handbook.md."""
    units = make_units(text, start)
    return Passage(
        id="passage",
        document="document",
        source="handbook.md",
        text=text,
        span=(start, start + len(text)),
        title=title,
        headings=tuple(headings),
        units=units,
        foci=tuple(range(len(units))),
    )


def make_draft(
    text: str = "",
    *,
    item: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    focus: str = "",
    title: str = "",
    headings: Sequence[str] = (),
    passage: str | None = None,
    choices: Mapping[str, str] | None = None,
) -> Draft:
    """A draft whose reader sees `text`; `passage` is what that was made from, where it is not the text itself."""
    source = make_passage(text if passage is None else passage, title=title, headings=headings)
    unit = None
    if focus:
        at = source.text.find(focus)
        span = (at, at + len(focus)) if at >= 0 else (0, 0)
        unit = Unit(span=span, text=" ".join(focus.split()), kind="sentence")
    steps = tuple(Step(key=f"step {name}", name=name, output=output) for name, output in (outputs or {}).items())
    return Draft(
        id="draft",
        order=(0, 0),
        skill="skill",
        subskill="subskill",
        passage=source,
        focus=unit,
        choices=dict(choices or {}),
        seed=7,
        item=dict(item or {}),
        text=text,
        steps=steps,
    )
