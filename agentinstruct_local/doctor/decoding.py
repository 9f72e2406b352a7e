"""Whether llama.cpp works here. Native code that was built for another processor dies without a word, so it is tried
in a child process, `__main__.py` of this folder."""

from __future__ import annotations

import json
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from agentinstruct_local import cards, gguf_file
from agentinstruct_local.errors import ModelError

from .check import Check
from .machine import advertises_amx

NO_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
CHILD_SECONDS = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How far a child process came: the stages it wrote, how it ended, and the last lines of its log."""

    stages: dict[str, dict[str, Any]]
    code: int | None  # None: it was stopped after CHILD_SECONDS
    log: tuple[str, ...]


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
