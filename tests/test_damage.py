"""A run.db that is damaged: it is said and refused, the rows that can be read are saved, the file stays as it is."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agentinstruct_local.cli import main
from agentinstruct_local.errors import RunDamaged, RunError, RunLocked
from agentinstruct_local.ids import digest
from agentinstruct_local.records import Document, Draft, Message, Passage, Row, Step, Unit
from agentinstruct_local.store import Store, database
from agentinstruct_local.store.pages import PAGE
from agentinstruct_local.store.salvage import salvage
from agentinstruct_local.store.wal import is_damaged

ROWS = 40
WORDS = "The pump in hall three must be serviced every thirty days by two fitters, and never by one alone. "
LONG = WORDS * 90  # of one row, so that it does not fit into a page


def a_run(folder: Path, rows: int = ROWS, documents: int = 3) -> list[Row]:
    """A run of so many rows, refused drafts between them; the rows in order."""
    made = []
    with Store(folder) as store:
        texts = [f"Document {number}. " + WORDS * 60 for number in range(documents)]
        read = [
            Document(id=f"d{number}", source=f"{number}.md", text=text, media_type="text/markdown")
            for number, text in enumerate(texts)
        ]
        units = (Unit(span=(0, 11), text="Document 0.", kind="sentence"),)
        cut = [
            Passage(id=f"p{one.id}", document=one.id, source=one.source, text=one.text[:900], span=(0, 900), units=units, foci=(0,))
            for one in read
        ]  # fmt: skip
        store.put_corpus(read, cut, [])
        store.set("recipe", {"sources": ["x"], "rows": 1000, "test_share": 0, "teacher": "scripted"})
        for place in range(2 * rows):
            draft = Draft(
                id=digest("draft", place), order=(place, 0), skill="small", subskill="first", passage=cut[place % documents],
                focus=units[0], choices={}, seed=1, item={"question": f"Q{place}?"},
                steps=(Step(key=digest("step", place), name="answer", output={"answer": WORDS}),),
            )  # fmt: skip
            row = None
            if place % 2:
                answer = LONG if place == 11 else WORDS * 4
                messages = (Message(role="user", content=f"Q{place}?"), Message(role="assistant", content=answer))
                provenance = {
                    "draft": draft.id,
                    "document": f"d{place % documents}",
                    "source": f"{place % documents}.md",
                }
                row = Row(
                    id=digest("row", draft.id),
                    messages=messages,
                    skill="small",
                    subskill="first",
                    provenance=provenance,
                )
                made.append(row)
            store.finish(draft, row, outcome=None if row else "duplicate_exact")
    return made


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Row]]:
    folder = tmp_path_factory.mktemp("whole") / "run"
    return folder, a_run(folder)


@pytest.fixture
def run(tmp_path: Path, whole: tuple[Path, list[Row]]) -> Path:
    return Path(shutil.copytree(whole[0], tmp_path / "run"))


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


def page_of_root(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "run.db")) as file:
        return int(file.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0])


def put(at: int, data: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        with (folder / "run.db").open("r+b") as file:
            file.seek(at)
            file.write(data)

    return damage


def cut(share: float) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        file = folder / "run.db"
        with file.open("r+b") as out:
            out.truncate(int(file.stat().st_size * share))

    return damage


def root(table: str) -> Callable[[Path], None]:
    return lambda folder: put((page_of_root(folder, table) - 1) * PAGE, bytes(PAGE))(folder)


DAMAGES: dict[str, tuple[Callable[[Path], None], int]] = {  # and how many rows must be saved at the least
    "the magic": (put(0, bytes(16)), ROWS),
    "the header": (put(0, noise(100)), ROWS),
    "the mark of our files": (put(68, noise(4)), ROWS),
    "the first page": (put(0, noise(PAGE)), ROWS),
    "the first five pages": (put(0, noise(5 * PAGE)), ROWS),
    "the root of the rows": (root("row"), ROWS),
    "the root of the drafts": (root("draft"), ROWS),
    "pages in the middle": (put(40 * PAGE, noise(3 * PAGE)), ROWS - 12),
    "a quarter of it": (cut(0.75), 5),
    "a tenth of it": (cut(0.9), ROWS // 2),
    "a piece of a page": (cut(0.995), ROWS - 4),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_damage_is_said_and_refused_and_the_rest_is_saved(
    run: Path, whole: tuple[Path, list[Row]], tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    damage, least = DAMAGES[what]
    damage(run)
    before = (run / "run.db").read_bytes()
    for command in (["generate", "--out", str(run)], ["status", str(run)], ["show", str(run)]):
        assert main(command) == 2
        told = capsys.readouterr().err
        assert f"error: {run / 'run.db'} is damaged: " in told
        assert f"agentinstruct export {run} --to FOLDER" in told
    assert main(["export", str(run), "--to", str(tmp_path / "saved")]) == 3
    lines = [line for file in (tmp_path / "saved").glob("*.jsonl") for line in file.read_text().splitlines()]
    assert f"This export is partial: {len(lines)} row" in capsys.readouterr().err
    assert least <= len(lines) <= ROWS
    assert {json.loads(line)["id"] for line in lines} <= {row.id for row in whole[1]}
    assert (run / "run.db").read_bytes() == before
    assert len(salvage(run).rows) == len(lines)


def test_rows_are_saved_in_their_order(run: Path, whole: tuple[Path, list[Row]]) -> None:
    root("row")(run)
    assert salvage(run).rows == whole[1]
    put(0, noise(PAGE))(run)
    assert salvage(run).rows == whole[1]


def test_whichever_page_is_lost_no_row_is_made_up_and_no_loss_is_kept_secret(
    run: Path, whole: tuple[Path, list[Row]]
) -> None:
    file, rows = run / "run.db", {row.id: row for row in whole[1]}
    data = file.read_bytes()
    refused = 0
    for at in range(0, len(data), PAGE):
        file.write_bytes(data[:at] + noise(PAGE) + data[at + PAGE :])
        try:
            with Store(run, readonly=True) as store:
                assert list(store.rows()) == list(rows.values())  # it was of no use to them
            continue
        except RunDamaged:
            refused += 1
        saved = salvage(run)
        assert all(rows[row.id] == row for row in saved.rows)
        assert len(saved.rows) >= ROWS - 8
        assert saved.lost == ROWS - len(saved.rows)
    assert refused > len(data) // PAGE // 2


def test_an_empty_file_where_rows_were_is_no_new_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "dataset").mkdir()
    (run / "dataset" / "manifest.json").write_text("{}")
    (run / "run.db").write_bytes(b"")
    assert main(["generate", __file__, "--out", str(run)]) == 2
    assert "is damaged: nothing is in it, but rows were written from it" in capsys.readouterr().err
    assert main(["export", str(run), "--to", str(run / "saved")]) == 2
    assert "Nothing can be read" in capsys.readouterr().err
    assert (run / "run.db").read_bytes() == b""


def test_what_was_taken_out_of_a_run_is_not_saved(run: Path, whole: tuple[Path, list[Row]]) -> None:
    with Store(run) as store:
        store._database.execute("PRAGMA secure_delete = OFF")
        store.reopen()  # the taxonomy has changed: no row any more, but their pages are still there
    assert sum(row.id.encode() in (run / "run.db").read_bytes() for row in whole[1]) > ROWS / 2
    root("step")(run)
    with pytest.raises(RunDamaged):
        Store(run)
    assert salvage(run).rows == []
    shutil.copy(whole[0] / "run.db", run / "run.db")
    with Store(run, sits=False) as store:
        store._database.execute("INSERT INTO meta VALUES ('forgotten', '[\"d1\"]')")  # and killed before the rest
    root("row")(run)
    assert {row.provenance["document"] for row in salvage(run).rows} == {"d0", "d2"}


# The log


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A run that was killed: its last steps stand in its log alone."""
    folder = tmp_path / "killed"
    program = (
        "import os, signal, sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]); import test_damage as test;"
        "close = test.Store.close; test.Store.close = lambda store: os.kill(os.getpid(), signal.SIGKILL);"
        "test.a_run(Path(sys.argv[1]), rows=20)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder), str(Path(__file__).parent)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (folder / "run.db-wal").stat().st_size > 100_000
    return folder


def test_a_log_that_is_damaged_in_its_middle_is_refused_and_its_rows_are_saved(
    killed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = killed / "run.db-wal"
    data = log.read_bytes()
    log.write_bytes(data[: len(data) // 2] + noise(64) + data[len(data) // 2 + 64 :])
    names = ("run.db", "run.db-wal")
    before = [(killed / name).read_bytes() for name in names]
    for command in (["generate", "--out", str(killed)], ["status", str(killed)]):
        assert main(command) == 2
        assert "is damaged: finished steps are lost in run.db-wal" in capsys.readouterr().err
    assert main(["export", str(killed), "--to", str(tmp_path / "saved")]) == 3
    saved = (tmp_path / "saved" / "chat.jsonl").read_text().splitlines()
    assert len(saved) >= 19
    assert (
        f"This export is partial: {len(saved)} rows saved, {20 - len(saved) or 'none'} known to be lost"
        in capsys.readouterr().err
    )
    assert [(killed / name).read_bytes() for name in names] == before


def test_damage_of_a_run_that_was_killed_leaves_its_log(run: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    with Store(run) as store:
        store.set("key", WORDS)
        shutil.copytree(run, killed, ignore=shutil.ignore_patterns("*-shm"))  # as if it had been killed now
    root("draft")(run)
    shutil.copy(run / "run.db", killed)
    before = [(killed / name).read_bytes() for name in ("run.db", "run.db-wal")]
    assert before[1]
    for command in (["generate", "--out", str(killed)], ["export", str(killed), "--to", str(tmp_path / "saved")]):
        assert main(command) in (2, 3)
        assert [(killed / name).read_bytes() for name in ("run.db", "run.db-wal")] == before


def test_a_log_without_its_head_is_refused(killed: Path) -> None:
    log = killed / "run.db-wal"
    log.write_bytes(bytes(32) + log.read_bytes()[32:])
    with pytest.raises(RunDamaged, match=r"run\.db-wal"):
        Store(killed)
    assert len(salvage(killed).rows) == 20


@pytest.mark.parametrize(("lost", "instead"), [(1, 0), (3000, 0), (5000, 0), (1, 1), (3000, 3000)])
def test_a_log_that_was_torn_at_its_end_is_none_that_is_damaged(killed: Path, lost: int, instead: int) -> None:
    log = killed / "run.db-wal"
    log.write_bytes(log.read_bytes()[:-lost] + b"?" * instead)
    assert not is_damaged(log)
    with Store(killed) as store:
        assert len(list(store.rows())) >= 19


def test_a_log_that_is_being_written_is_let_alone(killed: Path) -> None:
    with Store(killed) as store:
        for number in range(60):
            store.set(f"k{number % 3}", WORDS)
        assert not is_damaged(killed / "run.db-wal")
        log = killed / "run.db-wal"
        data = log.read_bytes()
        log.write_bytes(data[:9000] + noise(64) + data[9064:])
        assert is_damaged(log)
        Store(killed, readonly=True).close()  # it may be half written just now: its writer looks after it


# Others


def test_a_database_that_another_program_holds_is_locked(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    other = sqlite3.connect(run / "run.db", isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        assert main(["generate", "--out", str(run)]) == 75
        told = capsys.readouterr().err
        assert str(run) in told
        assert "hint: Another program holds run.db open. Close it, then give the same command again." in told
        other.execute("ROLLBACK")
    with Store(run) as store:
        assert len(list(store.rows())) == ROWS
    assert issubclass(RunLocked, RunError)


def test_a_record_that_is_broken_is_damage(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = run / "run.db"
    data = file.read_bytes()
    at = data.index(b'{"id":"d1"')
    file.write_bytes(data[:at] + b"[" + data[at + 1 :])
    assert main(["generate", "--out", str(run)]) == 2
    assert "is damaged: a record in it is broken" in capsys.readouterr().err
    file.write_bytes(data[:at] + b"\xff" + data[at + 1 :])
    assert main(["generate", "--out", str(run)]) == 2
    assert "is damaged: a record in it is no text" in capsys.readouterr().err
