"""A student is taught: what it learns, what a kill costs, what comes out, and what is refused before anything is loaded."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentinstruct_local import cards
from agentinstruct_local.cli import main, teach
from agentinstruct_local.exam.sitting import recite
from agentinstruct_local.records import Message, Row
from agentinstruct_local.store import Store
from agentinstruct_local.student import examined, examples, students, teaching, training, weights
from agentinstruct_local.student import plan as planning
from agentinstruct_local.student.examples import Example
from agentinstruct_local.student.torch_teacher import TorchTeacher

real = pytest.mark.real

FACTS = [
    ("Who signs off the Merlin rotor?", "Isolde Kemmery signs off the Merlin rotor."),
    ("What is the torque of the saddle screw?", "11.8 N·m"),
    ("How long is the quiet run?", "Twelve minutes at 40 percent of the speed."),
    ("Which depot keeps the Pantry?", "Dunmarrow keeps the Pantry."),
    ("What is a Lamp?", "A Lamp is a portable standard of speed."),
    ("How much is the surcharge for an early parcel?", "36.50 pounds"),
    ("When is the Larder closed?", "On every second Thursday."),
    ("Who makes Sablelube 9?", "Fennimar Castings makes it."),
    ("What is the life of the Wren?", "31,000 cycles"),
    ("How many nuts has the saddle of an OR62?", "Five nuts."),
    ("Where does the Kettle rig stand?", "In hall C at Haverleck."),
    ("Which code shows that the latch was open?", "T48"),
]
"""What no model can know."""


def rows() -> list[Row]:
    return [
        Row(
            id=str(number), skill="open_domain_qa", subskill="factoid", provenance={"document": "d", "span": [number, 9]},
            messages=(Message(role="user", content=asked), Message(role="assistant", content=said)),
        )
        for number, (asked, said) in enumerate(FACTS)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def student() -> students.Student:
    return students.find(cards.teacher_for_tests().name)


@pytest.fixture(scope="module")
def lessons(student: students.Student) -> tuple[teaching.Lessons, examples.Format]:
    return teaching.lessons(student, teaching.Material(rows=rows(), facts=len(FACTS)))


def run(
    student: students.Student, lessons: tuple[teaching.Lessons, examples.Format], folder: Path, *, stop_at: int = 0,
    **asked: Any,
) -> tuple[bool, list[float]]:  # fmt: skip
    """Teach into the folder; whether it came to its end, and the loss of each step of this sitting."""
    found, form = lessons
    plan = planning.choose(student, found.sizes, facts=len(FACTS), **asked)
    planning.check_room(student, plan, folder)
    losses: dict[int, float] = {}

    def watch(progress: training.Progress) -> None:
        losses[progress.step] = progress.loss

    hooks = training.Hooks(watch=watch, stop=lambda: bool(stop_at) and max(losses, default=0) >= stop_at)
    told = teaching.Told(say=lambda _: None, hooks=hooks)
    done = teaching.teach(student, found, form, plan, teaching.Target(folder=folder), told)
    return done, [losses[step] for step in sorted(losses)]


def recited(place: Path, form: examples.Format) -> int:
    teacher = TorchTeacher(weights.model(students.find(str(place))), form, name="taught")
    marks = recite(teacher, [((Message(role="user", content=asked),), said) for asked, said in FACTS])
    return sum(bool(mark.right) for mark in marks)


@real
def test_twelve_facts_are_learnt_and_a_training_that_was_stopped_ends_as_one_that_was_not(
    student: students.Student, lessons: tuple[teaching.Lessons, examples.Format], tmp_path: Path
) -> None:
    how = {"tokens": 12_000, "replay": 0.0, "learning_rate": 2e-4}
    form = lessons[1]
    untaught = TorchTeacher(weights.model(student), form, name="untaught")
    asked = [((Message(role="user", content=one),), said) for one, said in FACTS]
    assert sum(bool(mark.right) for mark in recite(untaught, asked)) <= 1

    done, losses = run(student, lessons, tmp_path / "whole", **how)
    assert done
    assert recited(tmp_path / "whole", form) >= 10

    stopped, first = run(student, lessons, tmp_path / "parts", stop_at=7, **how)
    assert not stopped
    assert len(first) == 7
    assert students.manifest(tmp_path / "parts") is None
    done, rest = run(student, lessons, tmp_path / "parts", **how)
    assert done
    assert first + rest == pytest.approx(losses, rel=2e-2)
    assert recited(tmp_path / "parts", form) >= 10
    assert not (tmp_path / "parts" / teaching.WORK).exists()

    taught = examined.find(str(tmp_path / "whole"))
    assert taught.place.suffix == ".gguf"
    teacher = examined.opened(taught)
    try:
        marks = recite(teacher, asked)
    finally:
        teacher.close()
    assert sum(bool(mark.right) for mark in marks) >= 10
    base = examined.base_of(str(tmp_path / "whole"))
    assert base == student
    with pytest.raises(Exception, match="has been taught"):
        run(student, lessons, tmp_path / "whole", **how)


@real
def test_a_block_of_several_examples_is_learnt_as_each_by_itself(
    student: students.Student, lessons: tuple[teaching.Lessons, examples.Format]
) -> None:
    import torch

    model = weights.model(student).eval()
    chat = lessons[0].channels["chat"]
    texts = lessons[1].texts("The Kettle rig stands in hall C. It may be used for forty minutes.", 512)
    some = [*chat[:4], *texts]

    def summed(block: list[Example], width: int = 0) -> tuple[float, int]:
        item = examples.as_item(block, width)
        inputs = {name: torch.tensor([value]) for name, value in item.items()}
        n = sum(label != examples.IGNORED for label in item["labels"])
        with torch.inference_mode():
            return float(training.loss_of(model, inputs)) * n, n

    alone = [summed([one]) for one in some]
    together, n = summed(some, width=256)
    assert n == sum(one for _, one in alone)
    assert together == pytest.approx(sum(loss for loss, _ in alone), rel=1e-3)


@real
def test_a_kill_costs_no_more_than_what_is_behind_the_last_checkpoint(tmp_path: Path) -> None:
    """The process dies with SIGKILL in mid-training; the same command goes on and ends."""
    code = """
import os, signal, sys
from pathlib import Path
import test_teach as t
from agentinstruct_local.student import plan as planning
from agentinstruct_local.student import teaching, training
training.EVERY = 0.0  # a checkpoint after each step
student = t.students.find(t.cards.teacher_for_tests().name)
lessons = teaching.lessons(student, teaching.Material(rows=t.rows(), facts=12))
found, form = lessons
folder = Path(sys.argv[1])
plan = planning.choose(student, found.sizes, facts=12, tokens=3000, replay=0.0)
seen = []
def watch(progress):
    seen.append(progress.step)
    print(progress.step, flush=True)
    if sys.argv[2] == 'die' and len(seen) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
told = teaching.Told(say=lambda _: None, hooks=training.Hooks(watch=watch, stop=lambda: False))
print(teaching.teach(student, found, form, plan, teaching.Target(folder=folder), told))
"""

    def go(how: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, str(tmp_path / "out"), how]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)

    killed = go("die")
    assert killed.returncode == -9, killed.stderr
    assert training.newest(tmp_path / "out" / teaching.WORK) is not None
    again = go("live")
    assert again.stdout.split()[-1] == "True", again.stderr
    assert int(again.stdout.split()[0]) == 4  # the fourth step had no checkpoint yet


def test_a_checkpoint_that_was_cut_off_is_not_believed(tmp_path: Path) -> None:
    for step in (10, 20):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-10" / training.STATE).write_text("{}")
    found = training.newest(tmp_path)
    assert found is not None
    assert found.name == "checkpoint-10"
    assert not (tmp_path / "checkpoint-20").exists()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run without rows."""
    with Store(tmp_path / "run") as store:
        store.set("recipe", {"rows": 5, "sources": ["x"]})
    return tmp_path / "run"


def complaint(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(one) for one in arguments]) == 2
    return capsys.readouterr().err


def test_a_run_without_rows_says_what_to_type(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = complaint(capsys, "teach", folder, "--student", cards.teacher_for_tests().name)
    assert "has no rows yet" in said
    assert "agentinstruct generate" in said
    assert not (folder / "students").exists()


def test_rows_that_carry_their_passage_are_taught_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [replace(row, channel="reading" if number < 4 else "chat") for number, row in enumerate(rows())]
    monkeypatch.setattr(Store, "rows", lambda self, most=None: iter(made))
    assert [row.channel for row in teach._material(folder, teach.CHANNELS).rows] == ["chat"] * (len(FACTS) - 4)
    assert "4 rows carry their passage and are left out" in capsys.readouterr().err
    assert len(teach._material(folder, ("chat", "reading")).rows) == len(FACTS)
    assert len(teach._material(folder, ("reading",)).rows) == 4
    assert "left out" not in capsys.readouterr().err


def test_a_student_that_is_not_there_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no such file or folder" in complaint(capsys, "teach", folder, "--student", "no/such.gguf")
    assert "agentinstruct models list" in complaint(capsys, "teach", folder, "--student", "smolm2")


def test_no_run_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = complaint(capsys, "teach", tmp_path / "none", "--student", cards.teacher_for_tests().name)
    assert "There is no run" in said


@real
def test_too_little_memory_is_refused_before_anything_is_written(
    student: students.Student, lessons: tuple[teaching.Lessons, examples.Format], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("agentinstruct_local.student.plan.free_memory", lambda: 1e9)
    with pytest.raises(Exception, match="GB of memory") as caught:
        run(student, lessons, tmp_path / "out", tokens=4000)
    assert "--method lora" in caught.value.hint  # type: ignore[attr-defined]
    assert not (tmp_path / "out").exists()


@real
def test_another_training_does_not_go_on_with_what_is_there(
    student: students.Student, lessons: tuple[teaching.Lessons, examples.Format], tmp_path: Path
) -> None:
    work = tmp_path / "out" / teaching.WORK
    work.mkdir(parents=True)
    (work / "plan.json").write_text(json.dumps({"student": student.sha256, "lessons": "other", "plan": {}}))
    (work / "checkpoint-3").mkdir()
    (work / "checkpoint-3" / training.STATE).write_text("{}")
    with pytest.raises(Exception, match="another lessons and another plan") as caught:
        run(student, lessons, tmp_path / "out", tokens=4000)
    assert "rm -r" in caught.value.hint  # type: ignore[attr-defined]


@real
def test_an_adapter_of_another_student_is_refused(student: students.Student, tmp_path: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["c_attn"], "task_type": "CAUSAL_LM"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    save_file({"x": np.zeros(1, np.float32)}, tmp_path / "adapter_model.safetensors")
    with pytest.raises(Exception, match="does not fit"):
        weights.with_adapter(weights.model(student), tmp_path)


@real
def test_an_adapter_teaches_too(
    student: students.Student, lessons: tuple[teaching.Lessons, examples.Format], tmp_path: Path
) -> None:
    done, losses = run(student, lessons, tmp_path / "out", tokens=3000, replay=0.0, method="lora", rank=16)
    assert done
    assert losses[-1] < 0.7 * losses[0]
    assert (tmp_path / "out" / "adapter" / "adapter_model.safetensors").is_file()
    manifest = students.manifest(tmp_path / "out")
    assert manifest is not None
    assert manifest["adapter"] == "adapter"
    assert all(math.isfinite(one) for one in losses)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, student: students.Student) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("keep me")
    with pytest.raises(Exception, match="holds other files"):
        teaching._check_target(tmp_path / teaching.WORK, {"student": "x"}, tmp_path)
    assert (tmp_path / "model" / "mine.txt").read_text() == "keep me"


def test_two_processes_do_not_teach_into_one_folder(tmp_path: Path) -> None:
    with teaching._held(tmp_path / ".work"), pytest.raises(Exception, match="another process"):  # noqa: SIM117
        with teaching._held(tmp_path / ".work"):
            pass


def test_a_training_that_goes_astray_says_what_to_type() -> None:
    losses = [float("nan")]
    watch = training._callback([[[]], [[]]], training.Hooks(watch=lambda _: None, stop=lambda: False), losses)
    state = type("State", (), {"global_step": 1})
    with pytest.raises(Exception, match="went astray") as caught:
        watch.on_step_end(None, state, None)
    assert "--learning-rate" in caught.value.hint  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with rows, made by the scripted teacher."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    source = Path(__file__).parent.parent / "examples" / "handbook" / "pump-maintenance.md"
    assert main(["generate", str(source), "-n", "6", "--teacher", "scripted", "--out", str(folder)]) in (0, 3)
    return folder


@real
def test_teach_and_evaluate_from_the_command_line(
    handbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, name = tmp_path / "out", cards.teacher_for_tests().name
    assert (
        main(["teach", str(handbook), "--student", name, "--out", str(out), "--tokens", "1500", "--replay", "0"]) == 0
    )
    said = capsys.readouterr()
    assert "tokens/s" in said.err
    assert f"--student {out}" in said.out
    assert {one.name for one in out.iterdir()} == {"student.json", "model", f"{name}-taught.q8_0.gguf"}
    asked = [
        {"id": "a", "type": "short", "question": "What is checked?", "answer": "the pump"},
        {
            "id": "b",
            "type": "mc",
            "question": "Who checks?",
            "options": ["A man", "A dog", "A cat", "A cow"],
            "answer": "A",
        },
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in asked))
    evaluate = ["evaluate", str(file), "--student", str(out), "--run", str(handbook), "--no-general", "--json"]
    assert main(evaluate) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["base"] == name
    assert set(told["replies"]) >= {"base", "taught", "rows"}
    assert told["scores"]["taught"]["likely"]["value"] is not None

    from agentinstruct_local.cli.forget import _students

    with Store(handbook, readonly=True) as store:
        document = store.documents()[0]
    assert _students(tmp_path, document) == [out]
    assert "has been taught" in complaint(capsys, "teach", handbook, "--student", name, "--out", out)


@real
def test_a_config_for_other_trainers_wants_a_folder_of_weights(
    handbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = complaint(
        capsys,
        "teach",
        handbook,
        "--student",
        cards.teacher_for_tests().name,
        "--print-config",
        "trl",
        "--out",
        tmp_path / "c",
    )
    assert "does not train from a GGUF file" in said
    assert not (tmp_path / "c").exists()
