"""Continuous batching with shared prefixes: the teacher that reads a passage once.

Every step decodes one batch: a token (with those that a grammar forces after it, or that are guessed) for each
sequence that is being written, and stretches of the prompts of those that are being read. A finished request's prompt
stays in the key-value cache until its cells are needed, and a new one starts from the longest prefix that is there.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence as Listing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from agentinstruct_local.errors import TeacherError
from agentinstruct_local.records import Reply, Request
from agentinstruct_local.teachers.llamacpp import lookup, replies
from agentinstruct_local.teachers.llamacpp.cache import Cache
from agentinstruct_local.teachers.llamacpp.chat import tokens_of
from agentinstruct_local.teachers.llamacpp.library import WHOLE, Library
from agentinstruct_local.teachers.llamacpp.sequence import Sequence
from agentinstruct_local.teachers.llamacpp.settings import Settings
from agentinstruct_local.teachers.llamacpp.writing import Writer

WORTH_WAITING = 32  # tokens of a prefix that another sequence is about to compute, for which a request waits
PATIENCE = 48  # requests that may start before the oldest one does, because their passage is in the cache
MOST = 128  # sequences decoded together; llama.cpp knows 256, and prompts are kept in the others
BESIDE = 256  # tokens of prompts in a batch while some sequence is being written: fewer cost more each


class Waiting(NamedTuple):
    """A request that has not begun, or one of the continuations that it wants scored."""

    request: Request
    tokens: list[int]  # the prompt
    option: str = ""
    target: tuple[int, ...] = ()  # its tokens


class Work(NamedTuple):
    """What one sequence has computed in a step."""

    sequence: Sequence
    tokens: list[int]
    wanted: int  # after so many of the last tokens logits are wanted


class Engine:
    """A `Teacher` over one GGUF model."""

    def __init__(self, path: Path, *, chat_format: str, name: str, settings: Settings) -> None:
        self.name = name
        self.slots = min(settings.n_seq, MOST)
        self.chat_format = chat_format
        # Twice as many kept prompts as running sequences: an agent's prompt is wanted again by the agent after it.
        places = min(3 * self.slots, 2 * MOST)
        self.library = Library(path, settings, sequences=places)
        self.cache = Cache(self.library, slots=places, keep=settings.keep)
        self.guess = settings.guess if self.library.can_share else 0  # a guess that was wrong has to be cut off
        self.writer = Writer(self.library)
        self.waiting: deque[Waiting] = deque()
        self.running: list[Sequence] = []
        self.finished: list[Reply] = []
        self._scores: dict[str, dict[str, float]] = {}  # of requests whose continuations are not all scored
        self._steps = 0
        self._overtaken = 0
        self._fitting = self.slots  # how many sequences the cache was last seen to hold
        self.about = ""
        self.notes = [] if self.library.can_share else [f"{name} {WHOLE}"]

    def count_tokens(self, text: str) -> int:
        """Tokens of a plain text."""
        return len(self.library.tokenize(text, special=False))

    def submit(self, request: Request) -> None:
        """Queue a request. A prompt that can never fit is answered at once with `prompt_too_long`."""
        tokens = tokens_of(request.messages, self.chat_format, self.library)
        output, asked, more = request.output, [Waiting(request, tokens)], request.sampling.max_tokens
        if output.kind == "choice":
            more = 1
        elif output.kind == "scores":
            targets = [(one, tuple(self.library.tokenize(one, special=False))) for one in dict.fromkeys(output.options)]
            asked, more = (
                [Waiting(request, tokens, *one) for one in targets],
                max((len(one) for _, one in targets), default=0),
            )
        if output.kind == "scores" and not all(one.target for one in asked):
            self.finished.append(Reply(id=request.id, error="empty", tokens_in=len(tokens)))
            return
        if len(tokens) + more > self.library.n_ctx:
            self.finished.append(Reply(id=request.id, error="prompt_too_long", tokens_in=len(tokens)))
            return
        self.waiting += asked
        if output.kind == "scores":
            self._scores[request.id] = {}

    def cancel(self, name: str) -> None:
        """Answer the request of this id with `cancelled`, unless it has been answered."""
        found = [one for one in self.running if one.request and one.request.id == name]
        still = [one for one in self.waiting if one.request.id != name]
        if found or len(still) < len(self.waiting):
            self.finished.append(Reply(id=name, error="cancelled"))
        for sequence in found:
            self._stop(sequence, keep=False)
        self.waiting = deque(still)
        self._scores.pop(name, None)

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
        """Start what can be started, decode one batch, go on with every sequence that has logits for it."""
        self._steps += 1
        self._start_waiting()
        batch = self._plan_batch()
        while not self.library.decode([(one.slot, one.done, tokens, wanted) for one, tokens, wanted in batch]):
            if not self.cache.evict():
                self._put_back()
            batch = self._plan_batch()
        index = 0
        for sequence, tokens, wanted in batch:
            sequence.done += len(tokens) - len(sequence.guessed)
            if sequence.target:
                self.writer.score(sequence, index, wanted)
                if sequence.done == len(sequence.tokens):
                    self._scored(sequence)
            elif wanted and (outcome := self.writer.write(sequence, index)) is not None:
                self._finish(sequence, outcome)
            index += wanted

    def _plan_batch(self) -> list[Work]:
        room = self.library.n_batch
        if any(sequence.done >= sequence.prompt for sequence in self.running):
            # A long prompt must not keep those waiting that are being written.
            room = min(room, BESIDE + len(self.running))
        batch: list[Work] = []
        # Sequences that are being written come first: their share of the batch is small and someone waits for it.
        for sequence in sorted(self.running, key=lambda one: len(one.tokens) - one.done):
            tokens = sequence.tokens[sequence.done : sequence.done + room]
            sequence.guessed = []
            if not tokens:
                continue
            wanted = int(sequence.done + len(tokens) == len(sequence.tokens))
            if sequence.target:  # after the prompt's last token, and each of the continuation but its last
                wanted = min(len(tokens), max(0, sequence.done + len(tokens) - sequence.prompt + 1))
            elif wanted and len(self.running) <= self.guess and sequence.written:
                assert sequence.request is not None
                left = sequence.request.sampling.max_tokens - len(sequence.written) - 1
                sequence.guessed = lookup.guess(sequence, min(lookup.MOST, left, room - len(tokens)))
                tokens += sequence.guessed
                wanted += len(sequence.guessed)
            room -= len(tokens)
            batch.append(Work(sequence, tokens, wanted))
        return batch

    def _start_waiting(self) -> None:
        """Fill free places, those first whose passage the cache holds; the oldest waits for at most PATIENCE others."""
        while self.waiting and len(self.running) < self._fitting:
            found = [(self.cache.match(one.tokens), place) for place, one in enumerate(islice(self.waiting, PATIENCE))]
            # A request whose prefix someone is computing just now waits for it.
            ready = [(match, place) for match, place in found if match.later <= match.here + WORTH_WAITING]
            if not ready:
                return
            place = ready[0][1]
            if self._overtaken < PATIENCE:
                place = max(ready, key=lambda one: (one[0].here // WORTH_WAITING, -one[1]))[1]
            self._overtaken = self._overtaken + 1 if place else 0
            waiting = self.waiting[place]
            del self.waiting[place]
            self._start(waiting)

    def _start(self, waiting: Waiting) -> None:
        request, tokens, option, target = waiting
        tokens, prompt = [*tokens, *target[:-1]], len(tokens)
        sequence = Sequence(tokens=tokens, prompt=prompt, request=request, option=option, target=target)
        self.writer.begin(sequence)  # first: it raises where the grammar cannot be used
        self.cache.enter(sequence, self._steps)
        sequence.started = time.perf_counter()
        self.running.append(sequence)

    def _put_back(self) -> None:
        """Nothing is left to evict: the youngest sequence gives up its cells and starts again later."""
        if len(self.running) == 1:
            raise TeacherError("one request alone does not fit the context", hint="try a larger one: --context 16384")
        sequence = max(self.running, key=lambda one: one.started)
        assert sequence.request is not None
        waiting = Waiting(sequence.request, sequence.tokens[: sequence.prompt], sequence.option, sequence.target)
        self._stop(sequence, keep=False)
        self.waiting.appendleft(waiting)
        self._fitting = len(self.running)  # starting it again at once would only push it out again

    # -- the end of a sequence -----------------------------------------------------------------------------------

    def _scored(self, sequence: Sequence) -> None:
        """A continuation is scored; the last one of its request answers it."""
        assert sequence.request is not None
        scores = self._scores[sequence.request.id]
        scores[sequence.option] = sequence.score
        if len(scores) < len(set(sequence.request.output.options)):
            self._stop(sequence, keep=True)
        else:
            self._finish(sequence, replies.scored(self._scores.pop(sequence.request.id)))

    def _finish(self, sequence: Sequence, outcome: replies.Outcome) -> None:
        request = sequence.request
        assert request is not None
        reply = Reply(
            id=request.id,
            value=outcome.value,
            probabilities=outcome.probabilities,
            scores=outcome.scores,
            error=outcome.error,
            tokens_in=sequence.prompt,
            tokens_cached=sequence.cached,
            tokens_out=len(sequence.target or sequence.written),
            tokens_forced=sequence.forced,
            seconds=time.perf_counter() - sequence.started,
        )
        self.finished.append(reply)
        self._stop(sequence, keep=True)
        self._fitting = min(self.slots, self._fitting + 1)

    def _stop(self, sequence: Sequence, *, keep: bool) -> None:
        self.running.remove(sequence)
        self.cache.leave(sequence, keep=keep)
