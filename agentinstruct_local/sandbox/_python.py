"""A snippet and its calls in Monty, and what an error of it means. Imported in the child process only."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pydantic_monty as monty

from .outcome import Foreign, Limits, Outcome, TooMuch, packed

_CLOCK = 1_700_000_000
_LACKS = re.compile(
    r"The monty syntax parser does not yet support|is not supported in this environment|Internal error in monty|"
    r"'list' object is not an iterator|^module '[\w.]+' has no attribute"
)
_TYPE_LACKS = re.compile(r"^(?:type object )?'(\w+)'(?: object)? has no attribute '(\w+)'")
_NAME_LACKS = re.compile(r"^name '(\w+)' is not defined")
_METHODS_WORDS = (
    "__init__ __post_init__ __add__ __eq__ __hash__ __repr__ __str__ __contains__ __getitem__ __setitem__ "
    "__iter__ __call__ __enter__ __exit__"
)
_METHODS = frozenset(_METHODS_WORDS.split())
"""Special methods of a class that Monty calls; it passes over others without a word."""
_LONGEST = 100_000
"""Characters of code."""


def feeds(code: str, calls: Sequence[str], limits: Limits) -> list[Outcome]:
    """The outcome of the code and of each call; the list ends early where a session is lost or the code fails."""
    if lacking := _unheard(code):
        return [Outcome(kind="unsupported", error="method", detail=lacking)]
    if len(code) > _LONGEST:
        return [Outcome(kind="limit", error="size", detail=f"{len(code)} characters of code")]
    found: list[Outcome] = []
    try:
        with _pool().checkout(limits=_limits(limits), os_policy=_policy(), assert_message_annotations=False) as session:
            for text in (code, *calls):
                found.append(_feed(session, text, limits, kept=bool(found) or not calls))
                if found[-1].kind != "value" and (len(found) == 1 or found[-1].kind == "limit"):
                    break
    except (monty.MontyError, TimeoutError, OSError, RuntimeError) as problem:
        if not found or found[-1].kind == "value":
            found.append(Outcome(kind="limit", error="crash", detail=str(problem)))
    return found


@cache
def _pool() -> Any:
    """The one process that interprets. It is killed a second after a limit on time that it did not keep by itself."""
    return monty.Monty(min_processes=1, max_processes=1, checkout_timeout=5, feed_duration_limit_grace=1.0).__enter__()


def _limits(limits: Limits) -> Any:
    return {
        "max_feed_duration_secs": limits.seconds,
        "max_memory": limits.memory,
        "max_recursion_depth": limits.calls,
        "max_suspensions": 50,
    }


def _policy() -> Any:
    import datetime

    # A sleep is no work: it would not count against the seconds. The clock stands and chance is fixed, so that the same
    # code says the same again.
    when = datetime.datetime.fromtimestamp(_CLOCK, datetime.UTC)
    return {"sleep": "zero", "datetime": when, "random_start": {"seed": 42}}


def _feed(session: Any, text: str, limits: Limits, *, kept: bool) -> Outcome:
    printed = monty.CollectString(max_bytes=limits.output)
    try:
        value = session.feed_run(text, print_callback=printed)
    except monty.MontyCrashedError as problem:
        return Outcome(kind="limit", error="crash", detail=str(problem))
    except monty.MontyError as problem:
        return _why(problem, limits)
    try:
        return Outcome(kind="value", value=packed(value, limits) if kept else None)
    except TooMuch as problem:
        return Outcome(kind="limit", error=str(problem), detail="of the value")
    except Foreign as problem:
        return Outcome(kind="unsupported", error="value", detail=f"a value of the type {problem}")


def _why(problem: Any, limits: Limits) -> Outcome:
    error, detail = type(problem.exception()).__name__, str(problem).partition(": ")[2] or str(problem)
    if "limit exceeded: " in detail:
        if error == "TimeoutError":
            return Outcome(kind="limit", error="time", detail=detail)
        if error == "MemoryError":
            flood = f"> {limits.output} bytes" in detail
            return Outcome(kind="limit", error="output" if flood else "memory", detail=detail)
    if error == "MemoryError":
        return Outcome(kind="limit", error="memory", detail=detail)
    if error in ("ModuleNotFoundError", "ImportError", "RecursionError") or _lacks(detail):
        return Outcome(
            kind="limit" if error == "RecursionError" else "unsupported",
            error="calls" if error == "RecursionError" else error,
            detail=detail,
        )
    return Outcome(kind="raised", error=error, detail=detail)


def _lacks(detail: str) -> bool:
    """Whether Python itself would have had what an error says is missing."""
    if _LACKS.search(detail):
        return True
    if named := _NAME_LACKS.match(detail):
        return hasattr(builtins, named[1])
    if typed := _TYPE_LACKS.match(detail):
        if typed[1] == "function":
            return hasattr(_lacks, typed[2])
        return hasattr(getattr(builtins, typed[1], None), typed[2])
    return False


def _unheard(code: str) -> str:
    """A special method of a class that would be passed over, "" where there is none."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return next((name for name in _special(tree) if name not in _METHODS), "")


def _special(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("__"):
                    yield one.name
