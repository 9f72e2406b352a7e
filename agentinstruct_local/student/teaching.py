"""`teach` from beginning to end: plan, replay, training, and what is left of it for use.

OUT/.work holds what a training needs to go on: its plan, the replay, the newest checkpoint. What is for use comes into
OUT when all of it is there, `student.json` last.
"""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from agentinstruct_local import ids
from agentinstruct_local.errors import StudentError
from agentinstruct_local.records import Row
from agentinstruct_local.student import examples, gguf_writer, replay, training, weights
from agentinstruct_local.student.examples import Example, Format
from agentinstruct_local.student.plan import Plan
from agentinstruct_local.student.students import MANIFEST, Student

WORK, NOTE = ".work", "plan.json"
WEIGHTS, ADAPTER = "model", "adapter"
ONE_PASS, MOST_PASSES = 40_000, 25
"""Tokens of replay at most that are written, and how often they are gone through at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is to be taught, by channel."""

    rows: Sequence[Row] = ()
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)  # channel -> texts, all of which is learnt
    facts: int = 0  # different sentences that the rows rest on
    documents: Sequence[str] = ()  # ids of those that it is from


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
    documents: Sequence[str] = ()  # ids of the documents in them
    replay: Path | None = None  # a file for what the untrained student writes, where trainings of one plan share it


def teach(student: Student, found: Lessons, form: Format, plan: Plan, target: Target, told: Told) -> bool:
    """Teach the student; what is for use is in the target's folder then. False where it was stopped before the end.

    The same call goes on with what is there; StudentError where that is another training, where the folder holds
    something else, or where what is taught could not be written as GGUF.
    """
    work = target.folder / WORK
    this = {"student": student.sha256, "lessons": found.digest, "plan": asdict(plan)}
    _check_target(work, this, target.folder)
    told.say(f"loading {student.name}, {student.parameters / 1e6:,.0f} million weights")
    model = weights.model(student).to(weights.device())
    if student.is_gguf:
        gguf_writer.check(model.state_dict(), student.place)
    with _held(work):
        _write(work / NOTE, json.dumps(this | {"documents": list(target.documents)}, indent=1))
        channels, shares = dict(found.channels), dict(plan.shares)
        if plan.shares.get("replay"):
            channels["replay"] = _replay(model, form, plan, target.replay or work / "replay.json", told)
            shares["replay"] = min(shares["replay"], MOST_PASSES * sum(map(len, channels["replay"])) / plan.tokens)
        order = examples.mixed(channels, shares, plan.seed)
        blocks = examples.blocks(order, size=plan.block, tokens=plan.tokens)
        if plan.method == "lora":
            model = _adapted(model, plan)
        if not training.train(model, blocks, plan, work, told.hooks):
            return False
        told.say("writing the taught student")
        _leave(student, form, model, plan, target, {"lessons": found.digest, "shares": shares})
    shutil.rmtree(work, ignore_errors=True)
    return True


def _check_target(work: Path, this: dict[str, Any], folder: Path) -> None:
    """StudentError unless the folder is new, empty, or holds what this very training has left there so far."""
    if (folder / MANIFEST).is_file():
        hint = "examine it with: agentinstruct evaluate; or teach into another folder: --out FOLDER"
        raise StudentError(f"{folder} holds a student that has been taught", hint=hint)
    if not work.is_dir():
        if folder.is_dir() and any(folder.iterdir()):
            raise StudentError(f"{folder} holds other files", hint="give a new folder: --out FOLDER")
        return
    try:
        was = json.loads((work / NOTE).read_text("utf-8"))
    except (OSError, ValueError):
        return
    now = json.loads(json.dumps(this))
    parts = [name for name in now if was.get(name) != now[name]]
    if parts and training.newest(work) is None:  # nothing was trained yet that could be lost
        shutil.rmtree(work)
    elif parts:
        hint = f"give the options of then, or another folder with --out; to begin anew: rm -r {work}"
        raise StudentError(f"{folder} was begun with another {' and another '.join(parts)}", hint=hint)


@contextmanager
def _held(work: Path) -> Iterator[None]:
    """While it lasts, no other process teaches into the folder."""
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            hint = "wait for it, or teach into another folder: --out FOLDER"
            raise StudentError(f"another process is teaching in {work.parent}", hint=hint) from error
        yield


def _replay(model: Any, form: Format, plan: Plan, kept: Path, told: Told) -> list[Example]:
    """Chats of the untrained student: written once, kept in a file for a training that goes on."""
    if not kept.is_file():
        wanted = min(ONE_PASS, round(plan.shares["replay"] * plan.tokens))
        told.say(f"the untrained student writes {wanted:,} tokens of chats, so that it keeps what it can")
        heard = functools.partial(_wrote, told.say, wanted)
        made = replay.chats(model, form, tokens=wanted, seed=plan.seed, tell=heard)
        if sum(map(len, made)) < wanted:
            told.say("it hardly says anything: less of that is mixed in")
        _write(kept, json.dumps([[one.tokens, one.learnt] for one in made]))
    return [Example(tuple(tokens), tuple(learnt)) for tokens, learnt in json.loads(kept.read_text("utf-8"))]


def _wrote(say: Callable[[str], None], wanted: int, have: int) -> None:
    say(f"  {min(have, wanted):,} of {wanted:,} tokens")


def _adapted(model: Any, plan: Plan) -> Any:
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(plan.seed)  # the adapter begins the same, whatever was drawn before
    config = LoraConfig(
        r=plan.rank, lora_alpha=2 * plan.rank, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    return get_peft_model(model, config)


def _leave(student: Student, form: Format, model: Any, plan: Plan, target: Target, more: dict[str, Any]) -> None:
    """Adapter, merged weights, GGUF file, and the manifest that says that all of it is there."""
    folder = target.folder
    drafts = folder / WORK / "out"
    shutil.rmtree(drafts, ignore_errors=True)
    drafts.mkdir(parents=True)
    manifest: dict[str, Any] = {"base": student.name, "base_place": str(student.place), "base_sha256": student.sha256}
    manifest |= {"chat_format": student.chat_format, "weights": WEIGHTS, "plan": asdict(plan)}
    manifest |= {"source": target.source, "documents": list(target.documents)} | more
    model = model.to("cpu")
    if plan.method == "lora":
        model.save_pretrained(drafts / ADAPTER, save_embedding_layers=False)
        manifest["adapter"] = ADAPTER
        model = model.merge_and_unload()
    model.config.use_cache = True
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


def _write(file: Path, text: str) -> None:
    """The whole file or nothing of it."""
    draft = file.with_name(f".{file.name}.tmp")
    with draft.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
