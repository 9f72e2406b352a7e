"""Which sentences of a passage can be asked about as single questions are."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agentinstruct_local import registry
from agentinstruct_local.records import Draft, Unit
from agentinstruct_local.tools import ask
from agentinstruct_local.words.questions import Asked


@dataclass(frozen=True, slots=True)
class Turn:
    """What one sentence can be asked, and what it replies."""

    unit: Unit
    asked: Asked
    told: str


def turns(draft: Draft, checks: Sequence[str | Mapping[str, Any]], draw: random.Random) -> Iterator[Turn]:
    """The sentences of the passage that pass every check as a single question would, in its order."""
    for place in sorted(draft.passage.foci):
        unit = draft.passage.units[place]
        one = replace(draft, focus=unit)
        found = ask.askable(one, unit.text, named=True)
        if not found:
            continue
        asked, told = draw.choice(found), ask.as_reply(unit.text)
        one = replace(one, item={"question": asked.question, "key": asked.key, "told": told})
        named = [(check, {}) if isinstance(check, str) else next(iter(check.items())) for check in checks]
        if all(registry.find("verifiers", name)(one, **options).ok for name, options in named):
            yield Turn(unit, asked, told)
