"""The whole loop with a scripted teacher: rows, resume at every step, any order of replies, budgets and duplicates."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import make_passage

from agentinstruct_local import corpus, runner, taxonomy
from agentinstruct_local import store as store_module
from agentinstruct_local.diversity import HashEncoder, Index
from agentinstruct_local.errors import SourceError, TaxonomyError
from agentinstruct_local.exporters.chat import export
from agentinstruct_local.recipe import Recipe
from agentinstruct_local.records import Document, Reply, Request
from agentinstruct_local.store import Store
from agentinstruct_local.store.database import connect
from agentinstruct_local.teachers.scripted import ScriptedTeacher, invent

HERE = Path(__file__).parent
SMALL = HERE / "data" / "taxonomy"
HANDBOOK = HERE.parent / "examples" / "handbook"
SENTENCE = "The pump of {0} is stopped above {1} degrees and started again below {2} degrees by the shift leader. "
PLACES = ["Northgate", "Mill Lane", "Harbour", "Eastfield", "Riverside", "Old Town", "Millbrook", "Highgate"]


class Killed(BaseException):
    """Like a kill: nothing in the program catches it."""


def teach(request: Request) -> Any:
    """Made-up replies, of which some are cut and some are judged badly: a run has to show what it does with those."""
    if request.seed % 11 == 0:
        return {"error": "cut"}
    if request.output.kind == "choice" and request.seed % 5 == 0:
        return {"yes": 0.1, "no": 0.9}
    return invent(request)


class Shuffled(ScriptedTeacher):
    """Answers some of what is under way, in an order of its own."""

    def __init__(self, seed: int, **more: Any) -> None:
        super().__init__(teach, **more)
        self.random = random.Random(seed)

    def poll(self) -> Sequence[Reply]:
        self.random.shuffle(self._queue)
        return [reply for _ in range(self.random.randint(1, 3)) for reply in ScriptedTeacher.poll(self)]


def put_pumps(store: Store, documents: int = 3) -> None:
    texts = [
        "".join(SENTENCE.format(place, n * 7 + at, n * 5 + at) for n, place in enumerate(PLACES, 3))
        for at in range(documents)
    ]
    store.put_corpus(
        [
            Document(id=f"d{at}", source=f"pumps{at}.md", text=text, media_type="text/markdown")
            for at, text in enumerate(texts)
        ],
        [
            replace(make_passage(text), id=f"p{at}", document=f"d{at}", source=f"pumps{at}.md")
            for at, text in enumerate(texts)
        ],
        [],
    )


@pytest.fixture
def skills(tmp_path: Path) -> Path:
    target = tmp_path / "skills"
    shutil.copytree(SMALL, target)
    return target


def work(
    folder: Path, *, rows: int = 6, teacher: ScriptedTeacher | None = None, skills: Path = SMALL, index: Index | None = None, stop=None, **more: Any
):  # fmt: skip
    """One sitting; returns the outcome and the teacher."""
    teacher = teacher or ScriptedTeacher(teach, slots=4)
    seen: list[runner.Progress] = []
    with Store(folder) as store:
        put_pumps(store)
        outcome = runner.run(
            recipe=Recipe(rows=rows, teacher="scripted", **more), store=store, taxonomy=taxonomy.load(skills),
            teacher=teacher, index=Index(HashEncoder()) if index is None else index, watch=seen.append, stop=stop or (lambda: False),
        )  # fmt: skip
    work.progress = seen[-1]
    return outcome, teacher


def exported(folder: Path, rows: int = 6) -> dict[str, bytes]:
    with Store(folder, readonly=True) as store:
        files = export(store.rows(rows), folder / "dataset")
    return {file.name: file.read_bytes() for file in files}


def steps(folder: Path) -> set[str]:
    with Store(folder, readonly=True) as store:
        return {key for (key,) in store._all("SELECT key FROM step")}


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """Without waiting for the disk: what is killed here is the program, not the machine."""

    def hasty(folder: Path, *, readonly: bool) -> Any:
        found = connect(folder, readonly=readonly)
        found.execute("PRAGMA synchronous = OFF")
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_module, "connect", hasty)
        yield


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    outcome, _ = work(folder)
    assert outcome.reached
    return exported(folder)


# The main job


def test_all_formats_become_rows_whose_quotes_stand_in_their_documents(tmp_path: Path) -> None:
    recipe = Recipe(sources=(str(HANDBOOK),), rows=8, teacher="scripted", seed=3)
    teacher = ScriptedTeacher()
    packaged = taxonomy.load()
    with Store(tmp_path / "run") as store:
        found = corpus.prepare(recipe, store, packaged, teacher.count_tokens)
        assert found.documents == 5
        assert found.cells > found.passages >= 5
        outcome = runner.run(recipe=recipe, store=store, taxonomy=packaged, teacher=teacher, index=Index(HashEncoder()))
        assert outcome == runner.Outcome(True, "done")
        rows = list(store.rows(8))
        assert len(rows) == len({row.id for row in rows}) == 8
        formats = {row.provenance["source"].rpartition(".")[2] for row in rows}
        assert formats <= {"md", "html", "pdf", "docx", "py"}
        assert len(formats) >= 3  # which of them the first rows come from, the plan draws
        for row in rows:
            told = row.provenance
            document = store.document(told["document"])
            start, end = told["span"]
            assert " ".join(document.text[start:end].split()) == told["quote"]
            assert (told["page"] is not None) == (document.media_type == "application/pdf")
            called = ["tool", "assistant"] * sum(one.role == "tool" for one in row.messages)
            assert [message.role for message in row.messages] == ["user", "assistant", *called]
            assert bool(row.tools) or not called
            draft = store.draft_of(row)
            assert draft.refusal is None
            assert draft.steps and draft.verdicts
        funnel = store.funnel()
        assert funnel["drafts"] == sum(count for name, count in funnel.items() if name != "drafts")


def test_the_asked_number_is_reached_by_topping_up(tmp_path: Path) -> None:
    outcome, teacher = work(tmp_path / "run", rows=12)
    assert outcome == runner.Outcome(True, "done")
    with Store(tmp_path / "run", readonly=True) as store:
        assert len(list(store.rows(12))) == 12
        assert store.funnel()["drafts"] > 12, "the script refuses some, so there must be more drafts than rows"
        assert store.funnel()["reply_cut"] > 0
    assert work.progress.accepted == 12
    assert work.progress.tokens_in > 0
    assert work.progress.last_question == work.progress.last_row.messages[0].content.rpartition("\n")[2]
    assert len(teacher.asked) == len({request.id for request in teacher.asked})


def test_a_tool_that_fails_costs_its_draft_and_not_the_run(tmp_path: Path, monkeypatch) -> None:
    find, calls = runner.registry.find, []

    def fragile(draft, **options):
        calls.append(draft.id)
        if len(calls) % 3 == 0:
            raise StopIteration("an odd table")
        return find("tools", "cite")(draft, **options)

    monkeypatch.setattr(
        runner.registry, "find", lambda room, name: fragile if (room, name) == ("tools", "cite") else find(room, name)
    )
    outcome, _ = work(tmp_path / "run")
    assert outcome.reached
    with Store(tmp_path / "run", readonly=True) as store:
        told = list(store.refused("reply_tool_failed"))
    assert told
    assert told[0].evidence == "StopIteration: an odd table"


def test_a_finished_run_asks_for_nothing_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    work(tmp_path / "run")
    first = exported(tmp_path / "run")
    outcome, teacher = work(tmp_path / "run")
    assert outcome.reached
    assert teacher.asked == []
    assert exported(tmp_path / "run") == first
    done = steps(tmp_path / "run")
    outcome, teacher = work(tmp_path / "run", rows=12)
    assert outcome.reached
    assert done.isdisjoint(request.id for request in teacher.asked)
    work(tmp_path / "other", rows=12)
    assert exported(tmp_path / "run", 12) == exported(tmp_path / "other", 12)


def test_rows_stand_in_the_plans_order_and_are_the_first_accepted(tmp_path: Path) -> None:
    work(tmp_path / "run")
    with Store(tmp_path / "run", readonly=True) as store:
        places = [store.draft_of(row).order for row in store.rows(6)]
    assert places == sorted(places)


# Resume


FEW = 3  # rows of the runs that are killed at each of their steps


def few() -> ScriptedTeacher:
    """With little in work at a time, so that there is little to kill beyond the last row."""
    return ScriptedTeacher(teach, slots=2)


def kill_at(number: int, call: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    count = 0

    def killing(*arguments: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        if count == number and not after:
            raise Killed
        found = call(*arguments, **more)
        if count == number:
            raise Killed
        return found

    return killing


@pytest.mark.parametrize(
    ("what", "name", "after"),
    [
        (ScriptedTeacher, "poll", False),
        (Store, "remember", False),
        (Store, "remember", True),
        (Store, "finish", False),
        (Store, "finish", True),
    ],
)
def test_killed_at_every_step_and_resumed_the_rows_are_the_same(tmp_path, monkeypatch, what, name, after):
    work(tmp_path / "unbroken", rows=FEW, teacher=few())
    unbroken = exported(tmp_path / "unbroken", FEW)
    number = 0
    while True:
        number += 1
        folder = tmp_path / str(number)
        with monkeypatch.context() as patch:
            patch.setattr(what, name, kill_at(number, getattr(what, name), after=after))
            try:
                work(folder, rows=FEW, teacher=few())
                break  # there is no such step any more
            except Killed:
                pass
        done = steps(folder)
        outcome, teacher = work(folder, rows=FEW, teacher=few())
        assert outcome.reached
        again = done & {request.id for request in teacher.asked}
        assert not again, f"killed at {number}: asked again for {again}"
        assert exported(folder, FEW) == unbroken, f"killed at {name} number {number}"
        shutil.rmtree(folder)
    assert number > FEW


def test_killed_again_and_again_a_run_still_comes_to_its_end(tmp_path: Path, monkeypatch, unbroken) -> None:
    sitting = 0
    while True:
        sitting += 1
        teacher = ScriptedTeacher(teach, slots=4)
        with monkeypatch.context() as patch:
            patch.setattr(Store, "remember", kill_at(2, Store.remember, after=True))
            try:
                work(tmp_path / "run", teacher=teacher)
                break
            except Killed:
                pass
    assert sitting > 10
    assert exported(tmp_path / "run") == unbroken


@pytest.mark.parametrize("seed", range(6))
def test_replies_in_any_order_give_the_same_rows(tmp_path: Path, seed: int, unbroken) -> None:
    outcome, _ = work(tmp_path / "run", teacher=Shuffled(seed, slots=4))
    assert outcome.reached
    assert exported(tmp_path / "run") == unbroken


@pytest.mark.parametrize("window", [1, 2, 9, 50])
def test_any_number_of_drafts_in_work_gives_the_same_rows(tmp_path: Path, window: int, unbroken) -> None:
    work(tmp_path / "run", window=window)
    assert exported(tmp_path / "run") == unbroken


def test_another_seed_gives_other_rows(tmp_path: Path, unbroken) -> None:
    work(tmp_path / "run", seed=4)
    assert exported(tmp_path / "run") != unbroken


def test_stopping_keeps_what_is_in_flight_and_starts_nothing_new(tmp_path: Path, unbroken) -> None:
    teacher = ScriptedTeacher(teach, slots=4)
    outcome, _ = work(tmp_path / "run", teacher=teacher, stop=lambda: len(teacher.asked) > 15)
    assert outcome == runner.Outcome(False, "stopped")
    assert not teacher._queue
    assert {request.id for request in teacher.asked} <= steps(tmp_path / "run")
    outcome, later = work(tmp_path / "run")
    assert outcome.reached
    assert {request.id for request in teacher.asked}.isdisjoint(request.id for request in later.asked)
    assert work.progress.resumed > 0
    assert exported(tmp_path / "run") == unbroken


# Budgets


def test_a_budget_of_drafts_is_kept_over_all_sittings(tmp_path: Path) -> None:
    outcome, _ = work(tmp_path / "run", rows=1000, budget_drafts=10)
    assert outcome == runner.Outcome(False, "budget")
    assert work.progress.drafts == 10
    with Store(tmp_path / "run", readonly=True) as store:
        planned = {order for (order,) in store._all("SELECT DISTINCT place FROM draft")}
    assert planned == set(range(1, 11))
    outcome, teacher = work(tmp_path / "run", rows=1000, budget_drafts=10)
    assert (outcome.reason, teacher.asked) == ("budget", [])
    outcome, _ = work(tmp_path / "run", rows=1000, budget_drafts=12)
    assert work.progress.drafts == 12


def test_a_budget_of_hours_stops_new_drafts(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(Store, "seconds", lambda self: 3601.0)
    outcome, teacher = work(tmp_path / "run", budget_hours=1.0)
    assert outcome == runner.Outcome(False, "budget")
    assert teacher.asked == []


def test_a_plan_that_is_exhausted_says_so(tmp_path: Path) -> None:
    outcome, _ = work(tmp_path / "run", rows=1000, skills=SMALL, budget_drafts=100_000)
    assert outcome == runner.Outcome(False, "plan_exhausted")
    with Store(tmp_path / "run", readonly=True) as store:
        assert 0 < store.funnel()["accepted"] < 1000
    again, teacher = work(tmp_path / "run", rows=1000, budget_drafts=100_000)
    assert again == outcome
    assert teacher.asked == []


# Duplicates


def test_a_duplicate_is_refused_before_its_answer_with_its_neighbour_and_score(tmp_path: Path) -> None:
    def same(request: Request) -> Any:
        value = teach(request)
        if isinstance(value, dict) and "items" in value:
            return {"items": [{"question": "When is the pump of Northgate stopped?"}]}
        return value

    outcome, _ = work(tmp_path / "run", teacher=ScriptedTeacher(same, slots=4), rows=50, budget_drafts=12)
    with Store(tmp_path / "run", readonly=True) as store:
        refused = list(store.refused("duplicate_exact"))
        assert len(refused) > 4
        admitted = [step.output["draft"] for step in store.steps_named("admit") if step.output["ok"]]
        for one in refused:
            neighbour, score, text = one.evidence.split(maxsplit=2)
            assert neighbour in admitted
            assert score == "1.000:"
            assert text == "When is the pump of Northgate stopped?"
            draft = store.draft(one.draft)
            assert draft.order > store.draft(neighbour).order
            assert "answer" not in draft.outputs, "no token goes to the answer of a duplicate"
    assert outcome.reason == "budget"


def test_a_near_duplicate_is_refused_too(tmp_path: Path) -> None:
    number = 0

    def alike(request: Request) -> Any:
        nonlocal number
        value = invent(request)
        if "items" in value:
            number += 1
            return {
                "items": [{"question": "When is the pump of the station stopped by the shift leader" + "?" * number}]
            }
        return value

    work(tmp_path / "run", teacher=ScriptedTeacher(alike, slots=1), rows=50, budget_drafts=8, near=0.9, similar=0.8)
    with Store(tmp_path / "run", readonly=True) as store:
        reasons = Counter(one.reason for one in store.refused())
    assert reasons["near_duplicate"] + reasons["duplicate_exact"] > 0


def test_what_was_admitted_in_an_earlier_sitting_still_counts(tmp_path: Path) -> None:
    work(tmp_path / "run", rows=3)
    index = Index(HashEncoder())
    work(tmp_path / "run", rows=3, index=index)
    with Store(tmp_path / "run", readonly=True) as store:
        admitted = [step.output["text"] for step in store.steps_named("admit") if step.output["ok"]]
    assert len(index) == len(admitted) > 3
    verdict, _ = index.admit("new", admitted[0])
    assert verdict.reason == "duplicate_exact"


# A taxonomy that changes


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def after(tmp_path: Path, skills: Path) -> tuple[Counter[str], Counter[str]]:
    """What a run over a changed taxonomy asks, and what a fresh one would, by kind."""
    _, teacher = work(tmp_path / "run", skills=skills, teacher=ScriptedTeacher(slots=4), window=1)
    _, fresh = work(tmp_path / "fresh", skills=skills, teacher=ScriptedTeacher(slots=4), window=1)
    assert exported(tmp_path / "run") == exported(tmp_path / "fresh"), (
        "the rows are those of a run that began like this"
    )
    return Counter(kind(one) for one in teacher.asked), Counter(kind(one) for one in fresh.asked)


def kind(request: Request) -> str:
    if request.output.kind == "choice":
        return "judge"
    return next(iter(request.output.schema.get("properties", {"text": 0})))


def test_an_edited_prompt_asks_again_only_where_it_is_read(tmp_path: Path, skills: Path) -> None:
    work(tmp_path / "run", skills=skills, teacher=ScriptedTeacher(slots=4), window=1)
    change(skills / "quiz" / "judge.jinja", "Is it clear?", "Is it quite clear?")
    again, fresh = after(tmp_path, skills)
    assert set(again) == {"judge"}
    assert again["judge"] < fresh["judge"], "its other question reads as before"


def test_an_edited_check_asks_nothing_that_was_asked(tmp_path: Path, skills: Path) -> None:
    work(tmp_path / "run", skills=skills)
    done = steps(tmp_path / "run")
    change(
        skills / "quiz" / "skill.yaml",
        "        - well_formed\n",
        "        - well_formed\n        - adds: {answer: answer.answer}\n",
    )
    _, teacher = work(tmp_path / "run", skills=skills)
    assert done.isdisjoint(request.id for request in teacher.asked)
    work(tmp_path / "fresh", skills=skills)
    assert exported(tmp_path / "run") == exported(tmp_path / "fresh")


def test_an_edited_shared_template_asks_again(tmp_path: Path, skills: Path) -> None:
    work(tmp_path / "run", skills=skills, teacher=ScriptedTeacher(slots=4), window=1)
    change(skills / "_shared" / "page.jinja", "You write a quiz.", "You write a good quiz.")
    again, fresh = after(tmp_path, skills)
    assert again == fresh


def test_a_tools_new_output_is_kept_where_its_options_changed(tmp_path: Path, skills: Path) -> None:
    work(tmp_path / "run", skills=skills, rows=3)
    change(skills / "quiz" / "skill.yaml", "    - tool: cite\n", "    - tool: cite\n      question: []\n")
    work(tmp_path / "run", skills=skills, rows=3)
    work(tmp_path / "fresh", skills=skills, rows=3)
    found = []
    for name in ("run", "fresh"):
        with Store(tmp_path / name, readonly=True) as store:
            found.append([store.draft_of(row).outputs["cite"] for row in store.rows(3)])
    assert found[0] == found[1]


# Languages, mistakes


def test_the_language_that_was_asked_for_is_the_one_that_is_checked(tmp_path: Path, skills: Path) -> None:
    change(
        skills / "quiz" / "skill.yaml",
        "        - well_formed\n",
        "        - language: {fields: [answer.answer], letters_at_least: 20}\n",
    )
    said = "Die Pumpe von Northgate wird über vierundzwanzig Grad abgestellt und danach wieder gestartet."

    def german(request: Request) -> Any:
        value = invent(request)
        return {"answer": said} if "answer" in value else value

    for language, accepted in (("de", True), ("en", False)):
        folder = tmp_path / language
        work(folder, rows=2, skills=skills, teacher=ScriptedTeacher(german), language=language, budget_drafts=12)
        with Store(folder, readonly=True) as store:
            facts = {outcome for _, subskill, outcome in store.counts() if subskill == "fact"}
        assert ("accepted" in facts) == accepted
        assert ("wrong_language" in facts) != accepted


def test_an_unknown_skill_is_told_before_anything_is_read(tmp_path: Path) -> None:
    for name in ("quizz", "quiz/none"):
        with Store(tmp_path / "run") as store, pytest.raises(TaxonomyError) as caught:
            corpus.prepare(Recipe(sources=("nowhere",), skills={name: 1.0}), store, taxonomy.load(SMALL), len)
        assert "taxonomy list" in caught.value.hint


def test_a_corpus_with_nothing_to_ask_about_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Heading\n\n- a\n- b\n")
    with Store(tmp_path / "run") as store, pytest.raises(SourceError) as caught:
        corpus.prepare(Recipe(sources=(str(tmp_path / "notes.md"),)), store, taxonomy.load(SMALL), len)
    assert caught.value.hint


def test_a_corpus_is_read_once(tmp_path: Path) -> None:
    recipe = Recipe(sources=(str(HANDBOOK / "pump-maintenance.md"),))
    with Store(tmp_path / "run") as store:
        first = corpus.prepare(recipe, store, taxonomy.load(SMALL), lambda text: len(text) // 4)
        gone = recipe.model_copy(update={"sources": ("moved/away.md",)})
        assert corpus.prepare(gone, store, taxonomy.load(SMALL), lambda text: len(text) // 4) == first
