"""Documents that go, change or turn into something else while they are read: each a named outcome, others go on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from befallen import generate

from agentinstruct_local.cli import main
from agentinstruct_local.cli.reasons import in_words
from agentinstruct_local.errors import SourceError
from agentinstruct_local.readers import collect, content
from agentinstruct_local.store import Store

WORDS = "The pump of hall {} must be serviced every {} days by two fitters and a foreman.\n"


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("".join(WORDS.format(ord(name[0]), n) for n in range(9, 15)))


def folder_in_its_place(file: Path) -> None:
    file.unlink()
    file.mkdir()


def link_to_nothing(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.with_name("nowhere.txt"))


def link_to_itself(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def grown_beyond_measure(file: Path) -> None:
    with file.open("r+b") as out:
        out.truncate(content.MAX_BYTES + 1)


def emptied(file: Path) -> None:
    file.write_text("")


def turned_binary(file: Path) -> None:
    file.write_bytes(bytes(range(8)) * 100)


CHANGES: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "gone": (Path.unlink, "unreadable", "No such file or directory"),
    "a folder": (folder_in_its_place, "not_a_file", "it is a folder"),
    "a dangling link": (link_to_nothing, "unreadable", "No such file or directory"),
    "a circle": (link_to_itself, "unreadable", "Too many levels of symbolic links"),
    "a pipe": (pipe, "not_a_file", "it is a pipe, a socket or a device"),
    "huge": (grown_beyond_measure, "too_large", "more than 50 MB"),
    "empty": (emptied, "no_text", "no text was found in it"),
    "binary": (turned_binary, "binary", "it holds control bytes and is no text"),
}


@pytest.fixture
def after_listing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Does something when all names are known and nothing is read yet."""

    def when_listed(change: Callable[[], None]) -> None:
        module = collect.__globals__
        plain = module["_files"]

        def listed(source: Path) -> list[object]:
            found = list(plain(source))
            change()
            return found

        monkeypatch.setitem(module, "_files", listed)

    return when_listed


@pytest.mark.parametrize("what", CHANGES)
def test_a_file_that_turns_into_something_else_is_named_and_the_others_are_read(
    tmp_path: Path, after_listing: Callable[[Callable[[], None]], None], what: str
) -> None:
    change, reason, detail = CHANGES[what]
    put(tmp_path / "docs", "a.txt", "b.txt", "c.txt")
    after_listing(lambda: change(tmp_path / "docs" / "b.txt"))
    found = collect([tmp_path / "docs"])
    assert [one.source for one in found.documents] == ["docs/a.txt", "docs/c.txt"]
    assert [(one.source, one.reason, one.detail) for one in found.unread] == [("docs/b.txt", reason, detail)]
    assert in_words(reason)


def test_a_file_that_changes_between_its_first_and_its_last_byte_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "docs", "a.txt", "b.txt", "c.txt")
    middle, fstat = (tmp_path / "docs" / "b.txt").stat().st_ino, os.fstat

    def told(number: int) -> os.stat_result:
        found = fstat(number)
        if found.st_ino == middle:
            with (tmp_path / "docs" / "b.txt").open("a") as more:
                more.write("more")
        return found

    monkeypatch.setattr(content.os, "fstat", told)
    found = collect([tmp_path / "docs"])
    assert [one.source for one in found.documents] == ["docs/a.txt", "docs/c.txt"]
    assert [(one.source, one.reason) for one in found.unread] == [("docs/b.txt", "changed")]


def test_a_source_that_goes_while_others_are_read_is_named(
    tmp_path: Path, after_listing: Callable[[Callable[[], None]], None]
) -> None:
    put(tmp_path / "first", "a.txt")
    put(tmp_path / "second", "b.txt")
    put(tmp_path, "c.txt")
    put(tmp_path / "third", "d.txt")

    def go() -> None:
        shutil.rmtree(tmp_path / "second", ignore_errors=True)
        (tmp_path / "c.txt").unlink(missing_ok=True)

    after_listing(go)
    found = collect([tmp_path / name for name in ("first", "second", "c.txt", "third")])
    assert [one.source for one in found.documents] == ["first/a.txt", "third/d.txt"]
    assert [(one.source, one.reason, one.detail) for one in found.unread] == [
        ("second", "unreadable_folder", "it is gone"),
        ("c.txt", "unreadable", "it is gone"),
    ]
    with pytest.raises(SourceError, match="does not exist"):
        collect([tmp_path / "first", tmp_path / "second"])


def test_a_run_tells_what_went_and_goes_on_with_the_rest(
    tmp_path: Path, after_listing: Callable[[Callable[[], None]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "docs", "a.txt", "b.txt", "c.txt")
    after_listing(lambda: (tmp_path / "docs" / "b.txt").unlink(missing_ok=True))
    assert main(generate(tmp_path / "run", source=str(tmp_path / "docs"))) == 0
    assert (
        "not read: docs/b.txt: unreadable (the system does not give it out, or it is gone)" in capsys.readouterr().err
    )
    with Store(tmp_path / "run", readonly=True) as store:
        assert store.unread() == [("docs/b.txt", "unreadable", "No such file or directory")]
        assert {row.provenance["source"] for row in store.rows()} <= {"docs/a.txt", "docs/c.txt"}


@pytest.mark.parametrize("change", [None, Path.unlink, emptied, folder_in_its_place])
def test_what_happens_to_a_file_between_plan_and_generate_changes_no_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], None] | None
) -> None:
    put(tmp_path / "docs", "a.txt", "b.txt")
    whole = generate(tmp_path / "whole", source=str(tmp_path / "docs"))
    assert main(whole) == 0
    planned = generate(tmp_path / "run", source=str(tmp_path / "docs"))
    assert main(["plan", *planned[1:]]) == 0
    if change:
        for file in sorted((tmp_path / "docs").iterdir()):
            change(file)
    assert main(planned) == 0
    assert main(["generate", "--out", str(tmp_path / "run")]) == 0
    made = [(tmp_path / name / "dataset" / "chat.jsonl").read_text() for name in ("run", "whole")]
    assert made[0] == made[1]
