"""Break each promise on purpose, and see that a test notices.

    make break-promises                     every line of tests/data/breaks.yaml, one at a time (half an hour)
    ONLY=sandbox make break-promises        those whose promise or file has this word

It works in a copy of the program. First the tests that are named must pass there as it is; then, for each break, one of
them at least must fail. Exits with 1 where one does not, or where a line to break is not there (any more).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
COPIED = (
    "agentinstruct_local", "taxonomy", "tests", "examples", "scripts", "docs", "bench", "models", "pyproject.toml",
    "README.md", "SECURITY.md", "ARCHITECTURE.md", "Makefile", "constraints.txt",
)  # fmt: skip
LONGEST = 900  # seconds for the tests of one break


def main() -> int:
    """0 if every break was noticed."""
    promises = yaml.safe_load((ROOT / "tests" / "data" / "breaks.yaml").read_text(encoding="utf-8"))
    only = os.environ.get("ONLY", "")
    missed = broken = 0
    with tempfile.TemporaryDirectory(prefix="break-promises-") as work:
        place = Path(work)
        copy(place)
        for promise, told in promises.items():
            wanted = [one for one in told["breaks"] if only in f"{promise} {one['in']}"]
            if not wanted:
                continue
            print(promise, flush=True)
            if failed := failures(place, told["tests"]):
                print(f"  fails before anything was broken: {failed[0]}")
                return 1
            for one in wanted:
                failed = broken_so(place, one, one.get("tests", told["tests"]))
                broken += 1
                missed += not failed
                what = f"{one['in']}: {short(one['line'])} -> {short(one['by']) or 'nothing'}"
                print(f"  {'noticed' if failed else 'NOT NOTICED'}  {what}  {failed[0] if failed else ''}", flush=True)
    print(f"{broken - missed} of {broken} breaks were noticed")
    return 1 if missed or not broken else 0


def copy(place: Path) -> None:
    """What the tests need, in a folder of its own; model files stay where they are."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "files")
            shutil.copytree(source, place / name, ignore=ignored, symlinks=True)
        elif source.exists():
            shutil.copy(source, place / name)
    (place / "models" / "files").symlink_to(ROOT / "models" / "files")
    (place / ".venv").symlink_to(ROOT / ".venv")


def broken_so(place: Path, one: Mapping[str, Any], tests: Sequence[str]) -> list[str]:
    """The tests that fail with a line replaced, which is put back afterwards."""
    file = place / "agentinstruct_local" / one["in"]
    whole = file.read_text(encoding="utf-8")
    if whole.count(one["line"]) != 1:
        raise SystemExit(f"{one['in']} has this line {whole.count(one['line'])} times: {short(one['line'])}")
    file.write_text(whole.replace(one["line"], one["by"]), encoding="utf-8")
    try:
        compile_it(file)
        return failures(place, tests)
    finally:
        file.write_text(whole, encoding="utf-8")


def compile_it(file: Path) -> None:
    """What does not compile breaks no promise: every test would fail."""
    if file.suffix == ".py":
        compile(file.read_text(encoding="utf-8"), file.name, "exec")


def failures(place: Path, tests: Sequence[str]) -> list[str]:
    """The first of the tests that fails, by its name; none if all pass. SystemExit where they cannot be run."""
    files = [f"tests/{name}" for name in tests]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *files]
    env: dict[str, Any] = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=False, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return []  # a test that has no end tells nobody anything
    failed = re.findall(r"^(?:FAILED|ERROR) (?:tests/)?(\S+)", ran.stdout, re.MULTILINE)
    if ran.returncode not in (0, 1) or (ran.returncode == 1 and not failed):
        raise SystemExit(f"the tests did not run:\n{ran.stdout[-2000:]}")
    return failed


def short(text: str) -> str:
    """In one line, not too long."""
    return " ".join(text.split())[:70]


if __name__ == "__main__":
    sys.exit(main())
