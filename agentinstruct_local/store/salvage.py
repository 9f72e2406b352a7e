"""What can still be read of a run.db that is damaged: its rows, through its tables and then page by page."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from agentinstruct_local import ids
from agentinstruct_local.errors import RunError
from agentinstruct_local.records import Row
from agentinstruct_local.store.codec import from_json
from agentinstruct_local.store.database import FILE, connect, told
from agentinstruct_local.store.pages import PAGE, Value, records
from agentinstruct_local.store.results import ACCEPTED, FORGOTTEN
from agentinstruct_local.store.wal import is_damaged

GAP = 1000  # row numbers without a row, after which there are no more
# Each counts the rows that there should be by another part of the file.
COUNTS = ("SELECT count(*) FROM row", f"SELECT count(*) FROM draft WHERE outcome = '{ACCEPTED}'")
NOWHERE = (float("inf"), 0.0)  # the place of a draft that is lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Rows in the order of the plan, those whose place is lost last; `lost`: accepted rows that cannot be read, None
    where not even their number can; `recipe`: what the run was begun with, None where that is lost."""  # fmt: skip

    rows: list[Row]
    lost: int | None
    recipe: Any


class _Fate(NamedTuple):
    """What became of a draft, and where it stands in the plan."""

    outcome: str
    order: tuple[float, float]


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
        saved = _salvage(copy)
    if not saved.rows and saved.lost is None:
        raise RunError(f"Nothing can be read of {folder / FILE}.", hint="Begin again in another folder with --out.")
    return saved


def _salvage(copy: Path) -> Saved:
    loose = {row.id: row for name, _, body in records(copy, columns=3) if (row := _row(name, body))}
    drafts = dict(_drafts(copy))
    facts = {key: value for key, value in records(copy, columns=2) if isinstance(value, bytes)}
    cut = is_damaged(copy.with_name(f"{FILE}-wal"))  # then the tables know less than the pages
    if not _knows_its_tables(copy):
        _give_first_page(copy, copy.with_name("model"))
    with closing(sqlite3.connect(copy, isolation_level=None)) as database:
        database.text_factory = bytes
        rows = {row.id: row for row in _in_table(database)}
        unknown = {row.provenance["draft"]: _Fate(ACCEPTED, NOWHERE) for row in (*rows.values(), *loose.values())}
        fates = {draft: _fate(database, draft, lost, cut=cut) for draft, lost in (unknown | drafts).items()}
        counted = [number for query in COUNTS if (number := _first(database, query)) is not None]
        recipe, forgotten = (_fact(database, facts, key) for key in ("recipe", FORGOTTEN))
    for name, row in loose.items():
        kept = fates[row.provenance["draft"]].outcome == ACCEPTED
        if name not in rows and kept and row.provenance.get("document") not in (forgotten or []):
            rows[name] = row
    if drafts:
        counted.append(sum(fate.outcome == ACCEPTED for fate in fates.values()))
    return Saved(
        rows=sorted(rows.values(), key=lambda row: (fates[row.provenance["draft"]].order, row.id)),
        lost=max(0, max(counted) - len(rows)) if counted else None,
        recipe=recipe,
    )


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


def _in_table(database: sqlite3.Connection) -> Iterator[Row]:
    """The rows, by their numbers one by one: past a place that is lost there may be more."""
    number, last, most = 0, 0, _first(database, "SELECT max(rowid) FROM row") or 0
    while number < max(most, last + GAP):
        number += 1
        with suppress(sqlite3.DatabaseError):
            found = database.execute("SELECT id, body FROM row WHERE rowid = ?", (number,)).fetchone()
            if found:
                last = number
                if row := _row(*found):
                    yield row


def _row(name: Value, body: Value) -> Row | None:
    """The row of that id and text; None where it is something else, or not whole."""
    if not isinstance(name, bytes) or not isinstance(body, bytes) or b'"messages"' not in body:
        return None
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        row = from_json(Row, body.decode("utf-8"))
        if row.messages and row.id.encode() == name and row.id == ids.digest("row", row.provenance["draft"]):
            return row
    return None


def _drafts(file: Path) -> Iterator[tuple[str, _Fate]]:
    """What the pages alone tell of drafts."""
    for name, place, item, _, _, _, outcome, *_ in records(file, columns=10):
        if isinstance(name, bytes) and isinstance(outcome, bytes) and isinstance(place, int) and isinstance(item, int):
            yield name.decode("utf-8", "replace"), _Fate(outcome.decode("utf-8", "replace"), (place, item))


def _fate(database: sqlite3.Connection, draft: str, otherwise: _Fate, *, cut: bool) -> _Fate:
    """What the table says of a draft. Where it cannot be asked, `otherwise`; where it has none of that id, it was taken
    out of the run, and only its page has not been used again: unless the log is cut, which would have brought it."""
    with suppress(sqlite3.DatabaseError):
        found = database.execute("SELECT outcome, place, item FROM draft WHERE id = ?", (draft,)).fetchone()
        if found:
            return _Fate(found[0].decode("utf-8", "replace"), (found[1], found[2]))
        return otherwise if cut else _Fate("", NOWHERE)
    return otherwise


def _fact(database: sqlite3.Connection, loose: Mapping[Value, bytes], key: str) -> Any:
    found = _first(database, f"SELECT value FROM meta WHERE key = '{key}'") or loose.get(key.encode())
    with suppress(ValueError, TypeError):
        return json.loads(found) if found else None
    return None


def _first(database: sqlite3.Connection, query: str) -> Any:
    with suppress(sqlite3.DatabaseError):
        found = database.execute(query).fetchone()
        return found[0] if found else None
    return None
