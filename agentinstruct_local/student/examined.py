"""A student as a teacher that can be asked: a GGUF file through our engine, anything else through torch."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from agentinstruct_local.errors import StudentError
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
    """The student as it was before `teach` made the one in that folder; None where the folder does not tell.

    StudentError where it has changed or is gone.
    """
    folder = Path(where).expanduser()
    told = students.manifest(folder if folder.is_dir() else folder.parent)
    if told is None:
        return None
    base = students.find(told["base_place"], chat_format or told["chat_format"])
    if base.sha256 != told["base_sha256"]:
        hint = "name it as it was then: --base NAME|FILE.gguf|FOLDER"
        raise StudentError(f"{told['base_place']} is no longer what {folder} was taught from", hint=hint)
    return base


def opened(student: Student, adapter: Path | None = None) -> Teacher:
    """The student, loaded and ready to be asked. Raises StudentError, ModelError or TeacherError."""
    if student.is_gguf and adapter is None:
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
