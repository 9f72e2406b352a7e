"""What lies on the disk: for its owner alone, and no word of a document where nobody looks for one."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from befallen import generate

from agentinstruct_local.cli import main, opening
from agentinstruct_local.errors import WORDS, without_words
from agentinstruct_local.readers import _sandbox
from agentinstruct_local.records import Reply, Request
from agentinstruct_local.store import Store
from agentinstruct_local.teachers.scripted import ScriptedTeacher, invent
from agentinstruct_local.teachers.worker import Worker

OF_DOCUMENT, OF_PROMPT, OF_REPLY = "Wombatfish", "Quokkabird", "Numbatworm"
CANARIES = (OF_DOCUMENT, OF_PROMPT, OF_REPLY)
SENTENCES = " ".join(
    f"The {OF_DOCUMENT} pump of hall {number} must be serviced every {number} days by two fitters." for number in range(3, 30)
)  # fmt: skip


def modes(folder: Path) -> dict[str, int]:
    found = [folder, *(path for path in folder.rglob("*"))]
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in found}


@pytest.mark.parametrize("umask", [0, 0o022, 0o277])
def test_a_run_is_its_owners_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    run, command = tmp_path / "run", generate(tmp_path / "run")
    before = os.umask(umask)
    try:
        with Store(run) as store:
            store.set("key", "value")
            at_work = modes(run)
        assert main(command) == 0
        done = modes(run)
        assert main(["export", str(run), "--to", str(run / "more")]) == 0
        assert main(["export", str(run), "--to", str(tmp_path / "elsewhere")]) == 0
    finally:
        os.umask(before)
    assert set(at_work) == {".", ".lock", "run.db", "run.db-wal", "run.db-shm"}
    assert {".lock", "run.db", "dataset/chat.jsonl", "dataset/manifest.json"} < set(done)
    for name, mode in (at_work | done).items():
        assert mode == (0o700 if name in (".", "dataset") else 0o600), name
    theirs = stat.S_IMODE((tmp_path / "elsewhere" / "chat.jsonl").stat().st_mode)
    assert theirs == (
        0o600 if umask & 0o077 == 0o077 else 0o666 & ~umask
    )  # a folder that others may read is their choice


def test_a_folder_that_was_there_keeps_its_mode_and_the_rows_in_it_are_closed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir(mode=0o755)
    (run / "notes.txt").write_text("mine")
    assert main(generate(run)) == 0
    assert modes(run)["."] == 0o755
    assert {
        name: mode for name, mode in modes(run).items() if name not in (".", "notes.txt", "dataset") and mode != 0o600
    } == {}
    assert modes(run)["dataset"] == 0o700


# Canaries


class Babbling(ScriptedTeacher):
    """Its replies hold a canary, every fifth of them is an error; it dies of a bug, or by a signal, when it is told to."""

    def __init__(self, ends: str) -> None:
        super().__init__(self.reply, slots=4)
        self.ends, self.count = ends, 0

    def reply(self, request: Request) -> Any:
        self.count += 1
        if self.ends == "bug":
            raise ValueError(f"this cannot be: {request.messages[-1].content} {OF_REPLY}")
        return {"error": "bad_json"} if self.count % 5 == 0 else babble(invent(request))

    @property
    def idle(self) -> bool:
        return not self._queue

    def work(self) -> list[Reply]:
        return list(self.poll())


def babble(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: babble(one) for key, one in value.items()}
    if isinstance(value, list):
        return [babble(one) for one in value]
    return f"{value.rstrip('?')} {OF_REPLY}?" if isinstance(value, str) else value


def buggy() -> Babbling:
    return Babbling("bug")


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """A command line for documents, prompts and replies full of canaries, and a look for them where they must not be."""
    documents, skills, scratch = tmp_path / "documents", tmp_path / "skills", tmp_path / "scratch"
    for folder in (documents, scratch):
        folder.mkdir()
    (documents / "good.md").write_text(f"# Pumps\n\n{SENTENCES}\n")
    (documents / "bad.json").write_text(f'{{"{OF_DOCUMENT}": {OF_DOCUMENT}}}')
    (documents / "bad.ipynb").write_text(f'{{"cells": "{OF_DOCUMENT}"}}')
    (documents / "crash.rtf").write_text(f"raise ValueError('{OF_DOCUMENT} is no number')")
    (documents / "exit.rtf").write_text(f"import os; '{OF_DOCUMENT}'; os.abort()")
    (documents / "bad.docx").write_text(OF_DOCUMENT)
    command = generate(tmp_path / "run", source=str(documents))
    shutil.copytree(command[command.index("--taxonomy") + 1], skills)
    for file in (skills / "small").glob("*.jinja"):
        file.write_text(file.read_text().replace("{% block task %}", f"{{% block task %}}\n{OF_PROMPT} "))
    command[command.index("--taxonomy") + 1] = str(skills)
    monkeypatch.setattr(_sandbox, "ENTRY", "hostile_child")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.delenv(WORDS, raising=False)

    def look(err: str) -> None:
        data = {
            str(path): path.read_bytes()
            for path in [*(tmp_path / "run").rglob("*"), *scratch.rglob("*")]
            if path.is_file()
        }
        where = {name for name, text in data.items() for canary in CANARIES if canary.encode() in text}
        allowed = [str(tmp_path / "run" / part) for part in ("run.db", "dataset/")]
        assert not {name for name in where if not name.startswith(tuple(allowed))}
        assert any(name.startswith(allowed[0]) for name in where)
        assert not [canary for canary in CANARIES if canary in err]

    yield command, look, capfd
    capfd.readouterr()


def test_errors_leave_no_word_of_a_document_in_a_log(quiet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    command, look, capfd = quiet
    monkeypatch.setattr(opening, "open_teacher", lambda recipe: Babbling("well"))
    assert main(command) in (0, 3)
    err = capfd.readouterr().err
    for file in ("bad.json", "bad.ipynb", "crash.rtf", "exit.rtf", "bad.docx"):
        assert f"documents/{file}: " in err
    with Store(Path(command[-1]), readonly=True) as store:
        assert any(OF_DOCUMENT in detail for _, _, detail in store.unread())  # kept, for who looks for it
        assert any(reason.startswith("reply_") for reason in store.outcomes().values())
        assert any(OF_REPLY in str(step.output) for step in store.steps_named("instruct"))
    look(err)


def test_a_worker_that_crashes_leaves_none(quiet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    command, look, capfd = quiet
    monkeypatch.setattr(opening, "open_teacher", lambda recipe: Worker(buggy, name="babbling"))
    assert main(command) == 2
    err = capfd.readouterr().err
    assert "the process of the teacher babbling died (exit code 1)" in err
    assert "ValueError" in err
    look(err)


def test_nothing_to_read_says_so_without_the_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_sandbox, "ENTRY", "hostile_child")
    (tmp_path / "bad.rtf").write_text(f"raise ValueError('{OF_DOCUMENT} is no number')")
    assert main(generate(tmp_path / "run", source=str(tmp_path))) == 2
    err = capfd.readouterr().err
    assert "bad.rtf: damaged" in err
    assert OF_DOCUMENT not in err


def test_a_bug_leaves_none_unless_words_are_asked_for(quiet: Any) -> None:
    command, look, _ = quiet
    program = (
        "import sys; from agentinstruct_local import runner; from agentinstruct_local.cli import main;"
        "runner.Sitting.keep = lambda sitting, draft: int(draft.text); sys.exit(main())"
    )
    call = [sys.executable, "-c", program, *command]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ValueError" in done.stderr
    assert "runner.py" in done.stderr
    look(done.stderr)
    asked = subprocess.run(call, capture_output=True, text=True, check=False, env={**os.environ, WORDS: "1"})
    assert OF_DOCUMENT in asked.stderr


def test_a_traceback_without_words_tells_the_whole_chain() -> None:
    try:
        try:
            int(OF_DOCUMENT)
        except ValueError as error:
            raise KeyError(OF_DOCUMENT) from error
    except KeyError as error:
        told = without_words(error)
    assert told.index("ValueError (") < told.index("KeyError (")
    assert told.count(Path(__file__).name) == 2
    assert OF_DOCUMENT not in told.replace("int(OF_DOCUMENT)", "").replace("KeyError(OF_DOCUMENT)", "")
