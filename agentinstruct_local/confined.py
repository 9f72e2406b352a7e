"""What a child process that handles what nobody vouches for does first: it keeps its pipes, and gives up its rights.

What holds where. Linux: the process dies with its parent, gains no rights, and has an empty network namespace where the
system lets a user make one; all limits hold. macOS: limits on files and time hold, those on memory mostly not. Windows:
nothing of it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_NEW_USER_AND_NET = 0x10000000 | 0x40000000


def pipes() -> tuple[BinaryIO, BinaryIO]:
    """Where requests come from and answers go. What libraries print cannot pass for an answer after this."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    return requests, answers


def confine(most: Mapping[str, int], *, with_group: bool = False) -> None:
    """Give up rights for good; `most` names limits of the kernel as `resource` does, such as {"FSIZE": 0}.

    The process ends when its parent does; `with_group`: those of its group do too, which nobody would end otherwise.
    """
    if sys.platform == "linux":
        if with_group:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        with suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None, use_errno=True)
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM if with_group else signal.SIGKILL, 0, 0, 0)
            libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            libc.unshare(_NEW_USER_AND_NET)  # not allowed everywhere, and never to a process with threads
        if with_group:
            threading.Thread(target=_end_group, daemon=True).start()
    if sys.platform != "win32":
        import resource

        for kind, value in most.items():
            with suppress(OSError, ValueError, AttributeError):
                resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (value, value))


def _end_group() -> None:
    signal.sigwait({signal.SIGTERM})
    os.killpg(0, signal.SIGKILL)
