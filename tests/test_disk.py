"""What a disk can do to a run, and what may happen to its folder and to the clock."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from befallen import befall, files, generate

from agentinstruct_local.store import Store

FREE_SPACE, RAISE_LIMIT = "hint: Free some disk space", "ulimit -f"


@functools.cache
def may_mount() -> bool:
    try:
        trial = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
        return subprocess.run(trial, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


needs_mount = pytest.mark.skipif("not may_mount()", reason="an ordinary user may not mount a small disk here")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    (told,) = befall({"command": generate(tmp_path_factory.mktemp("undisturbed") / "run")})
    assert told["code"] == 0
    assert {"chat.jsonl", "manifest.json"} <= set(told["files"])
    return told


def lost(told: dict[str, Any]) -> set[str]:
    return set(told["acknowledged"]) - set(told["kept"])


def befallen_and_again(
    folder: Path, event: str, moments: list[tuple[str, int]], disk: Path | None = None
) -> Iterator[Any]:
    """For each moment: which it is, what came of the run that was befallen, and of the same command given again."""
    steps: list[dict[str, Any]] = []
    for number, (moment, after) in enumerate(moments):
        command = generate(folder / f"run{number}")
        steps += [{"command": command, "event": event, "moment": moment, "after": after}, {"command": command}]
    told = befall(*steps, disk=disk)
    for number, moment in enumerate(moments):
        befallen, again = told[2 * number : 2 * number + 2]
        assert (befallen["befell"], befallen["code"]) == (True, 2), moment
        assert f"error: {folder / f'run{number}'}" in befallen["err"]
        yield moment, befallen, again


@needs_mount
def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_space(
    tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    moments = [("begin", 1), ("reading", 1), ("work", 1), ("work", 20), ("export", 1)]
    for (moment, after), full, again in befallen_and_again(tmp_path, "full", moments, disk=tmp_path):
        assert FREE_SPACE in full["err"]
        assert not lost(full)
        assert bool(full["acknowledged"]) == (after > 1 or moment == "export")
        assert not [name for name in full["files"] if name.endswith(".tmp")]
        assert again["code"] == 0, again["err"]
        assert set(full["kept"]) <= set(again["kept"])
        assert again["files"] == undisturbed["files"]


def test_a_file_that_may_not_grow_is_named_and_the_run_goes_on_when_it_may(
    tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    for _, limited, again in befallen_and_again(tmp_path, "limited", [("begin", 1), ("work", 20)]):
        assert RAISE_LIMIT in limited["err"]
        assert not lost(limited)
        assert (again["code"], again["files"]) == (0, undisturbed["files"])


@pytest.mark.parametrize("event", ["nothing_to_write", pytest.param("full", marks=needs_mount)])
def test_an_export_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, event: str) -> None:
    first, more = generate(tmp_path / "run"), generate(tmp_path / "run", rows=5)
    old, failed, new = befall(
        {"command": first}, {"command": more, "event": event, "moment": "export"}, {"command": more},
        disk=tmp_path if event == "full" else None,
    )  # fmt: skip
    assert failed["code"] == 2
    assert f"error: {tmp_path / 'run' / 'dataset'}" in failed["err"]
    assert "the rows are safe in run.db" in failed["err"]
    assert failed["files"] == old["files"]
    assert new["code"] == 0
    assert json.loads(new["files"]["manifest.json"])["files"]["chat.jsonl"]["rows"] > 3 - len(old["files"])
    assert new["files"] != old["files"]


@needs_mount
def test_a_folder_that_cannot_be_written_is_named_and_can_be_read(tmp_path: Path) -> None:
    command = generate(tmp_path / "run")
    readonly, again, other = befall(
        {"command": command, "event": "readonly"}, {"command": command},
        {"command": generate(tmp_path / "run", rows=9), "event": "readonly"}, disk=tmp_path,
    )  # fmt: skip
    assert again["code"] == 0
    for told in (readonly, other):
        assert told["code"] == 2
        assert told["err"].startswith(f"error: {tmp_path / 'run'}")
        assert "hint: " in told["err"] and "--out" in told["err"]
    assert other["files"] == again["files"]


@pytest.mark.parametrize("event", ["gone", "moved"])
def test_a_run_that_is_taken_away_is_missed(tmp_path: Path, undisturbed: dict[str, Any], event: str) -> None:
    moments = [("reading", 1), ("work", 20), ("export", 1)]
    for (moment, _), told, again in befallen_and_again(tmp_path, event, moments):
        assert "the run was moved or deleted while it was at work." in told["err"]
        assert "with --out" in told["err"]
        assert not told["kept"]
        assert bool(told["files"]) == (moment == "export")  # it was being written when the run went
        assert (again["code"], again["files"]) == (0, undisturbed["files"])
    if event == "moved":
        found = befall(*({"command": generate(folder)} for folder in tmp_path.glob("elsewhere*")))
        assert [told["code"] for told in found] == [0, 0, 0]


def test_a_clock_that_is_set_back_changes_nothing(tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    run = tmp_path / "run"
    stopped, back = befall(
        {"command": generate(run), "event": "SIGTERM*1", "moment": "work", "after": 20},
        {"command": generate(run), "event": "backward"},
    )
    assert (stopped["code"], back["code"]) == (130, 0)
    assert back["files"] == undisturbed["files"]
    assert "-" not in back["err"].partition("rows, ")[2].partition("; refused")[0]
    with Store(run, readonly=True) as store:
        assert store.sittings() == 2
        assert 0 < store.seconds() < 120


def test_time_that_was_worked_counts_when_the_clock_goes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(100, 200, 2))
    monkeypatch.setattr("time.time", lambda: 1e9)
    monkeypatch.setattr("time.monotonic", lambda: float(next(ticks)))
    with Store(tmp_path / "run") as store:
        monkeypatch.setattr("time.time", lambda: 1e9 - 3600)
        store.set("key", 1)
    with Store(tmp_path / "run", readonly=True) as store:
        assert store.seconds() == 2.0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_under_the_output_or_the_log_loses_no_row(tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    def made(run: Path, **streams: Any) -> subprocess.CompletedProcess[str]:
        call = [sys.executable, "-m", "agentinstruct_local", *generate(run)]
        return subprocess.run(call, text=True, check=False, **streams)

    with Path("/dev/full").open("w") as full:
        output = made(tmp_path / "output", stdout=full, stderr=subprocess.PIPE)
        log = made(tmp_path / "log", stdout=subprocess.PIPE, stderr=full)
    assert output.returncode == 2
    assert output.stderr.endswith("hint: Free some disk space, then give the same command again.\n")
    assert (log.returncode, "3 rows" in log.stdout) == (0, True)
    for name in ("output", "log"):
        assert files(tmp_path / name) == undisturbed["files"]
