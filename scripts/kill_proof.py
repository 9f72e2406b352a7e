"""Kill a run again and again, go on each time, and hold the end against a run that nobody killed.

    make kill-proof                                   200 kills of the scripted teacher
    KILLS=10 TEACHER=qwen2.5-coder-1.5b-instruct-q4_k_m make kill-proof      of a real one

Half of the kills come at a random moment, half at a named point: just before or after the database is made, a commit
(that of a sitting too), an fsync, a rename, or the manifest is written.
After each of them every step that had been acknowledged must be there still, and no key twice. At the end a run that
was killed must export, byte for byte, what one that was not does. With a real teacher, whose words depend a little on
what else is in its batch, it must have as many rows, each once. Exits with 1 at the first that is not so.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MOST = {"birth": 1, "commit": 60, "fsync": 6, "rename": 6, "manifest": 1}  # how often a go may pass it before the kill
POINTS = tuple(f"{when} {what}" for what in MOST for when in ("before", "after"))
OF_A_SITTING = ("INSERT INTO sitting", "UPDATE sitting")  # each a transaction of its own
LONGEST = 600  # seconds that one go may take


def main() -> int:
    """Kill as often as KILLS says; 0 if everything was found again."""
    kills, teacher = int(os.environ.get("KILLS", "200")), os.environ.get("TEACHER", "scripted")
    real = teacher != "scripted"
    rows = 12 if real else 60
    draw = random.Random(int(os.environ.get("SEED", "1")))
    survived: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="kill-proof-") as work:
        begin = ["generate", str(ROOT / "examples" / "handbook"), "--teacher", teacher, "-n", str(rows), "--seed", "5"]
        undisturbed = Path(work) / "undisturbed"
        began = time.monotonic()
        last = go([*begin, "--out", str(undisturbed)])
        if last not in (0, 3):  # 3: the documents did not give so many rows, and all that they give were made
            fail(f"undisturbed, it ended with {last}")
        whole = time.monotonic() - began
        wanted = exported(undisturbed)
        runs = 0
        while survived.total() < kills:
            run = Path(work) / f"run{runs}"
            runs += 1
            known: frozenset[str] = frozenset()
            ended = None
            while ended is None:
                if survived.total() < kills:
                    name, ended = kill([*begin, "--out", str(run)], draw, whole)
                    survived.update([name] if ended is None else [])
                else:
                    ended = go([*begin, "--out", str(run)])
                known = told(run, known)
            if ended != last:
                fail(f"a run that was killed ended with {ended}, the undisturbed one with {last}")
            found = exported(run)
            if not real and found != wanted:
                fail(f"{run.name} exports something else than the undisturbed run")
            if len(ids := [line for text in found.values() for line in text.splitlines()]) != len(set(ids)):
                fail("a row is written twice")
            if real and last == 0 and len(ids) != rows:
                fail(f"{len(ids)} rows instead of {rows}")
            shutil.rmtree(run)
    for name, n in sorted(survived.items()):
        print(f"{n:4} kills {name}")
    end = "as many rows" if real else "the same export"
    print(f"{survived.total()} kills in {runs} runs: no step lost, no row twice, {end}")
    return 0


def kill(command: list[str], draw: random.Random, whole: float) -> tuple[str, int | None]:
    """Begin or go on, and kill it somewhere; where it was killed, and its exit code if it ended before."""
    if draw.random() < 0.5:
        point = draw.choice(POINTS)
        ended = go(command, point=point, after=draw.randint(1, MOST[point.partition(" ")[2]]))
        return point, None if ended == -signal.SIGKILL else ended
    return "at a random moment", go(command, seconds=draw.uniform(0.2, max(1.0, whole)))


def go(command: list[str], *, seconds: float | None = None, point: str = "", after: int = 0) -> int | None:
    """The command in a process (group) of its own; its exit code, or None if it was killed after `seconds`."""
    child = subprocess.Popen(
        [sys.executable, __file__, "--child", point, str(after), *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, complaint = child.communicate(timeout=seconds or LONGEST)
    except subprocess.TimeoutExpired:
        if seconds is None:
            fail(f"no end after {LONGEST} s")
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        return None
    if child.returncode not in (0, 3, -signal.SIGKILL):
        fail(f"it ended with {child.returncode}:\n{complaint.decode()[-2000:]}")
    return child.returncode


def told(run: Path, known: frozenset[str]) -> frozenset[str]:
    """The keys of the steps that are kept now, all that were known before among them."""
    if not (run / "run.db").exists():
        return known
    database = sqlite3.connect(run / "run.db")
    try:
        (state,) = database.execute("PRAGMA integrity_check").fetchone()
        has_steps = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'step'").fetchone()
        keys = [key for (key,) in database.execute("SELECT key FROM step")] if has_steps else []
    finally:
        database.close()
    if state != "ok":
        fail(f"the database is damaged: {state}")
    if len(keys) != len(set(keys)):
        fail("a step is kept twice")
    if lost := known - set(keys):
        fail(f"{len(lost)} steps were acknowledged and are lost")
    return frozenset(keys)


def exported(run: Path) -> dict[str, str]:
    """The files of the data set."""
    return {file.name: file.read_text(encoding="utf-8") for file in sorted((run / "dataset").glob("*.jsonl"))}


def fail(why: str) -> None:
    """Say what is not as it must be, and stop."""
    raise SystemExit(f"kill-proof: {why}")


def child(point: str, after: int, command: list[str]) -> int:
    """The command line, which kills itself the `after`th time that it comes to `point`."""
    if point:
        when, _, what = point.partition(" ")
        left = [after]

        def deadly(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                left[0] -= 1
                if left[0] == 0 and when == "before":
                    os.kill(os.getpid(), signal.SIGKILL)
                found = function(*arguments, **options)
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return found

            return call

        if what == "fsync":
            os.fsync = deadly(os.fsync)
        elif what == "rename":
            Path.replace = deadly(Path.replace)  # type: ignore[method-assign]
        elif what == "manifest":
            from agentinstruct_local.exporters import chat

            plain_write, deadly_write = chat._replace, deadly(chat._replace)
            chat._replace = lambda file, lines: (deadly_write if file.name == "manifest.json" else plain_write)(
                file, lines
            )
        else:

            class Deadly(sqlite3.Connection):
                commit_now = deadly(sqlite3.Connection.execute)
                make_now = deadly(sqlite3.Connection.executescript)

                def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:  # type: ignore[override]
                    commits = what == "commit" and (sql == "COMMIT" or sql.startswith(OF_A_SITTING))
                    run = Deadly.commit_now if commits else sqlite3.Connection.execute
                    found: sqlite3.Cursor = run(self, sql, *values)
                    return found

                def executescript(self, sql: str) -> sqlite3.Cursor:  # type: ignore[override]
                    run = Deadly.make_now if what == "birth" else sqlite3.Connection.executescript
                    found: sqlite3.Cursor = run(self, sql)
                    return found

            plain = sqlite3.connect

            def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
                return plain(*arguments, **{**options, "factory": Deadly})

            sqlite3.connect = connect  # type: ignore[assignment]
    from agentinstruct_local.cli import main as command_line

    return command_line(command)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        sys.exit(child(sys.argv[2], int(sys.argv[3]), sys.argv[4:]))
    sys.exit(main())
