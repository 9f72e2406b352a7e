"""A GGUF model, driven through the C API of llama.cpp: many sequences decoded together, prefixes shared."""

from __future__ import annotations

from pathlib import Path

from agentinstruct_local.teachers.llamacpp.engine import Engine
from agentinstruct_local.teachers.llamacpp.library import Settings

__all__ = ["Engine", "Settings", "load"]


def load(path: Path, *, chat_format: str, name: str, settings: Settings) -> Engine:
    """Load the model at `path`. Raises ModelError if llama.cpp refuses it."""
    return Engine(path, chat_format=chat_format, name=name, settings=settings)
