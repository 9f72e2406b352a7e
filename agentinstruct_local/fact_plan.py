"""The drafts that teach facts: each line of a passage is asked about, and each fact that it states taught kind by kind.

The passages are visited in turn, so that the least taught comes first and a teacher that has a passage in mind does all
that is due there. A fact is what an accepted draft of a unit rests on: its quote. Nothing here depends on timing, for
what was accepted is told wave by wave (`waves.py`).
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentinstruct_local import ids
from agentinstruct_local.evidence import fact_of
from agentinstruct_local.flow import NO_REFINEMENT
from agentinstruct_local.passages import lines_of
from agentinstruct_local.plan import ATTEMPT, WAVE, Leaf
from agentinstruct_local.records import Draft, Passage, Skill, Subskill, Unit

SHORTEST = 25
"""Bytes, in UTF-8, of a line that states something: a Chinese sign says as much as three letters."""
LINES = 12
"""Of a passage, that are asked about at one visit."""
FORMS = 4
"""In which a passage is written anew at one visit."""


@dataclass
class Fact:
    """What a document says in one place, and how it was taught so far."""

    key: str
    passage: int
    item: Mapping[str, Any]  # question, answer, value, quote
    focus: Unit | None
    taught: int = 1
    tried: set[str] = field(default_factory=set)  # kinds


class FactPlan:
    """Drafts for the sub-skills that are `of` a unit, a fact or a text, wave by wave."""

    def __init__(self, passages: Sequence[Passage], leaves: Sequence[tuple[Leaf, float]], seed: int, per_fact: int):
        self.seed, self.per_fact = seed, per_fact
        self.passages = sorted(passages, key=lambda one: ids.digest(seed, one.id))
        self.leaves = list(leaves)
        self._of: dict[str, list[tuple[Skill, Subskill, float]]] = {
            role: [(skill, one, share) for (skill, one), share in leaves if one.of == role]
            for role in ("unit", "fact", "text")
        }
        self.facts: dict[str, Fact] = {}
        self.covered = 0.0
        self._at: list[list[str]] = [[] for _ in self.passages]  # keys of the facts of a passage
        self._lines = [
            deque(line for line in lines_of(one) if len(line.text.encode()) >= SHORTEST) for one in self.passages
        ]
        self._stated = sum(map(len, self._lines))
        self._visits = [0] * len(self.passages)
        self._retold: list[set[str]] = [set() for _ in self.passages]  # the forms that were drafted
        self._open: Counter[int] = Counter()  # visits whose results are not told yet
        self._over: set[int] = set()
        self._waves: deque[list[int]] = deque()
        self._planned: Counter[str] = Counter()  # drafts of a kind or form
        self._number = {one.id: number for number, one in enumerate(self.passages)}

    @property
    def cells(self) -> int:
        """How many lines may be asked about, and passages retold."""
        return self._stated * len(self._of["unit"]) + len(self.passages) * len(self._of["text"])

    @property
    def due(self) -> int:
        """How many rows are wanted of the facts that are known so far, and of texts."""
        texts = len(self.passages) * min(len(self._of["text"]), self.per_fact)
        return len(self.facts) * self.per_fact + texts

    @property
    def unfed(self) -> dict[str, tuple[str, ...]]:
        """Nothing: every passage says something."""
        return {}

    @property
    def waiting(self) -> bool:
        """Whether results that are not told yet may lead to more drafts."""
        return bool(self._waves)

    def wave(self) -> list[Draft]:
        """The next drafts, some WAVE of them; empty where results are waited for, or nothing is left."""
        drafts: list[Draft] = []
        visited: list[int] = []
        order = sorted(range(len(self.passages)), key=lambda one: (self._visits[one], one))
        for number in order:
            if len(drafts) >= WAVE:
                break
            if number in self._over or self._open[number]:
                continue
            found = list(self._due(number))
            drafts += found
            if not found:
                self._over.add(number)
                continue
            self._visits[number] += 1
            self._open[number] += 1
            visited.append(number)
        if drafts:
            self._waves.append(visited)
        self.covered += ATTEMPT * len(drafts)
        return drafts

    def settled(self) -> None:
        """All results of the oldest wave were told."""
        for number in self._waves.popleft():
            self._open[number] -= 1

    def accept(self, draft: Draft) -> None:
        """A draft has become a row."""
        self.covered += 1
        item = draft.item
        if known := self.facts.get(str(item.get("fact", ""))):
            known.taught += 1
        elif item.get("quote"):
            self._learn(draft)

    def _learn(self, draft: Draft) -> None:
        number = self._number[draft.passage.id]
        key = fact_of(draft) or ""
        if key in self.facts:
            self.facts[key].taught += 1
            return
        self.facts[key] = Fact(key=key, passage=number, item={**draft.item, "fact": key}, focus=draft.focus)
        self._at[number].append(key)

    def _due(self, number: int) -> Iterator[Draft]:
        """What is to be done at the next visit of a passage."""
        yield from self._texts(number)  # the longest replies first: lines are asked beside them
        for _ in range(min(LINES, len(self._lines[number]))):
            unit = self._lines[number].popleft()
            item = {"row": unit.text.partition("; ")[0]} if unit.kind == "row" and "; " in unit.text else {}
            yield from (self._draft(number, skill, one, focus=unit, item=item) for skill, one, _ in self._of["unit"])
        yield from filter(None, (self._kind(self.facts[key]) for key in self._at[number]))

    def _texts(self, number: int) -> Iterator[Draft]:
        """A passage written anew, in the forms that are left to it and the furthest behind their share."""
        passage, done = self.passages[number].id, self._retold[number]

        def behind(one: tuple[Skill, Subskill, float]) -> tuple[float, str]:
            _, form, share = one
            return self._planned[form.id] / share, ids.digest(passage, form.id)

        left = sorted((one for one in self._of["text"] if one[1].id not in done), key=behind)
        for skill, form, _ in left[: min(FORMS, self.per_fact - len(done))]:
            done.add(form.id)
            self._planned[form.id] += 1
            yield self._draft(number, skill, form)

    def _kind(self, fact: Fact) -> Draft | None:
        """The draft that teaches a fact in the rarest kind that is left; None where it is taught enough, or in all."""
        if fact.taught >= self.per_fact:
            return None
        left = [
            (self._planned[one.id] / share, ids.digest(fact.key, one.id), skill, one, more)
            for skill, one, share in self._of["fact"]
            if one.id not in fact.tried and (more := self._taken(fact, one)) is not None
        ]
        if not left:
            return None
        _, _, skill, kind, more = min(left, key=lambda one: one[:2])
        fact.tried.add(kind.id)
        self._planned[kind.id] += 1
        return self._draft(fact.passage, skill, kind, focus=fact.focus, item={**fact.item, **more}, about=fact.key)

    def _taken(self, fact: Fact, kind: Subskill) -> dict[str, Any] | None:
        """What a kind takes beside the fact; None where there is none.

        `rival` is a value of another fact of the document that could be mistaken for its own, `second` another fact of
        the passage.
        """
        takes, more = kind.settings.get("takes", ""), {}
        draw = random.Random(ids.seed_from(fact.key, kind.id))
        if takes == "rival":
            document = self.passages[fact.passage].document
            others = {
                str(one.item["value"]) for one in self.facts.values() if self.passages[one.passage].document == document
            }
            own = str(fact.item["value"])
            rivals = sorted(one for one in others if one != own and _alike(one, own))
            if not rivals:
                return None
            more = {"rival": draw.choice(rivals)}
        if takes == "second":
            others_here = [key for key in self._at[fact.passage] if key != fact.key]
            if not others_here:
                return None
            second = self.facts[draw.choice(others_here)].item
            more = {f"second_{name}": second[name] for name in ("question", "answer", "value", "quote")}
        return more

    def _draft(
        self, number: int, skill: Skill, subskill: Subskill, *, focus: Unit | None = None,
        item: Mapping[str, Any] | None = None, about: str = "",
    ) -> Draft:  # fmt: skip
        passage = self.passages[number]
        name = ids.digest(self.seed, passage.id, skill.name, subskill.id, about or (focus and [focus.span, focus.text]))
        return Draft(
            id=name, order=(0, 0), skill=skill.name, subskill=subskill.id, passage=passage, focus=focus,
            choices={"form": "identity", "refinement": NO_REFINEMENT}, seed=ids.seed_from(name), item=item or {},
            text=passage.text,
        )  # fmt: skip


def _alike(one: str, other: str) -> bool:
    """Whether two values are of a kind: the same marks, digits taken for one another, and as many words."""
    first, second = (["9" if part[0].isdigit() else part for part in text.casefold().split()] for text in (one, other))
    figures = "9" in first and "9" in second
    return (
        first == second if figures else len(first) == len(second) and not any(part == "9" for part in (*first, *second))
    )
