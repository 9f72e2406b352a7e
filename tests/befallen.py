"""Command lines in a process of their own, each befallen by something at a named moment.

As a program, takes a JSON list of {"command": [...], "event": ..., "moment": ..., "after": ...} and prints one of
what came of it: its exit code and words, whether the event came, the steps that were acknowledged and those that are
kept, and the files of the export. Events are undone after their command.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from agentinstruct_local import taxonomy
from agentinstruct_local.cli import main
from agentinstruct_local.exporters import chat
from agentinstruct_local.readers import _sandbox
from agentinstruct_local.store import Store
from agentinstruct_local.teachers.scripted import ScriptedTeacher

Undo = Callable[[], None]


def full(run: Path) -> Undo:
    """Not a byte is left on the disk of the run, whose folder's parent is a small one."""
    filler = run.parent / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            with contextlib.suppress(OSError):
                while file.write(b"x" * size) == size:
                    pass
    return filler.unlink


def limited(run: Path) -> Undo:
    """No file may grow beyond what the run's log has now (ulimit -f)."""
    log = run / "run.db-wal"
    most = log.stat().st_size if log.exists() else 4096
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, was[1]))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, was)


def nothing_to_write(run: Path) -> Undo:
    """No file may have more than ten bytes."""
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, was[1]))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, was)


def readonly(run: Path) -> Undo:
    """The disk of the run can be read only."""

    def remount(how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(run.parent)], check=True)

    remount("ro")
    return lambda: remount("rw")


def gone(run: Path) -> Undo:
    """Someone deletes the run."""
    shutil.rmtree(run)
    return lambda: None


def moved(run: Path) -> Undo:
    """Someone moves the run away."""
    run.rename(run.parent / f"elsewhere-{run.name}")
    return lambda: None


def backward(run: Path) -> Undo:
    """The clock is set back an hour each time that someone looks at it."""
    then, looked = time.time, [0]

    def now() -> float:
        looked[0] += 1
        return then() - 3600 * looked[0]

    time.time = now
    return lambda: setattr(time, "time", then)


def signals(name: str, times: int) -> Callable[[Path], Undo]:
    """Someone sends a signal, once or more often."""

    def send(run: Path) -> Undo:
        for _ in range(times):
            os.kill(os.getpid(), signal.Signals[name])
            time.sleep(0.01)
        return lambda: None

    return send


EVENTS: dict[str, Callable[[Path], Undo]] = {
    "full": full, "limited": limited, "nothing_to_write": nothing_to_write, "readonly": readonly, "gone": gone,
    "moved": moved, "backward": backward, "nothing": lambda run: lambda: None,
    **{f"{name}*{times}": signals(name, times) for name in ("SIGINT", "SIGTERM", "SIGHUP") for times in (1, 2)},
}  # fmt: skip
PLACES: dict[str, tuple[Any, str]] = {
    "reading": (_sandbox.Sandbox, "results"),
    "work": (ScriptedTeacher, "poll"),
    "export": (chat, "_write"),
}


def go(command: list[str], event: str = "nothing", moment: str = "begin", after: int = 1) -> dict[str, Any]:
    """One command line, and the event at the `after`th time that the moment comes."""
    run, left, undo = Path(command[command.index("--out") + 1]), [after], []
    out, err = io.StringIO(), io.StringIO()
    acknowledged: list[str] = []

    def befall(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            undo.append(EVENTS[event](run))

    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        if moment == "begin":
            befall()
        else:
            stack.enter_context(wrapped(*PLACES[moment], before=befall))
        stack.enter_context(wrapped(Store, "remember", after=lambda store, draft, step: acknowledged.append(step.key)))
        code = main(command)
    for each in undo:
        each()
    told = {"code": code, "out": out.getvalue(), "err": err.getvalue(), "befell": left[0] <= 0}
    return {**told, "acknowledged": acknowledged, "kept": kept(run), "files": files(run)}


@contextlib.contextmanager
def wrapped(
    owner: Any,
    name: str,
    *,
    before: Callable[..., None] = lambda *_: None,
    after: Callable[..., None] = lambda *_: None,
) -> Iterator[None]:
    """While it lasts, the function of that name has something done before and after it."""
    plain = getattr(owner, name)

    def around(*arguments: Any, **options: Any) -> Any:
        before(*arguments)
        found = plain(*arguments, **options)
        after(*arguments)
        return found

    setattr(owner, name, around)
    try:
        yield
    finally:
        setattr(owner, name, plain)


def kept(run: Path) -> list[str]:
    """The keys of the steps in a run."""
    if not Store.exists(run):
        return []
    with contextlib.closing(sqlite3.connect(run / "run.db")) as database:
        if not database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'step'").fetchone():
            return []
        return [key for (key,) in database.execute("SELECT key FROM step")]


def files(run: Path) -> dict[str, str]:
    """What is in the folder of the run's export."""
    return {file.name: file.read_text(encoding="utf-8") for file in sorted((run / "dataset").glob("*"))}


# For tests

SOURCE = str(Path(__file__).parents[1] / "examples" / "handbook" / "pump-maintenance.md")
MOUNT = "mount -t tmpfs -o size=12m,mode=700 none '{}' && exec '{}' '{}' \"$0\""


@functools.cache
def _skills() -> tempfile.TemporaryDirectory[str]:
    """A small skill that asks its teacher for everything, and does not change with those of the program."""
    folder = tempfile.TemporaryDirectory()
    assert main(["taxonomy", "new", "small", "--folder", folder.name]) == 0
    return folder


def generate(run: Path, rows: int = 3, source: str = SOURCE) -> list[str]:
    """The command line of a run of the scripted teacher, of some fifty requests."""
    skill = ["--taxonomy", _skills().name, "--skill", "small", "--teacher", "scripted"]
    return ["generate", source, *skill, "-n", str(rows), "--out", str(run)]


def befall(*steps: dict[str, Any], disk: Path | None = None) -> list[dict[str, Any]]:
    """Command lines in a process of their own; with `disk`, a small one is mounted there for as long as they last."""
    script = json.dumps(steps)
    command = [sys.executable, __file__, script]
    if disk:
        command = ["unshare", "-rm", "sh", "-c", MOUNT.format(disk, sys.executable, __file__), script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


if __name__ == "__main__":
    taxonomy.load = functools.cache(taxonomy.load)  # the skills are the same for all; reading them takes the most time
    sys.stdout.write(json.dumps([go(**one) for one in json.loads(sys.argv[1])]))
