"""What this machine can do, and what is wrong with it: one `Check` each, with what to type.

Native code that was built for another processor dies without a word, so llama.cpp is tried in a child process:
`python -m agentinstruct_local.doctor FILE.gguf` decodes one token and writes one JSON line for each stage reached.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from agentinstruct_local import OFFLINE, cards, gguf_file
from agentinstruct_local.errors import ModelError

NO_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
PACKAGES = ("llama-cpp-python", "llguidance", "outlines", "sentence-transformers", "torch", "faiss-cpu", "pypdfium2")
CHILD_SECONDS = 180
GB = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; `hint` says what to type where it is not ok."""

    name: str
    state: Literal["ok", "warn", "fail"]
    says: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How far a child process came: the stages it wrote, how it ended, and the last lines of its log."""

    stages: dict[str, dict[str, Any]]
    code: int | None  # None: it was stopped after CHILD_SECONDS
    log: tuple[str, ...]


def examine(teacher: str = "") -> Iterator[Check]:
    """Every check, one after the other; `teacher` is a name or a GGUF file, or empty for the default one."""
    yield check_python()
    yield check_processor()
    yield check_memory()
    yield check_disk()
    yield from check_packages()
    yield from check_models(teacher)
    yield from check_teacher(teacher)
    yield check_network()


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


def check_network() -> Check:
    """Whether the libraries that would call home have been told not to."""
    open_ = [name for name in OFFLINE if os.environ.get(name) != OFFLINE[name]]
    if open_:
        return Check(
            name="network", state="fail", says=f"not switched off: {', '.join(open_)}", hint=f"unset {' '.join(open_)}"
        )
    return Check(name="network", state="ok", says="offline switches are set; only `models pull` opens a connection")


def check_teacher(teacher: str = "") -> Iterator[Check]:
    """Load llama.cpp and decode one token, in a child process."""
    try:
        card = cards.find(teacher) if teacher else cards.default_teacher()
        cards.verify(card)
        gguf_file.metadata(cards.path_of(card))
        command = [str(cards.path_of(card))]
    except ModelError as error:
        if teacher:
            yield Check(name="decode", state="fail", says=str(error), hint=error.hint)
        command = []
    tried = try_child([sys.executable, "-m", "agentinstruct_local.doctor", *command])
    built = tried.stages.get("built")
    if built:
        yield check_build(built)
    if tried.code != 0:
        yield explain(tried)
    elif command and (done := tried.stages.get("decoded")):
        yield Check(name="decode", state="ok", says=f"one token after {done['seconds']:.1f} s")


def check_build(built: dict[str, Any]) -> Check:
    """Whether llama.cpp can use a GPU, and whether its threads spin while another process wants their core."""
    gpu, features = bool(built.get("gpu")), str(built.get("features", ""))
    says = f"llama.cpp {'can offload to a GPU' if gpu else 'runs on the processor only'}; {features}"
    if "OPENMP = 1" in features and not gpu:
        says = f"built with OpenMP, so half as fast or worse beside a busy process; {says}"
        return Check(name="build", state="warn", says=says, hint=f"to change that: {rebuild()}")
    return Check(name="build", state="ok", says=says)


def try_child(command: list[str], seconds: float = CHILD_SECONDS) -> Tried:
    """Run it and gather what it wrote; a crash of its native code is part of the answer."""
    code: int | None
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds, check=False)
        code, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as slow:
        code, out, err = None, _text(slow.stdout), _text(slow.stderr)
    stages = {}
    for line in out.splitlines():
        try:
            told = json.loads(line)
            stages[str(told.pop("stage"))] = told
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return Tried(stages=stages, code=code, log=tuple(line for line in err.splitlines() if line.strip())[-5:])


def _text(output: bytes | str | None) -> str:
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else output or ""


def explain(tried: Tried, *, amx: bool | None = None) -> Check:
    """What a child's death means, and what to type."""
    amx = advertises_amx() if amx is None else amx
    reached = list(tried.stages)[-1] if tried.stages else "start"
    doing = {"start": "loading llama.cpp", "built": "loading the model", "loaded": "the first decode"}.get(
        reached, "the end"
    )
    last = f"; its last line: {tried.log[-1][:200]}" if tried.log else ""
    if tried.code is None:
        says, hint = (
            f"no answer after {CHILD_SECONDS} s in {doing}",
            "is the machine busy? try again: agentinstruct doctor",
        )
    elif tried.code in (-signal.SIGSEGV, -signal.SIGILL, -signal.SIGBUS):
        why = (
            "this processor advertises AMX and may not have it"
            if amx
            else "it was built for another processor, or the file is damaged"
        )
        says, hint = f"llama.cpp crashed in {doing} ({signal.Signals(-tried.code).name}): {why}{last}", rebuild()
    elif tried.code == -signal.SIGKILL:
        says, hint = (
            f"killed in {doing}: out of memory",
            "close other programs, or take a smaller teacher: agentinstruct models list",
        )
    elif reached == "start" and any("No module named" in line for line in tried.log):
        says, hint = f"llama.cpp is not installed{last}", "make setup"
    else:
        says, hint = f"failed in {doing}, exit code {tried.code}{last}", "agentinstruct models check"
    return Check(name="decode", state="fail", says=says, hint=hint)


def rebuild() -> str:
    """The command that builds llama-cpp-python anew, for this processor, without AMX and OpenMP."""
    flags = f'CFLAGS="{NO_AMX}" CXXFLAGS="{NO_AMX}" ' if platform.machine() in ("x86_64", "AMD64") else ""
    flags += "CMAKE_ARGS=-DGGML_OPENMP=OFF "
    try:
        version = f"=={metadata.version('llama-cpp-python')}"
    except metadata.PackageNotFoundError:
        version = ""
    package = f"llama-cpp-python{version}"
    return (
        f"{flags}{sys.executable} -m pip install --force-reinstall --no-deps --no-cache-dir "
        f"--no-binary llama-cpp-python {package}"
    )


def decode_one(file: str) -> None:
    """The child's part: import llama.cpp, load `file` if one is given, decode one token."""
    import llama_cpp

    from agentinstruct_local.teachers.llamacpp.backends import load_backends

    load_backends()

    def say(stage: str, **told: Any) -> None:
        sys.stdout.write(json.dumps({"stage": stage, **told}) + "\n")
        sys.stdout.flush()

    gpu = bool(llama_cpp.llama_supports_gpu_offload())
    say("built", gpu=gpu, features=llama_cpp.llama_print_system_info().decode("utf-8", "replace").strip(" |"))
    if not file:
        return
    start = time.perf_counter()
    model = llama_cpp.Llama(file, n_ctx=128, n_batch=64, n_gpu_layers=-1 if gpu else 0, verbose=False)
    say("loaded", seconds=time.perf_counter() - start)
    model.eval(model.tokenize(b"One, two,"))
    say("decoded", seconds=time.perf_counter() - start, token=int(model.sample(temp=0.0)))


def as_data(checks: list[Check]) -> dict[str, Any]:
    """The checks for a script: `ok`, and a list of them."""
    return {"ok": all(check.state != "fail" for check in checks), "checks": [asdict(check) for check in checks]}


if __name__ == "__main__":
    decode_one(sys.argv[1] if len(sys.argv) > 1 else "")
