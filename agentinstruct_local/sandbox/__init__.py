"""Run Python and SQL that nobody vouches for: no file, no network, no environment, bounded time, memory and output.

A snippet runs in Monty, a Python interpreter of its own kind that has nothing to reach out with; a query in SQLite with
an authorizer that lets it read its own tables only. Both run below a child process (`_child.py`), so that what crashes
or hangs never takes the caller down. What a run says is its value, never what it prints. Where the extra `wasi` is
installed and prepared, what Monty lacks is run in CPython compiled to WebAssembly (`_wasi.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._parent import Host
from ._wasi import Second, compiled, installed
from .outcome import DEFAULT, Kind, Limits, Outcome, same

__all__ = [
    "DEFAULT",
    "Kind",
    "Limits",
    "Outcome",
    "close",
    "compiled",
    "installed",
    "prepare",
    "query",
    "run",
    "same",
    "values",
]

_host = Host()
_second = Second()


def run(code: str, *, limits: Limits = DEFAULT) -> Outcome:
    """The value of a snippet's last expression (None where it ends in a statement), or why there is none."""
    return values(code, (), limits=limits)[0]


def values(code: str, calls: Sequence[str], *, limits: Limits = DEFAULT) -> tuple[Outcome, ...]:
    """The outcome of the code, then that of each call, an expression that is worked out after it.

    Code that is over cannot say anything about the calls: it has returned when they are made, and what they give is
    compared by the caller. After a limit all that follow have the same outcome. `limits.seconds` is for each.
    """
    told = _host.ask({"do": "python", "code": code, "calls": list(calls)}, limits, runs=1 + len(calls))
    outcomes = _filled([Outcome.read(one) for one in told], calls)
    if any(one.kind == "unsupported" for one in outcomes) and (again := _second.values(code, calls, limits)):
        pairs = zip(outcomes, _filled(again, calls), strict=True)
        outcomes = [new if old.kind == "unsupported" != new.kind else old for old, new in pairs]
    return tuple(outcomes)


def _filled(outcomes: list[Outcome], calls: Sequence[str]) -> list[Outcome]:
    return outcomes + [outcomes[-1]] * (1 + len(calls) - len(outcomes))


def query(
    sql: str, tables: Mapping[str, Sequence[Sequence[Any]]], given: Sequence[Any] = (), *, limits: Limits = DEFAULT
) -> Outcome:
    """The rows (a list of lists) that one SELECT gives over tables, each with its column names as its first row.

    `given` are the values for the question marks in it.
    """
    plain = {name: [list(row) for row in rows] for name, rows in tables.items()}
    job = {"do": "sql", "sql": sql, "tables": plain, "given": list(given)}
    return Outcome.read(_host.ask(job, limits, runs=1)[0])


def prepare() -> str:
    """Compile the second stage where that was not done yet, and load it; "" or why it does not work. Takes minutes."""
    return _second.prepare()


def close() -> None:
    """End the child processes; the next run starts others."""
    _host.close()
    _second.close()
