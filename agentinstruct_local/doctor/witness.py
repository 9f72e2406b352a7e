"""Runs a command of the program and notes from the inside what an outsider cannot see: `python witness.py NOTES ...`.

It notes the network interfaces, the environment at the moment when a library that could call home is imported, the
modules that were imported, and where Python's own sockets went. It is run as a file, before anything of the program is
imported, and writes its notes to the file NOTES.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

CALLERS = ("huggingface_hub", "transformers", "sentence_transformers", "datasets", "tokenizers")
"""Libraries that would ask a hub."""
INTERFACES = Path("/proc/self/net/dev")
_OPENS = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
_LOOKS_UP = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_OWN = ("127.", "::1", "localhost")


class Notes:
    """What was seen; `find_spec` looks at imports and never finds anything itself."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {"interfaces": interfaces(), "sockets": [], "embedder": ""}
        self.told["environment"] = {name: {} for name in CALLERS if name in sys.modules}  # too early to have any

    def find_spec(self, name: str, *_: Any) -> None:
        """Called by the interpreter for each import."""
        if name in CALLERS:
            self.told["environment"].setdefault(name, dict(os.environ))

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        """Called by the interpreter for each audited event."""
        if event in _LOOKS_UP:
            self._note(event, args[0])
        elif event in _OPENS and isinstance(args[1], tuple):
            self._note(event, args[1][0])

    def _note(self, event: str, host: object) -> None:
        if host is not None and not str(host).startswith(_OWN):
            self.told["sockets"].append(f"{event} {host}")


def interfaces() -> list[str]:
    """The network interfaces that this process has; empty where the system does not tell."""
    try:
        lines = INTERFACES.read_text("utf-8").splitlines()[2:]
    except OSError:
        return []
    return [line.partition(":")[0].strip() for line in lines]


def load_embedder() -> str:
    """Load the default embedder from its folder, as a run with a real teacher does, and let it encode a sentence."""
    from agentinstruct_local import cards
    from agentinstruct_local.diversity import Encoder

    card = cards.default_embedder()
    if not cards.is_here(card):
        return ""
    Encoder(cards.path_of(card)).encode(["The pump is serviced every 30 days."])
    return card.name


def main(notes_file: str, *arguments: str) -> int:
    """The exit code of the command; a Python file in its place is run instead."""
    notes = Notes()
    sys.meta_path.insert(0, notes)
    sys.addaudithook(notes.hook)
    code: object = 0
    try:
        sys.argv[1:] = arguments
        if arguments[0].endswith(".py"):
            runpy.run_path(arguments[0], run_name="__main__")
        else:
            runpy.run_module("agentinstruct_local", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code or 0
    if not code and arguments[0] == "generate":
        notes.told["embedder"] = load_embedder()
    notes.told["modules"] = sorted(sys.modules)
    Path(notes_file).write_text(json.dumps(notes.told), "utf-8")
    return code if isinstance(code, int) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
