"""The key-value cache: its sequence ids, the prompts that stay in it, and what goes first when room is wanted."""

from __future__ import annotations

from agentinstruct_local.teachers.llamacpp.library import Library
from agentinstruct_local.teachers.llamacpp.prefixes import Match, Prefixes
from agentinstruct_local.teachers.llamacpp.sequence import Sequence

NOTHING = Match(None, 0, 0)


class Cache:
    """Places for sequences in a library's cache. A model that cannot share prompts gets empty places only."""

    def __init__(self, library: Library, *, slots: int, keep: int) -> None:
        self.library, self.most = library, keep
        self.prefixes = Prefixes()
        self.kept: set[Sequence] = set()
        self.free = list(range(slots))

    def match(self, tokens: list[int]) -> Match:
        """Who holds the longest beginning of a prompt."""
        return self.prefixes.match(tokens) if self.library.can_share else NOTHING

    def enter(self, sequence: Sequence, step: int) -> None:
        """Give a sequence a place, with as much of its prompt in it as another one holds."""
        while not self.free:
            self._drop_any()
        sequence.slot = self.free.pop()
        donor, length, _ = self.match(sequence.tokens[: sequence.prompt])
        if donor is not None:
            self.library.share(donor.slot, sequence.slot, length)
        sequence.done = sequence.cached = length
        if self.library.can_share:
            self.prefixes.hold(sequence, step)

    def leave(self, sequence: Sequence, *, keep: bool) -> None:
        """A sequence is no longer under way. Its prompt stays for those to come, if that is wanted and of use."""
        sequence.request = None
        if not self.library.can_share:
            self._clear(sequence)
        elif not keep or self.prefixes.is_spare(sequence):
            self.prefixes.release(sequence)
            self._clear(sequence)
        else:
            del sequence.tokens[sequence.prompt :]
            sequence.done = sequence.prompt
            self.library.forget(sequence.slot, sequence.prompt)
            self.kept.add(sequence)
        while self.prefixes.kept() > self.most and self.evict():
            pass

    def evict(self) -> bool:
        """Drop the end of a kept prompt that was of use longest ago; False if there is none."""
        # The end of a kept prompt may lie on the path of a running one that has cells of its own for it.
        found = self.prefixes.oldest() or next(((one, 0) for one in self.kept), None)
        if found is None:
            return False
        sequence, stays = found
        self._cut(sequence, stays)
        if sequence in self.kept and self.prefixes.is_spare(sequence):
            self._cut(sequence, 0)
        return True

    def _cut(self, sequence: Sequence, length: int) -> None:
        self.prefixes.release(sequence, length)
        if length:
            del sequence.tokens[length:]
            sequence.prompt = sequence.done = length
            self.library.forget(sequence.slot, length)
        else:
            self.kept.discard(sequence)
            self._clear(sequence)

    def _drop_any(self) -> None:
        """All ids are taken: one of a kept prompt becomes free, that of an old end if there is one."""
        found = self.prefixes.oldest()
        self._cut(found[0] if found else next(iter(self.kept)), 0)

    def _clear(self, sequence: Sequence) -> None:
        self.library.forget(sequence.slot)
        self.free.append(sequence.slot)
