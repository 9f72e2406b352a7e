"""What this machine can do, and what is wrong with it: one `Check` each, with what to type."""

from __future__ import annotations

from collections.abc import Iterator

from . import decoding, machine, offline
from .check import Check, as_data

__all__ = ["Check", "as_data", "examine", "prove"]


def examine(teacher: str = "") -> Iterator[Check]:
    """Every check, one after the other; `teacher` is a name or a GGUF file, or empty for the default one."""
    yield machine.check_python()
    yield machine.check_processor()
    yield machine.check_memory()
    yield machine.check_disk()
    yield from machine.check_packages()
    yield from machine.check_models(teacher)
    yield from decoding.check_teacher(teacher)
    yield from machine.check_second_stage()
    yield machine.check_network()


def prove() -> Iterator[Check]:
    """What can be seen here of the promise that nothing leaves the machine."""
    yield from offline.examine()
