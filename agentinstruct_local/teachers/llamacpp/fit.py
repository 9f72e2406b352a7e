"""How many texts a model writes at a time here, and with how much memory: what the user left open is chosen."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agentinstruct_local.errors import ModelError
from agentinstruct_local.gguf_file import metadata
from agentinstruct_local.teachers.llamacpp.settings import Settings

GB = 1e9
SPARE = 0.9  # of the free memory may be taken
AROUND = 1.0 * GB  # Python with the embedder, and the smaller buffers of llama.cpp
SIZES = ((16, 8192, 512), (12, 6144, 512), (8, 4096, 256), (4, 3072, 128), (2, 2048, 64), (1, 1536, 64))
"""Sequences, cells and tokens in a call, the roomiest first. A request of the flows takes up to 1,200 cells."""
ON_GPU = ((64, 49_152, 1024), (32, 24_576, 1024), (16, 16_384, 512))
"""The same where a GPU holds the whole model: a step there costs hardly more for 32 sequences than for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the memory depends on."""

    file: int  # bytes
    cell: int  # bytes of one token's keys and values over all layers, in 16 bits
    layers: int
    heads: int
    vocabulary: int
    trained: int  # tokens that the model was trained to have in mind


def shape_of(path: Path) -> Shape:
    """The shape of the model at `path`, from its header. Raises ModelError."""
    found = metadata(path)
    kind = str(found.get("general.architecture", ""))

    def number(key: str, default: int = 0) -> int:
        value = found.get(f"{kind}.{key}", default)
        return max((int(one) for one in value), default=default) if isinstance(value, list) else int(value)

    layers, heads = number("block_count"), number("attention.head_count", 1)
    if not layers:
        raise ModelError(f"{path.name} does not say how many layers it has", hint="take a language model (GGUF)")
    head = number("embedding_length") // max(heads, 1)
    wide = number("attention.key_length", head) + number("attention.value_length", head)
    each = found.get(f"{kind}.attention.head_count_kv", heads)
    shared = sum(int(one) for one in each) if isinstance(each, list) else layers * int(each)
    return Shape(
        file=path.stat().st_size,
        cell=2 * wide * shared,
        layers=layers,
        heads=heads,
        vocabulary=number("vocab_size", 152_000),
        trained=number("context_length", 32_768),
    )


def need(shape: Shape, settings: Settings) -> float:
    """Bytes: the file, the cells, and what one call computes with (attention weights or logits, in 32 bits)."""
    computing = 4 * settings.batch * max(shape.heads * settings.context, shape.vocabulary)
    return shape.file + shape.cell * settings.context + computing + AROUND


def settings_for(
    shape: Shape, asked: Mapping[str, Any], *, free: float | None, name: str, on_gpus: float = 0.0
) -> Settings:
    """The roomiest settings that fit into `free` bytes (None: not known) with what was `asked` for left as it is.

    Roomier ones where the whole model fits into the bytes that are free `on_gpus`. Raises ModelError, with both sizes,
    where not even the smallest do.
    """
    given = {key: value for key, value in asked.items() if value is not None}
    for n, cells, batch in ON_GPU if given.get("gpu_layers", -1) < 0 else ():
        one = replace(Settings(n_seq=n, context=cells, batch=batch, keep=cells // 4), **given)
        if layers_on_gpu(shape, one, on_gpus) > shape.layers:
            return one
    room = given.get("context", SIZES[0][1]) * 1.25  # sequences that have no cells to write in would only wait
    sizes = [size for size in SIZES if size[1] <= room] or SIZES[-1:]
    choices = [replace(Settings(n_seq=n, context=cells, batch=batch), **given) for n, cells, batch in sizes]
    fitting = [one for one in choices if free is None or need(shape, one) <= SPARE * free]
    if fitting:
        return fitting[0]
    least = need(shape, choices[-1]) / GB
    hint = "a smaller one: --context 4096" if "context" in given else "close other programs, or take a smaller model"
    raise ModelError(f"{name} needs {least:,.1f} GB of memory, and {(free or 0) / GB:,.1f} GB are free", hint=hint)


def layers_on_gpu(shape: Shape, settings: Settings, free: float) -> int:
    """How many layers, counted from the last, go to a GPU with `free` bytes; all of them and the output: layers + 1.

    Each takes its share of the file and of the cells. What a call computes with, and the output layer, go there first.
    """
    each = (shape.file + shape.cell * settings.context) / (shape.layers + 1)
    left = SPARE * free - (need(shape, settings) - AROUND - shape.file - shape.cell * settings.context)
    return max(0, min(shape.layers + 1, int(left / each)))


def told(shape: Shape, settings: Settings) -> str:
    """The choice in one line."""
    threads = settings.threads or cores()
    return (
        f"{settings.n_seq} texts at a time in {settings.context:,} tokens of context, {threads} threads; "
        f"about {need(shape, settings) / GB:.1f} GB of memory"
    )


def free_memory(meminfo: Path = Path("/proc/meminfo")) -> float | None:
    """Bytes that can be had; None where the system does not tell. A container's own limit counts."""
    try:
        kib = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(), re.MULTILINE)
    except OSError:
        return None
    free = float(kib[1]) * 1024 if kib else None
    limit, used = (_number(Path("/sys/fs/cgroup") / name) for name in ("memory.max", "memory.current"))
    return free if free is None or limit is None or used is None else min(free, max(limit - used, 0.0))


def _number(file: Path) -> float | None:
    try:
        return float(file.read_text())
    except (OSError, ValueError):
        return None


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
