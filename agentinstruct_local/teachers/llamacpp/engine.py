"""Continuous batching with shared prefixes: the teacher that reads a passage once.

Every step decodes one batch: a token (and the tokens that a grammar forces after it) for each sequence that is
being written, and stretches of the prompts of those that are being read. A finished request's prompt stays in the
key-value cache until its cells are needed, and a new request starts from the longest prefix that any sequence holds.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence as Listing
from itertools import pairwise
from pathlib import Path

import numpy as np

from agentinstruct_local.errors import TeacherError
from agentinstruct_local.records import Reply, Request
from agentinstruct_local.teachers.llamacpp import replies, sampling
from agentinstruct_local.teachers.llamacpp.chat import tokens_of
from agentinstruct_local.teachers.llamacpp.grammar import Grammars
from agentinstruct_local.teachers.llamacpp.library import WHOLE, Library
from agentinstruct_local.teachers.llamacpp.sequence import Sequence, common
from agentinstruct_local.teachers.llamacpp.settings import Settings

WORTH_WAITING = 32  # tokens of a prefix that another sequence is about to compute, for which a request waits
PATIENCE = 48  # requests that may start before the oldest one does, because their passage is in the cache
MOST = 128  # sequences decoded together; llama.cpp knows 256, and prompts are kept in the others
BESIDE = 64  # tokens of prompts in a batch while some sequence is being written


class Engine:
    """A `Teacher` over one GGUF model."""

    def __init__(self, path: Path, *, chat_format: str, name: str, settings: Settings) -> None:
        self.name = name
        self.slots = min(settings.n_seq, MOST)
        self.chat_format = chat_format
        # As many kept prompts as running sequences: an agent's prompt is wanted again by the agent after it.
        self.library = Library(path, settings, sequences=min(3 * self.slots, 2 * MOST))
        self.keep = settings.keep
        self.grammars = Grammars(self.library)
        self.waiting: deque[tuple[Request, list[int]]] = deque()
        self.running: list[Sequence] = []
        self.kept: list[Sequence] = []
        self.finished: list[Reply] = []
        self._free = list(range(min(3 * self.slots, 2 * MOST)))
        self._steps = 0
        self._overtaken = 0
        self._fitting = self.slots  # how many sequences the cache was last seen to hold
        self._choices: dict[str, list[int]] = {}
        self.about = ""
        self.notes = [] if self.library.can_share else [f"{name} {WHOLE}"]
        self.busy = 0.0  # seconds inside llama_decode

    def count_tokens(self, text: str) -> int:
        """Tokens of a plain text."""
        return len(self.library.tokenize(text, special=False))

    def submit(self, request: Request) -> None:
        """Queue a request. A prompt that can never fit is answered at once with `prompt_too_long`."""
        tokens = tokens_of(request.messages, self.chat_format, self.library)
        wanted = len(tokens) + (1 if request.output.kind == "choice" else request.sampling.max_tokens)
        if wanted > self.library.n_ctx:
            self.finished.append(Reply(id=request.id, error="prompt_too_long", tokens_in=len(tokens)))
        else:
            self.waiting.append((request, tokens))

    def poll(self) -> Listing[Reply]:
        """Decode until something is finished."""
        while not self.idle:
            if done := self.work():
                return done
        return []

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not (self.finished or self.waiting or self.running)

    def work(self) -> Listing[Reply]:
        """Decode one batch, unless replies wait to be taken; those that are finished."""
        if not self.finished and not self.idle:
            self.step()
        done, self.finished = self.finished, []
        return done

    def close(self) -> None:
        """Free the model."""
        self.library.close()

    # -- one step ---------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Start what can be started, decode one batch, draw a token for every sequence that is ready for one."""
        self._steps += 1
        self._start_waiting()
        work, ready = self._plan_batch()
        while not self._decode(work):
            if not self._make_room():
                self._put_back()
            work, ready = self._plan_batch()
        for sequence, index in ready:
            self._draw(sequence, index)

    def _plan_batch(self) -> tuple[list[tuple[Sequence, list[int], bool]], list[tuple[Sequence, int]]]:
        room = self.library.n_batch
        if any(sequence.written or sequence.done == sequence.prompt for sequence in self.running):
            # A long prompt must not keep those waiting that are being written.
            room = min(room, BESIDE + len(self.running))
        work: list[tuple[Sequence, list[int], bool]] = []
        ready: list[tuple[Sequence, int]] = []
        used = 0
        # Sequences that are being written come first: their share of the batch is small and someone waits for it.
        for sequence in sorted(self.running, key=lambda one: len(one.tokens) - one.done):
            tokens = sequence.tokens[sequence.done : sequence.done + room - used]
            if not tokens:
                continue
            used += len(tokens)
            complete = sequence.done + len(tokens) == len(sequence.tokens)
            work.append((sequence, tokens, complete))
            if complete:
                ready.append((sequence, used - 1))
        return work, ready

    def _decode(self, work: list[tuple[Sequence, list[int], bool]]) -> bool:
        if not work:
            return True
        begun = time.perf_counter()
        fits = self.library.decode([(one.slot, one.done, tokens, wanted) for one, tokens, wanted in work])
        self.busy += time.perf_counter() - begun
        if fits:
            for sequence, tokens, _ in work:
                sequence.done += len(tokens)
                sequence.used = self._steps
        return fits

    # -- the cache --------------------------------------------------------------------------------------------

    def _start_waiting(self) -> None:
        """Fill free places, those first whose passage the cache holds; the oldest waits for at most PATIENCE others."""
        while self.waiting and len(self.running) < self._fitting:
            found = [(self._longest_prefix(tokens), place) for place, (_, tokens) in enumerate(self.waiting)]
            # A request whose prefix someone is computing just now waits for it.
            ready = [(prefix, place) for prefix, place in found if prefix[2] <= prefix[1] + WORTH_WAITING]
            if not ready:
                return
            if self._overtaken < PATIENCE:
                (donor, length, _), place = max(ready, key=lambda one: (one[0][1], -one[1]))
            else:
                (donor, length, _), place = ready[0]
            self._overtaken = self._overtaken + 1 if place else 0
            request, tokens = self.waiting[place]
            del self.waiting[place]
            self._start(request, tokens, donor, length)

    def _longest_prefix(self, tokens: list[int]) -> tuple[Sequence | None, int, int]:
        """Who holds the longest prefix, how long it is, and how long it will be when running prompts are read."""
        best: tuple[Sequence | None, int, int] = (None, 0, 0)
        if not self.library.can_share:
            return best
        donor, length, later = best
        for other in (*self.running, *self.kept):
            shared = common(tokens, other.tokens[: other.prompt])
            here = min(shared, other.done, len(tokens) - 1)  # the last token must be computed: its logits are wanted
            if here > length:
                donor, length = other, here
            later = max(later, min(shared, len(tokens) - 1))
        return donor, length, later

    def _start(self, request: Request, tokens: list[int], donor: Sequence | None, length: int) -> None:
        if not self._free:
            self._drop(min((one for one in self.kept if one is not donor), key=lambda one: one.used))
        slot = self._free.pop()
        sequence = Sequence(slot=slot, tokens=list(tokens), prompt=len(tokens), done=length, request=request)
        if donor is not None and length:
            self.library.share(donor.slot, slot, length)
            donor.used = self._steps
        sequence.cached = length
        sequence.random = np.random.default_rng(request.seed)
        sequence.started = time.perf_counter()
        sequence.matcher = self.grammars.matcher(request.output)
        if sequence.matcher is not None:
            self._force(sequence)
        self.running.append(sequence)

    def _drop(self, sequence: Sequence) -> None:
        self.library.forget(sequence.slot)
        self.kept.remove(sequence)
        self._free.append(sequence.slot)

    def _cells_kept(self) -> int:
        """Cells held for finished prompts, what they share counted once."""
        prompts = sorted(one.tokens[: one.done] for one in self.kept)
        return sum(len(prompt) for prompt in prompts) - sum(common(one, other) for one, other in pairwise(prompts))

    def _make_room(self) -> bool:
        if not self.kept:
            return False
        self._drop(min(self.kept, key=lambda one: one.used))
        return True

    def _put_back(self) -> None:
        """Nothing is left to evict: the youngest sequence gives up its cells and starts again later."""
        if len(self.running) == 1:
            raise TeacherError("one request alone does not fit the context", hint="try a larger one: --context 16384")
        sequence = max(self.running, key=lambda one: one.started)
        self.running.remove(sequence)
        self.library.forget(sequence.slot)
        self._free.append(sequence.slot)
        assert sequence.request is not None
        self.waiting.appendleft((sequence.request, sequence.tokens[: sequence.prompt]))
        self._fitting = len(self.running)  # starting it again at once would only push it out again

    # -- writing ----------------------------------------------------------------------------------------------

    def _force(self, sequence: Sequence) -> bool:
        """Append what the grammar leaves no choice about; True if the reply is complete."""
        matcher = sequence.matcher
        assert matcher is not None
        forced = matcher.compute_ff_tokens()
        if forced and matcher.consume_tokens(forced):
            sequence.tokens += forced
            sequence.forced += len(forced)
        return bool(matcher.is_stopped())

    def _draw(self, sequence: Sequence, index: int) -> None:
        request = sequence.request
        assert request is not None
        logits = self.library.logits(index)
        if request.output.kind == "choice":
            options = request.output.options
            chances = sampling.shares(logits, [self._first_tokens(option) for option in options])
            self._finish(sequence, replies.chosen(options, chances))
            return
        token = sampling.draw(logits, request.sampling, sequence.random)
        matcher = sequence.matcher
        if (
            matcher is not None
            and not matcher.validate_tokens([token])
            and not (self.library.ends(token) and matcher.is_accepting())
        ):
            allowed = self.grammars.allowed(matcher)
            token = sampling.draw(np.where(allowed, logits, np.float32(-np.inf)), request.sampling, sequence.random)
        if self.library.ends(token):
            self._finish(sequence, replies.read(request.output, self._text(sequence), stopped=True))
            return
        sequence.tokens.append(token)
        complete = False
        if matcher is not None:
            matcher.consume_token(token)
            complete = self._force(sequence)
        if complete:
            self._finish(sequence, replies.read(request.output, self._text(sequence), stopped=True))
        elif len(sequence.tokens) - sequence.prompt >= request.sampling.max_tokens:
            self._finish(sequence, replies.read(request.output, self._text(sequence), stopped=False))

    def _text(self, sequence: Sequence) -> bytes:
        return b"".join(self.library.piece(token) for token in sequence.written)

    def _first_tokens(self, option: str) -> list[int]:
        """The tokens with which a reply of `option` may begin, whatever its case or leading space."""
        found = self._choices.get(option)
        if found is None:
            spellings = {mark + word for mark in ("", " ") for word in (option, option.lower(), option.capitalize())}
            found = sorted({self.library.tokenize(word, special=False)[0] for word in spellings})
            self._choices[option] = found
        return found

    def _finish(self, sequence: Sequence, outcome: replies.Outcome) -> None:
        request = sequence.request
        assert request is not None
        self.finished.append(
            Reply(
                id=request.id,
                value=outcome.value,
                probabilities=outcome.probabilities,
                error=outcome.error,
                tokens_in=sequence.prompt,
                tokens_cached=sequence.cached,
                tokens_out=len(sequence.written),
                tokens_forced=sequence.forced,
                seconds=time.perf_counter() - sequence.started,
            )
        )
        self.running.remove(sequence)
        self._fitting = min(self.slots, self._fitting + 1)
        sequence.request = sequence.matcher = None
        sequence.used = self._steps
        del sequence.tokens[sequence.prompt :]
        sequence.done = min(sequence.done, sequence.prompt)
        if self.library.can_share:
            self.library.forget(sequence.slot, sequence.prompt)
            self.kept.append(sequence)
            while self.kept and self._cells_kept() > self.keep:
                self._drop(min(self.kept, key=lambda one: one.used))
        else:
            self.library.forget(sequence.slot)
            self._free.append(sequence.slot)
