"""`teach` from beginning to end: plan, replay, training, and what is left of it for use.

OUT/.work holds what a training needs to go on: its plan, the replay, the newest checkpoint. What is for use comes into
OUT when all of it is there, `student.json` last.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from agentinstruct_local import ids
from agentinstruct_local.errors import StudentError
from agentinstruct_local.records import Row
from agentinstruct_local.student import examples, gguf_writer, replay, training, weights
from agentinstruct_local.student.examples import Example, Format
from agentinstruct_local.student.plan import Plan, check_room, choose
from agentinstruct_local.student.students import MANIFEST, Student

WORK = ".work"
WEIGHTS, ADAPTER = "model", "adapter"
ONE_PASS = 40_000
"""Tokens of replay at most that are written; more are these once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is to be taught, by channel."""

    rows: Sequence[Row] = ()
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)  # channel -> texts, all of which is learnt
    facts: int = 0  # different sentences that the rows rest on
    source: str = ""  # where it is from, for the manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """The material as a student sees it."""

    channels: dict[str, list[Example]]
    left: dict[str, int]  # rows that were left out, by reason
    digest: str

    @property
    def sizes(self) -> dict[str, int]:
        """Tokens of one pass, by channel."""
        return {name: sum(map(len, found)) for name, found in self.channels.items()}


def lessons(student: Student, material: Material, *, longest: int = 2048) -> tuple[Lessons, Format]:
    """Rows and texts in the student's own tokens, and its chat format."""
    form = Format(weights.tokenizer(student), student.chat_format)
    chat, left = examples.rows(material.rows, form, longest)
    channels = {"chat": chat} | {
        name: [part for text in texts for part in form.texts(text, longest=512)]
        for name, texts in material.texts.items()
    }
    plain = {name: [(one.tokens, one.learnt) for one in found] for name, found in channels.items()}
    return Lessons(channels=channels, left=left, digest=ids.digest(json.dumps(plain))), form


def plan_for(student: Student, found: Lessons, material: Material, folder: Path, **asked: Any) -> Plan:
    """What a training would do; a StudentError if it cannot be."""
    plan = choose(student, found.sizes, facts=material.facts, **asked)
    check_room(student, plan, folder)
    return plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who hears what is going on."""

    say: Callable[[str], None]
    hooks: training.Hooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is to come out, and where."""

    folder: Path
    gguf_type: Literal["q8_0", "f16"] = "q8_0"
    source: str = ""  # where the lessons are from, for the manifest


def teach(student: Student, found: Lessons, form: Format, plan: Plan, target: Target, told: Told) -> bool:
    """Teach the student; what is for use is in the target's folder then. False where it was stopped before the end.

    The same call goes on with what is there; StudentError where that is another training.
    """
    work = target.folder / WORK
    _begin(work, {"student": student.sha256, "lessons": found.digest, "plan": asdict(plan)}, target.folder)
    told.say(f"loading {student.name}, {student.parameters / 1e6:,.0f} million weights")
    model = weights.model(student).to(weights.device())
    channels = dict(found.channels)
    if plan.shares.get("replay"):
        channels["replay"] = _replay(model, form, plan, work, told.say)
    order = examples.mixed(channels, plan.shares, plan.seed)
    blocks = examples.blocks(order, size=plan.block, tokens=plan.tokens)
    if plan.method == "lora":
        model = _adapted(model, plan)
    if not training.train(model, blocks, plan, work, told.hooks):
        return False
    told.say("writing the taught student")
    _leave(student, form, model, plan, target, found.digest)
    return True


def _begin(work: Path, this: dict[str, Any], folder: Path) -> None:
    note = work / "plan.json"
    if (folder / MANIFEST).is_file():
        hint = "examine it with: agentinstruct evaluate; or teach into another folder: --out FOLDER"
        raise StudentError(f"{folder} holds a student that has been taught", hint=hint)
    if note.is_file():
        was = json.loads(note.read_text("utf-8"))
        if was != json.loads(json.dumps(this)):
            parts = [name for name in this if was.get(name) != json.loads(json.dumps(this[name]))]
            hint = f"give the options of then, or another folder with --out; to begin anew: rm -r {work}"
            raise StudentError(f"{folder} was begun with another {' and another '.join(parts)}", hint=hint)
        return
    work.mkdir(parents=True, exist_ok=True)
    _write(note, json.dumps(this, indent=1))


def _replay(model: Any, form: Format, plan: Plan, work: Path, say: Callable[[str], None]) -> list[Example]:
    """Chats of the untrained student: written once, kept for a training that goes on."""
    kept = work / "replay.json"
    if not kept.is_file():
        wanted = min(ONE_PASS, round(plan.shares["replay"] * plan.tokens))
        say(f"the untrained student writes {wanted:,} tokens of chats, so that it keeps what it can")
        model.eval()
        made = replay.chats(
            model, form, tokens=wanted, seed=plan.seed, tell=lambda n: say(f"  {min(n, wanted):,} of {wanted:,} tokens")
        )
        _write(kept, json.dumps([[one.tokens, one.learnt] for one in made]))
    return [Example(tuple(tokens), tuple(learnt)) for tokens, learnt in json.loads(kept.read_text("utf-8"))]


def _adapted(model: Any, plan: Plan) -> Any:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=plan.rank, lora_alpha=2 * plan.rank, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    return get_peft_model(model, config)


def _leave(student: Student, form: Format, model: Any, plan: Plan, target: Target, lessons_digest: str) -> None:
    """Adapter, merged weights, GGUF file, and the manifest that says that all of it is there."""
    folder = target.folder
    drafts = folder / WORK / "out"
    shutil.rmtree(drafts, ignore_errors=True)
    drafts.mkdir(parents=True)
    manifest: dict[str, Any] = {"base": student.name, "base_place": str(student.place), "base_sha256": student.sha256}
    manifest |= {"chat_format": student.chat_format, "weights": WEIGHTS, "plan": asdict(plan)}
    manifest |= {"source": target.source, "lessons": lessons_digest}
    model = model.to("cpu")
    if plan.method == "lora":
        model.save_pretrained(drafts / ADAPTER)
        manifest["adapter"] = ADAPTER
        model = model.merge_and_unload()
    with weights.quiet():
        model.save_pretrained(drafts / WEIGHTS)
        form.tokenizer.save_pretrained(drafts / WEIGHTS)
    if student.is_gguf:
        name, untrained = f"{student.place.stem}-taught.{target.gguf_type}.gguf", weights.model(student).state_dict()
        called = f"{student.name} taught"
        state = model.state_dict()
        gguf_writer.write(state, untrained, student.place, drafts / name, type_=target.gguf_type, name=called)
        manifest["gguf"] = name
    for made in sorted(drafts.iterdir()):
        place = folder / made.name
        if place.is_dir():
            shutil.rmtree(place)
        made.replace(place)
    _write(folder / MANIFEST, json.dumps(manifest, indent=1))
    shutil.rmtree(folder / WORK, ignore_errors=True)


def _write(file: Path, text: str) -> None:
    """The whole file or nothing of it."""
    draft = file.with_name(f".{file.name}.tmp")
    with draft.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
