"""A GGUF model, driven through the C API of llama.cpp: many sequences decoded together, prefixes shared.

Importing this loads nothing native; `load` does.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agentinstruct_local.teachers.llamacpp.fit import free_memory, settings_for, shape_of, told
from agentinstruct_local.teachers.llamacpp.settings import Settings

if TYPE_CHECKING:
    from agentinstruct_local.teachers.llamacpp.engine import Engine

__all__ = ["Settings", "choose", "load"]


def choose(path: Path, *, name: str, **asked: int | None) -> tuple[Settings, str]:
    """Settings that fit this machine and the model at `path`, and what was chosen, in one line.

    Whatever is `asked` for (None: left open) stays. Raises ModelError for a damaged header or too little memory.
    """
    shape = shape_of(path)
    on_gpus = 0.0 if asked.get("gpu_layers") == 0 else free_on_gpus_apart()
    settings = settings_for(shape, {"echo": True, **asked}, free=free_memory(), name=name, on_gpus=on_gpus)
    return settings, told(shape, settings)


def free_on_gpus_apart() -> float:
    """Free bytes of all GPUs together, asked for in a process of its own: llama.cpp stays out of this one."""
    ask = "from agentinstruct_local.teachers.llamacpp.library import free_on_gpus; print(free_on_gpus())"
    try:
        done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, timeout=60, check=True)
    except (subprocess.SubprocessError, OSError):  # what is wrong there the worker will tell
        return 0.0
    return float(done.stdout)


def load(path: Path, *, chat_format: str, name: str, settings: Settings) -> Engine:
    """Load the model at `path` into this process. Raises ModelError if llama.cpp refuses it."""
    from agentinstruct_local.teachers.llamacpp.engine import Engine

    return Engine(path, chat_format=chat_format, name=name, settings=settings)
