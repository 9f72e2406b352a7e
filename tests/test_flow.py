from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from builders import make_draft, make_passage

from agentinstruct_local import flow, taxonomy
from agentinstruct_local.exporters.chat import as_plain
from agentinstruct_local.records import Draft, Move, Reply, Row, Skill, Step, Unit, Verdict
from agentinstruct_local.schema import cut
from agentinstruct_local.store.codec import from_json, to_json

FOLDER = Path(__file__).parent / "data" / "taxonomy"
SKILL = taxonomy.load(FOLDER).skills["quiz"]
TEXT = "The oil is changed after 8,000 hours. Each bearing takes 15 g of grease. Only mineral oil may be used."


def draft(subskill: str = "fact", form: str = "identity", refinement: str = "none", **more) -> Draft:
    passage = make_passage(TEXT, title="Pumps", headings=["Oil"], start=10)
    known = {
        "id": "d", "order": (3, 0), "skill": "quiz", "subskill": subskill, "passage": passage, "seed": 5, "text": TEXT,
        "focus": passage.units[0], "choices": {"form": form, "refinement": refinement},
    }  # fmt: skip
    return Draft(**{**known, **more})


def step(name: str, output=None, error=None) -> Step:
    return Step(key=f"k {name}", name=name, output=output, error=error)


def ask(one: Draft, move: Move):
    return flow.request(one, SKILL, move, folder=FOLDER, teacher="t")


def names(one: Draft) -> list[str]:
    return [flow.step_name(move) for move in flow.moves_of(one, SKILL)]


def test_a_draft_walks_its_form_then_its_flow_then_its_refinement():
    plain = names(draft())
    assert names(draft(form="tale")) == ["retell", "length", *plain]
    assert names(draft(refinement="twice")) == [*plain, "again", "again"]
    assert names(draft("whole"))[0] == "state"


def test_the_next_move_is_where_the_draft_stands_until_it_ends():
    one = draft()
    assert flow.next_move(one, SKILL).name == "instruct"
    assert flow.next_move(replace(one, at=3), SKILL).kind == "admit"
    assert flow.next_move(replace(one, at=len(names(one))), SKILL) is None
    refused = flow.fold(one, SKILL, flow.next_move(one, SKILL), step("instruct", error="cut"))
    assert refused.refusal.reason == "reply_cut"
    assert refused.refusal.by == "instruct"
    assert flow.next_move(refused, SKILL) is None


def test_a_request_holds_what_the_agent_file_says():
    found = ask(draft("reason"), Move(kind="agent", name="instruct"))
    system, user = found.messages
    assert system.content == "You write a quiz."
    assert user.content.startswith("Document: Pumps")
    assert TEXT in user.content
    assert 'Fact: "The oil is changed after 8,000 hours."' in user.content
    assert user.content.endswith("Ask why.")
    assert found.output.schema["properties"]["items"]["maxItems"] == 2
    assert found.group == "passage"


def test_a_judge_is_asked_one_question_at_a_time():
    one = replace(draft(), item={"question": "Q?"}, steps=(step("answer", {"answer": "A."}),))
    asked = [ask(one, move) for move in SKILL.flows["question"] if move.name == "judge"]
    assert [request.messages[1].content.splitlines()[-1] for request in asked] == ["Is it right?", "Is it clear?"]
    assert len({request.id for request in asked}) == 2
    assert asked[0].output.options == ("yes", "no")


def test_the_key_changes_with_all_that_decides_the_reply_and_with_nothing_else():
    one = draft()
    move = Move(kind="agent", name="instruct")
    key = ask(one, move).id
    assert ask(draft(), move).id == key
    assert ask(replace(one, at=7), move).id == key, "a check put in before it does not ask again"
    agent = SKILL.agents["instruct"]
    others = [
        ask(replace(one, id="e"), move),
        ask(replace(one, focus=one.passage.units[1]), move),
        ask(one.with_step(step("instruct", {})), move),
        flow.request(one, SKILL, move, folder=FOLDER, teacher="u"),
    ]
    for changed in (
        replace(agent, template=agent.template.replace("Fact", "This")),
        replace(agent, sampling=replace(agent.sampling, temperature=0.1)),
        replace(agent, output=replace(agent.output, schema={**agent.output.schema, "title": "x"})),
    ):
        skill = replace(SKILL, agents={**SKILL.agents, "instruct": changed})
        others.append(flow.request(one, skill, move, folder=FOLDER, teacher="t"))
    assert len({key, *(request.id for request in others)}) == 1 + len(others)


def test_asking_the_same_thing_again_is_another_request():
    one = draft(refinement="twice", item={"question": "Q?"})
    move = Move(kind="agent", name="again")
    first = ask(one, move)
    second = ask(one.with_step(step("again", {"answer": "A."})), move)
    assert first.messages == second.messages
    assert first.id != second.id
    assert first.seed != second.seed


def test_a_copying_agent_may_copy_only_from_the_text():
    agent = replace(SKILL.agents["answer"], quotes=("answer",))
    output = flow.output_of(draft(item={"question": "grease"}), agent, {})
    assert output.schema["properties"]["answer"]["enum"] == [unit.text for unit in draft().passage.units]
    agent = replace(SKILL.agents["instruct"], phrases={"question": "focus"})
    output = flow.output_of(draft(), agent, {"focus": "The  oil\nis"})
    assert output.schema["properties"]["items"]["items"]["properties"]["question"]["x-substring"] == "The oil is"
    assert "x-substring" not in str(SKILL.agents["instruct"].output.schema), "the agent itself stays as it is"


def test_a_step_sets_the_item_or_the_text():
    one = flow.fold(
        draft("whole", item={"a": 1}), SKILL, Move(kind="agent", name="state"), step("state", {"question": "Q?"})
    )
    assert one.item == {"a": 1, "question": "Q?"}
    assert one.at == 1
    told = flow.fold(one, SKILL, Move(kind="agent", name="retell"), step("retell", {"text": "A tale."}))
    assert told.text == "A tale."
    assert told.passage.text == TEXT
    tool = Move(kind="tool", name="x", sets="item")
    assert flow.fold(one, SKILL, tool, step("x", {"b": 2})).item == {"a": 1, "question": "Q?", "b": 2}


def test_each_item_of_a_reply_becomes_a_draft_and_none_comes_twice():
    items = [{"question": "A?"}, {"question": "B?"}, {"question": "A?"}]
    one = flow.fold(draft(), SKILL, Move(kind="agent", name="instruct"), step("instruct", {"items": items}))
    children = flow.fan_out(one, Move(kind="fan_out", name="instruct"))
    assert [child.item["question"] for child in children] == ["A?", "B?"]
    assert [child.order for child in children] == [(3, 1), (3, 2)]
    assert len({child.id for child in children} | {one.id}) == 3
    assert len({child.seed for child in children}) == 2
    assert all(child.at == 2 and child.steps == one.steps for child in children)


def finished(
    form: str = "identity", refinement: str = "none", text: str = TEXT, quote: str = "", subskill="fact"
) -> Draft:
    one = draft(subskill, form, refinement, item={"question": "When?"}, text=text)
    for name, output in (
        ("answer", {"answer": "After 8,000 hours."}),
        ("cite", {"quote": quote}),
        ("again", {"answer": "Later."}),
    ):
        one = one.with_step(step(name, output))
    return one


def row(one: Draft):
    return flow.row_of(one, SKILL, folder=FOLDER, teacher="t", media_type="text/plain", licence="MIT")


def test_a_row_holds_its_messages_and_where_it_comes_from():
    found = row(finished(quote="Each bearing takes 15 g of grease."))
    assert [(m.role, m.content) for m in found.messages] == [("user", "When?"), ("assistant", "After 8,000 hours.")]
    told = found.provenance
    start, end = told["span"]
    assert (" " * 10 + TEXT)[start:end] == told["quote"] == "Each bearing takes 15 g of grease."
    assert told["shown_quote"] is None
    assert told["source"] == "handbook.md"
    assert told["flow"] == ["answer", "cite", "again"]
    assert (told["teacher"], told["seed"], told["draft"], told["licence"]) == ("t", 5, "d", "MIT")
    assert row(finished(subskill="whole")).messages[0].role == "system"


def test_a_refinement_may_have_a_row_of_its_own():
    assert row(finished(refinement="twice")).messages[1].content == "Later."


def test_the_row_of_a_changed_text_keeps_the_shown_quote_and_the_source_of_it():
    told = row(
        finished(
            form="tale", text="A tale of 15 g of grease in a bearing.", quote="A tale of 15 g of grease in a bearing."
        )
    ).provenance
    assert told["shown_quote"] == "A tale of 15 g of grease in a bearing."
    assert told["quote"] == "Each bearing takes 15 g of grease."
    start, end = told["span"]
    assert (" " * 10 + TEXT)[start:end] == told["quote"]


def test_without_a_quote_the_focus_is_the_source():
    assert row(finished()).provenance["quote"] == "The oil is changed after 8,000 hours."


@pytest.mark.parametrize(
    ("reply", "output"),
    [
        (Reply(id="r", value={"a": 1}), {"a": 1}),
        (Reply(id="r", value="words"), {"text": "words"}),
        (Reply(id="r", value="yes", probabilities={"yes": 0.66667, "no": 0.33333}), {"choice": "yes", "yes": 0.6667}),
        (Reply(id="r", value="B", probabilities={"A": 0.1, "B": 0.9}), {"choice": "B", "yes": 0.0}),
        (Reply(id="r", error="cut"), None),
    ],
)
def test_a_reply_becomes_a_step(reply, output):
    found = flow.step_of(reply, Move(kind="agent", name="judge", question="right"), teacher="t")
    assert (found.key, found.name, found.output, found.error) == ("r", "judge.right", output, reply.error)


def test_whether_a_closed_question_was_too_easy_is_told():
    one = finished()
    assert row(one).provenance["trivial"] is None
    one = one.with_step(step("shuffle_options", {"key": "B"}))
    assert row(one.with_step(step("choose_blind", {"choice": "B"}))).provenance["trivial"] is True
    assert row(one.with_step(step("choose_blind", {"choice": "C"}))).provenance["trivial"] is False


def test_values_are_what_templates_may_read():
    from agentinstruct_local import lint

    assert set(flow.values(make_and_fill(), SKILL)) | {"turn"} == set(lint.GIVEN)


def make_and_fill() -> Draft:
    return replace(make_draft(TEXT), subskill="fact")


def test_a_focus_stands_under_the_last_heading_before_it():
    text = "First part. Inner. Second part."
    units = tuple(
        Unit(span=(at, at + len(words)), text=words, kind=kind)
        for words, kind in (("First part.", "sentence"), ("Inner.", "heading"), ("Second part.", "sentence"))
        for at in (text.find(words),)
    )
    passage = replace(make_passage(text, headings=["Outer"]), units=units)
    draft = replace(make_draft(text), passage=passage)
    assert replace(draft, focus=units[0]).headings == ("Outer",)
    assert replace(draft, focus=units[2]).headings == ("Outer", "Inner.")
    assert draft.headings == ("Outer",)


def test_an_option_takes_the_setting_of_its_subskill_and_its_own_default_without_one():
    assert flow.filled({"how": "$way", "most": "$top", "at": 3}, {"way": "upper"}) == {"how": "upper", "at": 3}
    skill = replace(
        SKILL,
        flows={**SKILL.flows, "plain": (Move(kind="tool", name="x", options={"how": "$way"}),)},
        subskills={"fact": replace(SKILL.subskills["fact"], flow="plain", settings={"way": "upper"})},
    )
    assert flow.next_move(draft(), skill).options == {"how": "upper"}


def test_a_tool_may_write_all_turns_of_a_row_with_its_tools():
    turns = [
        {"role": "user", "content": "When is the oil changed?"},
        {"role": "assistant", "content": "", "tool_calls": [{"name": "look_up", "arguments": {"part": "oil"}}]},
        {"role": "tool", "content": "8,000 hours", "name": "look_up"},
        {"role": "assistant", "content": "After 8,000 hours."},
    ]
    schema = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
    skill = replace(SKILL, rows={"plain": {"messages": "play.messages", "tools": "play.tools"}}, subskills={
        "fact": replace(SKILL.subskills["fact"], flow="plain")})  # fmt: skip
    one = draft().with_step(step("play", {"messages": turns, "tools": [schema]}))
    made = flow.row_of(one, skill, folder=FOLDER, teacher="t")
    assert [message.role for message in made.messages] == ["user", "assistant", "tool", "assistant"]
    assert made.tools == (schema,)
    assert from_json(Row, to_json(made)) == made
    plain = as_plain(made)
    assert plain["tools"] == [schema]
    assert plain["messages"][1]["tool_calls"] == [{"type": "function", "function": turns[1]["tool_calls"][0]}]
    assert plain["messages"][2] == turns[2]
    assert plain["messages"][3] == turns[3]


def reflective() -> tuple[Draft, Skill]:
    """A draft whose first answer was refused and criticised, and whose second is kept."""
    flows = {"plain": (
        Move(kind="agent", name="answer"),
        Move(kind="check", name="well_formed", doubt=1, onward=4),
        Move(kind="agent", name="again"),
        Move(kind="agent", name="again", stands_for="answer"),
        Move(kind="check", name="well_formed"),
    )}  # fmt: skip
    subskills = {"fact": replace(SKILL.subskills["fact"], flow="plain")}
    skill = replace(SKILL, flows=flows, subskills=subskills, rows={"plain": SKILL.rows["question"]})
    one = draft(item={"question": "When is the oil changed?"})
    one = flow.fold(one, skill, flow.next_move(one, skill), step("answer", {"answer": "Never."}))
    no = Verdict(by="well_formed", ok=False, reason="incomplete", evidence="8,000")
    return flow.judge(one, flow.next_move(one, skill), no), skill


def test_a_doubted_answer_is_criticised_and_revised():
    one, skill = reflective()
    assert one.refusal is None
    assert flow.values(one, skill)["doubt"] == {"reason": "incomplete", "evidence": "8,000"}
    one = flow.fold(one, skill, flow.next_move(one, skill), step("again", {"critique": "The hours are missing."}))
    revise = flow.next_move(one, skill)
    assert flow.step_name(revise) == "answer"
    one = flow.fold(one, skill, revise, step("answer", {"answer": "After 8,000 hours."}))
    last = flow.next_move(one, skill)
    kept = flow.judge(one, last, Verdict(by="well_formed", ok=True))
    assert flow.next_move(kept, skill) is None
    row = flow.row_of(kept, skill, folder=FOLDER, teacher="t")
    assert row.messages[-1].content == "After 8,000 hours."
    refused = {"answer": "Never.", "reason": "incomplete", "evidence": "8,000", "critique": "The hours are missing."}
    assert row.rejected == (refused,)
    lost = flow.judge(one, last, Verdict(by="well_formed", ok=False, reason="incomplete"))
    assert lost.refusal.reason == "incomplete"


def test_an_answer_that_passes_at_once_is_not_revised():
    one, skill = reflective()
    one = replace(one, verdicts=(), at=1)
    passed = flow.judge(one, flow.next_move(one, skill), Verdict(by="well_formed", ok=True))
    assert flow.next_move(passed, skill) is None
    assert flow.row_of(passed, skill, folder=FOLDER, teacher="t").rejected == ()


FULL = "As much as fits into a field of sixty characters and no more"


@pytest.mark.parametrize(
    ("output", "long"),
    [
        ({"answer": FULL}, FULL),
        ({"answer": "Less"}, ""),
        ({"answer": "Less", "steps": ["one", FULL]}, FULL),
        ({"items": [{"answer": "Less"}]}, ""),
        ({"answer": "Less", "label": "A"}, ""),
        (None, ""),
    ],
)
def test_a_text_that_fills_its_field_was_cut(output: object, long: str) -> None:
    shape = {"answer": {"maxLength": 60}, "steps": {"items": {"maxLength": 60}}, "label": {"maxLength": 1}}
    assert cut(output, {"properties": shape}) == long


def test_a_reply_that_was_cut_in_a_field_is_refused() -> None:
    long = "The bearings of the KX-40 are greased " * 20
    one = flow.fold(
        draft(), SKILL, Move(kind="agent", name="answer"), step("answer", {"answer": long[:320], "quote": ""})
    )
    assert one.refusal is not None
    assert one.refusal.reason == "reply_cut"
