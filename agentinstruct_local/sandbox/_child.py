"""The process below which code runs: `python -m agentinstruct_local.sandbox._child`, a job at a time by pipe.

Everywhere Monty's limits and SQLite's authorizer hold. Besides, the process is confined
(`agentinstruct_local/confined.py` says what holds where): no core files, no files written, bounded address space.
The interpreter itself is a process below this one, which inherits all of that and has an empty environment.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

from ..confined import confine, pipes
from .outcome import Limits, Outcome

MEMORY = 4 * 1024**3
"""Bytes of address space, most of which the interpreter's process reserves and never touches."""
_LENGTH = struct.Struct(">I")


def main(done: Callable[[dict[str, object]], list[Outcome]] | None = None, memory: int = MEMORY) -> None:
    """Answer until the caller closes the pipe; `done` works out a job, `memory` is 0 where there is no such bound."""
    done = done or _done
    requests, answers = pipes()
    limits = {"AS": memory, "FSIZE": 0, "CORE": 0} if memory else {"CORE": 0}
    confine(limits, with_group=done is _done)  # the interpreter is a process below, and busy for all it knows
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


if __name__ == "__main__":
    main()
