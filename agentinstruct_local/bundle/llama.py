"""A wheel of llama.cpp that runs on processors other than the one it was built on.

ggml's part for the processor is built several times, for several instruction sets, as libraries of their own; when a
program starts, ggml takes the best one that the processor can run. The variants with AMX are left out: some virtual
machines advertise AMX and stop the process at its first instruction.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from agentinstruct_local.bundle.pip import pip
from agentinstruct_local.errors import BundleError

VARIANTS = ("x64", "haswell", "alderlake", "cascadelake")
"""x86-64: none, AVX2, AVX2 with VNNI, AVX-512 with VNNI. Others cost a minute of building each and bring little."""
LEAN = ("-DMTMD_BUILD=OFF", "-DLLAVA_BUILD=OFF", "-DGGML_OPENMP=OFF")  # as scripts/setup.sh builds it
PORTABLE = ("-DGGML_NATIVE=OFF", "-DGGML_BACKEND_DL=ON", "-DGGML_CPU_ALL_VARIANTS=ON")
# llama-cpp-python installs the libraries that it knows beside its own code; the variants go there by these.
PLACES = tuple(f"-DCMAKE_INSTALL_{kind}DIR=llama_cpp/{place}" for kind, place in
               (("BIN", "lib"), ("LIB", "lib"), ("INCLUDE", "include")))  # fmt: skip
NEARBY = "-DCMAKE_INSTALL_RPATH=$ORIGIN"
LIST = "vendor/llama.cpp/ggml/src/CMakeLists.txt"
ADDED = re.compile(r"^[ \t]*ggml_add_cpu_backend_variant\((\w+)[^)\n]*\)\n", re.MULTILINE)


def arguments(*, cuda: bool) -> str:
    """What CMake is told."""
    return " ".join((*LEAN, *PORTABLE, *PLACES, NEARBY, *(["-DGGML_CUDA=on"] if cuda else [])))


def fewer_variants(text: str) -> str:
    """ggml's list of variants with, of those for x86-64, only `VARIANTS`; other processors' stay as they are.

    Raises BundleError where the list does not have the form that is known, so that AMX never slips in.
    """
    start = text.find("ggml_add_cpu_backend_variant(x64)")
    end = text.find('GGML_SYSTEM_ARCH STREQUAL "ARM"', max(start, 0))  # the word stands in a function above, too
    part = text[start:end]
    kept = ADDED.sub(lambda found: found[0] if found[1] in VARIANTS else "", part)
    if start < 0 or end < start or "AMX" not in part or any(f"({name}" not in part for name in VARIANTS):
        raise BundleError(f"this llama.cpp lists its variants in another way: {LIST}", hint="report this, please")
    return text[:start] + kept + text[end:]


def check_wheel(wheel: Path) -> None:
    """Refuse a wheel without libraries to choose from, or with one that was built for AMX."""
    with zipfile.ZipFile(wheel) as archive:
        names = [Path(name).name for name in archive.namelist() if "llama_cpp/lib/" in name]
    variants = sorted(name for name in names if "ggml-cpu-" in name)
    if not variants or any("sapphirerapids" in name for name in variants):
        raise BundleError(
            f"{wheel.name} is not portable, it holds: {', '.join(variants) or 'one build for one processor'}",
            hint=f"rm {wheel}, then the same command again",
        )


def portable_wheel(version: str, tell: Callable[[str], None], *, cuda: bool) -> Path:
    """The wheel, out of a cache or built: 5 to 10 minutes on two cores. Raises BundleError."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    told = f"{version} {platform.machine()} {platform.libc_ver()} {arguments(cuda=cuda)} {VARIANTS}"
    cache = home / "agentinstruct" / f"portable-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
    for wheel in cache.glob("*.whl"):
        check_wheel(wheel)
        tell("llama.cpp is built already")
        return wheel
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        scratch, log = Path(name), cache / "build.log"
        only = ["--no-deps", "--no-binary", "llama-cpp-python"]
        pip(["download", *only, "--dest", name, f"llama-cpp-python=={version}"], "llama.cpp's source", log, tell)
        with tarfile.open(next(scratch.glob("*.tar.gz"))) as archive:
            archive.extractall(scratch / "source", filter="data")
        tree = next((scratch / "source").iterdir())
        listed = tree / LIST
        listed.write_text(fewer_variants(listed.read_text("utf-8")), "utf-8")
        pip(
            ["wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", str(scratch / "wheel"), str(tree)],
            "building llama.cpp for several processors, 5 to 10 minutes on two cores, once",
            log,
            tell,
            extra={"CMAKE_ARGS": arguments(cuda=cuda)},
        )
        wheel = next((scratch / "wheel").glob("*.whl"))
        check_wheel(wheel)
        return Path(shutil.move(wheel, cache / wheel.name))
