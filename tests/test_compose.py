"""Texts composed from passages, over many seeds: accepted as they are, refused when a part of them is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from agentinstruct_local import taxonomy
from agentinstruct_local.passages import split
from agentinstruct_local.records import Document, Draft, Verdict
from agentinstruct_local.tools.creative_content import brief, compose
from agentinstruct_local.verifiers.creative_content import composed

SKILL = taxonomy.load().skills["creative_content"]
COMPOSED = [one.id for one in SKILL.subskills.values() if one.flow == "composed"]
WRITTEN = [one.id for one in SKILL.subskills.values() if one.flow == "written"]
CHECKS = next(move.options["checks"] for move in SKILL.flows["composed"] if move.kind == "tool")
TEXTS = [
    """# Water works

## Alarms

A red alarm means danger to people or to the supply of drinking water. The siren must be tested on every Monday at noon.
If the duty engineer does not answer within ten minutes, the operator calls the head of operations.
The control room is staffed around the clock in three shifts of eight hours. The old shaft seal is kept for four weeks.
""",
    """# Keys

## Rooms

The control room must be locked at night. A red lamp should be replaced by the fitter on duty.

Each key of the pump hall must never leave the site. The porter should count the keys of all rooms every morning.

A lost key shall be reported to the head of security. The spare key of the pump hall is kept beside the red lamp.
""",
    """# Pumps

## Replacing the seal

1. Close the suction valve first.
2. Switch the drive off at the isolator.
3. Take off the coupling guard.
4. Press the new seal in by hand.

The torque for the casing bolts is 85 Nm. The gearbox must be filled with mineral oil before each season.
The voltage tester is kept in the upper drawer of the workshop. Pumps that stand idle are turned by hand once a week.
""",
]


def draft_of(text: str, seed: int, subskill: str, focus: int | None = None) -> Draft:
    document = Document(id="d", source="m.md", text=text, media_type="text/markdown", title=text[2 : text.find("\n")])
    passage = split(document, count_tokens=lambda words: len(words) // 4)[0]
    return Draft(id="x", order=(1, 0), skill="creative_content", subskill=subskill, passage=passage, choices={},
                 focus=None if focus is None else passage.units[focus % len(passage.units)], seed=seed, text=passage.text)  # fmt: skip


def made(subskill: str) -> Iterator[Draft]:
    focused = SKILL.subskills[subskill].focused
    for text in TEXTS:
        for seed in range(36):
            draft = draft_of(text, seed, subskill, seed if focused else None)
            output = compose.use(draft, checks=CHECKS, **SKILL.subskills[subskill].settings)
            if "error" not in output:
                yield replace(draft, item=output["output"])


def changed(draft: Draft, answer: str) -> Verdict:
    assert answer != draft.item["answer"]
    return composed.verify(replace(draft, item={**draft.item, "answer": answer}))


@pytest.mark.parametrize("subskill", COMPOSED)
def test_what_is_composed_is_accepted(subskill: str) -> None:
    drafts = list(made(subskill))
    assert len(drafts) >= 8
    for draft in drafts:
        found = composed.verify(draft)
        assert found.ok, f"{draft.seed} {found.reason}: {found.evidence}"
        assert draft.item["quote"] in [unit.text for unit in draft.passage.units]


@pytest.mark.parametrize("subskill", COMPOSED)
def test_a_text_without_its_last_line_is_refused(subskill: str) -> None:
    for draft in made(subskill):
        if subskill != "checklist" or draft.item["count"] == 3:  # a shorter list is still a list
            assert not changed(draft, draft.item["answer"].rpartition("\n")[0]).ok


@pytest.mark.parametrize("subskill", ["faq", "dialogue", "checklist", "riddle_cards"])
def test_a_fact_that_is_changed_is_refused(subskill: str) -> None:
    swaps = {"Monday": "Sunday", "ten": "twenty", "three shifts": "two shifts", "four weeks": "nine weeks", "85": "58",
             "by hand": "by machine", "drinking": "waste", "upper": "lower", "mineral": "synthetic"}  # fmt: skip
    tried = 0
    for draft in made(subskill):
        answer = draft.item["answer"]
        for old, new in swaps.items():
            if re.search(rf"[a-z] {old}", answer.rpartition("?")[2] if subskill == "faq" else answer):
                assert not changed(draft, answer.replace(old, new)).ok, old
                tried += 1
    assert tried >= 5


def test_a_key_that_says_the_opposite_is_refused() -> None:
    tried = 0
    for draft in made("exercise"):
        answer = draft.item["answer"]
        turned = re.sub(r"(?m)^(\d)\. (?:True\.|False\. .+)$", lambda found: f"{found[1]}. "
                        + ("False. It is not." if "True" in found[0] else "True."), answer)  # fmt: skip
        if turned != answer:
            assert not changed(draft, turned).ok
            tried += 1
    assert tried >= 5


@pytest.mark.parametrize("subskill", WRITTEN)
def test_an_order_tells_all_its_rules(subskill: str) -> None:
    settings = SKILL.subskills[subskill].settings
    options = {name: settings[name] for name in ("asks", "rules", "words")}
    made = 0
    for seed in range(8):
        for focus in range(1, 5):
            output = brief.use(draft_of(TEXTS[0], seed, subskill, focus), **options).get("output")
            if output is None:
                continue
            made += 1
            assert output["source"] in output["question"]
            assert output["order"] in output["question"]
            for rule in output["rules"]:
                wanted = [
                    rule[one] for one in ("low", "high") if one in rule and (rule["kind"], one) != ("characters", "low")
                ]
                assert all(str(one) in output["order"] for one in (*wanted, *rule.get("things", ())))
    assert made
