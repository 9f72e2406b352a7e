"""Which module reads which suffix. The folder is the registry."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

from .content import PACKED

_NOT_FORMATS = ("collect", "content")


@cache
def readers() -> Mapping[str, ModuleType]:
    """Suffix -> the module that reads it. The modules import their heavy libraries only when they read."""
    found: dict[str, ModuleType] = {}
    package = __name__.rpartition(".")[0]
    for entry in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda entry: entry.name):
        if entry.name in _NOT_FORMATS or entry.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package}.{entry.name}")
        for suffix in getattr(module, "SUFFIXES", ()):
            found[suffix] = module
    return found


def suffix_of(path: Path) -> str:
    """The suffix that names the format, in lower case; that of `a.txt.gz` is `.txt`."""
    inner = Path(path.stem).suffix.lower() if path.suffix.lower() == PACKED else ""
    return inner or path.suffix.lower()
