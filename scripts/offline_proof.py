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
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALONE = ("unshare", "-rn", "sh", "-c", 'ip link set lo up 2>/dev/null; exec "$@"', "sh")
"""What follows runs in a network namespace that has nothing but its own loopback."""
CONTROL = """
import socket
sends = {socket.SOCK_STREAM: lambda s: s.connect(OUTSIDE), socket.SOCK_DGRAM: lambda s: s.sendto(b"x", OUTSIDE)}
for kind, send in sends.items():
    try:
        send(socket.socket(socket.AF_INET, kind))
    except OSError:
        pass
""".replace("OUTSIDE", '("192.0.2.1", 53)')  # an address for documentation (RFC 5737)
_CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(?P<name>[a-z0-9_]+)[( ]")
_FAMILY = re.compile(r"\b(?:socket|socketpair)\((?P<family>[A-Z0-9_]+)")
_PLACE = re.compile(r"sa_family=(?P<family>[A-Z0-9_]+)(?:, (?P<rest>[^}]*))?")
_ADDRESS = re.compile(r'inet_(?:addr\("(?P<v4>[^"]+)"|pton\(AF_INET6, "(?P<v6>[^"]+)")')
_OWN = re.compile(r"127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3}")
_UNBOUND = ("0.0.0.0", "::")  # of a socket that was never connected, when it is asked for its own name


def violations(trace: Iterable[str]) -> list[str]:
    """The lines of an strace log that touch anything but AF_UNIX and the machine's own addresses.

    That a socket of AF_INET is made is none, since loopback needs one; where it is connected, bound or sends to is.
    """
    return [line.rstrip() for line in trace if _reaches_out(line)]


def _reaches_out(line: str) -> bool:
    made = _FAMILY.search(line)
    if made and made["family"] not in ("AF_UNIX", "AF_INET", "AF_INET6"):
        return True
    call = _CALL.match(line)
    for place in _PLACE.finditer(line):
        if place["family"] == "AF_UNIX":
            continue
        if place["family"] not in ("AF_INET", "AF_INET6"):
            return True
        found = _ADDRESS.search(place["rest"] or "")
        address = (found["v4"] or found["v6"]) if found else ""
        own_name = call is not None and call["name"] == "getsockname" and address in _UNBOUND
        if not _OWN.fullmatch(address) and not own_name:
            return True
    return False


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
        calls = sum(bool(_FAMILY.search(line)) for line in lines)
        print(f"a real run: {len(lines)} lines of trace, {calls} sockets, none that reaches out")
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
        done = run(["strace", "-f", "-qq", "-e", "trace=network", "-e", "signal=none", "-o", log.name, *command], home)
        return done.returncode, log.readlines()


if __name__ == "__main__":
    sys.exit(main())
