"""Opens run.db: the lock of its one writer, the numbered migrations, and what SQLite's errors mean to a user."""

from __future__ import annotations

import errno
import fcntl
import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agentinstruct_local.errors import RunDamaged, RunError, RunLocked
from agentinstruct_local.store.wal import is_damaged

FILE = "run.db"
DATASET = "dataset"  # the folder of the run's own export
PATIENCE = 5.0  # seconds to wait for another program that holds the database
APPLICATION = 0x41474C4E  # tells our files from other SQLite files

# One script for each version of the file; a script that has been released is never changed.
MIGRATIONS = (
    f"""
    PRAGMA application_id = {APPLICATION};
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE document (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
    CREATE TABLE passage (
        place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        document TEXT NOT NULL REFERENCES document (id), body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE unread (place INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE sitting (
        id INTEGER PRIMARY KEY, pid INTEGER NOT NULL, started REAL NOT NULL, ended REAL
    ) STRICT;
    CREATE TABLE step (
        place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, draft TEXT NOT NULL, name TEXT NOT NULL,
        sitting INTEGER NOT NULL REFERENCES sitting (id), created REAL NOT NULL, seconds REAL NOT NULL,
        tokens_in INTEGER NOT NULL, tokens_cached INTEGER NOT NULL,
        tokens_out INTEGER NOT NULL, tokens_forced INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX step_of_draft ON step (draft);
    CREATE TABLE draft (
        id TEXT PRIMARY KEY, place INTEGER NOT NULL, item INTEGER NOT NULL, skill TEXT NOT NULL, subskill TEXT NOT NULL,
        passage TEXT NOT NULL REFERENCES passage (id), outcome TEXT NOT NULL,
        sitting INTEGER NOT NULL REFERENCES sitting (id), created REAL NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX draft_in_order ON draft (place, item, id);
    CREATE INDEX draft_by_outcome ON draft (outcome, skill, subskill);
    CREATE TABLE row (
        id TEXT PRIMARY KEY, draft TEXT NOT NULL UNIQUE REFERENCES draft (id), body TEXT NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE vector (
        passage TEXT NOT NULL REFERENCES passage (id), embedder TEXT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (passage, embedder)
    ) STRICT;
    """,
)

_HINTS = {
    "SQLITE_FULL": "Free some disk space, then give the same command again: it goes on from the last finished step.",
    "SQLITE_READONLY": "Make the folder writable, or choose another one with --out.",
    "SQLITE_CANTOPEN": "Check that the folder exists and that you may write to it, or choose another one with --out.",
    "SQLITE_IOERR": "The disk is full or failed, or a file may not grow further (ulimit -f). Put that right, then give "
    "the same command again: finished steps are kept.",
    "SQLITE_BUSY": "Another program holds run.db open. Close it, then give the same command again.",
}
_NOT_A_RUN = "This file is not a run. Choose another folder with --out."
_OURS = (b"CREATE TABLE meta (key TEXT", b'"media_type":"', b'"admit"')
_LOOKED_AT = 1 << 20  # bytes of a file whose header is damaged


def damaged(folder: Path, what: object) -> RunDamaged:
    """The error for a run.db that cannot be trusted: what is wrong with it, and how to save what is left."""
    save = f"agentinstruct export {shlex.quote(str(folder))} --to FOLDER"
    hint = f"Write the rows that can still be read to a folder: {save}. Then begin again in another folder with --out."
    return RunDamaged(f"{folder / FILE} is damaged: {what}", hint=hint)


def _was_a_run(folder: Path) -> bool:
    """Whether a file that SQLite does not know holds what only we write."""
    with suppress(OSError), (folder / FILE).open("rb") as file:
        start = file.read(_LOOKED_AT)
        return any(mark in start for mark in _OURS)
    return False


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Turns what SQLite says about the file or the disk into a RunError; our own mistakes pass through."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        if "decode to UTF-8" in str(error):
            raise damaged(folder, "a record in it is no text") from error
        if name.startswith("SQLITE_CORRUPT") or (name == "SQLITE_NOTADB" and _was_a_run(folder)):
            raise damaged(folder, error) from error
        hint = next((hint for prefix, hint in _HINTS.items() if name.startswith(prefix)), None)
        if name == "SQLITE_NOTADB":
            hint = _NOT_A_RUN
        if hint is None:
            raise
        kind = RunLocked if name.startswith("SQLITE_BUSY") else RunError
        raise kind(f"{folder / FILE}: {error}", hint=hint) from error
    except OSError as error:
        hint = (
            _HINTS["SQLITE_FULL"]
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else "Check the disk and the folder's permissions, or choose another folder with --out."
        )
        raise RunError(f"{folder}: {error.strerror or error}", hint=hint) from error


def private(file: Path) -> int:
    """The file, open to read and write; where it is new, it is for its owner alone, whatever the umask."""
    opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    if not os.fstat(opened).st_size:
        os.fchmod(opened, 0o600)
    return opened


def lock(folder: Path) -> int:
    """Makes this process the folder's one writer until the returned descriptor is closed. The system frees
    it when the process dies, however it dies. Raises RunLocked, which names the owner."""
    held = private(folder / ".lock")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.read(held, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(held)
        hint = (
            f"Wait until it has ended, or stop it with: kill {owner}" if owner.isdigit() else "Wait until it has ended."
        )
        raise RunLocked(f"{folder}: process {owner} is writing to this run.", hint=hint) from error
    try:
        os.ftruncate(held, 0)
        os.write(held, f"{os.getpid()}\n".encode("ascii"))
    except OSError:
        os.close(held)
        raise
    return held


def _is_hollow(folder: Path) -> bool:
    """Whether the file is there and empty though the run had come to its export. One that was killed at its birth had
    not."""
    sizes = [file.stat().st_size for name in (FILE, f"{FILE}-wal") if (file := folder / name).exists()]
    return bool(sizes) and not sum(sizes) and (folder / DATASET / "manifest.json").exists()


def _is_held(folder: Path) -> bool:
    """Whether a writer is at work, whose half-written log is none of our business."""
    with suppress(FileNotFoundError):
        held = os.open(folder / ".lock", os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(held)
    return False


def alive(pid: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def connect(folder: Path, *, readonly: bool) -> sqlite3.Connection:
    """An open, checked and migrated run.db. Transactions are begun and ended by hand."""
    if is_damaged(folder / f"{FILE}-wal") and not (readonly and _is_held(folder)):
        raise damaged(folder, f"finished steps are lost in {FILE}-wal")
    if _is_hollow(folder):
        raise damaged(folder, "nothing is in it, but rows were written from it")
    if not readonly:
        os.close(private(folder / FILE))  # SQLite gives the files beside it the same mode
    database = _open(folder, "ro")
    try:
        if not _readable(database) and not (folder / f"{FILE}-wal").exists():
            # A folder that may not be written has no room for the shared memory of WAL.
            database.close()
            database = _open(folder, "ro&immutable=1")
        _check(database, folder)
        if not readonly:  # only now: one that may write puts the log into a damaged file when it is closed
            database.close()
            database = _open(folder, "rw")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA fullfsync = 1")
        database.execute("PRAGMA foreign_keys = ON")
        _migrate(database, folder, readonly=readonly)
    except BaseException:
        database.close()
        raise
    return database


def _open(folder: Path, mode: str) -> sqlite3.Connection:
    uri = f"{(folder / FILE).absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE, check_same_thread=False)


def _readable(database: sqlite3.Connection) -> bool:
    try:
        database.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError:
        return False
    return True


def _check(database: sqlite3.Connection, folder: Path) -> None:
    found = [line for (line,) in database.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise damaged(folder, found[0])
    (tables,) = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (application,) = database.execute("PRAGMA application_id").fetchone()
    if tables and application != APPLICATION:
        if _was_a_run(folder):
            raise damaged(folder, "its header is not that of a run")
        raise RunError(f"{folder / FILE} belongs to another program.", hint=_NOT_A_RUN)


def _migrate(database: sqlite3.Connection, folder: Path, *, readonly: bool) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise RunError(f"{folder / FILE} was written by a newer agentinstruct.", hint="Update agentinstruct-local.")
    if readonly and version < len(MIGRATIONS):
        hint = f"Bring it up to date with: agentinstruct generate --out {folder}"
        raise RunError(f"{folder / FILE} was written by an older agentinstruct, or not yet begun.", hint=hint)
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        try:
            database.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
        except sqlite3.DatabaseError:
            with suppress(sqlite3.Error):
                database.execute("ROLLBACK")
            raise
