"""What a run has done, in one SQLite file: RUN/run.db. Only this room writes it; everything else is derived from it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agentinstruct_local.errors import RunError
from agentinstruct_local.records import Document, Draft, Passage, Row, Step
from agentinstruct_local.store.codec import parts, to_json
from agentinstruct_local.store.database import DATASET, FILE, connect, lock, told
from agentinstruct_local.store.forgetting import UNWIPED, Forgotten, take_out, wipe
from agentinstruct_local.store.results import (
    ACCEPTED,
    EXPORTS,
    FANNED_OUT,
    FORGOTTEN,
    PERSONAL,
    REACHED,
    RULES,
    Refusal,
    Results,
    Totals,
)

__all__ = [
    "ACCEPTED", "DATASET", "EXPORTS", "FANNED_OUT", "FORGOTTEN", "PERSONAL", "REACHED", "RULES", "Forgotten", "Refusal",
    "Results", "Store", "Totals",
]  # fmt: skip


def _make(folder: Path) -> None:
    """The folder, for its owner alone where it is new, whatever the umask."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    folder.chmod(0o700)


class Store(Results):
    """A run folder.

    A writer makes it where it is missing, holds its lock, and begins a sitting; a reader does none of that. One that
    does no work on the run (`sits` is false) begins no sitting and finds the run there or not at all.
    Raises RunError (damaged, missing, disk full) and RunLocked (another process writes to it).
    """

    def __init__(self, folder: Path, *, readonly: bool = False, sits: bool = True) -> None:
        self.folder = Path(folder)
        self.readonly = readonly
        self._lock: int | None = None
        self._begun = time.time() - time.monotonic()  # a clock that is set back is not looked at again
        if (readonly or not sits) and not self.exists(self.folder):
            hint = "Start one with: agentinstruct generate SOURCE --out " + str(self.folder)
            raise RunError(f"There is no run in {self.folder}.", hint=hint)
        with told(self.folder):
            if not readonly:
                self.folder.parent.mkdir(parents=True, exist_ok=True)
                _make(self.folder)
                if not any(self.folder.iterdir()):
                    self.folder.chmod(0o700)  # the user made it for the run
                self._lock = lock(self.folder)
            try:
                self._database = connect(self.folder, readonly=readonly)
                self._place = self._where()
                if not readonly and self.get(UNWIPED):
                    wipe(self._database, self.folder)
                self._sitting = self._sit_down() if sits and not readonly else 0
            except BaseException:
                self._unlock()
                raise

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether the folder holds a run."""
        return (Path(folder) / FILE).is_file()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the sitting and frees the lock. Closing twice is harmless."""
        with suppress(sqlite3.Error):  # nothing is lost: a sitting without an end lasts until its last step
            if not self.readonly:
                self._database.execute("UPDATE sitting SET ended = ? WHERE id = ?", (self._now(), self._sitting))
        self._database.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _sit_down(self) -> int:
        made = self._database.execute("INSERT INTO sitting (pid, started) VALUES (?, ?)", (os.getpid(), self._now()))
        return made.lastrowid or 0

    def _where(self) -> tuple[int, int] | None:
        with suppress(OSError):
            found = (self.folder / FILE).stat()
            return found.st_dev, found.st_ino
        return None

    def _now(self) -> float:
        return self._begun + time.monotonic()

    def check_there(self) -> None:
        """Raises RunError where the run is no longer where it was: what is kept now, nobody would find."""
        if self._where() != self._place:  # SQLite would go on writing to a file that nobody can find
            hint = "Was it moved? Then go on where it is now, with --out: all finished steps are there."
            raise RunError(f"{self.folder}: the run was moved or deleted while it was at work.", hint=hint)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.check_there()
        with told(self.folder):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                raise

    # What the run is

    def dataset(self) -> Path:
        """The folder of the run's own export, for its owner alone; made where it is missing. Raises RunError as
        `check_there` does."""
        self.check_there()
        with told(self.folder):
            _make(self.folder / DATASET)
        return self.folder / DATASET

    def set(self, key: str, value: Any) -> None:
        """Sets a fact about the run; the value is anything that JSON can hold."""
        with self._transaction():
            self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, to_json(value)))

    # The corpus

    def put_corpus(
        self, documents: Iterable[Document], passages: Iterable[Passage], unread: Iterable[tuple[str, str, str]]
    ) -> None:
        """Keeps what was read, in order, all or nothing. What is there already stays as it is."""
        run = self._database.execute
        read, cut, not_read = list(documents), list(passages), list(unread)  # their errors are not the database's
        with self._transaction():
            for document in read:
                values = (document.id, to_json(document))
                run("INSERT INTO document (id, body) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", values)
            for passage in cut:
                row = (passage.id, passage.document, to_json(passage))
                run("INSERT INTO passage (id, document, body) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING", row)
            for trouble in not_read:
                run("INSERT INTO unread (body) VALUES (?) ON CONFLICT (body) DO NOTHING", (to_json(trouble),))

    def put_vectors(self, embedder: str, vectors: Mapping[str, bytes]) -> None:
        """Keeps the vectors of passages, by the passage's id, all or nothing. The first of a passage stays."""
        with self._transaction():
            self._database.executemany(
                "INSERT INTO vector VALUES (?, ?, ?) ON CONFLICT (passage, embedder) DO NOTHING",
                [(passage, embedder, body) for passage, body in vectors.items()],
            )

    # Work

    def remember(self, draft: str, step: Step) -> None:
        """Keeps a finished step for ever. The first one of a key stays."""
        with self._transaction():
            self._keep(draft, step)

    def _keep(self, draft: str, step: Step) -> None:
        tokens = (step.tokens_in, step.tokens_cached, step.tokens_out, step.tokens_forced)
        self._database.execute(
            "INSERT INTO step (key, draft, name, sitting, created, seconds,"
            " tokens_in, tokens_cached, tokens_out, tokens_forced, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            (step.key, draft, step.name, self._sitting, self._now(), float(step.seconds), *tokens, to_json(step)),
        )

    def finish(self, draft: Draft, row: Row | None, *, outcome: str | None = None) -> None:
        """Keeps a draft that has come to its end, and its row, together. Doing it again changes nothing.

        `outcome` is "accepted" where there is a row, otherwise the reason of the draft's refusal.
        """
        if outcome is None:
            refusal = draft.refusal
            outcome = ACCEPTED if row else refusal.reason if refusal else "unknown"
        steps = [step.key or step for step in draft.steps]
        body = {**parts(draft), "passage": draft.passage.id, "steps": steps}
        rest = (outcome, self._sitting, self._now(), to_json(body))
        with self._transaction():
            for step in draft.steps:
                if step.key:
                    self._keep(draft.id, step)
            made = self._database.execute(
                "INSERT INTO draft VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (draft.id, *draft.order, draft.skill, draft.subskill, draft.passage.id, *rest),
            )
            if row and made.rowcount:
                self._database.execute("INSERT INTO row VALUES (?, ?, ?)", (row.id, draft.id, to_json(row)))

    def forget(self, document: str) -> Forgotten:
        """Takes the document of that id out of the run, with its passages, drafts, steps, rows and vectors.

        Its text is then in no file of the store. Killed in between, the next writer does the rest. Raises RunError
        where there is no such document, or another program still reads what was there before.
        """
        self.document(document)
        self._database.execute("PRAGMA secure_delete = ON")
        with self._transaction():
            found = take_out(self._database, document)
        with told(self.folder):
            wipe(self._database, self.folder)
        return found

    def reopen(self) -> None:
        """Forgets how drafts ended and which questions were admitted, but none of the teacher's work.

        For a taxonomy that has changed: every draft walks again, and asks anew only where a prompt reads differently.
        """
        with self._transaction():
            self._database.execute("DELETE FROM row")
            self._database.execute("DELETE FROM draft")
            self._database.execute("DELETE FROM step WHERE name = 'admit'")
            self._database.execute("DELETE FROM meta WHERE key = ?", (REACHED,))
