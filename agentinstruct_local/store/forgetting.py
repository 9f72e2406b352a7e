"""Takes a document out of run.db with all that was made of it, and wipes the places where its text stood."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentinstruct_local.errors import RunError
from agentinstruct_local.store.codec import to_json
from agentinstruct_local.store.results import FORGOTTEN, PERSONAL, REACHED

UNWIPED = "unwiped"  # a fact about the run: something was taken out, and the file still has to be written anew

_OF_DOCUMENT = "SELECT id FROM passage WHERE document = ?"
_SHOWING = (  # drafts that a search has shown the document: what a tool found comes with the ids of its passages
    "SELECT step.draft FROM step JOIN passage ON passage.document = ? AND instr(step.body, '\"' || passage.id || '\"')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was taken out, in numbers."""

    passages: int
    drafts: int
    steps: int
    rows: int


def take_out(database: sqlite3.Connection, document: str) -> Forgotten:
    """Deletes the document of that id and what belongs to it; to be called within a transaction, with a wipe after it.

    With it go drafts about other documents that a search has shown this one, and the steps of drafts that are not
    finished, whosever they are: a step does not say which document it is about. And so do verdicts that another
    draft's question repeats one of this document's, whose words they hold. Such drafts are free to try again. What
    stays keeps its order, and stands before all that is yet to come.
    """
    run = database.execute
    shows = f"SELECT id FROM draft WHERE passage IN ({_OF_DOCUMENT}) UNION {_SHOWING}"
    rows = run(f"DELETE FROM row WHERE draft IN ({shows})", (document, document))
    drafts = run(f"DELETE FROM draft WHERE id IN ({shows})", (document, document))
    steps = run("DELETE FROM step WHERE draft NOT IN (SELECT id FROM draft)")
    _free_repeats(database)
    run(f"DELETE FROM vector WHERE passage IN ({_OF_DOCUMENT})", (document,))
    passages = run("DELETE FROM passage WHERE document = ?", (document,))
    body: dict[str, str] = json.loads(run("SELECT body FROM document WHERE id = ?", (document,)).fetchone()[0])
    run("DELETE FROM document WHERE id = ?", (document,))
    for place, told in run("SELECT place, body FROM unread").fetchall():
        if any(body["source"] in str(part) for part in json.loads(told)):
            run("DELETE FROM unread WHERE place = ?", (place,))
    run("UPDATE draft SET place = place - 1 - (SELECT max(place) FROM draft)")
    run("DELETE FROM meta WHERE key = ?", (REACHED,))
    personal = _fact(database, PERSONAL, {})
    personal.pop(document, None)
    facts = {PERSONAL: personal, FORGOTTEN: [*_fact(database, FORGOTTEN, []), document], UNWIPED: True}
    for key, value in facts.items():
        run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, to_json(value)))
    return Forgotten(
        passages=passages.rowcount, drafts=drafts.rowcount, steps=steps.rowcount, rows=max(0, rows.rowcount)
    )


def _free_repeats(database: sqlite3.Connection) -> None:
    known = {name for (name,) in database.execute("SELECT id FROM draft")}
    for key, draft, text in database.execute("SELECT key, draft, body FROM step WHERE name = 'admit'").fetchall():
        output = json.loads(text)["output"]
        if not output["ok"] and output["evidence"].partition(" ")[0] not in known:
            database.execute("DELETE FROM step WHERE key = ?", (key,))
            database.execute("DELETE FROM draft WHERE id = ?", (draft,))


def _fact(database: sqlite3.Connection, key: str, default: Any) -> Any:
    found = database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return json.loads(found[0]) if found else default


def wipe(database: sqlite3.Connection, folder: Path) -> None:
    """Writes run.db anew without what was deleted, and empties the log beside it. Doing it again changes nothing.

    Raises RunError where another program still reads what was there before.
    """
    database.execute("VACUUM")
    ((busy, _, _),) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if busy:
        hint = f"Close it (a `show`, a copy, a database browser), then finish with: agentinstruct forget {folder}"
        raise RunError(f"{folder}: another program reads the run, so deleted text is still in its files.", hint=hint)
    database.execute("DELETE FROM meta WHERE key = ?", (UNWIPED,))
