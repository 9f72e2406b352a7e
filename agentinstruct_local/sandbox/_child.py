"""The process below which code runs: `python -m agentinstruct_local.sandbox._child`, a job at a time by pipe.

What holds where. Everywhere: Monty's limits and SQLite's authorizer. Linux besides: no core files, no files written, a
bound on the address space, the end of the caller is its end, no new rights, and an empty network namespace where the
system lets a user make one. macOS: the limits on files. The interpreter itself is a process below this one, which
inherits all of that and has an empty environment.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys
from collections.abc import Callable
from contextlib import suppress

from .outcome import Limits, Outcome

MEMORY = 4 * 1024**3
"""Bytes of address space, most of which the interpreter's process reserves and never touches."""
_LENGTH = struct.Struct(">I")
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_NEW_USER_AND_NET = 0x10000000 | 0x40000000


def main(done: Callable[[dict[str, object]], list[Outcome]] | None = None, memory: int = MEMORY) -> None:
    """Answer until the caller closes the pipe; `done` works out a job, `memory` is 0 where there is no such bound."""
    done = done or _done
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):  # what a library prints must not pass for an answer
        os.dup2(nothing, number)
    _lock_down(memory)
    while head := requests.read(_LENGTH.size):
        job = json.loads(requests.read(_LENGTH.unpack(head)[0]))
        body = json.dumps([one.plain for one in done(job)]).encode("utf-8", "replace")
        answers.write(_LENGTH.pack(len(body)) + body)
        answers.flush()


def _done(job: dict[str, object]) -> list[Outcome]:
    limits = Limits(**job["limits"])  # type: ignore[arg-type]
    if job["do"] == "sql":
        from ._sql import select

        return [select(str(job["sql"]), job["tables"], job["given"], limits)]  # type: ignore[arg-type]
    try:
        from ._python import feeds
    except ImportError as problem:
        return [Outcome(kind="unsupported", error="no_sandbox", detail=str(problem))]
    return feeds(str(job["code"]), job["calls"], limits)  # type: ignore[arg-type]


def _lock_down(memory: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None, use_errno=True)
            libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)
            libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            libc.unshare(_NEW_USER_AND_NET)
    if sys.platform != "win32":
        import resource

        bounds = (("AS", memory), ("FSIZE", 0), ("CORE", 0)) if memory else (("CORE", 0),)
        for kind, most in bounds:
            with suppress(OSError, ValueError, AttributeError):
                resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (most, most))


if __name__ == "__main__":
    main()
