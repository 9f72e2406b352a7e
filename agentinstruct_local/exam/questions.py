"""Questions from a JSON-lines file, one object a line; `docs/evaluate.md` tells its fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from agentinstruct_local.errors import ExamError

LETTERS = ("A", "B", "C", "D")
HINT = "correct that line; what a line must have stands in docs/evaluate.md"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question about documents that the student may not look at."""

    id: str
    type: Literal["mc", "short"]
    text: str
    right: str  # the text of the right answer; of "mc", that of the right option
    options: tuple[str, ...] = ()  # four, "mc" only
    aliases: tuple[str, ...] = ()  # other texts that are as right, "short" only
    doc: str = ""  # the name of the file that it is about
    evidence: str = ""  # a verbatim stretch of that document's text
    skill: str = ""  # what kind of knowledge it asks for, such as "value" or "order"
    more: Mapping[str, Any] = field(default_factory=dict)  # fields that this program does not know

    @property
    def evidences(self) -> tuple[tuple[str, str], ...]:
        """Document and stretch, of each document that it takes to answer: "also" may name further ones."""
        first = ((self.doc, self.evidence),) if self.evidence else ()
        others = self.more.get("also", ())
        return first + tuple((str(one.get("doc", "")), str(one.get("evidence", ""))) for one in others)


class _Line(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)
    id: Text
    question: Text
    doc: str = ""
    evidence: str = ""
    skill: str = ""
    also: list[dict[str, str]] = []

    def known(self) -> dict[str, Any]:
        more = dict(self.model_extra or {}) | ({"also": self.also} if self.also else {})
        return {"id": self.id, "text": self.question, "doc": self.doc, "evidence": self.evidence,
                "skill": self.skill, "more": more}  # fmt: skip


class _Choice(_Line):
    type: Literal["mc"]
    options: list[Text] = Field(min_length=4, max_length=4)
    answer: Literal["A", "B", "C", "D"]

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if len(set(self.options)) < len(self.options):
            raise ValueError("two options are the same")
        return self

    def question_of(self) -> Question:
        right = self.options[LETTERS.index(self.answer)]
        return Question(type="mc", options=tuple(self.options), right=right, **self.known())


class _Short(_Line):
    type: Literal["short"]
    answer: Text
    aliases: list[Text] = []

    def question_of(self) -> Question:
        return Question(type="short", right=self.answer, aliases=tuple(self.aliases), **self.known())


_LINES: TypeAdapter[_Choice | _Short] = TypeAdapter(Annotated[_Choice | _Short, Field(discriminator="type")])


def read(path: Path) -> list[Question]:
    """The questions in the file, in its order. ExamError with line and field for what is missing or wrong."""
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except OSError as error:
        hint = "give a JSON-lines file of questions; docs/evaluate.md shows one"
        raise ExamError(f"{path}: {error.strerror or error}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise ExamError(f"{path}: not in UTF-8 ({error.reason} at byte {error.start})", hint=HINT) from error
    found: dict[str, Question] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            question = _question(line, f"{path}, line {number}")
            if question.id in found:
                raise ExamError(f"{path}, line {number}, field id: {question.id!r} stands there twice", hint=HINT)
            found[question.id] = question
    if not found:
        raise ExamError(f"{path} holds no questions", hint=HINT)
    return list(found.values())


def general() -> list[Question]:
    """120 questions that any student of some size answers, to see whether it lost what it could; written for this."""
    return read(Path(__file__).with_name("probe.jsonl"))


def _question(line: str, where: str) -> Question:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise ExamError(f"{where}: not a JSON object ({error})", hint=HINT) from error
    if not isinstance(value, dict):
        raise ExamError(f"{where}: not a JSON object", hint=HINT)
    try:
        return _LINES.validate_python(value).question_of()
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("mc", "short"))
        if first["type"] in ("union_tag_not_found", "union_tag_invalid"):
            place, told = "type", "it must be mc or short"
        else:
            told = "it is missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
        raise ExamError(f"{where}, field {place or 'options'}: {told}", hint=HINT) from error
