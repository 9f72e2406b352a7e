"""Signals: what is under way is finished, or nothing is; nothing is lost, and the end is the same."""

from __future__ import annotations

import multiprocessing
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from befallen import befall, generate

from agentinstruct_local.cli.live import STOPPING, Stop
from agentinstruct_local.teachers.worker import Worker

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    (told,) = befall({"command": generate(tmp_path_factory.mktemp("undisturbed") / "run")})
    assert told["code"] == 0
    return dict(told["files"])


def signalled(folder: Path, undisturbed: dict[str, str], times: int, moment: str, after: int) -> Iterator[Any]:
    """For each signal, the run that got it; the same command, given again, ends as if there had been none."""
    steps: list[dict[str, Any]] = []
    for name in NAMES:
        command = generate(folder / name)
        steps += [
            {"command": command, "event": f"{name}*{times}", "moment": moment, "after": after},
            {"command": command},
        ]
    told = befall(*steps)
    for number, name in enumerate(NAMES):
        befallen, again = told[2 * number : 2 * number + 2]
        assert (befallen["befell"], befallen["code"]) == (True, 130), name
        assert not set(befallen["acknowledged"]) - set(befallen["kept"])
        assert not [file for file in befallen["files"] if file.endswith(".tmp")]
        yield folder / name, befallen
        assert (again["code"], again["files"]) == (0, undisturbed)
        assert set(befallen["kept"]) <= set(again["kept"])


def test_one_signal_finishes_what_is_under_way_and_keeps_it(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    for run, told in signalled(tmp_path, undisturbed, 1, "work", 20):
        assert STOPPING in told["err"]
        assert f"you stopped it. To go on: agentinstruct generate --out {run}" in told["out"]
        assert len(told["acknowledged"]) > 20  # those that had been asked when it came
        assert "chat.jsonl" in told["files"]


def test_two_signals_stop_at_once(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    for run, told in signalled(tmp_path, undisturbed, 2, "work", 20):
        assert f"Stopped at once. To go on: agentinstruct generate --out {run}" in told["err"]
        assert not told["files"]
        assert told["acknowledged"]


@pytest.mark.parametrize("moment", ["reading", "export"])
def test_where_there_is_no_work_to_finish_one_signal_is_enough(
    tmp_path: Path, undisturbed: dict[str, str], moment: str
) -> None:
    for _, told in signalled(tmp_path, undisturbed, 1, moment, 1):
        assert told["err"].endswith("Interrupted.\n")
        assert not told["files"]
        assert bool(told["acknowledged"]) == (moment == "export")


def test_nohup_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = Stop()
        with stop.listening():
            os.kill(os.getpid(), signal.SIGHUP)
        assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_terminal_that_is_lost_ends_the_run_in_order(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    command = generate(tmp_path / "run")
    program = (
        "import sys, time, fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
        "from befallen import ScriptedTeacher, main, wrapped;"
        "slow = wrapped(ScriptedTeacher, 'poll', before=lambda *_: time.sleep(0.1)); slow.__enter__();"
        "sys.exit(main(sys.argv[1:]))"
    )
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", program, *command], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )  # fmt: skip
    os.close(theirs)
    told = b""
    while b" drafts, " not in told:
        told += os.read(ours, 4096)
    os.close(ours)  # the window is closed
    assert child.wait(60) == 130
    assert (tmp_path / "run" / "dataset" / "manifest.json").exists()
    (again,) = befall({"command": command})
    assert (again["code"], again["files"]) == (0, undisturbed)


def asleep() -> Any:
    time.sleep(60)


def test_a_signal_while_the_teacher_is_loaded_is_not_waited_for() -> None:
    def lost(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, lost)
    signal.setitimer(signal.ITIMER_REAL, 1.5)
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            Worker(asleep, name="asleep")
    finally:
        signal.signal(signal.SIGALRM, before)
    for child in multiprocessing.active_children():
        child.join(10)
    assert not [child for child in multiprocessing.active_children() if child.name == "asleep"]
    assert time.monotonic() - began < 15
