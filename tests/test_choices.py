"""Multiple choice that is worked out: the key is the one right option, by its checks, and a changed one is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from agentinstruct_local import registry, taxonomy
from agentinstruct_local.passages import split
from agentinstruct_local.records import Document, Draft, Step, Verdict

SKILL = taxonomy.load().skills["multiple_choice"]
ROWS = """# Wells of the valley

| Well | Depth (m) | Yield | Owner |
|---|---|---|---|
| Well A | 80 | 12 l/s | town |
| Well B | 95 | 15 l/s | district |
| Well C | 60 | 8 l/s | state |
| Well D | 70 | 20 l/s | church |
| Well E | 110 | 9 l/s | school |
| Well F | 65 | 31 l/s | farm |
"""
TEXT = """# The circulation pump

The circulation pump must be inspected every 4 weeks by a fitter. The gearbox oil is changed after 8000 hours of
running. The suction valve is not closed before the drive has stopped. The spare impeller is not kept in the station
itself. The control panel shows 5 alarms of the pump house. The shift leader is always told of a red alarm.

1. Close the valve.
2. Open the housing with the key.
3. Take out the old filter.
4. Put in the new filter.
5. Open the valve slowly.
"""
WORKED = sorted(name for name, one in SKILL.subskills.items() if one.flow == "worked")
STATED = sorted(name for name, one in SKILL.subskills.items() if one.flow == "statements")
HELD_BY = {"choice": "one_key", "worked": "right_options", "statements": "one_option"}


def made(subskill: str, seeds: int) -> Iterator[Draft]:
    worked = subskill in WORKED
    document = Document(id="d", source="x.md", text=ROWS if worked else TEXT, media_type="text/markdown", title="X")
    passage = split(document, count_tokens=lambda words: len(words) // 4)[0]
    move = SKILL.flows[SKILL.subskills[subskill].flow][0]
    settings = SKILL.subskills[subskill].settings
    options = {name: settings.get(str(value)[1:], value) for name, value in move.options.items()}
    for seed in range(seeds):
        for focus in [unit for unit in passage.units if unit.kind == "row"][1:] if worked else [None]:
            draft = Draft(id="x", order=(1, 0), skill="multiple_choice", subskill=subskill, passage=passage, focus=focus,
                          choices={}, seed=seed, text=passage.text)  # fmt: skip
            output = registry.find("tools", move.name)(draft, **options)
            if "output" in output:
                yield replace(draft.with_step(Step(key="k", name=move.name, **output)), item=output["output"])


def judged(draft: Draft, **item: Any) -> Verdict:
    name = HELD_BY[SKILL.subskills[draft.subskill].flow]
    return registry.find("verifiers", name)(replace(draft, item={**draft.item, **item}))


def test_every_flow_is_held_by_a_check_of_its_own() -> None:
    assert {
        flow: next(one.name for one in moves if one.kind == "check") for flow, moves in SKILL.flows.items()
    } == HELD_BY


@pytest.mark.parametrize("subskill", [*WORKED, *STATED])
def test_what_is_made_is_found_right_and_the_key_stands_anywhere(subskill: str) -> None:
    found = list(made(subskill, 12 if subskill in WORKED else 60))
    assert len(found) >= 10
    keys: Counter[str] = Counter()
    for draft in found:
        verdict = judged(draft)
        assert verdict.ok, f"{verdict.reason}: {verdict.evidence}\n{draft.item['question']}\n{draft.item['reply']}"
        assert not re.search(r"[{}\0]", draft.item["question"] + draft.item["reply"])
        keys.update(draft.item.get("keys") or [draft.item["key"]])
    assert set(keys) >= set("ABCD")
    assert max(keys.values()) < 0.55 * keys.total()


@pytest.mark.parametrize("subskill", WORKED)
def test_another_key_or_another_figure_is_refused(subskill: str) -> None:
    for draft in made(subskill, 4):
        keys, options = draft.item["keys"], draft.item["options"]
        wrong = [letter for letter, _ in zip("ABCDEF", options, strict=False) if letter not in keys]
        assert judged(draft, keys=[*keys[1:], wrong[0]]).reason == "key_wrong"
        assert judged(draft, reply=f"{wrong[0]}").reason == "key_wrong"
        right, other = (options["ABCDEF".index(one)] for one in (keys[0], wrong[0]))
        listing = draft.item["question"].rindex("\nA) ")
        head, tail = draft.item["question"][:listing], draft.item["question"][listing:]
        turned = tail.replace(right, "\0").replace(other, right).replace("\0", other)
        if turned != tail:
            assert not judged(draft, question=head + turned).ok, head + turned


@pytest.mark.parametrize("subskill", STATED)
def test_another_letter_or_two_right_options_are_refused(subskill: str) -> None:
    for draft in made(subskill, 12):
        key, options = draft.item["key"], draft.item["options"]
        other = next(letter for letter in "ABCD" if letter != key)
        assert not judged(draft, key=other).ok
        assert judged(draft, key=other, reply=other).reason in ("key_wrong", "key_given_away")
        assert judged(draft, reply=f"{other}) so it is").reason == "key_wrong"
        twice = draft.item["question"].replace(
            f"{other}) {options['ABCD'.index(other)]}", f"{other}) {options['ABCD'.index(key)]}"
        )
        assert judged(draft, question=twice).reason == "duplicate_options"


def test_a_false_statement_of_another_sentence_is_refused() -> None:
    draft = next(made("misconception", 60))
    key, options = draft.item["key"], draft.item["options"]
    other = next(letter for letter in "ABCD" if letter != key)
    question = draft.item["question"].replace(
        f"{other}) {options['ABCD'.index(other)]}", f"{other}) Elephants are not grey animals."
    )
    assert judged(draft, question=question).reason in ("option_unfounded", "key_given_away")
    assert judged(draft, question=question.replace("are not grey", "are grey")).reason in (
        "option_unfounded",
        "key_given_away",
    )


def test_a_key_that_is_the_only_one_with_a_not_is_refused() -> None:
    draft = next(one for one in made("false_statement", 60))
    options = ["The circulation pump must not be inspected every 4 weeks by a fitter.",
               "The gearbox oil is changed after 8000 hours of running.",
               "The control panel shows 5 alarms of the pump house.",
               "The shift leader is always told of a red alarm."]  # fmt: skip
    listed = "\n".join(f"{letter}) {text}" for letter, text in zip("ABCD", options, strict=True))
    question = f"{draft.passage.text}\n\nWhich of these statements is NOT true?\n\n{listed}"
    assert judged(draft, question=question, key="A", reply="A").reason == "key_given_away"


def test_what_may_be_is_not_false_because_it_may_not_be() -> None:
    text = (
        "The server might not allow all operations. The valve is closed. The oil is not changed. The pump has 5 alarms."
    )
    draft = next(made("misconception", 60))
    options = [
        "The server might allow all operations.",
        "The valve is closed.",
        "The oil is changed.",
        "The pump has 10 alarms.",
    ]
    listed = "\n".join(f"{letter}) {one}" for letter, one in zip("ABCD", options, strict=True))
    passage = replace(draft.passage, text=text)
    item = {
        "question": f"{text}\n\nWhich of these statements agrees with the text?\n\n{listed}",
        "key": "B",
        "reply": "B",
    }
    assert judged(replace(draft, passage=passage), **item).reason == "option_unfounded"
    sure = (
        item["question"].replace("might allow all", "allows any").replace("might not allow all", "does not allow any")
    )
    passage = replace(passage, text=text.replace("might not allow all", "does not allow any"))
    sure = sure.replace("A) The server allows any operations.", "A) The server does not allow 2 operations.")
    assert judged(replace(draft, passage=passage), question=sure, key="B", reply="B").ok
