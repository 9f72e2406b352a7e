from __future__ import annotations

import importlib.util
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from agentinstruct_local.cli import main

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "kill_proof.py"
SPEC = importlib.util.spec_from_file_location("kill_proof", SCRIPT)
PROOF = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(PROOF)
HANDBOOK = str(ROOT / "examples" / "handbook")


def prove(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def test_a_run_that_is_killed_six_times_ends_as_one_that_is_not() -> None:
    done = prove(KILLS="6", SEED="3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("6 kills in ")


@pytest.mark.parametrize("point", PROOF.POINTS)
def test_every_named_point_is_reached(point: str, tmp_path: Path) -> None:
    command = ["generate", HANDBOOK, "--teacher", "scripted", "-n", "1", "--out", str(tmp_path / "run")]
    assert PROOF.go(command, point=point, after=1) == -signal.SIGKILL
    assert PROOF.go(command) == 0
    assert PROOF.exported(tmp_path / "run")


def test_a_run_that_was_killed_at_its_birth_can_be_begun(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    sqlite3.connect(folder / "run.db").execute("PRAGMA journal_mode = WAL")
    begin = ["generate", HANDBOOK, "--teacher", "scripted", "-n", "1", "--out", str(folder)]
    assert main(begin) == 0
    assert PROOF.exported(folder)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    assert main(["generate", HANDBOOK, "--teacher", "scripted", "-n", "2", "--out", str(folder)]) == 0
    return folder


def test_the_proof_finds_a_step_that_is_lost(run: Path) -> None:
    known = PROOF.told(run, frozenset())
    assert len(known) > 2
    assert PROOF.told(run, known) == known
    database = sqlite3.connect(run / "run.db")
    with database:
        database.execute("DELETE FROM step WHERE key = ?", (min(known),))
    database.close()
    with pytest.raises(SystemExit, match="1 steps were acknowledged and are lost"):
        PROOF.told(run, known)


def test_the_proof_finds_a_database_that_is_damaged(run: Path) -> None:
    data = (run / "run.db").read_bytes()
    (run / "run.db").write_bytes(data[:8192] + bytes(4096) + data[12288:])
    with pytest.raises((SystemExit, sqlite3.DatabaseError)):
        PROOF.told(run, frozenset())
