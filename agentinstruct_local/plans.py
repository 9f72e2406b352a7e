"""Several plans as one: each has its share of what is done, and the next wave is of the one furthest behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from agentinstruct_local.fact_plan import FactPlan
from agentinstruct_local.plan import Leaf, Plan, leaves
from agentinstruct_local.records import Draft, Passage, Skill

MANY = 100  # times: more than there are kinds


class Plans(Protocol):
    """What hands out drafts wave by wave, and hears of each wave what came of it, in order."""

    leaves: list[tuple[Leaf, float]]

    @property
    def waiting(self) -> bool:
        """Whether results that are not told yet may lead to more drafts."""

    @property
    def covered(self) -> float:
        """How much was done in all."""

    @property
    def due(self) -> int:
        """How many rows are wanted, as far as is known."""

    @property
    def cells(self) -> int:
        """How many drafts there are to begin with."""

    @property
    def unfed(self) -> dict[str, tuple[str, ...]]:
        """Sub-skills that no passage suits, with what they want."""

    def wave(self) -> list[Draft]:
        """The next drafts; none where nothing is left, or results are waited for."""

    def accept(self, draft: Draft) -> None:
        """A draft of the oldest wave has become a row."""

    def settled(self) -> None:
        """All results of the oldest wave were told."""


class Shared:
    """Plans that share a run."""

    def __init__(self, parts: Sequence[tuple[Plans, float]]) -> None:
        self.parts = list(parts)
        self.leaves = [leaf for part, _ in parts for leaf in part.leaves]
        self._waves: deque[Plans] = deque()
        self._drafts = 0

    @property
    def waiting(self) -> bool:
        """Whether results that are not told yet may lead to more drafts."""
        return any(part.waiting for part, _ in self.parts)

    @property
    def covered(self) -> float:
        """How much was done in all."""
        return sum(part.covered for part, _ in self.parts)

    @property
    def due(self) -> int:
        """How many rows are wanted, as far as is known."""
        return sum(part.due for part, _ in self.parts)

    @property
    def cells(self) -> int:
        """How many drafts there are to begin with."""
        return sum(part.cells for part, _ in self.parts)

    @property
    def unfed(self) -> dict[str, tuple[str, ...]]:
        """Sub-skills that no passage suits, with what they want."""
        return {name: wants for part, _ in self.parts for name, wants in part.unfed.items()}

    def wave(self) -> list[Draft]:
        """The next drafts, of the plan that is furthest behind its share."""
        for part, _ in sorted(self.parts, key=lambda one: one[0].covered / one[1]):
            if drafts := part.wave():
                self._waves.append(part)
                return [self._numbered(draft) for draft in drafts]
        return []

    def _numbered(self, draft: Draft) -> Draft:
        self._drafts += 1
        return replace(draft, order=(self._drafts, 0))

    def accept(self, draft: Draft) -> None:
        """A draft of the oldest wave has become a row."""
        self._waves[0].accept(draft)

    def settled(self) -> None:
        """All results of the oldest wave were told."""
        self._waves.popleft().settled()


def planned(
    passages: Sequence[Passage],
    skills: Mapping[str, Skill],
    shares: Mapping[str, float],
    seed: int,
    per_fact: int | None,
) -> Plans:
    """The plan of a run: facts by kinds, and what other skills make of passages, by their shares of the rows.

    A fact is taught `per_fact` times; None: in all kinds that there are.
    """
    of_facts = leaves(skills, shares, suits=lambda one: bool(one.of))
    of_facts = [(leaf, share) for leaf, share in of_facts if leaf[1].of]
    others = Plan(passages, skills, shares, seed)
    rest = sum(share for _, share in others.leaves)
    parts: list[tuple[Plans, float]] = []
    if of_facts:
        parts.append((FactPlan(passages, of_facts, seed, per_fact or MANY), sum(share for _, share in of_facts)))
    if rest or not parts:
        parts.append((others, rest or 1.0))
    return Shared(parts)
