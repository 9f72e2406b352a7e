"""A student as a teacher that can be asked: a GGUF file through our engine, anything else through torch."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from agentinstruct_local.errors import AgentInstructError, StudentError
from agentinstruct_local.student import students, weights
from agentinstruct_local.student.examples import Format
from agentinstruct_local.student.students import Student
from agentinstruct_local.student.torch_teacher import TorchTeacher
from agentinstruct_local.teachers import Teacher, llamacpp
from agentinstruct_local.teachers.worker import Worker

CONTEXT = 8192
"""Tokens of the engine's cache. A question with three passages takes some 1,500."""


def find(where: str, chat_format: str = "") -> Student:
    """As `students.find`; of a folder that `teach` has made, its GGUF file where there is one."""
    told = students.manifest(Path(where).expanduser()) if Path(where).expanduser().is_dir() else None
    if told and told.get("gguf"):
        return students.find(str(Path(where).expanduser() / told["gguf"]), chat_format or told["chat_format"])
    return students.find(where, chat_format)


def base_of(where: str, chat_format: str = "") -> Student | None:
    """The student as it was before `teach` made the one in that folder (or that GGUF file of such a folder); None where
    nothing tells. StudentError where it has changed or is gone."""
    place = Path(where).expanduser()
    told = students.manifest(place if place.is_dir() else place.parent) if place.exists() else None
    if told is None or (place.is_file() and told.get("gguf") != place.name):
        return None
    hint = "name it as it was then: --base NAME|FILE.gguf|FOLDER"
    try:
        found = told["base_place"] if Path(told["base_place"]).exists() else told["base"]
        base = students.find(found, chat_format or told["chat_format"])
    except AgentInstructError as error:
        raise StudentError(f"what {where} was taught from is not to be found: {told['base']}", hint=hint) from error
    if base.sha256 != told["base_sha256"]:
        raise StudentError(f"{found} is no longer what {where} was taught from", hint=hint)
    return base


def check_adapter(adapter: Path, student: Student) -> None:
    """StudentError where what `teach` wrote beside the adapter says that it is another student's."""
    told = students.manifest(adapter.parent)
    if told and told.get("adapter") == adapter.name and told["base_sha256"] != student.sha256:
        raise StudentError(
            f"the adapter in {adapter} was made for {told['base']}", hint=f"--student {told['base_place']}"
        )
    if not (adapter / "adapter_model.safetensors").is_file():
        raise StudentError(f"{adapter} holds no adapter_model.safetensors", hint="give the folder of a LoRA adapter")


def opened(student: Student, adapter: Path | None = None, *, torch: bool = False) -> Teacher:
    """The student, loaded and ready to be asked; through torch where an adapter is put over it, or where that is asked
    for. Raises StudentError, ModelError or TeacherError."""
    if student.is_gguf and adapter is None and not torch:
        # What stands in the cache between two requests is worth keeping: a question comes several times in a row.
        settings, about = llamacpp.choose(student.place, name=student.name, n_seq=16, context=CONTEXT)
        load = partial(
            llamacpp.load, student.place, chat_format=student.chat_format, name=student.name, settings=settings
        )
        return Worker(load, name=student.name, about=about)
    model = weights.model(student)
    if adapter is not None:
        model = weights.with_adapter(model, adapter)
    form = Format(weights.tokenizer(student), student.chat_format)
    return TorchTeacher(model.to(weights.device()), form, name=student.name)
