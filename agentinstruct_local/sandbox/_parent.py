"""The caller's side of the child process. It believes nothing that comes back without a check."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from .outcome import Limits, Outcome

ENTRY = "agentinstruct_local.sandbox._child"
GRACE = 8.0
"""Seconds beyond the limits of the runs themselves, for a machine under load and a process that has to start."""
MAX_ANSWER = 32 * 1024**2
"""Bytes of one answer."""

_LENGTH = struct.Struct(">I")
_KEPT = ("SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class Host:
    """Asks a child process that is started when it is first needed, and anew after it has died."""

    def __init__(self, begin: Callable[[], subprocess.Popen[bytes]] | None = None) -> None:
        self._begin = begin
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        atexit.register(self.close)

    def ask(self, job: Mapping[str, Any], limits: Limits, *, runs: int) -> list[dict[str, Any]]:
        """What the child answers, one or more plain outcomes; a limit where it hangs, dies or talks nonsense."""
        with self._lock:
            process = self._process = self._process or (self._begin or _start)()
            late = threading.Event()

            def stop() -> None:
                late.set()
                _kill(process)

            clock = threading.Timer(limits.seconds * runs + GRACE, stop)
            clock.daemon = True
            clock.start()
            try:
                return _exchange(process, json.dumps({**job, "limits": limits.plain}).encode())
            except (OSError, ValueError, RecursionError) as problem:
                self._end()
                error = "time" if late.is_set() else "crash"
                return [Outcome(kind="limit", error=error, detail=f"the sandbox's process: {problem}").plain]
            finally:
                clock.cancel()

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    @property
    def pid(self) -> int | None:
        """Of the process, where there is one."""
        return self._process.pid if self._process else None

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        process.wait()


def _start(entry: str = "", more: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A new child process, `more` in its environment, which is empty but for what Python needs to start."""
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)  # noqa: PTH100  # "" is the working folder
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    env |= {"PYTHONPATH": paths, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", **(more or {})}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", entry or ENTRY],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env,
        start_new_session=True,  # Ctrl-C is for the caller, and the interpreter below it ends with its group
    )  # fmt: skip


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _exchange(process: subprocess.Popen[bytes], words: bytes) -> list[dict[str, Any]]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(_LENGTH.pack(len(words)) + words)
    process.stdin.flush()
    head = process.stdout.read(_LENGTH.size)
    size = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
    body = process.stdout.read(size) if 0 < size <= MAX_ANSWER else b""
    if not body or len(body) < size:
        raise OSError("it ended without an answer" if not size else "its answer was cut or too long")
    told = json.loads(body)
    if not isinstance(told, list) or not told or not all(isinstance(one, dict) for one in told):
        raise ValueError("its answer made no sense")
    for one in told:
        Outcome.read(one)
    return told
