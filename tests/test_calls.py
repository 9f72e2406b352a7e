"""Chats with functions: their verifier, their export, and a chat template of the Hermes and Qwen kind."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import pytest

from agentinstruct_local import flow, taxonomy
from agentinstruct_local.exporters.chat import export
from agentinstruct_local.passages import split, table_of, tables
from agentinstruct_local.records import Document, Draft, Message, Row, Step
from agentinstruct_local.tools import row_choice
from agentinstruct_local.tools.tool_use.call_functions import use
from agentinstruct_local.verifiers.multiple_choice import one_key
from agentinstruct_local.verifiers.tool_use.calls_sound import verify

SKILL = taxonomy.load().skills["tool_use"]
CHATS = sorted(one.id for one in SKILL.subskills.values() if one.flow == "chat")
TEXT = """# Spare parts

The store keeps these parts for all three stations.

| Part | Number | Stock |
|---|---|---|
| Shaft seal | KX-1107 | 6 |
| Ball bearing | KX-2210 | 4 |
| Impeller | KX-3001 | 1 |
"""


def draft_of(text: str, row: str, seed: int = 3, subskill: str = "single_call") -> Draft:
    document = Document(id="d", source="parts.md", text=text, media_type="text/markdown", title="Parts")
    passage = split(document, count_tokens=lambda words: len(words) // 4)[0]
    focus = next(unit for unit in passage.units if row in unit.text)
    return Draft(id="x", order=(1, 0), skill="tool_use", subskill=subskill, passage=passage, focus=focus, choices={},
                 seed=seed, text=passage.text)  # fmt: skip


def played(subskill: str, row: str = "Impeller", seed: int = 3) -> Draft:
    draft = draft_of(TEXT, row, seed, subskill)
    output = use(draft, **SKILL.subskills[subskill].settings)
    return draft.with_step(Step(key="k", name="call_functions", **output))


def edited(draft: Draft, old: str, new: str) -> Draft:
    step = draft.steps[0]
    text = json.dumps(step.output, ensure_ascii=False)
    assert old in text
    return replace(draft, steps=(replace(step, output=json.loads(text.replace(old, new))),))


def test_a_table_is_read_into_rows_of_cells_and_a_list_of_options_too() -> None:
    passage = draft_of(TEXT, "Impeller").passage
    (table,) = tables(passage)
    assert table.name == "Spare parts"
    assert table.rows[2] == ("Impeller", "KX-3001", "1")
    assert table_of(passage, table.units[2]) == (table, 2)
    twice = TEXT.replace("Ball bearing", "Impeller")  # a name that stands twice names nothing
    assert tables(draft_of(twice, "Impeller").passage) == ()


def test_the_middle_of_a_long_table_has_no_header() -> None:
    middle = TEXT.replace("| Part | Number | Stock |\n|---|---|---|\n", "| Coupling | KX-4415 | 10 |\n")
    assert tables(draft_of(middle, "Impeller").passage) == ()


@pytest.mark.parametrize("subskill", CHATS)
@pytest.mark.parametrize("seed", range(6))
def test_every_kind_of_chat_is_found_sound(subskill: str, seed: int) -> None:
    verdict = verify(played(subskill, seed=seed))
    assert verdict.ok, verdict.evidence


@pytest.mark.parametrize(
    ("subskill", "old", "new", "reason"),
    [
        ("single_call", '"arguments": {"part": "Impeller"}', '"arguments": {"piece": "Impeller"}', "call_unfit"),
        ("single_call", '"arguments": {"part": "Impeller"}', '"arguments": {"part": 7}', "call_unfit"),
        ("single_call", '"arguments": {"part": "Impeller"}', '"arguments": {"part": "Gasket"}', "argument_invented"),
        ("from_results_only", '\\"stock\\": \\"1\\"', '\\"stock\\": \\"9\\"', "result_untrue"),
        ("single_call", '"case": "one"', '"case": "parallel"', "wrong_course"),
        ("missing_parameter", "?", ".", "wrong_course"),
        ("function_absent", '"case": "absent"', '"case": "one"', "wrong_course"),
    ],
)  # fmt: skip
def test_a_chat_that_is_not_sound_is_refused(subskill: str, old: str, new: str, reason: str) -> None:
    assert verify(edited(played(subskill), old, new)).reason == reason


def test_an_answer_may_say_only_what_was_returned() -> None:
    draft = played("single_call")
    turns = [dict(turn) for turn in draft.value("call_functions.messages")]
    for said, reason in (("The Impeller has 77 in stock.", "answer_ungrounded"), ("I looked it up.", "wrong_course")):
        output = {**draft.steps[0].output, "messages": [*turns[:-1], {"role": "assistant", "content": said}]}
        assert verify(replace(draft, steps=(replace(draft.steps[0], output=output),))).reason == reason


def a_row(number: int, draft: Draft | None = None) -> Row:
    plain = (Message(role="user", content="Q?"), Message(role="assistant", content="A."))
    row = flow.row_of(draft, SKILL, folder=taxonomy.packaged_folder(), teacher="t") if draft else None
    return Row(id=f"r{number}", messages=row.messages if row else plain, skill="s", subskill="u",
               provenance={"source": f"{number % 4}.md", "seed": number}, tools=row.tools if row else ())  # fmt: skip


def test_a_chat_template_takes_messages_and_tools_as_they_are_exported(tmp_path: Path) -> None:
    export([a_row(1, played("parallel_calls"))], tmp_path)
    row: dict[str, Any] = json.loads((tmp_path / "chat.jsonl").read_text())
    source = (Path(__file__).parent / "data" / "templates" / "hermes.jinja").read_text()
    template = jinja2.Environment(autoescape=False).from_string(source)
    text = template.render(messages=row["messages"], tools=json.loads(row["tools"]))
    calls = [json.loads(one) for one in re.findall(r"<tool_call>\n(.*)\n</tool_call>", text)]
    assert [set(one["arguments"]) for one in calls] == [{"part"}, {"part"}]  # objects, not texts of JSON
    assert text.count("<tool_response>") == 2


@pytest.mark.parametrize("last", [False, True])
def test_rows_with_and_without_tools_load_as_one_table(tmp_path: Path, last: bool) -> None:
    datasets = pytest.importorskip("datasets")
    chats = [a_row(one, played(name, seed=one)) for one, name in enumerate(CHATS, 100)]
    rows = [*map(a_row, range(12))]
    export([*rows, *chats] if last else [*chats, *rows], tmp_path, test_share=0.3)
    files = {"train": str(tmp_path / "chat.jsonl"), "test": str(tmp_path / "chat_test.jsonl")}
    loaded = datasets.load_dataset("json", data_files=files, cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].features == loaded["test"].features
    for part in loaded.values():
        for row in part:
            tools = json.loads(row["tools"]) if row["tools"] else []
            assert all(one["type"] == "function" for one in tools)
            calls = [call for turn in row["messages"] for call in turn.get("tool_calls") or ()]
            assert all(None not in call["function"]["arguments"].values() for call in calls)


@pytest.mark.parametrize(("old", "new", "reason"), [
    ('"key": "', '"key": "X', "key_wrong"),
    ('"row": "Impeller"', '"row": "Shaft seal"', "key_wrong"),
    ('"KX-1107"', '"KX-3001"', "duplicate_options"),
])  # fmt: skip
def test_a_multiple_choice_question_has_one_right_option_by_the_rows_themselves(
    old: str, new: str, reason: str
) -> None:
    draft = draft_of(TEXT + "| Coupling | KX-4415 | 9 |\n", "Impeller")
    settings = {**taxonomy.load().skills["multiple_choice"].subskills["exact_key"].settings}
    for seed in range(20):
        output = row_choice.use(replace(draft, seed=seed), **settings)
        made = draft.with_step(Step(key="k", name="call", output=output["output"]))
        assert one_key.verify(made, choice="call").ok
        if '"column": "Number"' in json.dumps(output):
            assert one_key.verify(edited(made, old, new), choice="call").reason == reason
