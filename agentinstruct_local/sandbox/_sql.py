"""One SELECT over tables in memory. Imported in the child process only."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from .outcome import Foreign, Limits, Outcome, TooMuch, packed

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,59}")
_MAY = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_NEVER = frozenset({"load_extension", "readfile", "writefile", "randomblob", "zeroblob", "random", "fts3_tokenizer"})
_LONGEST = 5_000
"""Characters of a query."""


def select(sql: str, tables: Mapping[str, Sequence[Sequence[Any]]], given: Sequence[Any], limits: Limits) -> Outcome:
    """The rows of a query as an outcome."""
    if len(sql) > _LONGEST:
        return Outcome(kind="limit", error="size", detail=f"{len(sql)} characters")
    with closing(sqlite3.connect(":memory:")) as base:
        # What is sorted stays in memory, and the memory is bounded.
        base.execute("PRAGMA temp_store = MEMORY")
        base.execute(f"PRAGMA hard_heap_limit = {limits.memory:d}")
        try:
            for name, rows in tables.items():
                _fill(base, name, rows)
        except (sqlite3.Error, ValueError) as problem:
            return Outcome(kind="unsupported", error="table", detail=str(problem))
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.size * 10)
        base.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 50)
        base.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        base.set_authorizer(_allowed)
        end = time.monotonic() + limits.seconds
        late = [False]

        def ticking() -> bool:
            late[0] = time.monotonic() > end
            return late[0]

        base.set_progress_handler(ticking, 1000)
        return _rows(base, sql, given, limits, late)


def _rows(base: sqlite3.Connection, sql: str, given: Sequence[Any], limits: Limits, late: list[bool]) -> Outcome:
    try:
        found = base.execute(sql, given).fetchmany(limits.size + 1)
        return Outcome(kind="value", value=packed([list(row) for row in found], limits))
    except TooMuch as problem:
        return Outcome(kind="limit", error=str(problem), detail="of the rows")
    except Foreign as problem:
        return Outcome(kind="unsupported", error="value", detail=str(problem))
    except MemoryError:
        return Outcome(kind="limit", error="memory")
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as problem:
        if late[0]:
            return Outcome(kind="limit", error="time", detail=str(problem))
        return Outcome(kind="raised", error=type(problem).__name__, detail=str(problem))


def _fill(base: sqlite3.Connection, name: str, rows: Sequence[Sequence[Any]]) -> None:
    header, *body = rows
    if not _NAME.fullmatch(name) or not all(_NAME.fullmatch(str(one)) for one in header):
        raise ValueError(f"a table or column that is no plain name: {name}, {header}")
    # The names are quoted: "order" is a column of many a table, and a word of SQL.
    columns = ", ".join(f'"{one}"' for one in header)
    base.execute(f'CREATE TABLE "{name}" ({columns})')
    marks = ", ".join("?" * len(header))
    base.executemany(f'INSERT INTO "{name}" VALUES ({marks})', body)


def _allowed(action: int, first: str | None, second: str | None, *_: Any) -> int:
    del first
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _NEVER:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _MAY else sqlite3.SQLITE_DENY
