"""The benchmark of knowledge: it is well made, and nothing that writes rows can know it."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import agentinstruct_local
from agentinstruct_local.exam import questions as reading
from agentinstruct_local.exam.marking import exact, words
from agentinstruct_local.exam.material import place_of
from agentinstruct_local.exam.questions import Question
from agentinstruct_local.readers.collect import Collection, collect

PACKAGE = Path(agentinstruct_local.__file__).parent
CHECKOUT = PACKAGE.parent
SETS = ("dev", "report", "german", "debian")
SKILLS = {"value", "condition", "owner", "order", "reverse", "meaning", "superseded", "two_documents"}


@dataclass(frozen=True)
class Bench:
    questions: list[Question]
    read: Collection

    @property
    def texts(self) -> dict[str, str]:
        return {one.source.rpartition("/")[2]: one.text for one in self.read.documents}

    def of(self, kind: str) -> list[Question]:
        return [one for one in self.questions if one.type == kind]


@pytest.fixture(scope="module", params=SETS)
def bench(request: pytest.FixtureRequest) -> Bench:
    folder = CHECKOUT / "bench" / "knowledge" / str(request.param)
    return Bench(reading.read(folder / "questions.jsonl"), collect([folder / "documents"]))


def test_the_documents_are_many_and_of_many_formats(bench: Bench) -> None:
    assert len(bench.read.documents) >= 8
    assert len({Path(one.source).suffix for one in bench.read.documents}) >= 6
    assert sum(len(one.text) for one in bench.read.documents) >= 60_000
    assert not bench.read.unread
    assert not bench.read.unknown


def test_half_of_the_questions_are_short_and_half_have_options(bench: Bench) -> None:
    assert len(bench.questions) >= 150
    assert 0.4 <= len(bench.of("short")) / len(bench.questions) <= 0.6
    assert len({one.id for one in bench.questions}) == len(bench.questions)
    assert len({one.text for one in bench.questions}) == len(bench.questions)


def test_the_key_gives_nothing_away(bench: Bench) -> None:
    choices = bench.of("mc")
    keys = Counter(one.options.index(one.right) for one in choices)
    assert max(keys.values()) <= 0.3 * len(choices)
    assert sum(map(longest_is_right, choices)) <= 0.3 * len(choices)


def longest_is_right(question: Question) -> bool:
    return all(len(one) < len(question.right) for one in question.options if one != question.right)


def test_every_evidence_stands_in_its_document(bench: Bench) -> None:
    lost = [
        (one.id, doc)
        for one in bench.questions
        for doc, evidence in one.evidences
        if not place_of(evidence, bench.texts.get(doc, ""))
    ]
    assert lost == []
    assert all(one.evidences for one in bench.questions)


def test_every_document_is_asked_about(bench: Bench) -> None:
    assert {doc for one in bench.questions for doc, _ in one.evidences} == set(bench.texts)


def test_every_skill_is_asked_for(bench: Bench) -> None:
    skills = Counter(one.skill for one in bench.questions)
    assert set(skills) == SKILLS
    assert min(skills.values()) >= 10


def test_two_documents_are_two(bench: Bench) -> None:
    pairs = [one for one in bench.questions if one.skill == "two_documents"]
    assert all(len({doc for doc, _ in one.evidences}) >= 2 for one in pairs)


def test_every_short_answer_can_be_marked(bench: Bench) -> None:
    for one in bench.of("short"):
        assert all(words(answer) for answer in (one.right, *one.aliases)), one.id
        assert exact(one.right, [one.right])
        assert not exact("", [one.right, *one.aliases])


def test_the_sets_share_no_question() -> None:
    found = [one for name in SETS for one in reading.read(CHECKOUT / "bench" / "knowledge" / name / "questions.jsonl")]
    assert len({one.id for one in found}) == len({one.text for one in found}) == len(found)


# What writes rows knows nothing of it


def imports(file: Path) -> Iterator[str]:
    package = (PACKAGE.name, *file.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (above, node.module)))
            yield module
            yield from (f"{module}.{name.name}" for name in node.names)


def test_only_the_command_imports_the_exam() -> None:
    users = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if any(
            name == "agentinstruct_local.exam" or name.startswith("agentinstruct_local.exam.") for name in imports(file)
        )
    }
    assert {one for one in users if not one.startswith("exam/")} == {"cli/evaluate.py"}


@pytest.fixture(scope="module")
def program() -> str:
    """Every text that comes with the program, on one line."""
    files = [file for place in (PACKAGE, CHECKOUT / "taxonomy") for file in sorted(place.rglob("*")) if file.is_file()]
    texts = (file.read_text("utf-8", "ignore") for file in files if file.suffix not in (".pyc", ".so"))
    return "\n".join(" ".join(text.split()) for text in texts)


def test_the_program_does_not_name_the_benchmark(program: str) -> None:
    assert "bench/knowledge" not in program


@pytest.mark.parametrize("name", SETS)
def test_the_program_holds_no_question_and_no_evidence(program: str, name: str) -> None:
    asked = reading.read(CHECKOUT / "bench" / "knowledge" / name / "questions.jsonl")
    texts = [one.text for one in asked] + [
        evidence for one in asked for _, evidence in one.evidences if len(evidence) > 30
    ]
    known = [" ".join(text.split()) for text in texts]
    assert [text for text in known if text in program or json.dumps(text)[1:-1] in program] == []
