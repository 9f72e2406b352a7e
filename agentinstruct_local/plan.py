"""Which drafts to try, in which order. The least covered passages and sub-skills come first.

Drafts are planned in waves. Each draft goes to the sub-skill that is furthest behind its share, and to a passage that
suits it; those of one passage stand together, so that prompts that begin alike do. What a wave holds depends on the
recipe, the seed and what the coverage was told, which `waves` takes care of.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agentinstruct_local import ids
from agentinstruct_local.flow import NO_REFINEMENT
from agentinstruct_local.passages import FOCUS, features, traits
from agentinstruct_local.records import Draft, Passage, Skill, Subskill

DRAFTS_PER_PASSAGE = 3
"""In a wave at most: its best units first. A small corpus comes round again."""
WAVE = 32
"""Drafts of a wave: more than a teacher has in work, so that it never waits for the end of one."""
ATTEMPT = 0.25
"""An attempt that was refused covers its cell by this much, so that a cell which yields nothing is left in the end."""

Leaf = tuple[Skill, Subskill]
Cell = tuple[int, int, int]
"""Numbers of a leaf, of a passage, and of a unit there."""
Rank = tuple[float, float, int]
"""How well a passage is covered, how well its document is, and its number; the least goes first."""
Levels = list[dict[int, list[int]]]
"""Passages by their number, with the units that suit a sub-skill: those that have all it prefers, all but one, ..."""


@dataclass
class Coverage:
    """What has been planned and accepted so far, by sub-skill, passage and document."""

    attempts: Counter[tuple[str, str]] = field(default_factory=Counter)
    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    touched: set[str] = field(default_factory=set)
    """Documents that something was counted for since the last wave was planned."""

    def of(self, kind: str, key: str) -> float:
        """How well one sub-skill, passage or document is covered."""
        return self.accepted[kind, key] + ATTEMPT * self.attempts[kind, key]

    def attempt(self, draft: Draft) -> None:
        """Count a planned draft."""
        self.attempts.update(_cells(draft))
        self.touched.add(draft.passage.document)

    def accept(self, draft: Draft) -> None:
        """Count an accepted one."""
        self.accepted.update(_cells(draft))
        self.touched.add(draft.passage.document)

    @property
    def total(self) -> float:
        """How much was done in all."""
        return sum(
            n * by for counted, by in ((self.accepted, 1.0), (self.attempts, ATTEMPT))
            for (kind, _), n in counted.items() if kind == "subskill"
        )  # fmt: skip


def _cells(draft: Draft) -> list[tuple[str, str]]:
    return [
        ("passage", draft.passage.id),
        ("document", draft.passage.document),
        ("subskill", f"{draft.skill}/{draft.subskill}"),
    ]


class Plan:
    """The drafts of a run, wave by wave."""

    def __init__(
        self, passages: Sequence[Passage], skills: Mapping[str, Skill], shares: Mapping[str, float], seed: int
    ) -> None:
        self.seed = seed
        self.coverage = Coverage()
        self.passages = sorted((one for one in passages if one.foci), key=lambda one: ids.digest(seed, one.id))
        self._features = {one.id: features(one) for one in self.passages}
        kept: dict[frozenset[str], frozenset[str]] = {}  # a few dozen combinations stand for all units
        self._traits = {
            (one.id, focus): kept.setdefault(found := traits(one, focus), found)
            for one in self.passages
            for focus in one.foci
        }
        self._found: dict[tuple[frozenset[str], frozenset[str], bool], Levels] = {}
        self.leaves = leaves(skills, shares, suits=lambda one: not one.of and any(self._suiting(one)))
        self._asked = [leaf for leaf, _ in leaves(skills, shares, suits=lambda one: not one.of)]
        self._suitable = [self._suiting(subskill) for (_, subskill), _ in self.leaves]
        self._rest = [_size(levels) for levels in self._suitable]  # cells that were not tried yet
        self._used: set[Cell] = set()
        self._spent: set[tuple[int, int, int]] = set()  # leaf, level and passage where no cell is left
        self._taken: Counter[tuple[int, int]] = Counter()  # how often a unit of a passage was asked about
        self._most = 0  # of these
        self._least = [0] * len(self.leaves)  # no cell that is left to a leaf was taken less often than so
        self._order = list(range(len(self.passages)))
        self._ranks: list[Rank] = []
        self._of_document: dict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self.passages):
            self._of_document[one.document].append(number)
        self._sizes = {name: sum(len(self.passages[one].foci) for one in of) for name, of in self._of_document.items()}
        self._ordinal = 0

    waiting = False
    """Never do results that are not told yet lead to more drafts."""

    @property
    def due(self) -> int:
        """No number of rows of its own."""
        return 0

    @property
    def covered(self) -> float:
        """How much was done in all."""
        return self.coverage.total

    def accept(self, draft: Draft) -> None:
        """A draft has become a row."""
        self.coverage.accept(draft)

    def settled(self) -> None:
        """All results of the oldest wave were told."""

    @property
    def cells(self) -> int:
        """How many pairs of a passage and a sub-skill that suits it there are."""
        return sum(len(set().union(*levels)) for levels in self._suitable)

    @property
    def unfed(self) -> dict[str, tuple[str, ...]]:
        """Each sub-skill in the mix that no passage suits, as "skill/subskill", with what it wants of one."""
        fed = {
            (leaf[0].name, leaf[1].id)
            for (leaf, _), found in zip(self.leaves, self._suitable, strict=True)
            if any(found)
        }
        return {f"{skill.name}/{one.id}": one.wants for skill, one in self._asked if (skill.name, one.id) not in fed}

    def wave(self) -> list[Draft]:
        """The next drafts, WAVE of them if there are so many; empty when all that there are have been tried.

        Each goes to the sub-skill that is furthest behind its share, and there to the least covered passage. Those of
        one passage stand together.
        """
        order = self._ordered()
        held: Counter[int] = Counter()
        left = {place: self._untried(place, order, held) for place, rest in enumerate(self._rest) if rest}
        chosen: list[tuple[int, Draft]] = []
        while left and len(chosen) < WAVE:
            place = min(left, key=lambda one: (self._need(one), one))
            number, focus = next(left[place], (-1, -1))
            if number < 0:
                del left[place]
                continue
            (skill, subskill), _ = self.leaves[place]
            draft = self._draft(self.passages[number], skill, subskill, focus)
            self.coverage.attempt(draft)
            held[number] += 1
            chosen.append((number, draft))
        first = {number: place for place, number in enumerate(dict.fromkeys(number for number, _ in chosen))}
        drafts = [draft for _, draft in sorted(chosen, key=lambda one: first[one[0]])]
        return [self._numbered(draft) for draft in drafts]

    def _need(self, place: int) -> float:
        """How far a sub-skill is: the least is the furthest behind its share."""
        (skill, subskill), share = self.leaves[place]
        return (self.coverage.of("subskill", f"{skill.name}/{subskill.id}") + 0.5 * ATTEMPT) / share

    def _ordered(self) -> list[int]:
        """The passages by their number, the least covered first. Only those of touched documents are ranked anew."""
        if not self._ranks:
            self._ranks = [self._rank(number) for number in self._order]
        for document in self.coverage.touched:
            for number in self._of_document[document]:
                self._ranks[number] = self._rank(number)
        self.coverage.touched.clear()
        self._order.sort(key=self._ranks.__getitem__)
        return self._order

    def _rank(self, number: int) -> Rank:
        passage = self.passages[number]
        of_passage = round(self.coverage.of("passage", passage.id) / len(passage.foci), 3)
        of_document = self.coverage.of("document", passage.document) / self._sizes[passage.document]
        return of_passage, of_document, number

    def _untried(self, place: int, order: Sequence[int], held: Counter[int]) -> Iterator[tuple[int, int]]:
        """Passages and units for a sub-skill that were not tried with it.

        Those first that nobody was asked about, and among them those that have what it prefers.
        """
        levels = self._suitable[place]
        orders = [
            [number for number in order if number in found and (place, level, number) not in self._spent]
            for level, found in enumerate(levels)
        ]
        for times in range(self._least[place], self._most + 1):
            waits = False  # whether a passage that was not looked at may have such a cell in a later wave
            for level, found in enumerate(levels):
                for number in orders[level]:
                    for focus in found[number]:
                        if held[number] >= DRAFTS_PER_PASSAGE:
                            waits = True
                            break
                        cell = (place, number, focus)
                        if self._taken[number, focus] > times or cell in self._used:
                            continue
                        self._used.add(cell)
                        self._taken[number, focus] += 1
                        self._most = max(self._most, self._taken[number, focus])
                        self._rest[place] -= 1
                        if all((place, number, one) in self._used for one in found[number]):
                            self._spent.add((place, level, number))
                        yield number, focus
            if not waits:
                self._least[place] = times + 1

    def _numbered(self, draft: Draft) -> Draft:
        self._ordinal += 1
        return replace(draft, order=(self._ordinal, 0))

    def _draft(self, passage: Passage, skill: Skill, subskill: Subskill, focus: int) -> Draft:
        name = ids.digest(self.seed, passage.id, skill.name, subskill.id, focus)
        draw = random.Random(ids.seed_from(name, "choices"))
        refinements = dict(subskill.refinements)
        plain = max(0.0, 1.0 - sum(refinements.values()))
        refinement = draw.choices([NO_REFINEMENT, *refinements], [plain, *refinements.values()])[0]
        form = draw.choice(subskill.forms)
        return Draft(
            id=name,
            order=(0, 0),
            skill=skill.name,
            subskill=subskill.id,
            passage=passage,
            focus=passage.units[focus] if focus >= 0 else None,
            choices={"form": form, "refinement": refinement},
            seed=ids.seed_from(name),
            text=passage.text,
        )

    def _suiting(self, subskill: Subskill) -> Levels:
        """The passages that suit a sub-skill, with the units there. Many sub-skills want the same: found once."""
        key = (frozenset(subskill.wants), frozenset(subskill.prefers), subskill.focused)
        if key not in self._found:
            levels: Levels = [{} for _ in range(len(key[1]) + 1)]
            for number, passage in enumerate(self.passages):
                for focus in self._foci(subskill, passage):
                    level = len(key[1] - self._traits[passage.id, focus]) if focus >= 0 else 0
                    levels[level].setdefault(number, []).append(focus)
            self._found[key] = levels
        return self._found[key]

    def _foci(self, subskill: Subskill, passage: Passage) -> list[int]:
        """The units that suit a sub-skill, best first; [-1] for the passage as a whole; none if it does not suit."""
        of_focus = FOCUS.intersection(subskill.wants)
        if not self._features[passage.id].issuperset(set(subskill.wants) - of_focus):
            return []
        if not subskill.focused:
            return [-1]
        return [focus for focus in passage.foci if of_focus <= self._traits[passage.id, focus]]


def _size(levels: Levels) -> int:
    return sum(len(foci) for found in levels for foci in found.values())


def leaves(
    skills: Mapping[str, Skill], shares: Mapping[str, float], suits: Callable[[Subskill], bool]
) -> list[tuple[Leaf, float]]:
    """Every sub-skill that is asked for, with its share of all rows; one that suits no passage leaves it to others."""
    found: list[tuple[Leaf, float]] = []
    wanted = shares or {name: skill.share for name, skill in skills.items() if skill.share > 0}
    for name, share in wanted.items():
        skill_name, _, subskill_name = name.partition("/")
        skill = skills[skill_name]
        if subskill_name:
            found += [((skill, one), share) for one in [skill.subskills[subskill_name]] if not one.of or suits(one)]
            continue
        # Without being named, a sub-skill that needs a larger teacher is left out.
        children = [one for one in skill.subskills.values() if one.share > 0 and one.needs == "small" and suits(one)]
        total = sum(one.share for one in children)
        found += [((skill, one), share * one.share / total) for one in children]
    return found
