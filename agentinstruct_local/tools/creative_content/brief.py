"""An order for a short text about a few sentences of the passage, with rules of form that can be counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.passages import traits
from agentinstruct_local.records import Draft, Unit
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.words.phrases import slips
from agentinstruct_local.words.questions import plain
from agentinstruct_local.words.terms import listed, terms

MOST = 3  # sentences that a text is about
NONE: Mapping[str, Any] = {}


def use(
    draft: Draft, *, asks: Sequence[str] = (), rules: Sequence[Mapping[str, Any]] = (), words: Mapping[str, Any] = NONE
) -> dict[str, Any]:
    """`source` (up to three sentences from the focus on), `order` (what to write), its `rules`, `question` and `quote`.

    A rule is {kind, low, high or count}; `words` has the wordings of each kind. Rules of the kind "must" get things
    that the source names. Error `too_little`: the source is too short, or names too few things.
    """
    units = _source(draft)
    source = " ".join(f"{plain(one.text)}." for one in units)
    if not units or len(source.split()) < 14:
        return {"error": "too_little"}
    draw = drawn(draft, "brief")
    made: list[dict[str, Any]] = []
    told: list[str] = []
    for rule in rules:
        one = dict(rule)
        if one["kind"] == "must":
            found = terms([source])[: one.pop("count")]
            if not found:
                return {"error": "too_little"}
            one["things"] = found
        fill = {**one, "things": listed([f'"{name}"' for name in one.get("things", ())])}
        told.append(str(draw.choice(list(words[one["kind"]]))).format(**fill))
        made.append(one)
    task = str(draw.choice(list(asks)))
    order = " ".join([task, *told])
    wrapped = str(draw.choice(list(words["frames"]))).format(order=order, source=source)
    return {"output": {
        "source": source, "order": order, "rules": made, "question": wrapped, "quote": units[0].text,
    }}  # fmt: skip


def _source(draft: Draft) -> list[Unit]:
    """The focus and the sentences that follow it in its paragraph."""
    units = draft.passage.units
    place = next((at for at, one in enumerate(units) if draft.focus and one.span == draft.focus.span), None)
    if place is None:
        return []
    kept = [units[place]]
    for at in range(place + 1, min(place + MOST, len(units))):
        between = draft.passage.text[
            units[at - 1].span[1] - draft.passage.span[0] : units[at].span[0] - draft.passage.span[0]
        ]
        if units[at].kind != "sentence" or "\n\n" in between or "prose" not in traits(draft.passage, at):
            break
        kept.append(units[at])
    sound = all(one.text.endswith(".") and not slips(one.text) and len(one.text.split()) <= 40 for one in kept)
    return kept if sound else []
