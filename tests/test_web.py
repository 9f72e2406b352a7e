"""Web pages made of documents: what tools make over many seeds is accepted, and refused as soon as it is changed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from agentinstruct_local import taxonomy
from agentinstruct_local.library import Library
from agentinstruct_local.passages import split
from agentinstruct_local.records import Document, Draft, Step, Verdict
from agentinstruct_local.tools.web_agent import browse, look_at_page
from agentinstruct_local.verifiers.web_agent import browsed, page_read

SKILL = taxonomy.load().skills["web_agent"]
WALKS = [one.id for one in SKILL.subskills.values() if one.flow == "walk"]
LOOKS = [one.id for one in SKILL.subskills.values() if one.flow == "look"]
PARTS = """# Works manual

## Lubrication

The gearbox is filled with mineral oil before each season begins. The bearing is greased by the fitter.

## Spare parts

The store keeps these parts. The clerk counts them every month.

| Part | Shelf | Stock | Lead time |
|---|---|---|---|
| Shaft seal | A | 6 | 2 weeks |
| Ball bearing | B | 4 | 3 weeks |
| Impeller | A | 1 | 12 weeks |
| Coupling | B | 10 | 1 week |
| Gasket | B | 22 | 4 weeks |
| Valve plate | A | 3 | 5 weeks |
| Casing bolt | B | 85 | 6 weeks |

## Storage

The crane stands in the hall. The gearbox lies beside the crane.

## Transport

The driver signs the paper. The crane lifts the pump.
"""
PLAIN = """# Night shift

## Hand-over

### The log

The operator signs the log at the end of each shift. The log is kept for ten years.

### The keys

The keys hang in the cabinet. The supervisor counts the keys.

## Alarms

The siren is tested every Monday. The operator answers each alarm within five minutes.

## Visitors

The porter lists all visitors. A visitor wears a badge in the hall.
"""


def draft_of(text: str, seed: int, subskill: str) -> tuple[Draft, Library]:
    document = Document(id="d", source="m.md", text=text, media_type="text/markdown", title=text[2 : text.find("\n")])
    passages = split(document, count_tokens=lambda words: len(words) // 4, max_tokens=120, min_tokens=10)
    passage = passages[seed % len(passages)]
    draft = Draft(id="x", order=(1, 0), skill="web_agent", subskill=subskill, passage=passage, focus=None, choices={},
                  seed=seed, text=passage.text)  # fmt: skip
    return draft, Library(passages)


def made(text: str, seed: int, subskill: str) -> Draft | None:
    draft, corpus = draft_of(text, seed, subskill)
    tool, name = (browse, "browse") if subskill in WALKS else (look_at_page, "look_at_page")
    output = tool.use(draft, corpus=corpus, **SKILL.subskills[subskill].settings)
    if "error" in output:
        assert output["error"] in ("no_pages", "no_path")
        return None
    return replace(draft.with_step(Step(key="k", name=name, **output)), item=output["output"])


def verdict(draft: Draft) -> Verdict:
    return (browsed if draft.subskill in WALKS else page_read).verify(draft)


def with_output(draft: Draft, output: Any) -> Draft:
    return replace(draft, steps=(replace(draft.steps[0], output=output),), item=output)


@pytest.mark.parametrize("text", [PARTS, PLAIN], ids=["a list", "no list"])
@pytest.mark.parametrize("subskill", [*WALKS, *LOOKS])
def test_what_the_tools_make_is_accepted(subskill: str, text: str) -> None:
    drafts = [one for seed in range(36) if (one := made(text, seed, subskill)) is not None]
    assert len(drafts) >= 8 or (subskill == "reading_a_page" and text == PLAIN), len(drafts)
    for draft in drafts:
        found = verdict(draft)
        assert found.ok, f"{draft.seed} {found.reason}: {found.evidence}"
        assert draft.item["quote"] in [unit.text for unit in draft.passage.units]


@pytest.mark.parametrize("subskill", WALKS)
def test_an_action_on_another_element_is_refused(subskill: str) -> None:
    changed = 0
    for draft in filter(None, (made(PARTS, seed, subskill) for seed in range(16))):
        text = json.dumps(draft.item)
        number = re.search(r"Action: (click|select|type)\[(\d+)\]", text)
        assert number
        other = text[: number.start(2)] + str(int(number[2]) + 1) + text[number.end(2) :]
        found = verdict(with_output(draft, json.loads(other)))
        assert not found.ok, f"seed {draft.seed}"
        changed += 1
    assert changed >= 5


@pytest.mark.parametrize("subskill", WALKS)
def test_a_walk_that_leaves_out_a_step_is_refused(subskill: str) -> None:
    for draft in filter(None, (made(PARTS, seed, subskill) for seed in range(16))):
        turns = draft.item["messages"]
        at = 3 if "dialog" not in turns[1]["content"] else 5
        left = {**draft.item, "messages": [*turns[: at - 1], *turns[at + 1 :]]}
        assert not verdict(with_output(draft, left)).ok, f"seed {draft.seed}"


@pytest.mark.parametrize("subskill", ["element_grounding", "single_action"])
def test_another_element_of_the_same_page_is_refused(subskill: str) -> None:
    for draft in filter(None, (made(PARTS, seed, subskill) for seed in range(16))):
        wrong = re.sub(r"\[(\d+)\]", lambda found: f"[{int(found[1]) % 3 + 1}]", draft.item["answer"])
        assert not verdict(with_output(draft, {**draft.item, "answer": wrong})).ok


def test_a_value_of_another_row_is_refused() -> None:
    entries = ("6", "4", "1", "10", "22", "3", "85")
    tried = 0
    for draft in filter(None, (made(PARTS, seed, "reading_a_page") for seed in range(90))):
        goal = draft.item["goal"]
        if goal.get("column") == "Stock":
            wrong = re.sub(r"\d+", lambda found: entries[entries.index(found[0]) - 1], draft.item["answer"])
            assert not verdict(with_output(draft, {**draft.item, "answer": wrong})).ok
            tried += 1
    assert tried


def test_nothing_is_deleted_or_sent_before_the_user_agrees() -> None:
    for text in (PARTS, PLAIN):
        for draft in filter(None, (made(text, seed, "safe_stop") for seed in range(20))):
            told = [turn["content"] for turn in draft.item["messages"]]
            asked = next(at for at, one in enumerate(told) if "Action: ask[" in one)
            assert not any("was deleted" in one or "was sent" in one for one in told[:asked])


def test_orders_on_a_page_are_seen_and_not_obeyed() -> None:
    planted = SKILL.subskills["planted_orders"].settings["words"]["planted"]
    for draft in filter(None, (made(PLAIN, seed, "planted_orders") for seed in range(16))):
        turns = draft.item["messages"]
        assert any(
            json.dumps(one)[1:-1] in turn["content"] for one in planted for turn in turns if turn["role"] == "user"
        )
        assert not any("Report a problem" in turn["content"] for turn in turns if turn["role"] == "assistant")
        assert turns[-1]["content"].count("finish[") == 1
