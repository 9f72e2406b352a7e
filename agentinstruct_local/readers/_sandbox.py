"""The parent's side of the process in which files are read. It believes nothing that comes back without a check."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

from ._ocr import MAX_PAGES
from ._one import MAX_TEXT, Result
from .content import Content, printable

SECONDS = 60
"""For one file or archive; a large one has `SECONDS_PER_MB` more for each megabyte."""
SECONDS_PER_MB = 2
PAGE_SECONDS = 180
"""For a page that is a picture, instead; there may be `MAX_PICTURES` of them in all that a file holds."""
MAX_PICTURES = 2 * MAX_PAGES  # an archive may hold several files of pictures
MAX_ANSWER = 512 * 1024**2
"""Bytes that all answers for one file may have together."""
ENTRY = "agentinstruct_local.readers._child"

_HEAD = struct.Struct(">II")
_LENGTH = struct.Struct(">I")
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_SLOW = "SIGXCPU"


class _Died(Exception):
    """The process is gone, or has said what no reader says."""


class _Clock:
    """Ends the process after some seconds."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: int) -> None:
        self.late = False
        self._process = process
        self._pages = 0
        self._start(seconds)

    def next_page(self) -> None:
        """Begin anew, for one page. Raises _Died where there are more pages than a file may have."""
        self.stop()
        self._pages += 1
        if self._pages > MAX_PICTURES:
            raise _Died(f"it read more than {MAX_PICTURES} pictures of pages")
        self._start(PAGE_SECONDS)

    def stop(self) -> None:
        self._timer.cancel()

    def _start(self, seconds: int) -> None:
        self.seconds = seconds
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        self.late = True
        self._process.kill()


class Sandbox:
    """Reads files in a child process that is started when it is first needed and anew after it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def results(self, data: bytes, name: str) -> Iterator[Result]:
        """What the bytes of a file give. Refusals of its own: too_slow, reader_crashed."""
        seconds = SECONDS + SECONDS_PER_MB * len(data) // 1024**2
        process = self._process = self._process or _start()
        clock = _Clock(process, seconds)
        done = False
        try:
            _ask(process, data, name, seconds)
            left = MAX_ANSWER
            while told := _answer(process, left):
                left -= told.pop("size")
                if told.get("page") is True:
                    clock.next_page()
                else:
                    yield _result(told)
            done = True
        except (_Died, OSError) as problem:
            clock.stop()
            died = _ended(process)
            self.close()
            yield _why(process.returncode if died else 0, clock.late, clock.seconds, str(problem))
        finally:
            clock.stop()
            if not done or clock.late:
                self.close()

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:
                continue
        process.wait()


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it died by itself; it has a moment, for its pipe closes before it is gone."""
    try:
        process.wait(0.5)
    except subprocess.TimeoutExpired:
        return False
    return True


def _start() -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)  # noqa: PTH100  # "" is the working folder
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    env |= {"PYTHONPATH": paths, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", ENTRY],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env,
        start_new_session=True,  # Ctrl-C is for the parent, which ends this process itself
    )  # fmt: skip


def _ask(process: subprocess.Popen[bytes], data: bytes, name: str, seconds: int) -> None:
    assert process.stdin is not None
    words = json.dumps({"name": name, "seconds": seconds, "page_seconds": PAGE_SECONDS}).encode()
    process.stdin.write(_HEAD.pack(len(words), len(data)) + words)
    process.stdin.write(data)
    process.stdin.flush()


def _answer(process: subprocess.Popen[bytes], most: int) -> dict[str, Any]:
    """The next answer with its `size`; empty after the last one."""
    assert process.stdout is not None
    head = process.stdout.read(_LENGTH.size)
    size = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else -1
    body = process.stdout.read(size) if 0 < size <= most else b""
    if not body or len(body) < size:
        raise _Died("it ended without an answer" if size < 0 else "its answer was cut or too long")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise _Died("its answer made no sense")
    return {} if told.get("done") is True else {**told, "size": size}


def _result(told: dict[str, Any]) -> Result:
    words = [told.get(name) for name in ("member", "suffix", "reason", "detail")]
    if not all(isinstance(word, str) for word in words):
        raise _Died("its answer made no sense")
    member, suffix, reason, detail = (str(word) for word in words)
    content = None
    if not reason and "text" in told:
        text, title, pages = told["text"], told.get("title"), told.get("pages")
        if not (isinstance(text, str) and isinstance(title, str) and isinstance(pages, list)) or len(text) > MAX_TEXT:
            raise _Died("its answer made no sense")
        if not all(isinstance(page, int) and 0 <= page <= len(text) for page in pages):
            raise _Died("its answer made no sense")
        content = Content(text=text, title=title, pages=tuple(pages))
    return Result(member=member, suffix=suffix, content=content, reason=printable(reason), detail=printable(detail))


def _why(code: int, late: bool, seconds: int, said: str) -> Result:
    try:
        name = signal.Signals(-code).name if code < 0 else ""
    except ValueError:
        name = f"signal {-code}"
    if late or name == _SLOW:
        return Result(reason="too_slow", detail=f"it was not read after {seconds} seconds")
    return Result(reason="reader_crashed", detail=f"the reader died of {name}" if name else f"the reader: {said}")
