"""An agent in a loop: it calls tools, reads what they return, and answers; every step is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from builders import make_draft, make_passage

from agentinstruct_local import lint, loop, runner, schema, taxonomy
from agentinstruct_local.diversity import HashEncoder, Index
from agentinstruct_local.errors import TaxonomyError
from agentinstruct_local.exporters.chat import export
from agentinstruct_local.recipe import Recipe
from agentinstruct_local.records import Document, Draft, Request, Row, Step
from agentinstruct_local.store import Store
from agentinstruct_local.teachers.scripted import ScriptedTeacher
from agentinstruct_local.verifiers.rag.called import verify

HERE = Path(__file__).parent
LOOPS = HERE / "data" / "loops"
TEXTS = ["Each bearing of the pump takes 15 g of grease.", "The pump has 6 bearings."]
GREASE = {"thought": "Six times 15 g.", "tool": "calculator", "arguments": {"expression": "15 g * 6"}}
LOOK = {"thought": "How many are there?", "tool": "search", "arguments": {"query": "bearings of the pump"}}
BAD = {"thought": "", "tool": "calculator", "arguments": {"expression": "15 g + 6 h"}}
ANSWER = {"answer": "90 g of grease."}


class Killed(BaseException):
    """Like a kill: nothing in the program catches it."""


def results(request: Request) -> list[Any]:
    """What the teacher has been told that its calls returned."""
    return [json.loads(one.content.removeprefix("Result: ")) for one in request.messages[2:] if one.role == "user"]


def scripted(*replies: dict[str, Any]) -> ScriptedTeacher:
    """The same replies for every draft, one after the other."""
    return ScriptedTeacher(lambda request: replies[len(results(request))])


def work(folder: Path, teacher: ScriptedTeacher, rows: int = 1) -> runner.Outcome:
    with Store(folder) as store:
        documents = [
            Document(id=f"d{at}", source=f"{at}.md", text=text, media_type="text/markdown")
            for at, text in enumerate(TEXTS)
        ]
        cut = [
            replace(make_passage(text), id=f"p{at}", document=f"d{at}", source=f"{at}.md")
            for at, text in enumerate(TEXTS)
        ]
        store.put_corpus(documents, cut, [])
        return runner.run(
            recipe=Recipe(rows=rows, teacher="scripted", skills={"asker/asked": 1.0}, budget_drafts=2), store=store,
            taxonomy=taxonomy.load(LOOPS), teacher=teacher, index=Index(HashEncoder()),
        )  # fmt: skip


def row_in(folder: Path) -> Row:
    with Store(folder, readonly=True) as store:
        return next(store.rows())


def reasons(folder: Path) -> dict[str, int]:
    with Store(folder, readonly=True) as store:
        return store.funnel()


def test_a_call_then_an_answer(tmp_path: Path) -> None:
    teacher = scripted(GREASE, ANSWER)
    assert work(tmp_path / "run", teacher).reached
    row = row_in(tmp_path / "run")
    assert [one.role for one in row.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert row.messages[2].tool_calls == ({"name": "calculator", "arguments": {"expression": "15 g * 6"}},)
    assert json.loads(row.messages[3].content) == {"value": 90, "unit": "g", "text": "90 g"}
    assert row.messages[4].content == "90 g of grease."
    assert [one["function"]["name"] for one in row.tools] == ["search", "calculator"]
    assert results(teacher.asked[-1]) == [{"value": 90, "unit": "g", "text": "90 g"}]


def test_a_reply_is_a_call_of_a_declared_tool_or_the_answer(tmp_path: Path) -> None:
    teacher = scripted(GREASE, ANSWER)
    work(tmp_path / "run", teacher)
    shape = teacher.asked[0].output.schema
    for reply in (GREASE, LOOK, ANSWER):
        assert not schema.problems(reply, shape)
    for reply in ({**GREASE, "tool": "python"}, {**GREASE, "arguments": {}}, {**GREASE, **ANSWER}, {}):
        assert schema.problems(reply, shape)


def test_an_error_is_told_and_a_second_try_may_do(tmp_path: Path) -> None:
    teacher = scripted(BAD, GREASE, ANSWER)
    assert work(tmp_path / "run", teacher).reached
    told = [json.loads(one.content) for one in row_in(tmp_path / "run").messages if one.role == "tool"]
    assert told == [{"error": "wrong_dimension"}, {"value": 90, "unit": "g", "text": "90 g"}]


@pytest.mark.parametrize(("call", "told"), [
    ({"thought": "", "tool": "python", "arguments": {}}, "there is no tool 'python'; there are search, calculator"),
    ({"thought": "", "tool": "search", "arguments": {"query": 7}}, "7 is not of type 'string'"),
    ({"thought": "", "tool": "search", "arguments": {"query": "zebra"}}, "nothing_found"),
])  # fmt: skip
def test_a_call_that_cannot_be_made_is_an_error_that_is_told(tmp_path: Path, call: Any, told: str) -> None:
    teacher = scripted(call, ANSWER)
    assert work(tmp_path / "run", teacher).reached
    assert next(filter(None, map(results, teacher.asked))) == [{"error": told}]


def test_a_tool_that_breaks_is_told_too(tmp_path: Path, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("agentinstruct_local.tools.calculator.calculate", broken)
    teacher = scripted(GREASE, ANSWER)
    assert work(tmp_path / "run", teacher).reached
    assert next(filter(None, map(results, teacher.asked))) == [{"error": "tool_failed"}]


def test_a_call_too_many_ends_the_draft(tmp_path: Path) -> None:
    teacher = scripted(LOOK, GREASE, LOOK)
    assert not work(tmp_path / "run", teacher).reached
    assert reasons(tmp_path / "run")["reply_too_many_calls"] == 2
    assert max(len(results(one)) for one in teacher.asked) == 2, "the call too many is not made"


def kill_at(number: int, call: Callable[..., Any]) -> Callable[..., Any]:
    count = 0

    def killing(*arguments: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        found = call(*arguments, **more)
        if count == number:
            raise Killed
        return found

    return killing


def test_killed_at_any_step_of_the_loop_it_goes_on_from_there(tmp_path: Path, monkeypatch) -> None:
    replies = (LOOK, GREASE, ANSWER)
    work(tmp_path / "unbroken", scripted(*replies))
    unbroken = row_in(tmp_path / "unbroken")
    made: list[str] = []
    calculate = runner.toolbox.call
    monkeypatch.setattr(
        runner.toolbox,
        "call",
        lambda draft, move, library: made.append(loop.key_of(draft, move)) or calculate(draft, move, library),
    )
    kills = 0
    for number in range(1, 20):
        folder, first, second = tmp_path / str(number), scripted(*replies), scripted(*replies)
        made.clear()
        with monkeypatch.context() as patch:
            patch.setattr(Store, "remember", kill_at(number, Store.remember))
            try:
                work(folder, first)
                break
            except Killed:
                kills += 1
        with Store(folder, readonly=True) as store:
            kept = {step.key for name in ("answer", "answer.result") for step in store.steps_named(name)}
        work(folder, second)
        assert not kept & {one.id for one in second.asked}, f"killed at {number}: asked again"
        assert len(made) == len(set(made)), f"killed at {number}: a call was made twice"
        assert row_in(folder) == unbroken
    assert kills >= 6  # three replies, two results and the gate, for the first draft alone


def test_a_chat_template_takes_the_finished_loop(tmp_path: Path) -> None:
    work(tmp_path / "run", scripted(LOOK, GREASE, ANSWER))
    export([row_in(tmp_path / "run")], tmp_path)
    row = json.loads((tmp_path / "reading.jsonl").read_text())
    template = jinja2.Environment(autoescape=False).from_string((HERE / "data/templates/hermes.jinja").read_text())
    text = template.render(messages=row["messages"], tools=json.loads(row["tools"]))
    calls = [json.loads(one) for one in re.findall(r"<tool_call>\n(.*)\n</tool_call>", text)]
    assert calls == [{"name": one["tool"], "arguments": one["arguments"]} for one in (LOOK, GREASE)]
    assert text.count("<tool_response>") == 2
    assert "Six times" not in text  # what the teacher thought is not taught


@pytest.mark.parametrize(("old", "new", "wrong"), [
    ("tools: [search, calculator]", "tools: []", "a flow holds agents"),
    ("most: 2", "most: 6", "a flow holds agents"),
    ("loop: answer", "loop: nobody", "no agent 'nobody'"),
])  # fmt: skip
def test_a_loop_that_is_not_well_written_is_an_error(tmp_path: Path, old: str, new: str, wrong: str) -> None:
    with pytest.raises(TaxonomyError, match=wrong):
        taxonomy.load(changed(tmp_path, old, new))


@pytest.mark.parametrize(("old", "new", "wrong"), [
    ("[search, calculator]", "[search, nothing]", "no use 'nothing' in tools"),
    ("[search, calculator]", "[search, cite]", "no agent can call the tool 'cite'"),
    ("calls: answer", "calls: again", "no loop of 'again' in this flow"),
])  # fmt: skip
def test_check_tells_what_is_wrong_with_a_loop(tmp_path: Path, old: str, new: str, wrong: str) -> None:
    assert any(wrong in str(one) for one in lint.check(changed(tmp_path, old, new)))


def test_a_loop_of_an_agent_that_writes_text_is_told(tmp_path: Path) -> None:
    folder = changed(tmp_path, "most: 2", "most: 2")
    file = folder / "asker" / "answer.jinja"
    file.write_text(file.read_text().replace("output: |\n  answer str(300): the answer", "output: text"))
    assert any("returns one object" in str(one) for one in lint.check(folder))


def changed(folder: Path, old: str, new: str) -> Path:
    target = folder / "skills" / "asker"
    target.mkdir(parents=True)
    for file in (LOOPS / "asker").iterdir():
        (target / file.name).write_text(file.read_text())
    text = (target / "skill.yaml").read_text()
    assert old in text
    (target / "skill.yaml").write_text(text.replace(old, new))
    assert yaml.safe_load((target / "skill.yaml").read_text())
    return folder / "skills"


# The verifier `called`

FOUND = {
    "results": [
        {"id": "p", "title": "Pumps", "text": "The pump of Harbour is stopped above 7 mm/s, and told to Anna Weber."}
    ]
}
NONE = {"error": "nothing_found"}
TOLD = "The pump of Harbour is stopped above 7 mm/s."


def looped(answer: str, *results: Any, asked: str = "When is the pump of Harbour stopped?") -> Draft:
    draft = make_draft(item={"question": asked, "told": TOLD})
    for number, result in enumerate(results):
        draft = draft.with_step(Step(key=f"c{number}", name="answer", output=LOOK))
        draft = draft.with_step(Step(key=f"r{number}", name="answer.result", output=result))
    return draft.with_step(Step(key="a", name="answer", output={"answer": answer}))


@pytest.mark.parametrize("draft", [
    looped("It is stopped above 7 mm/s.", FOUND),
    looped("The pump of Harbour is stopped above 7 mm/s.", NONE, FOUND),
    looped("Anna Weber is told.", FOUND),
    looped("At Northgate as at Harbour: above 7 mm/s.", FOUND, asked="Is it stopped at Northgate and Harbour?"),
])  # fmt: skip
def test_an_answer_that_rests_on_its_results_passes(draft: Draft) -> None:
    verdict = verify(draft, told="item.told")
    assert verdict.ok, verdict.evidence


@pytest.mark.parametrize(("draft", "reason"), [
    (looped("It is stopped above 7 mm/s."), "no_call"),
    (looped("It is stopped above 7 mm/s.", FOUND, NONE), "result_missing"),
    (looped("It is stopped.", {"results": [{"id": "p", "title": "Gates", "text": "The gate is shut."}]}), "result_missing"),
    (looped("It is stopped above 12 mm/s.", FOUND), "answer_ungrounded"),
    (looped("Peter Moss is told.", FOUND), "answer_ungrounded"),
])  # fmt: skip
def test_an_answer_that_does_not_is_refused(draft: Draft, reason: str) -> None:
    assert verify(draft, told="item.told").reason == reason


def chatted(said: str, text: str) -> Draft:
    found = json.dumps({"results": [{"id": "p", "title": "Pumps", "text": text}]})
    turns = [
        {"role": "user", "content": "When?"},
        {"role": "tool", "content": found},
        {"role": "assistant", "content": said},
    ]
    return make_draft(item={"question": "When?", "told": TOLD}, outputs={"look_up": {"messages": turns}})


@pytest.mark.parametrize(("said", "text", "reason"), [
    (TOLD, "The pump of Harbour\nis stopped\nabove 7 mm/s.", ""),  # a line's end is no part of a word
    (TOLD, "The pump of Harbour is green.", "result_missing"),
    ("At Harbour and at Millbrook.", TOLD, "answer_ungrounded"),
])  # fmt: skip
def test_a_chat_that_a_tool_has_written_is_looked_at_too(said: str, text: str, reason: str) -> None:
    assert verify(chatted(said, text), chat="look_up.messages", told="item.told").reason == reason


def test_a_tool_may_be_given_options_beside_its_arguments(tmp_path: Path, monkeypatch) -> None:
    from agentinstruct_local.tools import calculator

    monkeypatch.setattr(calculator, "DECLARED", {**calculator.DECLARED, "options": {"unit": "kg"}})
    assert work(tmp_path / "run", scripted(GREASE, ANSWER)).reached
    row = row_in(tmp_path / "run")
    assert json.loads(row.messages[3].content)["text"] == "0.09 kg"
    assert set(row.tools[1]["function"]) == {"name", "description", "parameters"}
