"""The sentences of a passage that a text can be composed of, and the wordings for what is made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from agentinstruct_local import registry
from agentinstruct_local.passages import traits
from agentinstruct_local.records import Draft, Unit
from agentinstruct_local.tools import ask
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools._site import page_title, telling
from agentinstruct_local.words.phrases import LOOSE, slips
from agentinstruct_local.words.questions import plain

_HEADLESS = re.compile(r"What (?:happens|is the rule) (?:if|when|once) (?:\w+ed|available|possible|not|unset) ")
_OPEN_END = re.compile(r"\b(?:characters?|following|as|is|are|to|of|below)$")
"""The sentence was cut before what it goes on with."""


class Told(NamedTuple):
    """A sentence of the passage with a question that it answers."""

    unit: Unit
    question: str
    told: str


Made = tuple[str, int, str] | None  # the text, how many parts it has, and a unit that it rests on


class Maker:
    """The sentences of a passage, and the wordings for what is made of them."""

    def __init__(self, draft: Draft, checks: Sequence[Any], words: Mapping[str, Any]) -> None:
        self.draft, self.checks, self.words = draft, checks, words
        self.draw = drawn(draft, "compose")
        above = map(page_title, (*draft.headings[::-1], draft.passage.title))
        heading = next(filter(telling, above), page_title(draft.passage.title))
        self.fill = {"heading": heading}

    def worded(self, kind: str, /, **parts: str) -> str:
        """One of the wordings of a kind, filled in."""
        return str(self.draw.choice(list(self.words[kind]))).format(**self.fill, **parts)

    def asked(self, most: int) -> list[Told]:
        """Sentences that can be asked about, the focus among them, in the order of the passage; none without it."""
        found: list[Told] = []
        for place in sorted(self.draft.passage.foci):
            told = self._asked(self.draft.passage.units[place])
            if told is not None and told.question not in [other.question for other in found]:
                found.append(told)
        span = self.draft.focus.span if self.draft.focus else None
        own = [one for one in found if one.unit.span == span]
        if span and not own:
            return []
        others = [one for one in found if one not in own]
        chosen = [*own, *self.draw.sample(others, min(most - len(own), len(others)))]
        return sorted(chosen, key=lambda one: one.unit.span)

    def _asked(self, unit: Unit) -> Told | None:
        one = replace(self.draft, focus=unit)
        askable = ask.askable(one, unit.text) if unit.kind in ("sentence", "item") else []
        askable = [found for found in askable if not _HEADLESS.match(found.question)]
        if not askable:
            return None
        told = Told(unit, self.draw.choice(askable).question, ask.as_reply(unit.text))
        return told if self._sound(replace(one, item={"question": told.question, "told": told.told})) else None

    def _sound(self, draft: Draft) -> bool:
        named = [(check, {}) if isinstance(check, str) else next(iter(check.items())) for check in self.checks]
        return all(registry.find("verifiers", name)(draft, **options).ok for name, options in named)

    def stated(self, kind: re.Pattern[str], most: int, words: int, trait: str = "named") -> list[Unit]:
        """Sentences with what `kind` finds, and with a trait, that can stand alone; the focus is among them."""
        units, found = self.draft.passage.units, []
        for place in sorted(self.draft.passage.foci):
            unit = units[place]
            text = plain(unit.text)
            whole = unit.kind == "sentence" and unit.text.endswith(".") and 5 <= len(text.split()) <= words
            whole = whole and bool(re.match("[A-Z]", text)) and not _OPEN_END.search(text)
            if not whole or not kind.search(text) or LOOSE.search(text) or slips(unit.text):
                continue
            simple = [one for one in self.checks if isinstance(one, str)]
            sound = all(registry.find("verifiers", one)(replace(self.draft, focus=unit)).ok for one in simple)
            if sound and trait in traits(self.draft.passage, place):
                found.append(unit)
        own = [one for one in found if self.draft.focus and one.span == self.draft.focus.span]
        others = [one for one in found if one not in own]
        chosen = [*own, *self.draw.sample(others, min(most - len(own), len(others)))]
        return sorted(chosen, key=lambda one: one.span) if own else []
