"""Data told in words: what the tools write is found right, and what is changed in it is not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from agentinstruct_local import registry, taxonomy
from agentinstruct_local.passages import split
from agentinstruct_local.records import Document, Draft, Step, Verdict
from agentinstruct_local.tools._forms import shown
from agentinstruct_local.tools._sheet import Sheet, column_of, noun_of
from agentinstruct_local.verifiers._shown import read
from agentinstruct_local.verifiers.data_to_text.tells_rows import verify as tells_rows

SKILL = taxonomy.load().skills["data_to_text"]
PARTS = """# Spare parts

| Part | Number | Stock | Lead time |
|---|---|---|---|
| Shaft seal | KX-1107 | 6 | 2 weeks |
| Ball bearing | KX-2210 | 4 | 3 weeks |
| Impeller | KX-3001 | 1 | 12 weeks |
| Coupling element | KX-4415 | 10 | 1 week |
"""
CITIES = """# Cities of the region

| City | Country | Population | World Share | Mayor |
|---|---|---|---|---|
| New York | United States | 8405837 | 0.11 % | - |
| Toronto | Canada | 2795060 | 0.04 % | elected |
| Mexico City | Mexico | 21804000 | 0.27 % | elected |
| São Paulo | Brazil | 23086000 | 0.29 % | elected |
"""
YEARS = """# Results

| Year | Revenue ($B) | Employees | Net income |
|---|---|---|---|
| 2018 | 46.3 | 395 | $6.6 |
| 2019 | 54.2 | 390 | $5.3 |
| 2020 | 69.0 | 374 | $6.0 |
| 2021 | 64.8 | 345 | $4.1 |
| 2022 | 71.9 | 225 | $4.2 |
"""
WORKS = """# Works

| Works | Employees | Sales ($M) |
|---|---|---|
| Northgate | 240 | 31.5 |
| Mill Lane | 85 | 40.2 |
| Harbour | 120 | 12.0 |
"""
STEPS = """# Changing the filter

1. Close the valve, and lock it.
2. Open the housing with the key.
3. Take out the old filter.
4. Put in the new filter; never use force.
5. Open the valve slowly.
"""


def drafts(text: str, seed: int, *, focused: bool = True) -> Iterator[Draft]:
    document = Document(id="d", source="data.md", text=text, media_type="text/markdown", title="Data")
    for passage in split(document, count_tokens=lambda words: len(words) // 4):
        rows = [unit for unit in passage.units if unit.kind == "row"][1:] if focused else [None]
        for unit in rows:
            yield Draft(id="x", order=(1, 0), skill="data_to_text", subskill="s", passage=passage, focus=unit,
                        choices={}, seed=seed, text=passage.text)  # fmt: skip


def options_of(subskill: str, move: Any) -> dict[str, Any]:
    settings = SKILL.subskills[subskill].settings
    named = {name: settings.get(value[1:]) if isinstance(value, str) and value.startswith("$") else value
             for name, value in move.options.items()}  # fmt: skip
    return {name: value for name, value in named.items() if value is not None}


def moves(subskill: str) -> tuple[Any, Any]:
    flow = SKILL.flows[SKILL.subskills[subskill].flow]
    return next(one for one in flow if one.kind == "tool"), next(one for one in flow if one.kind == "check")


def made(subskill: str, text: str, seed: int) -> Iterator[Draft]:
    move, _ = moves(subskill)
    for draft in drafts(text, seed, focused=SKILL.subskills[subskill].focused):
        output = registry.find("tools", move.name)(draft, **options_of(subskill, move))
        if "output" in output:
            yield replace(draft.with_step(Step(key="k", name=move.name, **output)), item=output["output"])


def judged(subskill: str, draft: Draft) -> Verdict:
    _, check = moves(subskill)
    return registry.find("verifiers", check.name)(draft, **options_of(subskill, check))


def changed(draft: Draft, **item: Any) -> Draft:
    return replace(draft, item={**draft.item, **item})


HELD_BY = {
    "rows": "tells_rows", "written": "tells_rows", "numbers": "tells_numbers", "trend": "tells_numbers",
    "answers": "answers_table", "gaps": "names_gaps", "steps": "tells_steps",
}  # fmt: skip
COMPUTED = sorted(name for name, one in SKILL.subskills.items() if one.flow != "written")


@pytest.mark.parametrize("subskill", COMPUTED)
def test_what_is_made_is_found_right_and_rows_differ(subskill: str) -> None:
    texts = (STEPS,) if subskill == "steps_to_paragraph" else (PARTS, CITIES, YEARS)
    found = [draft for text in texts for seed in range(14) for draft in made(subskill, text, seed)]
    assert len(found) >= 8
    for draft in found:
        verdict = judged(subskill, draft)
        assert verdict.ok, f"{verdict.reason}: {verdict.evidence}\n{draft.item['question']}\n{draft.item['answer']}"
        assert not re.search(r"[{}]|  |\ba [aeiou]\w+ of|\.\.", draft.item["answer"]), draft.item["answer"]
    assert len({draft.item["question"] for draft in found}) > len(found) // 4


@pytest.mark.parametrize("subskill", COMPUTED)
def test_a_changed_figure_or_word_is_refused(subskill: str) -> None:
    texts = (STEPS,) if subskill == "steps_to_paragraph" else (PARTS, CITIES, YEARS)
    tried = 0
    for draft in (one for text in texts for seed in range(8) for one in made(subskill, text, seed)):
        answer = draft.item["answer"]
        numbers = list(re.finditer(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w,-])", answer))
        for number in numbers:
            if answer[: number.start()].endswith("\n") or re.match(r"\d\. ", answer[number.start() :]):
                continue  # the number of a line
            wrong = f"{answer[: number.start()]}9{number[0]}{answer[number.end() :]}"
            assert not judged(subskill, changed(draft, answer=wrong)).ok, wrong
            tried += 1
        assert not judged(subskill, changed(draft, answer=f"{answer} The elephants graze in the meadow.")).ok
        assert not judged(subskill, changed(draft, data="", question="What?")).ok
    assert tried > 10 or subskill in ("steps_to_paragraph", "gaps_report")


def test_every_flow_is_held_against_its_data() -> None:
    assert {
        flow: next(one.name for one in moves if one.kind == "check") for flow, moves in SKILL.flows.items()
    } == HELD_BY


SWAPS = [
    ("table_to_paragraph", PARTS, "Shaft seal", "Impeller", "cell_misplaced"),
    ("table_to_paragraph", CITIES, "Canada", "Brazil", "cell_misplaced"),
    ("comparison", PARTS, "Shaft seal", "Ball bearing", "figure_wrong"),
    ("ranking", CITIES, "Toronto", "New York", "figure_wrong"),
    ("metrics_summary", PARTS, "Coupling element", "Impeller", "figure_wrong"),
    ("chart_caption", PARTS, "Coupling element", "Impeller", "figure_wrong"),
    ("trend_note", YEARS, "2018", "2022", "figure_wrong"),
]


@pytest.mark.parametrize(("subskill", "text", "one", "other", "reason"), SWAPS)
def test_two_names_that_change_places_are_refused(subskill: str, text: str, one: str, other: str, reason: str) -> None:
    tried = 0
    for draft in (draft for seed in range(20) for draft in made(subskill, text, seed)):
        answer = draft.item["answer"]
        if one in answer and other in answer:
            turned = answer.replace(one, "\0").replace(other, one).replace("\0", other)
            verdict = judged(subskill, changed(draft, answer=turned))
            assert verdict.reason == reason, f"{verdict} {turned}"
            tried += 1
    assert tried


WORDS = [
    ("comparison", "higher", "lower"), ("comparison", "more", "fewer"), ("metrics_summary", "highest", "lowest"),
    ("chart_caption", "highest", "lowest"), ("chart_caption", "top", "bottom"), ("trend_note", "rose", "fell"),
    ("trend_note", "largest", "smallest"), ("gaps_report", "two", "three"),
]  # fmt: skip


@pytest.mark.parametrize(("subskill", "old", "new"), WORDS)
def test_a_word_that_turns_the_claim_round_is_refused(subskill: str, old: str, new: str) -> None:
    tried = 0
    for draft in (
        draft for text in (PARTS, CITIES, YEARS, WORKS) for seed in range(16) for draft in made(subskill, text, seed)
    ):
        answer = draft.item["answer"]
        if re.search(rf"\b{old}\b", answer):
            turned = re.sub(rf"\b{old}\b", new, answer)
            assert not judged(subskill, changed(draft, answer=turned)).ok, turned
            tried += 1
    assert tried


def test_data_that_the_passage_does_not_have_are_refused() -> None:
    for subskill in ("table_to_paragraph", "comparison", "answer_from_table"):
        draft = next(made(subskill, PARTS, 3))
        item = json.loads(json.dumps(draft.item).replace("KX-", "ZZ-").replace("weeks", "years").replace("6", "7"))
        assert judged(subskill, replace(draft, item=item)).reason == "data_not_in_text"


def test_a_cell_told_twice_or_not_at_all_is_refused() -> None:
    draft = next(made("record_to_description", PARTS, 1))
    answer = draft.item["answer"]
    assert tells_rows(changed(draft, answer=f"{answer} {answer}")).reason == "cell_twice"
    assert tells_rows(changed(draft, answer="Shaft seal is listed.")).reason == "cell_missing"


def test_answers_that_say_more_or_something_else_are_refused() -> None:
    seen = set()
    for draft in (one for seed in range(30) for one in made("answer_from_table", PARTS, seed)):
        for wrong in ("Ball bearing", "Impeller", "Shaft seal"):
            answer = draft.item["answer"]
            others = [key for key in ("Ball bearing", "Impeller", "Shaft seal") if key in answer and key != wrong]
            if wrong not in answer and others:
                turned = answer.replace(others[0], wrong)
                assert judged("answer_from_table", changed(draft, answer=turned)).reason == "key_wrong", turned
                seen.add(draft.item["asked"].split()[0])
    assert len(seen) >= 3


def test_a_filled_gap_and_an_invented_one_are_refused() -> None:
    found = {}
    for draft in (one for seed in range(40) for one in made("gaps_report", PARTS, seed)):
        found.setdefault(draft.item["case"], draft)
    assert set(found) == {"one", "several", "conflict", "none"}
    none = "Nothing is missing: all rows are filled, and no row contradicts another."
    for case in ("one", "several"):
        assert judged("gaps_report", changed(found[case], answer=none)).reason == "gap_missed"
    assert judged("gaps_report", changed(found["conflict"], answer=none)).reason == "conflict_missed"
    invented = "One value is missing: the stock of Impeller."
    assert judged("gaps_report", changed(found["none"], answer=invented)).reason == "gap_invented"


def test_steps_may_not_be_added_left_out_or_turned_round() -> None:
    draft = next(made("steps_to_paragraph", STEPS, 1))
    answer = draft.item["answer"]
    first, *rest = re.split(r"(?<=\.) ", answer)
    assert judged("steps_to_paragraph", changed(draft, answer=" ".join(rest))).reason == "step_missing"
    assert judged("steps_to_paragraph", changed(draft, answer=" ".join([*rest, first]))).reason == "wrong_order"
    assert judged("steps_to_paragraph", changed(draft, answer=f"{answer} Then go home.")).reason == "step_added"


@pytest.mark.parametrize("form", ["markdown", "csv", "json", "nested", "xml", "pairs", "triples"])
def test_every_form_is_read_back_as_it_was_written(form: str) -> None:
    columns = [column_of("Lead time", ["2 weeks", "3 weeks"]), column_of("Number", ["KX-1", "KX, 2"])]
    rows = (("2 weeks", "KX-1"), ("3 weeks", "KX, 2"))
    sheet = Sheet("Parts", "Part", "part", False, ("Seal", "Ball"), tuple(filter(None, columns)), rows)
    data = read(shown(sheet, form))
    assert data is not None
    heading = "Lead_time" if form == "xml" else "Lead time"
    assert [record[data.head] for record in data.records] == ["Seal", "Ball"]
    assert [(record[heading], record["Number"]) for record in data.records] == list(rows)


@pytest.mark.parametrize(
    ("heading", "noun"),
    [
        ("Lead time", "lead time"), ("CPU cores", "CPU cores"), ("beer_servings", "beer servings"), ("Required", ""),
        ("Metal Stored", ""), ("% of Total", ""), ("What it does", ""), ("Description", ""), ("lng", ""), ("Is open", ""),
    ],
)  # fmt: skip
def test_a_heading_is_told_only_where_it_is_a_noun(heading: str, noun: str) -> None:
    assert noun_of(heading) == noun


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Required", ["yes", "no"]), ("State", ["✓", "✗"]), ("Rule", ["It stops the pump at once.", "None is known."]),
        ("Size (a.u.)", ["1", "2"]), ("Size", ["1 m", "2 km"]), ("Size", ["1", "large"]),
    ],
)  # fmt: skip
def test_a_column_that_cannot_stand_in_a_sentence_is_left_out(heading: str, cells: list[str]) -> None:
    assert column_of(heading, cells) is None
