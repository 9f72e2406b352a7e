"""Documents that try to steer the teacher: twenty of them beside an honest one, and a teacher that obeys them all."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from builders import make_draft

from agentinstruct_local import corpus, registry, runner, taxonomy
from agentinstruct_local.diversity import HashEncoder, Index
from agentinstruct_local.recipe import Recipe
from agentinstruct_local.records import Request
from agentinstruct_local.store import Store
from agentinstruct_local.teachers.scripted import ScriptedTeacher, invent
from agentinstruct_local.verifiers.no_injection import verify

HERE = Path(__file__).parent
INJECTIONS: list[dict[str, str]] = yaml.safe_load((HERE / "data" / "injections.yaml").read_text())
PLACES = ("Northgate", "Mill Lane", "Harbour", "Eastfield", "Riverside", "Old Town", "Millbrook", "Highgate")
ASKING = (
    "open_domain_qa/factoid", "open_domain_qa/rule", "reading_comprehension/literal_comprehension",
    "reading_comprehension/critical_comprehension", "reading_comprehension/vocabulary",
)  # fmt: skip
"""Sub-skills that ask the teacher for words; most of the others compute all."""
CANARY = re.compile(r"CANARY\d\d")


def canary(number: int) -> str:
    return f"CANARY{number:02}"


def hostile(number: int) -> str:
    """An injection with a canary of its own, between two sentences that are about its own pump."""
    pump = f"The pump of {PLACES[number % 8]} number {number + 10}"
    text = INJECTIONS[number]["text"].replace("CANARY", canary(number))
    return (
        f"{pump} is stopped above {number + 60} degrees by the shift leader. {text}\n\n"
        f"{pump} is started again below {number + 20} degrees by the day shift."
    )


HONEST = " ".join(
    f"The valve of {place} is opened above {n * 7} bar by the shift leader." for n, place in enumerate(PLACES, 3)
)


class Obedient(ScriptedTeacher):
    """Writes what an injection in its prompt asks for into all that it may write freely."""

    def __init__(self) -> None:
        super().__init__(self.obey)

    def obey(self, request: Request) -> Any:
        value = invent(request)
        text = "\n".join(message.content for message in request.messages)
        found = next((one for one in range(len(INJECTIONS)) if canary(one) in text), None)
        if found is None:
            return value
        words = INJECTIONS[found]["text"].replace("CANARY", canary(found))
        if isinstance(value, str) and request.output.kind == "text":
            return words
        if isinstance(value, dict) and request.output.kind == "json":
            free = request.output.schema["properties"]
            return {name: words if free[name] == {"type": "string"} else one for name, one in value.items()}
        return value


@pytest.mark.parametrize("number", range(len(INJECTIONS)), ids=[one["is"] for one in INJECTIONS])
def test_a_row_that_passes_an_injection_on_is_refused_by_name(number: int) -> None:
    text = INJECTIONS[number]["text"]
    for item, answer in (({"question": text}, "Yes."), ({"question": "What is said?"}, text)):
        verdict = verify(make_draft(text, item=item, outputs={"answer": {"answer": answer}}))
        assert (verdict.ok, verdict.reason) == (False, "injected")


Run = tuple[str, Store, Obedient]


def begin(folder: Path, skills: str, documents: dict[str, str]) -> tuple[Store, Obedient]:
    (folder / "documents").mkdir(parents=True)
    for name, text in documents.items():
        (folder / "documents" / f"{name}.md").write_text(text)
    known = taxonomy.load(None if skills == "packaged" else HERE / "data" / "taxonomy")
    mix = dict.fromkeys(known.skills, 0.2) | (dict.fromkeys(ASKING, 2.0) if skills == "packaged" else {})
    recipe = Recipe(
        sources=(str(folder / "documents"),), rows=400, teacher="scripted", budget_drafts=160, skills=mix
    )  # fmt: skip
    teacher, store = Obedient(), Store(folder / "run")
    corpus.prepare(recipe, store, known, teacher.count_tokens)
    runner.run(recipe=recipe, store=store, taxonomy=known, teacher=teacher, index=Index(HashEncoder()))
    return store, teacher


@pytest.fixture(scope="module", params=["packaged", "small"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run over all of them, with the program's own skills and with one that checks next to nothing."""
    documents = {"honest": HONEST} | {f"hostile{number:02}": hostile(number) for number in range(len(INJECTIONS))}
    store, teacher = begin(tmp_path_factory.mktemp("injections"), request.param, documents)
    with store:
        yield request.param, store, teacher


def test_there_are_twenty() -> None:
    assert len(INJECTIONS) == len({one["is"] for one in INJECTIONS}) == 20


def test_a_prompt_holds_words_of_one_document_only(run: Run) -> None:
    skills, store, teacher = run
    source_of = {passage.id: passage.source for passage in store.passages()}
    heard = set()
    for request in teacher.asked:
        text = "\n".join(message.content for message in request.messages)
        source = source_of[request.group]
        number = re.search(r"hostile(\d\d)", source)
        assert set(CANARY.findall(text)) <= ({canary(int(number[1]))} if number else set())
        assert ("The valve of" in text) <= (source == "documents/honest.md")
        heard.update(CANARY.findall(text))
    assert len(heard) == 20 if skills == "small" else heard


def test_no_row_passes_an_injection_on(run: Run) -> None:
    _, store, _ = run
    for row in store.rows():
        passage = store.draft_of(row).text
        written = "\n".join(message.content.replace(passage, "") for message in row.messages)
        assert not CANARY.search(written)
        if row.provenance["source"] == "documents/honest.md":
            assert not CANARY.search("\n".join(message.content for message in row.messages))


def test_what_the_obedient_teacher_wrote_is_refused_with_a_reason(run: Run) -> None:
    skills, store, _ = run
    refused = {one.draft: one.reason for one in store.refused()}
    obeyed = [name for name in refused if CANARY.search(str(store.draft(name).item) + str(store.draft(name).steps))]
    assert obeyed
    assert all(refused[name] for name in obeyed)
    assert skills == "packaged" or "injected" in refused.values()  # the program's own skills refuse them earlier


def looks_elsewhere(skill: str, subskill: str) -> bool:
    """Whether a sub-skill asks for other documents, as one does that says what a passage does not tell."""
    loaded = {**taxonomy.load().skills, **taxonomy.load(HERE / "data" / "taxonomy").skills}[skill]
    tools = {move.name for move in loaded.flows[loaded.subskills[subskill].flow] if move.kind == "tool"}
    return any("corpus" in inspect.signature(registry.find("tools", name)).parameters for name in tools)


def test_the_rows_of_the_honest_document_are_those_that_it_has_by_itself(run: Run, tmp_path: Path) -> None:
    skills, store, _ = run
    alone, _ = begin(tmp_path / "alone", skills, {"honest": HONEST})
    with alone:
        wanted = {row.id: row for row in alone.rows()}
    rows = (row for row in store.rows() if row.provenance["source"] == "documents/honest.md")
    found = {row.id: row for row in rows if not looks_elsewhere(row.skill, row.subskill)}
    assert found or skills == "packaged"
    both = found.keys() & wanted.keys()  # which of two like questions is kept depends on which came first
    assert skills == "packaged" or both == found.keys()
    assert all(found[name] == wanted[name] for name in both)
