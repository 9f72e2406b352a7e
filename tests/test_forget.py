"""A document leaves a run: nothing of its text stays in the folder, all else does, and the run goes on."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_store import DOCUMENT, PASSAGE, a_draft, a_row, refused

from agentinstruct_local import store as store_module
from agentinstruct_local.cli import main
from agentinstruct_local.errors import RunError, RunLocked
from agentinstruct_local.records import Document, Step
from agentinstruct_local.store import Store

SMALL = Path(__file__).parent / "data" / "taxonomy"
DATASET = {f"{name}{end}.jsonl" for name in ("chat", "reading", "text") for end in ("", "_test")}
MARKER = "Zanzibariad"
HALLS = ("north", "south", "east", "west", "upper", "lower")


def sentences(name: str, first: int) -> str:
    return "".join(
        f"The {name} of the {hall} hall is stopped above {first + at} degrees and started again below {at} degrees. "
        for at, hall in enumerate(HALLS, 3)
    )


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A finished run of three documents, one of which has the marker in each of its sentences."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "halls"
    folder.mkdir()
    for name, first in (("pump", 60), (f"{MARKER} valve", 70), ("filter", 80)):
        (folder / f"{name.split()[-1]}.md").write_text(f"# Rules\n\n{sentences(name, first)}\n")
    (folder / "valve2.md").write_text((folder / "valve.md").read_text())  # not read: the same text
    options = ["--taxonomy", str(SMALL), "--skill", "quiz", "--teacher", "scripted", "--out", "run"]
    assert main(["generate", "halls", "-n", "9", *options]) == 0
    assert main(["export", "run", "--to", "data"]) == 0
    capsys.readouterr()
    return tmp_path / "run"


def holding(folder: Path, *marks: str) -> set[str]:
    """The names of the files in the folder whose bytes have one of the marks."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {file.name for file in files if any(mark.encode() in file.read_bytes() for mark in marks)}


def rows_of(run: Path) -> dict[str, Any]:
    with Store(run, readonly=True) as store:
        return {row.id: row for row in store.rows(9)}


def forget(run: Path, name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["forget", str(run), name, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_no_file_of_the_run_holds_its_text_and_the_other_rows_stay(run: Path, capsys) -> None:
    before = rows_of(run)
    document = next(row.provenance["document"] for row in before.values() if MARKER in row.provenance["quote"])
    mine = {name for name, row in before.items() if row.provenance["document"] == document}
    assert mine
    assert {"run.db"} < holding(run, MARKER) <= {"run.db", "run.db-wal", *DATASET}
    told = forget(run, "valve.md", capsys)
    assert holding(run, MARKER, MARKER.casefold(), "valve") == set()
    assert holding(run, *mine) == set()
    assert holding(run, document) == {"run.db"}  # its id alone, so that it is not read again
    kept = {name: row for name, row in before.items() if name not in mine}
    assert kept.items() <= rows_of(run).items()  # and perhaps one that was accepted beyond those asked for
    assert told["rows"] == len(mine) and told["passages"] >= 1 and told["drafts"] >= len(mine) and told["steps"] > 0
    with Store(run, readonly=True) as store:
        assert [one.source for one in store.documents()] == ["halls/filter.md", "halls/pump.md"]
        assert store.unread() == []
        texts = [step.output["text"] for step in store.steps_named("admit")]
        assert texts and not any("valve" in text for text in texts)
    exported = [
        json.loads(line) for file in (run / "dataset").glob("*.jsonl") for line in file.read_text().splitlines()
    ]
    assert {row["id"] for row in exported} == set(rows_of(run))


def test_the_vectors_of_its_passages_go_too(run: Path, capsys) -> None:
    """They tell what a text means, and whoever has one can tell which text it was."""
    with Store(run) as store:
        whose = {one.id: one.document for one in store.passages()}
        valve = next(one.id for one in store.documents() if one.source.endswith("valve.md"))
        store.put_vectors("some", {name: f"vector of {name}".encode() * 9 for name in whose})
    forget(run, "valve.md", capsys)
    with Store(run, readonly=True) as store:
        assert set(store.vectors("some")) == {name for name, document in whose.items() if document != valve}
    assert holding(run, *(f"vector of {name}" for name, document in whose.items() if document == valve)) == set()


def test_the_run_goes_on_without_it_and_keeps_its_rows(run: Path, capsys) -> None:
    forget(run, "halls/valve.md", capsys)
    kept = rows_of(run)
    assert main(["status", "run"]) == 0
    assert main(["generate", "--out", "run"]) == 0
    after = rows_of(run)
    assert len(after) == 9
    assert kept.items() <= after.items()
    assert holding(run, MARKER) == set()
    assert main(["show", "run", next(iter(after))]) == 0


def test_exports_that_still_hold_it_are_told(run: Path, capsys) -> None:
    (run / "notes.txt").write_text("\n".join(rows_of(run)))
    told = forget(run, "valve.md", capsys)
    data = run.parent / "data"
    assert {str(data / "reading.jsonl"), str(data / "manifest.json"), str(run / "notes.txt")} <= set(told["stale"])
    assert set(told["written"]) >= {str(run / "dataset" / "reading.jsonl")}
    assert main(["export", "run", "--to", "data"]) == 0
    assert holding(data, MARKER) == set()
    capsys.readouterr()
    assert main(["forget", "run", "pump.md"]) == 0
    said = capsys.readouterr().out
    assert "halls/pump.md is forgotten" in said
    assert f"stale          {data / 'reading.jsonl'}" in said
    assert "agentinstruct generate --out run" in said


def test_an_export_without_it_is_not_stale(run: Path, capsys) -> None:
    forget(run, "valve.md", capsys)
    (run.parent / "data").rename(run.parent / "moved")
    assert main(["export", "run", "--to", "data"]) == 0
    with Store(run, sits=False) as store:
        (path,) = store.get("exports")
        assert path == str(run.parent / "data")
        told = store.get("exports")[path]
        store.set("exports", {path: {**told, "documents": []}})
    capsys.readouterr()
    assert forget(run, "pump.md", capsys)["stale"] == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("valv.md", "Near it: halls/valve.md"),
        ("halls/pumps.md", "halls/pump.md"),
        ("valve2.md", "It was not read: the same as halls/valve.md."),
        ("nothing-like-it-at-all", "List them with: agentinstruct forget run"),
        ("", "List them with"),
    ],
)
def test_an_unknown_document_is_an_error_that_lists_near_names(run: Path, capsys, name: str, said: str) -> None:
    assert main(["forget", "run", name]) == 2
    told = capsys.readouterr().err
    assert f"run has no document {name!r}" in told
    assert said in told
    assert len(rows_of(run)) == 9


def test_without_a_document_they_are_listed(run: Path, capsys) -> None:
    assert main(["forget", "run"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in told] == ["halls/filter.md", "halls/pump.md", "halls/valve.md"]
    assert main(["forget", "run", told[0].split()[0][:6]]) == 0
    assert main(["forget", "nowhere"]) == 2
    assert not Path("nowhere").exists()


def test_it_begins_no_sitting_and_waits_for_no_lock(run: Path, capsys) -> None:
    with Store(run) as store:
        sittings = store.sittings()
        assert main(["forget", "run", "valve.md"]) == RunLocked.exit_code
    forget(run, "valve.md", capsys)
    with Store(run, readonly=True) as store:
        assert store.sittings() == sittings


def test_when_all_are_forgotten_the_same_files_are_not_read_again(run: Path, capsys) -> None:
    for name in ("pump.md", "filter.md", "valve.md"):
        forget(run, name, capsys)
    assert rows_of(run) == {}
    options = ["--taxonomy", str(SMALL), "--skill", "quiz", "--teacher", "scripted", "--out", "run"]
    (run.parent / "halls" / "valve2.md").unlink()
    assert main(["generate", "halls", *options]) == 2
    assert "taken out of this run" in capsys.readouterr().err
    assert holding(run, MARKER) == set()


# The store alone


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Documents d1 and d2, with drafts of both; one of d1 repeats a question of d2, another is under way."""
    other = replace(PASSAGE, id="p2", document="d2", source="b.md", text=MARKER)
    secret = Document(id="d2", source="b.md", text=MARKER * 3000, media_type="text/plain")
    with Store(tmp_path / "run") as store:
        store.put_corpus([DOCUMENT, secret], [PASSAGE, other], [])
        store.set(
            "personal", {"d1": {"kinds": {"email": 1}, "passages": 1}, "d2": {"kinds": {"iban": 1}, "passages": 1}}
        )
        store.finish(a_draft("a", 5), a_row("a"))
        theirs = replace(a_draft("b", 1), passage=other, item={"question": MARKER})
        store.remember("b", admitted("b", ok=True))
        store.finish(theirs, a_row("b"))
        store.remember("c", admitted("c", ok=False, evidence=f"b 0.980: {MARKER}?"))
        twice = replace(refused(a_draft("c", 3), "near_duplicate"), item={})
        store.finish(twice.with_verdict(replace(twice.verdicts[-1], evidence=f"b 0.980: {MARKER}?")), None)
        store.remember("e", admitted("e", ok=False, evidence="a 0.980: Q a?"))
        store.finish(refused(a_draft("e", 4), "near_duplicate"), None)
        store.remember("open", Step(key="k-open", name="ask", output=MARKER))
    return tmp_path / "run"


def admitted(draft: str, *, ok: bool, evidence: str = "") -> Step:
    output = {"ok": ok, "reason": "", "evidence": evidence, "draft": draft, "text": f"Q {draft}?", "vector": ""}
    return Step(key=f"admit-{draft}", name="admit", output=output)


def test_what_repeated_its_question_may_try_again_and_what_was_under_way_is_asked_anew(two: Path) -> None:
    with Store(two, sits=False) as store:
        numbers = store.forget("d2")
        assert (numbers.passages, numbers.drafts, numbers.rows) == (1, 1, 1)
        assert store.outcomes() == {"e": "near_duplicate", "a": "accepted"}
        assert store.recall("k-c") and store.recall("admit-e") and store.recall("k-a")
        assert not any(map(store.recall, ("admit-c", "admit-b", "k-b", "k-open")))
        assert store.personal() == {"email": 1}
        assert list(store.rows()) == [a_row("a")]
    assert holding(two, MARKER) == set()


def test_what_comes_later_stands_behind_what_stayed(two: Path) -> None:
    with Store(two) as store:
        store.forget("d2")
        store.finish(a_draft("new", 1), a_row("new"))
        assert [row.id for row in store.rows()] == ["r-a", "r-new"]


def test_killed_before_the_file_is_written_anew_the_next_writer_does_it(two: Path, monkeypatch) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "wipe", kill)
        with pytest.raises(Killed), Store(two, sits=False) as store:
            store.forget("d2")
    with Store(two) as store:
        assert [one.id for one in store.documents()] == ["d1"]
        assert holding(two, MARKER) == set()
        assert store.get("unwiped") is None


def test_a_reader_that_still_sees_it_is_an_error_and_it_is_finished_later(two: Path, monkeypatch) -> None:
    reader = sqlite3.connect(two / "run.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM document").fetchone()
    with Store(two, sits=False) as store:
        store._database.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(RunError, match="another program reads") as caught:
            store.forget("d2")
        assert "agentinstruct forget" in caught.value.hint
    reader.close()
    Store(two, sits=False).close()
    assert holding(two, MARKER) == set()


def test_what_was_deleted_earlier_is_wiped_too(two: Path) -> None:
    with Store(two) as store:
        store._database.execute("PRAGMA secure_delete = OFF")
        store.reopen()
        store.forget("d2")
    assert holding(two, MARKER) == set()


def test_there_is_nothing_to_forget_of_an_unknown_id(two: Path) -> None:
    with Store(two, sits=False) as store, pytest.raises(RunError, match="no document"):
        store.forget("nothing")
    with pytest.raises(RunError, match="no run"):
        Store(two.parent / "other", sits=False)
