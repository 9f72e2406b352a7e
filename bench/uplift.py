"""What rows teach: students taught on the documents' text, on rows, on both, examined closed book. See `make uplift`.

One result a file, in bench/knowledge/ORGANISATION/results/STUDENT, which is kept with the project: what is there is not
made again, on whatever machine it was made. A training that was broken off goes on (build/uplift). At the end the table
and the curves come into docs/knowledge.md.

    ORGS="dev report"      of bench/knowledge
    STUDENTS="smollm2-135m-instruct-q4_1 gemma3-270m-q4_k_m"
    ARMS="text first first_text second second_text"     rows of an edition (`bench/kept.py`), the documents' text, both
    TOKENS=100000          trained on in each arm, prompts and replay among them; a million takes ten times as long
    LEARNING_RATE=         of all arms alike; as `teach` chooses where it is empty
"""

from __future__ import annotations

import copy
import gc
import itertools
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from agentinstruct_local import ids
from agentinstruct_local.exam.material import Material
from agentinstruct_local.exam.questions import Question, general, read
from agentinstruct_local.exam.sitting import as_plain, sit
from agentinstruct_local.passages import split
from agentinstruct_local.readers.collect import collect
from agentinstruct_local.records import Message
from agentinstruct_local.student import plan as planning
from agentinstruct_local.student import students, teaching, training, weights
from agentinstruct_local.student.examples import Format
from agentinstruct_local.student.torch_teacher import TorchTeacher
from agentinstruct_local.teachers import Teacher
from bench.kept import BENCH, kept

OUT = Path(os.environ.get("OUT", "build/uplift"))
ORGS = os.environ.get("ORGS", "dev report").split()
STUDENTS = os.environ.get("STUDENTS", "smollm2-135m-instruct-q4_1 gemma3-270m-q4_k_m").split()
CLOSED = ("text", "first", "first_text", "second", "second_text")
ARMS = os.environ.get("ARMS", " ".join(CLOSED)).split()
TOKENS = int(os.environ.get("TOKENS", "100000"))
RATE = float(os.environ.get("LEARNING_RATE") or 0)
POINTS = 4
"""Of a curve, evenly over the tokens."""


def main() -> int:
    """Every organisation, student and arm, each in a process of its own, since memory does not come back."""
    if os.environ.get("ONE"):
        _student(ORGS[0], STUDENTS[0])
        return 0
    for org, name, arm in itertools.product(ORGS, STUDENTS, ARMS):
        only = {"ORGS": org, "STUDENTS": name, "ARMS": arm, "ONE": "1"}
        subprocess.run([sys.executable, "-m", "bench.uplift"], env={**os.environ, **only}, check=True)
    subprocess.run([sys.executable, "-m", "bench.uplift_table"], check=True)
    return 0


def results(org: str, student: str) -> Path:
    """Where the results of a student are kept."""
    return BENCH / org / "results" / student


def _student(org: str, name: str) -> None:
    folder = results(org, name)
    folder.mkdir(parents=True, exist_ok=True)
    asked = read(BENCH / org / "questions.jsonl")
    student = students.find(name)
    wanted = [one for one in ("base", "general", "gold", "search") if not (folder / f"{one}.json").is_file()]
    if wanted:
        with closing(_opened(student)) as teacher:
            desk = _desk(org, teacher.count_tokens)
            hows: dict[str, Any] = {"base": None, "gold": desk.gold, "search": desk.found, "general": None}
            for one in wanted:
                began = time.monotonic()
                marks = sit(teacher, general() if one == "general" else asked, hows[one])
                _keep(folder / f"{one}.json", {"marks": as_plain(marks), "seconds": time.monotonic() - began})
                _say(f"{org} {name} {one}: {time.monotonic() - began:.0f} s")
    for arm in ARMS:
        if not (folder / f"{arm}-{TOKENS}.json").is_file():
            _arm(org, student, arm, asked, folder)


def _arm(org: str, student: students.Student, arm: str, asked: list[Question], folder: Path) -> None:
    """Teach one arm and examine what came out of it."""
    material = _material(org, arm)
    found, form = teaching.lessons(student, material)
    target = OUT / org / student.name / f"{arm}-{TOKENS}"
    target.parent.mkdir(parents=True, exist_ok=True)
    options = {"learning_rate": RATE} if RATE else {}
    plan = planning.choose(student, found.sizes, facts=0, tokens=TOKENS, method="full", **options)
    planning.check_room(student, plan, target)
    curve = target.with_suffix(".curve.jsonl")
    began = time.monotonic()
    if students.manifest(target) is None:
        hooks = training.Hooks(
            watch=_Told(f"{org} {student.name} {arm}"), stop=lambda: False,
            every_tokens=math.ceil(TOKENS / POINTS), look=_look(form, asked, curve),
        )  # fmt: skip
        replay = OUT / f"replay-{student.name}-{TOKENS}.json"  # depends on the student, not on what is taught
        goal = teaching.Target(folder=target, replay=replay)
        teaching.teach(student, found, form, plan, goal, teaching.Told(say=_say, hooks=hooks))
    taught_in = time.monotonic() - began
    gc.collect()
    began = time.monotonic()
    with closing(_opened(students.find(str(target)))) as teacher:
        marks = sit(teacher, asked)
        kept = sit(teacher, general())
    _keep(
        folder / f"{arm}-{TOKENS}.json",
        {
            "marks": as_plain(marks), "general": as_plain(kept), "sizes": found.sizes, "left_out": found.left,
            "lessons": found.digest, "rows": len(material.rows), "tokens": plan.tokens, "rate": plan.learning_rate,
            "teach_seconds": taught_in, "seconds": time.monotonic() - began,
            "curve": [json.loads(line) for line in _lines(curve)],
        },
    )  # fmt: skip
    _say(f"{org} {student.name} {arm}: taught in {taught_in:.0f} s, examined in {time.monotonic() - began:.0f} s")


def _opened(student: students.Student) -> Teacher:
    """Every student through torch in 16 bits, so that all have the same arithmetic, before and after."""
    form = Format(weights.tokenizer(student), student.chat_format)
    return TorchTeacher(weights.model(student, dtype=torch.bfloat16), form, name=student.name)


def _look(form: Format, asked: list[Question], curve: Path) -> Callable[[Any, int], None]:
    """Writes the mean log-probability a token of the right answers, while the student is being taught."""
    from agentinstruct_local.records import Output, Request, Sampling

    def look(model: Any, tokens: int) -> None:
        teacher = TorchTeacher(copy.deepcopy(model).to(torch.bfloat16), form, name="student")
        total = 0.0
        for one in asked:
            prompt = (Message(role="user", content=one.text),)
            output = Output(kind="scores", options=(one.right,))
            teacher.submit(Request(id=one.id, messages=prompt, output=output, sampling=Sampling(), seed=0))
            total += teacher.poll()[0].scores[one.right] / teacher.count_tokens(one.right)
        # A training that goes on comes to the same places again.
        before = [line for line in _lines(curve) if json.loads(line)["tokens"] < tokens]
        point = json.dumps({"tokens": tokens, "likely": total / len(asked)})
        curve.write_text("\n".join([*before, point, ""]))

    return look


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.is_file() else []


class _Told:
    """A line a minute."""

    def __init__(self, label: str) -> None:
        self._label, self._last = label, 0.0

    def __call__(self, progress: training.Progress) -> None:
        if time.monotonic() - self._last > 60 or progress.step == progress.steps:
            self._last = time.monotonic()
            _say(
                f"{self._label}: step {progress.step} of {progress.steps}, {progress.tokens:,} tokens, "
                f"{progress.pace:.0f} tokens/s, loss {progress.loss:.3f}, {progress.seconds / 60:.0f} min left"
            )


def _material(org: str, arm: str) -> teaching.Material:
    documents = [one.text for one in collect([BENCH / org / "documents"]).documents]
    edition = arm.removesuffix("text").rstrip("_")
    rows = kept(org, edition) if edition else []
    return teaching.Material(rows=rows, texts={"documents": documents} if arm.endswith("text") else {})


def _desk(org: str, count_tokens: Callable[[str], int]) -> Material:
    documents = collect([BENCH / org / "documents"]).documents
    return Material(documents, [one for text in documents for one in split(text, count_tokens=count_tokens)])


def _keep(file: Path, told: dict[str, Any]) -> None:
    draft = file.with_suffix(".tmp")
    draft.write_text(json.dumps(told | {"digest": ids.digest(json.dumps(told))}))
    draft.replace(file)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
