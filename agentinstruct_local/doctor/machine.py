"""The checks that need no child process: Python, processor, memory, disk, packages, model files, switches."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from agentinstruct_local import OFFLINE, cards, sandbox
from agentinstruct_local.errors import ModelError

from .check import Check

PACKAGES = ("llama-cpp-python", "llguidance", "outlines", "sentence-transformers", "torch", "faiss-cpu", "pypdfium2")
GB = 1e9


def check_python() -> Check:
    """Whether this Python is one that the project is tested with."""
    says = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if (3, 11) <= sys.version_info < (3, 14):
        return Check(name="python", state="ok", says=says)
    return Check(
        name="python", state="fail", says=says, hint="install Python 3.11, 3.12 or 3.13, then: make clean setup"
    )


def check_processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Check:
    """Cores, and the instruction sets that matter to llama.cpp."""
    flags = processor_flags(cpuinfo)
    known = [flag for flag in ("avx", "avx2", "fma", "avx512f", "avx512_vnni", "asimd") if flag in flags]
    amx = "AMX advertised" if advertises_amx(cpuinfo) else "no AMX"
    says = f"{usable_cores()} cores; {' '.join(known) or 'instruction sets not known'}; {amx}"
    if flags and platform.machine() in ("x86_64", "AMD64") and "avx2" not in flags:
        return Check(name="processor", state="warn", says=says, hint="without AVX2 expect a tenth of the usual speed")
    return Check(name="processor", state="ok", says=says)


def processor_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """What the first processor says that it can do; empty where the system does not tell."""
    try:
        text = cpuinfo.read_text("utf-8", "replace")
    except OSError:
        return frozenset()
    line = re.search(r"^(?:flags|Features)[ \t]*:(.*)$", text, re.MULTILINE)
    return frozenset(line[1].split()) if line else frozenset()


def advertises_amx(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor claims AMX, which some virtual machines claim and do not have."""
    return any(flag.startswith("amx") for flag in processor_flags(cpuinfo))


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_memory(meminfo: Path = Path("/proc/meminfo")) -> Check:
    """Whether the default teacher and the embedder fit into free memory, about 3 GB."""
    try:
        kib = {key: int(value) for key, value in re.findall(r"^(\w+):\s+(\d+) kB", meminfo.read_text(), re.MULTILINE)}
        total, free = kib["MemTotal"] * 1024 / GB, kib["MemAvailable"] * 1024 / GB
    except (OSError, KeyError):
        return Check(name="memory", state="ok", says="this system does not tell how much is free; 4 GB are enough")
    says = f"{free:.1f} GB of {total:.1f} GB free"
    if free < 3:
        return Check(
            name="memory", state="warn", says=says, hint="close other programs; the default teacher wants 3 GB"
        )
    return Check(name="memory", state="ok", says=says)


def check_disk() -> Check:
    """Free space where the models lie."""
    folder = cards.models_folder()
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(place).free / GB
    says = f"{free:.1f} GB free where the models lie, {folder}"
    if free < 1:
        return Check(name="disk", state="warn", says=says, hint="choose another: export AGENTINSTRUCT_MODELS=FOLDER")
    return Check(name="disk", state="ok", says=says)


def check_packages() -> Iterator[Check]:
    """Versions of the packages that do the heavy work."""
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if found:
        yield Check(name="packages", state="ok", says=", ".join(found))
    if missing:
        yield Check(name="packages", state="fail", says=f"missing: {', '.join(missing)}", hint="make setup")


def check_models(teacher: str = "") -> Iterator[Check]:
    """Whether the models that a run with `teacher` (or the default one) needs are here, and each file is right."""
    for card in cards.load_cards().values():
        if not cards.is_here(card):
            if card.use == "default" and not (teacher and card.kind == "teacher"):
                hint = f"agentinstruct models pull {card.name}"
                yield Check(name="model", state="fail", says=f"{card.name} ({card.kind}) is not here", hint=hint)
            continue
        try:
            cards.verify(card)
        except ModelError as error:
            yield Check(name="model", state="fail", says=str(error), hint=error.hint)
        else:
            yield Check(name="model", state="ok", says=f"{card.name}, {card.bytes / GB:.2f} GB, sha256 right")


def check_second_stage() -> Iterator[Check]:
    """The sandbox's second stage, compiled for this machine where that was not done yet; nothing without the extra."""
    if not sandbox.installed():
        return
    if not sandbox.compiled():
        says = "the sandbox's second stage is compiled now, once: minutes, 2.3 GB of memory, 0.3 GB of disk"
        yield Check(name="wasi", state="ok", says=says)
    if why := sandbox.prepare():
        yield Check(
            name="wasi", state="warn", says=f"the second stage does not work: {why}", hint="runs go on without it"
        )
    else:
        yield Check(name="wasi", state="ok", says="code that Monty lacks the means for is run in WebAssembly")
    sandbox.close()


def check_network() -> Check:
    """Whether the libraries that would call home have been told not to."""
    open_ = [name for name in OFFLINE if os.environ.get(name) != OFFLINE[name]]
    if open_:
        return Check(
            name="network", state="fail", says=f"not switched off: {', '.join(open_)}", hint=f"unset {' '.join(open_)}"
        )
    return Check(name="network", state="ok", says="offline switches are set; only `models pull` opens a connection")
