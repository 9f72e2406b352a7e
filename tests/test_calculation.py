"""Questions that a calculator's call answers: what the tool makes holds, and what is changed in it does not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from test_calls import draft_of

from agentinstruct_local import taxonomy
from agentinstruct_local.records import Draft, Step
from agentinstruct_local.tools.tool_use.calculation import shown, use
from agentinstruct_local.verifiers.tool_use.calculation_holds import verify

SKILL = taxonomy.load().skills["tool_use"]
TABLE = """# Stores

| Material | Stock | Price per unit | Lead time | Order number |
|---|---|---|---|---|
| Road salt | 1,420 t | 61 | 2 weeks | 7 |
| Grit | 180 t | 22 | 1 week | 8 |
| Brine | 64.5 t | 18 | 3 weeks | 9 |
| Sand | 95 t | 14 | 1 week | 10 |
"""
PROSE = "# Keys\n\nThe signing key of the zone is changed every 30 days. Its file has a size of 70 KiB at most.\n"
KINDS = {"calculate_difference": TABLE, "calculate_total": TABLE, "calculate_share": TABLE, "calculate_unit": PROSE}


def made(subskill: str, seed: int = 3, text: str = "", row: str = "Grit") -> Draft:
    text = text or KINDS[subskill]
    draft = draft_of(text, row if "|" in text else "signing", seed, subskill)
    if SKILL.subskills[subskill].settings["case"] == "convert":
        draft = replace(draft, focus=None)
    output = use(draft, **SKILL.subskills[subskill].settings)
    return draft.with_step(Step(key="k", name="calculation", **output))


@pytest.mark.parametrize("subskill", sorted(KINDS))
@pytest.mark.parametrize("seed", range(25))
def test_what_is_made_holds_and_another_result_does_not(subskill: str, seed: int) -> None:
    draft = made(subskill, seed)
    verdict = verify(draft)
    assert verdict.ok, f"{verdict.reason}: {verdict.evidence}"
    value = json.loads(draft.value("calculation.messages")[2]["content"])["value"]
    for said, reason in ((value + 1, "calculation_wrong"), (value * 2, "calculation_wrong")):
        assert verify(with_turn(draft, 2, json.dumps({"value": said}))).reason == reason
    assert verify(with_turn(draft, 3, "It is 987654.")).reason == "wrong_course"


def with_turn(draft: Draft, at: int, content: str) -> Draft:
    step = draft.steps[0]
    turns = [{**one, "content": content} if place == at else one for place, one in enumerate(step.output["messages"])]
    return replace(draft, steps=(replace(step, output={**step.output, "messages": turns}),))


def test_a_number_that_the_question_does_not_have_is_refused() -> None:
    draft = made("calculate_total")
    turns = json.loads(json.dumps(draft.value("calculation.messages")))
    turns[1]["tool_calls"][0]["arguments"]["expression"] += " + 5 t"
    step = replace(draft.steps[0], output={**draft.steps[0].output, "messages": turns})
    assert verify(replace(draft, steps=(step,))).reason == "argument_invented"


def test_a_table_that_the_passage_does_not_have_is_refused() -> None:
    draft = made("calculate_total")
    question = draft.value("calculation.messages")[0]["content"]
    assert verify(with_turn(draft, 0, question.replace("61", "62"))).reason == "result_untrue"
    assert verify(with_turn(made("calculate_unit"), 0, "")).reason == "argument_invented"


@pytest.mark.parametrize("subskill", ["calculate_total", "calculate_share"])
def test_prices_and_order_numbers_are_not_added_up(subskill: str) -> None:
    for seed in range(20):
        assert '"Stock"' in made(subskill, seed).value("calculation.question")


@pytest.mark.parametrize(("text", "row", "error"), [
    (TABLE.replace("| Grit | 180 t", "| Grit | some t"), "Sand", None),
    (PROSE, "signing", "no_table"),
    ("# Limits\n\n| Value | Limit |\n|---|---|\n| Turbidity | low |\n| Pressure | low |\n| Chlorine | low |\n", "Pressure", "no_amount"),
])  # fmt: skip
def test_what_cannot_be_reckoned_with_is_left_alone(text: str, row: str, error: str | None) -> None:
    draft = draft_of(text, row, 3)
    output = use(draft, **SKILL.subskills["calculate_total"].settings)
    assert output.get("error") == error


@pytest.mark.parametrize(("value", "unit", "text"), [
    (1.5, "hours", "1.5 hours"), (1, "days", "1 day"), (13.019218, "%", "about 13.02%"), (2640, "", "2,640"), (5, "t", "5 t"),
])  # fmt: skip
def test_a_result_is_told_as_people_write_it(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text
