"""Hands out the drafts of a plan one by one, and tells the plan which of them became rows, a few waves late.

What a wave holds must not depend on timing: it is planned when the wave `LAG` before it has ended, from the results up
to there, so that the teacher has work meanwhile and a run that was killed plans the same drafts again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from agentinstruct_local.plans import Plans
from agentinstruct_local.records import Draft

LAG = 4
"""How many waves may be open: the next one is planned from the results of those before them."""


@dataclass
class _Wave:
    open: int
    places: list[int]
    accepted: list[Draft] = field(default_factory=list)


class Waves:
    """A plan that is fed with results: it hands out drafts, and plans a wave from those before the one in flight."""

    def __init__(self, plan: Plans) -> None:
        self.plan = plan
        self.exhausted = False
        self._starved = False  # no draft can be planned before an older wave has ended
        self._ready: deque[Draft] = deque()
        self._waves: list[_Wave] = []
        self._wave_of: dict[int, _Wave] = {}

    def next(self) -> Draft | None:
        """The next draft; None when there is none left (`exhausted`) or when an older wave must end first."""
        if not self._ready and not self.exhausted:
            self._plan_wave()
        return self._ready.popleft() if self._ready else None

    def _plan_wave(self) -> None:
        while True:
            while self._waves and (len(self._waves) >= LAG or self._starved):
                if self._waves[0].open:
                    return
                self._settle()
            drafts = self.plan.wave()
            self._starved = not drafts and self.plan.waiting
            if not self._starved:
                break
        self.exhausted = not drafts
        wave = _Wave(open=len(drafts), places=[draft.order[0] for draft in drafts])
        self._waves.append(wave)
        self._wave_of.update(dict.fromkeys(wave.places, wave))
        self._ready.extend(drafts)

    def _settle(self) -> None:
        """Tell the plan what became of the oldest wave."""
        oldest = self._waves.pop(0)
        for draft in sorted(oldest.accepted, key=lambda one: one.order):
            self.plan.accept(draft)
        self.plan.settled()
        for place in oldest.places:
            del self._wave_of[place]
        self._starved = False

    def split(self, draft: Draft, children: int) -> None:
        """A draft goes on as so many, itself not among them."""
        self._wave_of[draft.order[0]].open += children - 1

    def end(self, draft: Draft, *, accepted: bool) -> None:
        """A draft has become a row or was refused."""
        wave = self._wave_of[draft.order[0]]
        wave.open -= 1
        if accepted:
            wave.accepted.append(draft)
