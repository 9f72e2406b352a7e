"""Which draft may move now: a window of drafts in flight, questions admitted in the plan's order, and a finish line.

Whether a question is a duplicate depends on those before it, so the order must not depend on which reply came first:
a draft waits at the gate until every draft planned before it has passed the gate or ended. The rows of a run are the
first accepted in that same order, which makes a killed run and an unbroken one give the same rows.
"""

from __future__ import annotations

import bisect
import heapq

from agentinstruct_local.records import Draft

Order = tuple[int, int]


class Scheduler:
    """Keeps the order; knows nothing of teachers, flows or stores."""

    def __init__(self, *, asked: int) -> None:
        self.asked = asked
        self._before_gate: set[Order] = set()
        self._at_gate: list[tuple[Order, Draft]] = []
        self._accepted: list[Order] = []
        self._live: set[Order] = set()

    @property
    def live(self) -> int:
        """How many drafts are under way."""
        return len(self._live)

    @property
    def accepted(self) -> int:
        """How many drafts have become rows, those past the finish line included."""
        return len(self._accepted)

    @property
    def reached(self) -> bool:
        """Whether enough rows are accepted, so that no new draft needs to start."""
        return len(self._accepted) >= self.asked

    @property
    def done(self) -> bool:
        """Whether no draft that is still under way can change which rows the run has."""
        return not self.wanted_live()

    def wanted_live(self) -> bool:
        """Whether some draft under way stands before the finish line."""
        return any(self.wanted(order) for order in self._live)

    def wanted(self, order: Order) -> bool:
        """False for a draft that stands after enough accepted rows."""
        return not self.reached or order < self._accepted[self.asked - 1]

    def start(self, draft: Draft) -> None:
        """A draft sets out."""
        self._live.add(draft.order)
        self._before_gate.add(draft.order)

    def end(self, draft: Draft, *, accepted: bool = False) -> None:
        """A draft has become a row, was refused, or was fanned out."""
        self._live.discard(draft.order)
        self._before_gate.discard(draft.order)
        if accepted:
            bisect.insort(self._accepted, draft.order)

    def wait(self, draft: Draft) -> None:
        """A draft has come to the gate."""
        heapq.heappush(self._at_gate, (draft.order, draft))

    def open(self) -> Draft | None:
        """The draft whose turn at the gate it is, if it is there; it is past the gate then."""
        if self._at_gate and self._at_gate[0][0] == min(self._before_gate):
            order, draft = heapq.heappop(self._at_gate)
            self._before_gate.discard(order)
            return draft
        return None
