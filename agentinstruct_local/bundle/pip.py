"""Run pip, with its own configuration, and say that it is still at work."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agentinstruct_local.errors import BundleError

EVERY = 30  # seconds between two lines


def pip(
    arguments: Sequence[str], what: str, log: Path, tell: Callable[[str], None], *, extra: Mapping[str, str] = {}
) -> None:
    """Run `pip ARGUMENTS` with `extra` in its environment, its output in `log`. Raises BundleError where it fails."""
    begun = said = time.monotonic()
    tell(what)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", *arguments, "--disable-pip-version-check"]
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **extra})
        try:
            while child.poll() is None:
                time.sleep(0.2)
                if time.monotonic() - said > EVERY:
                    said = time.monotonic()
                    tell(f"{what}: {said - begun:.0f} s so far")
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
    if child.returncode:
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
        told = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "no word")
        raise BundleError(f"{what}: {told.strip()[:300]}", hint=f"with a network, again; all that pip said: {log}")
