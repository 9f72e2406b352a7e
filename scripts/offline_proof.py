"""Proof that nothing leaves the machine: the tests and a real run where no network exists, and a trace of every socket.

    make offline-proof            all of it (Linux, with unshare and strace)
    QUICK=1 make offline-proof    without the test-suite; where the tools are missing it says what was not proven

1. The trace must find a connection to the outside where there is one, else it proves nothing (negative control).
2. The whole test-suite passes in an empty network namespace with an empty home.
3. A run with the default teacher, its export and its report of status, in the same place, under
   `strace -f -e trace=network`: no process of it may touch an address family other than AF_UNIX, or an address that is
   not the machine's own. Even a name lookup would be one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from agentinstruct_local.doctor.strace import ALONE, CONTROL, STRACE, sockets, violations

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Prove it; 0 if it holds (or, where QUICK is set, if it could not be tried), 1 if not, 2 if a tool is missing."""
    quick = bool(os.environ.get("QUICK"))
    if missing := _missing():
        print(f"NOT PROVEN: {missing}", file=sys.stderr)
        return 0 if quick else 2
    with tempfile.TemporaryDirectory(prefix="offline-proof-") as work:
        home = Path(work) / "home"
        home.mkdir()
        if not violations(traced([sys.executable, "-c", CONTROL], home)[1]):
            print("NOT PROVEN: a connection to the outside was not seen by the trace", file=sys.stderr)
            return 1
        print("negative control: a connection to the outside is seen by the trace")
        if not quick and run([sys.executable, "-m", "pytest", "-q", str(ROOT)], home).returncode:
            return _broken("the test-suite fails without a network")
        tool = [sys.executable, "-m", "agentinstruct_local"]
        out = str(Path(work) / "run")
        teacher = ["--teacher", os.environ["TEACHER"]] if os.environ.get("TEACHER") else []
        lines: list[str] = []
        for step in (
            ["generate", str(ROOT / "examples" / "handbook"), "-n", "2", "--out", out, *teacher],
            ["export", out, "--to", str(Path(work) / "data")],
            ["status", out],
        ):
            code, trace = traced([*tool, *step], home)
            if code:
                return _broken(f"`agentinstruct {step[0]}` ends with {code} without a network")
            lines += trace
        if found := violations(lines):
            return _broken("something reached out:\n" + "\n".join(found[:20]))
        print(f"a real run: {len(lines)} lines of trace, {sockets(lines)} sockets, none that reaches out")
        if left := sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()):
            print(f"left in the empty home: {', '.join(left)}")
    what = "a real run" if quick else "the test-suite and a real run"
    print(f"held: {what} without a network, and nothing that reached out for one")
    return 0


def _missing() -> str:
    if not shutil.which("unshare") or subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        return "`unshare -rn true` does not work here: a network namespace needs Linux and the right to make one"
    probe = [*ALONE, "strace", "-f", "-o", os.devnull, "true"]
    if not shutil.which("strace") or subprocess.run(probe, capture_output=True, check=False).returncode:
        return "strace is missing or may not trace here\n  type: sudo apt-get install strace"
    return ""


def _broken(why: str) -> int:
    print(f"BROKEN: {why}", file=sys.stderr)
    return 1


def run(command: list[str], home: Path) -> subprocess.CompletedProcess[bytes]:
    """A command where there is no network, with an empty home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "HF_", "TRANSFORMERS_"))}
    kept["AGENTINSTRUCT_MODELS"] = os.environ.get("AGENTINSTRUCT_MODELS", str(ROOT / "models" / "files"))
    return subprocess.run([*ALONE, *command], check=False, cwd=ROOT, env={**kept, "HOME": str(home)})


def traced(command: list[str], home: Path) -> tuple[int, list[str]]:
    """The exit code of a command where there is no network, and the network calls of all its processes."""
    with tempfile.NamedTemporaryFile("r", suffix=".strace", errors="replace") as log:
        done = run([*STRACE, log.name, *command], home)
        return done.returncode, log.readlines()


if __name__ == "__main__":
    sys.exit(main())
