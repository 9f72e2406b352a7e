"""What can still be read of a run.db that is damaged: its rows, one by one, past the places that are lost."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agentinstruct_local import ids
from agentinstruct_local.errors import RunError
from agentinstruct_local.records import Row
from agentinstruct_local.store.codec import from_json
from agentinstruct_local.store.database import FILE, connect, told

PAGE = 4096  # bytes; SQLite's default, which we never change
GAP = 1000  # row numbers without a row, after which there are no more
# Each counts the rows that there should be by another part of the file.
COUNTS = (
    "SELECT count(*) FROM row",
    "SELECT count(*) FROM draft WHERE outcome = 'accepted'",
    "SELECT max(rowid) FROM row",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Rows in the order of the plan, those whose place is lost last; `lost`: accepted rows that cannot be read, None
    where not even their number can; `recipe`: what the run was begun with, None where that is lost."""  # fmt: skip

    rows: list[Row]
    lost: int | None
    recipe: Any


def salvage(folder: Path) -> Saved:
    """Reads a copy; the run stays as it is. Raises RunError where the copy cannot be made or nothing can be read.

    SQLite keeps no checksums. A row is taken only if its text is sound JSON that names its own id and draft; a letter
    that became another letter is not noticed.
    """
    with told(folder), TemporaryDirectory(prefix="agentinstruct-") as work:
        copy = Path(work) / FILE
        for name in (FILE, f"{FILE}-wal"):
            if (folder / name).exists():
                shutil.copyfile(folder / name, copy.with_name(name))
        if not _knows_its_tables(copy):
            _give_first_page(copy, Path(work) / "model")
        with closing(sqlite3.connect(copy, isolation_level=None)) as database:
            database.text_factory = bytes
            counted = [number for query in COUNTS if (number := _first(database, query)) is not None]
            found = sorted(_rows(database, max(counted, default=0)), key=lambda one: one[0])
            recipe = _first(database, "SELECT value FROM meta WHERE key = 'recipe'")
    if not found and not counted:
        raise RunError(f"Nothing can be read of {folder / FILE}.", hint="Begin again in another folder with --out.")
    lost = max(0, max(counted[:2]) - len(found)) if counted else None
    return Saved(rows=[row for _, row in found], lost=lost, recipe=json.loads(recipe) if recipe else None)


def _knows_its_tables(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(file)) as database:
            return bool(database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'row'").fetchone())
    except sqlite3.DatabaseError:
        return False


def _give_first_page(file: Path, model: Path) -> None:
    """Puts the first page of a new run in the place of one that is lost: it tells where each table begins."""
    model.mkdir()
    connect(model, readonly=False).close()
    page = bytearray((model / FILE).read_bytes()[:PAGE])
    page[28:32] = (file.stat().st_size // PAGE).to_bytes(4, "big")  # how many pages the file has
    page[32:40] = bytes(8)  # no list of free ones
    with file.open("r+b") as out:
        out.write(page)


def _rows(database: sqlite3.Connection, most: int) -> Iterator[tuple[tuple[float, float, str], Row]]:
    number, last = 0, 0
    while number < max(most, last + GAP):
        number += 1
        with suppress(sqlite3.DatabaseError, ValueError, TypeError, KeyError, AttributeError):
            found = database.execute("SELECT id, body FROM row WHERE rowid = ?", (number,)).fetchone()
            if found is None:
                continue
            last = number
            row = from_json(Row, found[1].decode("utf-8"))
            draft = row.provenance["draft"]
            if row.id.encode() == found[0] and row.messages and row.id == ids.digest("row", draft):
                yield (*_order(database, draft), row.id), row


def _order(database: sqlite3.Connection, draft: str) -> tuple[float, float]:
    with suppress(sqlite3.DatabaseError):
        found = database.execute("SELECT place, item FROM draft WHERE id = ?", (draft,)).fetchone()
        if found:
            return float(found[0]), float(found[1])
    return float("inf"), 0.0


def _first(database: sqlite3.Connection, query: str) -> Any:
    with suppress(sqlite3.DatabaseError):
        found = database.execute(query).fetchone()
        return found[0] if found else None
    return None
