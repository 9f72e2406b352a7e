"""The offline proof, as far as this machine lets a user try it: a small real run, watched from three sides.

The sides are a network namespace that holds nothing but a loopback, strace, and a hook inside Python. Each is first
given a connection to the outside; one that does not catch it proves nothing and does not count.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agentinstruct_local import cards

from . import witness
from .check import Check
from .seen import Means, Watched, judge, judge_control
from .strace import ALONE, CONTROL, STRACE

SECONDS = 300
"""That the run may take; strace makes it slower."""
DOCUMENTS = {
    "pump.md": "# Pump\n\nThe pump must be serviced every 30 days. The seal of the pump is made of rubber.\n",
    "valve.md": "# Valve\n\nThe valve opens at a pressure of 4 bar. A blocked valve must be replaced at once.\n",
}
_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def examine() -> Iterator[Check]:
    """Every check, one after the other. One that could not be made is a warning that says why."""
    with tempfile.TemporaryDirectory(prefix="agentinstruct-offline-") as folder:
        work = Path(folder)
        means = find_means()
        control = watch(means, work, [str(_control(work)), *([] if means.alone else ["bound"])])
        means, check = judge_control(means, control)
        yield check
        run = watch(means, work, _command(work))
        yield from judge(means, run)


def find_means() -> Means:
    """Whether a namespace can be made and whether strace may trace, in it if there is one."""
    why_not_alone = _why_not(ALONE, "unshare", "a network namespace")
    before = () if why_not_alone else ALONE
    why_not_traced = _why_not((*before, *STRACE, os.devnull), "strace", "a trace of every process")
    return Means(
        alone=not why_not_alone, traced=not why_not_traced, why_not_alone=why_not_alone, why_not_traced=why_not_traced
    )


def _why_not(before: Sequence[str], tool: str, what: str) -> str:
    if not sys.platform.startswith("linux"):
        return f"{what} needs Linux"
    if not shutil.which(tool):
        return f"{what} needs {tool}, which is not installed"
    try:
        done = subprocess.run(
            [*before, "true"], capture_output=True, text=True, errors="replace", timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{what}: {error}"
    said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return f"{what}: this system does not let you: {said[:150]}" if done.returncode else ""


def watch(means: Means, work: Path, command: Sequence[str]) -> Watched:
    """Run a command of the program, or a Python file, with all means and the witness inside, in a clean environment."""
    notes, log = work / "notes.json", work / "strace.log"
    for old in (notes, log):
        old.unlink(missing_ok=True)
    around = [*(ALONE if means.alone else ()), *((*STRACE, str(log)) if means.traced else ())]
    whole = [*around, sys.executable, "-P", str(Path(witness.__file__)), str(notes), *command]
    code: int | None
    try:
        done = subprocess.run(
            whole, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False,
            cwd=work, env=clean_environment(work), stdin=subprocess.DEVNULL,
        )  # fmt: skip
        code, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        code, out, err = None, "", ""
    trace = log.read_text("utf-8", "replace").splitlines() if log.is_file() else []
    return Watched(code=code, out=out, err=err, notes=_read(notes), trace=tuple(trace))


def clean_environment(work: Path) -> dict[str, str]:
    """An environment with an empty home and no switch set, so that what is set later is the program's own doing."""
    home = work / "home"
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)  # noqa: PTH100  # "" is the working folder
    kept |= {"PYTHONPATH": paths, "AGENTINSTRUCT_MODELS": str(cards.models_folder())}
    return kept | {"HOME": str(home), "USERPROFILE": str(home), "TMPDIR": str(work)}


def _read(notes: Path) -> dict[str, Any]:
    try:
        told = json.loads(notes.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _control(work: Path) -> Path:
    file = work / "control.py"
    file.write_text(CONTROL, "utf-8")
    return file


def _command(work: Path) -> list[str]:
    folder = work / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, "utf-8")
    return ["generate", str(folder), "-n", "2", "--teacher", "scripted", "--out", str(work / "run"), "--json"]
