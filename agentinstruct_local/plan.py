"""Which drafts to try, in which order. The least covered passages and sub-skills come first.

Drafts are planned in waves. Each draft goes to the sub-skill that is furthest behind its share, and to a passage that
suits it; those of one passage stand together, so that prompts that begin alike do. What a wave holds depends on the
recipe, the seed and the results of the waves but the last few, never on timing: a run that was killed plans the same
drafts again.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from agentinstruct_local import ids
from agentinstruct_local.flow import NO_REFINEMENT
from agentinstruct_local.passages import FOCUS, features, traits
from agentinstruct_local.records import Draft, Passage, Skill, Subskill

DRAFTS_PER_PASSAGE = 3
"""In a wave at most: its best units first. A small corpus comes round again."""
LAG = 4
"""How many waves may be open: the next one is planned from the results of those before them."""
WAVE = 32
"""Drafts of a wave: more than a teacher has in work, so that it never waits for the end of one."""
ATTEMPT = 0.25
"""An attempt that was refused covers its cell by this much, so that a cell which yields nothing is left in the end."""

Leaf = tuple[Skill, Subskill]


@dataclass
class Coverage:
    """What has been planned and accepted so far, by sub-skill, passage and document."""

    attempts: Counter[tuple[str, str]] = field(default_factory=Counter)
    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, kind: str, key: str) -> float:
        """How well one sub-skill, passage or document is covered."""
        return self.accepted[kind, key] + ATTEMPT * self.attempts[kind, key]

    def attempt(self, draft: Draft) -> None:
        """Count a planned draft."""
        self.attempts.update(_cells(draft))

    def accept(self, draft: Draft) -> None:
        """Count an accepted one."""
        self.accepted.update(_cells(draft))


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
        self.passages = sorted((one for one in passages if one.foci), key=lambda one: ids.digest(seed, one.id))
        self._features = {one.id: features(one) for one in self.passages}
        kept: dict[frozenset[str], frozenset[str]] = {}  # a few dozen combinations stand for all units
        self._traits = {
            (one.id, focus): kept.setdefault(found := traits(one, focus), found)
            for one in self.passages
            for focus in one.foci
        }
        self._found: dict[tuple[frozenset[str], bool], dict[int, list[int]]] = {}
        self.leaves = _leaves(skills, shares, suits=lambda subskill: bool(self._suiting(subskill)))
        self._asked = [leaf for leaf, _ in _leaves(skills, shares, suits=lambda subskill: True)]
        # For each leaf the passages that suit it, by their number, and the units there.
        self._suitable = [self._suiting(subskill) for (_, subskill), _ in self.leaves]
        self._rest = [sum(map(len, found.values())) for found in self._suitable]  # cells that were not tried yet
        self._used: set[tuple[str, ...]] = set()
        self._taken: Counter[tuple[str, int]] = Counter()
        self._ordinal = 0

    @property
    def cells(self) -> int:
        """How many pairs of a passage and a sub-skill that suits it there are."""
        return sum(map(len, self._suitable))

    @property
    def unfed(self) -> dict[str, tuple[str, ...]]:
        """Each sub-skill in the mix that no passage suits, as "skill/subskill", with what it wants of one."""
        fed = {
            (leaf[0].name, leaf[1].id) for (leaf, _), found in zip(self.leaves, self._suitable, strict=True) if found
        }
        return {f"{skill.name}/{one.id}": one.wants for skill, one in self._asked if (skill.name, one.id) not in fed}

    def wave(self, coverage: Coverage) -> list[Draft]:
        """The next drafts, WAVE of them if there are so many; empty when all that there are have been tried.

        Each goes to the sub-skill that is furthest behind its share, and there to the least covered passage. Those of
        one passage stand together.
        """
        sizes = Counter[str]()
        for passage in self.passages:
            sizes[passage.document] += len(passage.foci)
        order = sorted(
            range(len(self.passages)),
            key=lambda number: (
                round(coverage.of("passage", self.passages[number].id) / len(self.passages[number].foci), 3),
                coverage.of("document", self.passages[number].document) / sizes[self.passages[number].document],
                number,
            ),
        )
        held: Counter[int] = Counter()
        left = {place: self._untried(place, order, held) for place, rest in enumerate(self._rest) if rest}
        chosen: list[tuple[int, Draft]] = []
        while left and len(chosen) < WAVE:
            place = min(left, key=lambda one: (self._need(one, coverage), one))
            number, focus = next(left[place], (-1, -1))
            if number < 0:
                del left[place]
                continue
            (skill, subskill), _ = self.leaves[place]
            draft = self._draft(self.passages[number], skill, subskill, focus)
            coverage.attempt(draft)
            held[number] += 1
            chosen.append((number, draft))
        first = {number: place for place, number in enumerate(dict.fromkeys(number for number, _ in chosen))}
        drafts = [draft for _, draft in sorted(chosen, key=lambda one: first[one[0]])]
        return [self._numbered(draft) for draft in drafts]

    def _need(self, place: int, coverage: Coverage) -> float:
        """How far a sub-skill is: the least is the furthest behind its share."""
        (skill, subskill), share = self.leaves[place]
        return (coverage.of("subskill", f"{skill.name}/{subskill.id}") + 0.5 * ATTEMPT) / share

    def _untried(self, place: int, order: Sequence[int], held: Counter[int]) -> Iterator[tuple[int, int]]:
        """Passages and units for a sub-skill that were not tried with it.

        Those first that nobody was asked about, and among them those that have what it prefers.
        """
        (skill, subskill), _ = self.leaves[place]
        suitable = self._suitable[place]
        order = [number for number in order if number in suitable]
        most = max(self._taken.values(), default=0)
        for times, lacking in product(range(most + 1), range(len(subskill.prefers) + 1)):
            for number in order:
                passage = self.passages[number]
                for focus in suitable[number]:
                    if held[number] >= DRAFTS_PER_PASSAGE:
                        break
                    cell = (passage.id, skill.name, subskill.id, str(focus))
                    if self._taken[passage.id, focus] > times or cell in self._used:
                        continue
                    if focus < 0 or len(set(subskill.prefers) - self._traits[passage.id, focus]) <= lacking:
                        self._used.add(cell)
                        self._taken[passage.id, focus] += 1
                        self._rest[place] -= 1
                        yield number, focus

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

    def _suiting(self, subskill: Subskill) -> dict[int, list[int]]:
        """The passages that suit a sub-skill, by their number, with the units there. Many want the same: found once."""
        key = (frozenset(subskill.wants), subskill.focused)
        if key not in self._found:
            found = ((number, self._foci(subskill, one)) for number, one in enumerate(self.passages))
            self._found[key] = {number: foci for number, foci in found if foci}
        return self._found[key]

    def _foci(self, subskill: Subskill, passage: Passage) -> list[int]:
        """The units that suit a sub-skill, best first; [-1] for the passage as a whole; none if it does not suit."""
        of_focus = FOCUS.intersection(subskill.wants)
        if not self._features[passage.id].issuperset(set(subskill.wants) - of_focus):
            return []
        if not subskill.focused:
            return [-1]
        return [focus for focus in passage.foci if of_focus <= self._traits[passage.id, focus]]


class Waves:
    """A plan that is fed with results: it hands out drafts, and plans a wave from those before the one in flight."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.coverage = Coverage()
        self.exhausted = False
        self._ready: deque[Draft] = deque()
        self._waves: list[_Wave] = []
        self._wave_of: dict[int, _Wave] = {}

    def next(self) -> Draft | None:
        """The next draft; None when there is none left (`exhausted`) or when an older wave must end first."""
        if not self._ready and not self.exhausted:
            self._plan_wave()
        return self._ready.popleft() if self._ready else None

    def _plan_wave(self) -> None:
        while len(self._waves) >= LAG:
            oldest = self._waves[0]
            if oldest.open:
                return
            for draft in oldest.accepted:
                self.coverage.accept(draft)
            self._waves.pop(0)
            for place in oldest.places:
                del self._wave_of[place]
        drafts = self.plan.wave(self.coverage)
        self.exhausted = not drafts
        wave = _Wave(open=len(drafts), places=[draft.order[0] for draft in drafts])
        self._waves.append(wave)
        self._wave_of.update(dict.fromkeys(wave.places, wave))
        self._ready.extend(drafts)

    def split(self, draft: Draft, children: int) -> None:
        """A draft goes on as so many, itself not among them."""
        self._wave_of[draft.order[0]].open += children - 1

    def end(self, draft: Draft, *, accepted: bool) -> None:
        """A draft has become a row or was refused."""
        wave = self._wave_of[draft.order[0]]
        wave.open -= 1
        if accepted:
            wave.accepted.append(draft)


@dataclass
class _Wave:
    open: int
    places: list[int]
    accepted: list[Draft] = field(default_factory=list)


def _leaves(
    skills: Mapping[str, Skill], shares: Mapping[str, float], suits: Callable[[Subskill], bool]
) -> list[tuple[Leaf, float]]:
    """Every sub-skill that is asked for, with its share of all rows; one that suits no passage leaves it to others."""
    found: list[tuple[Leaf, float]] = []
    wanted = shares or {name: skill.share for name, skill in skills.items() if skill.share > 0}
    for name, share in wanted.items():
        skill_name, _, subskill_name = name.partition("/")
        skill = skills[skill_name]
        if subskill_name:
            found.append(((skill, skill.subskills[subskill_name]), share))
            continue
        # Without being named, a sub-skill that needs a larger teacher is left out.
        children = [one for one in skill.subskills.values() if one.share > 0 and one.needs == "small" and suits(one)]
        total = sum(one.share for one in children)
        found += [((skill, one), share * one.share / total) for one in children]
    return found
