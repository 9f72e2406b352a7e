"""The process in which files are read: `python -m agentinstruct_local.readers._child`, a file at a time by pipe.

It is confined (`agentinstruct_local/confined.py` says what holds where), with memory and processor time limited and no
file to be written; on Windows there is only the parent's clock. Everywhere a hook refuses sockets and other programs to
Python code; native code could go round the hook, so where the network namespace is not to be had, nothing but the hook
stands between a hijacked parser and the network.
"""

from __future__ import annotations

import json
import struct
import sys
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

from ..confined import confine, pipes
from . import _ocr
from ._one import Result, results

MEMORY = 2 * 1024**3
"""Bytes of address space."""
_HEAD = struct.Struct(">II")  # length of the request's words (JSON) and of the file
_LENGTH = struct.Struct(">I")
_REFUSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork")


def main() -> None:
    """Answer until the parent closes the pipe."""
    requests, answers = pipes()
    confine({"AS": MEMORY, "DATA": MEMORY, "FSIZE": 0, "CORE": 0, "NPROC": 0})
    sys.addaudithook(_refuse)
    while head := requests.read(_HEAD.size):
        words, size = _HEAD.unpack(head)
        asked = json.loads(requests.read(words))
        data = requests.read(size)
        _allow_seconds(asked["seconds"])
        _ocr.before_page = partial(_next_page, answers, asked["page_seconds"])
        for result in results(data, asked["name"]):
            _send(answers, _plain(result))
        del data
        _send(answers, {"done": True})


def _next_page(answers: BinaryIO, seconds: int) -> None:
    """Reading a picture takes long, so each has a time of its own; the parent counts them."""
    _allow_seconds(seconds)
    _send(answers, {"page": True})


def _plain(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {"member": result.member, "suffix": result.suffix}
    if result.content is not None:
        told |= {"text": result.content.text, "title": result.content.title, "pages": result.content.pages}
    return told | {"reason": result.reason, "detail": result.detail}


def _send(answers: BinaryIO, told: dict[str, Any]) -> None:
    body = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
    answers.write(_LENGTH.pack(len(body)) + body)
    answers.flush()


def _allow_seconds(seconds: int) -> None:
    """Processor time for the next file, in seconds; the kernel ends the process after it."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        with suppress(OSError, ValueError):
            hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
            resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event.startswith(_REFUSED):
        raise PermissionError(f"a reader may not do this: {event}")


if __name__ == "__main__":
    main()
