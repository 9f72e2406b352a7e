"""A teacher in a process of its own: native code that dies takes nothing with it.

The parent keeps every request until its reply has come. When the process dies, the parent starts another and asks
again what was under way, a bounded number of times; what had been answered is with the runner already.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from agentinstruct_local.errors import AgentInstructError, TeacherError, without_words
from agentinstruct_local.records import Reply, Request

DEATHS = 3
"""So many in a row, with no reply in between, end the run."""
GRACE = 5.0
"""Seconds that the process has to end by itself when it is closed."""
LAST_LINES = 4
"""Of its error stream, in messages."""

HINTS = {
    "SIGKILL": "the system ran out of memory, most likely; give it less: --context 4096 --n-seq 4",
    "SIGILL": "llama.cpp was built for another processor; build it anew: make clean setup",
    "SIGSEGV": "llama.cpp crashed; see what it can do here with: agentinstruct doctor",
    "SIGABRT": "llama.cpp gave up; the model file may be damaged: agentinstruct models check",
    "SIGBUS": "the model file could not be read to its end; check it: agentinstruct models check",
}


class Stepped(Protocol):
    """A `Teacher` that can also be driven step by step, so that new requests join those under way."""

    name: str
    slots: int
    notes: list[str]

    def submit(self, request: Request) -> None:
        """Take a request."""

    def cancel(self, name: str) -> None:
        """Give up a request."""

    def work(self) -> Sequence[Reply]:
        """One step; the replies that it finished. Nothing happens when nothing is under way."""

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""

    def count_tokens(self, text: str) -> int:
        """How many tokens `text` has."""

    def close(self) -> None:
        """Give back memory."""


class Worker:
    """A `Teacher` whose work is done by another process. `load` makes the real one there; it must be picklable.

    Raises what `load` raises, and TeacherError, with the signal and the last lines of the process's error stream, if
    it dies while loading, or DEATHS times without an answer.
    """

    def __init__(self, load: Callable[[], Stepped], *, name: str, about: str = "") -> None:
        self.name, self.about = name, about
        self.slots = 1
        self.notes: list[str] = []
        self._load = load
        self._asked: dict[str, Request] = {}  # without a reply so far
        self._deaths = 0  # since the last reply
        handle, log = tempfile.mkstemp(prefix="agentinstruct-", suffix=".log")
        os.close(handle)
        self._log = Path(log)
        try:
            self._start()
        except BaseException:
            self._process.kill()  # one that is loading hears nothing, and would be waited for
            self._log.unlink(missing_ok=True)
            raise

    @property
    def pid(self) -> int:
        """The process that works."""
        return int(self._process.pid or 0)

    def submit(self, request: Request) -> None:
        """Hand a request over."""
        self._asked[request.id] = request
        self._tell("submit", request)

    def cancel(self, name: str) -> None:
        """Give up a request; its reply comes from `poll`, as any other."""
        if name in self._asked:
            self._tell("cancel", name)

    def poll(self) -> Sequence[Reply]:
        """Wait for replies. Empty when nothing is under way."""
        while self._asked:
            replies: Sequence[Reply] | None = self._hear()
            if replies is not None:
                self._deaths = 0
                for reply in replies:
                    self._asked.pop(reply.id, None)
                return replies
            self._restart()
        return []

    def count_tokens(self, text: str) -> int:
        """How many tokens `text` has; to be asked when nothing is under way."""
        while True:
            self._tell("count", text)
            count = self._hear()
            if count is not None:
                return int(count)
            self._restart()

    def close(self) -> None:
        """End the process."""
        with suppress(OSError):
            self._pipe.close()  # it ends when nobody listens any more
        self._process.join(GRACE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._log.unlink(missing_ok=True)

    # -- the process ------------------------------------------------------------------------------------------

    def _start(self) -> None:
        spawn = get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=serve, args=(theirs, self._load, self._log), daemon=True, name=self.name)
        self._process.start()
        theirs.close()
        ready = self._hear()
        if ready is None:
            raise self._dead("while it was being loaded")
        self.slots, notes = ready
        self.notes += [note for note in notes if note not in self.notes]

    def _restart(self) -> None:
        """Another process in the place of the one that died, asked for all that is still without a reply."""
        self._deaths += 1
        died = self._dead(f"with {len(self._asked)} requests under way")
        if self._deaths >= DEATHS:
            raise died
        self.notes.append(f"{died}; it was started again, and nothing that was finished is lost")
        self._start()
        for request in self._asked.values():
            self._tell("submit", request)

    def _tell(self, verb: str, what: Any) -> None:
        with suppress(OSError):  # a dead process is noticed when it is listened to
            self._pipe.send((verb, what))

    def _hear(self) -> Any:
        """What the process says next; None if it has died. What it raised is raised here."""
        try:
            said = self._pipe.recv()
        except (EOFError, OSError):
            return None
        if isinstance(said, AgentInstructError):
            self._asked.clear()  # what has ended that process would end the next one too
            raise said
        return said

    def _dead(self, when: str) -> TeacherError:
        """How the process ended, in words."""
        self._pipe.close()
        self._process.join(GRACE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        code = self._process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        lines = [line.strip() for line in self._log.read_text("utf-8", "replace").splitlines() if line.strip()]
        told = f"; its last lines: {' | '.join(lines[-LAST_LINES:])}" if lines else ""
        hint = HINTS.get(how, "see what it can do here with: agentinstruct doctor")
        return TeacherError(f"the process of the teacher {self.name} died ({how}) {when}{told}", hint=hint)


def serve(pipe: Connection, load: Callable[[], Stepped], log: Path) -> None:
    """What the process does: load the teacher, then work on what is asked until nobody listens any more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the parent decides when it ends
    sys.stderr.flush()
    stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(stream, 2)
    try:
        teacher = load()
        pipe.send((teacher.slots, list(teacher.notes)))
        _answer(pipe, teacher)
    except AgentInstructError as error:
        pipe.send(error)
    except OSError:
        pass  # the parent is gone
    except Exception as error:  # noqa: BLE001  # the last lines of the log come into a message
        sys.stderr.write(without_words(error))
        raise SystemExit(1) from None


def _answer(pipe: Connection, teacher: Stepped) -> None:
    inbox: queue.SimpleQueue[tuple[str, Any] | None] = queue.SimpleQueue()
    # A thread reads all the time, so that neither side ever waits for the other to read.
    threading.Thread(target=_read, args=(pipe, inbox), daemon=True).start()
    while True:
        while teacher.idle or not inbox.empty():
            message = inbox.get()
            if message is None:
                return
            verb, what = message
            if verb == "submit":
                teacher.submit(what)
            elif verb == "cancel":
                teacher.cancel(what)
            else:
                pipe.send(teacher.count_tokens(what))
        if replies := teacher.work():
            pipe.send(list(replies))


def _read(pipe: Connection, inbox: queue.SimpleQueue[tuple[str, Any] | None]) -> None:
    with suppress(EOFError, OSError):
        while True:
            inbox.put(pipe.recv())
    inbox.put(None)
