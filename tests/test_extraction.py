"""What extraction and classification tools make is accepted by the checks that read it anew, and a changed answer is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agentinstruct_local import taxonomy
from agentinstruct_local.flow import filled
from agentinstruct_local.library import Library
from agentinstruct_local.passages import split
from agentinstruct_local.readers import collect
from agentinstruct_local.records import Document, Draft, Passage, Skill
from agentinstruct_local.tools._paragraphs import excerpts
from agentinstruct_local.tools.text_classification import classify, infer, place_text
from agentinstruct_local.tools.text_classification._labels import SCHEMES
from agentinstruct_local.tools.text_extraction import extract, extract_parts, fill_schema
from agentinstruct_local.tools.text_extraction._found import FINDERS
from agentinstruct_local.verifiers.text_classification import inferred, labelled, placed
from agentinstruct_local.verifiers.text_classification._marks import MARKS, words_of
from agentinstruct_local.verifiers.text_extraction import extracted, parts_hold, schema_filled
from agentinstruct_local.verifiers.text_extraction._scan import KINDS, scan, traces

HANDBOOK = Path(__file__).parent.parent / "examples" / "handbook"
MANUAL = """# The dose pump

## Start

The controller reads /etc/dose/limits.conf when it starts. It writes its log to /var/log/dose.log every day. With the
option --dry-run it writes no file at all. The option -v makes it say more.

The dose must be checked within 30 minutes. It must not be set above 4.5 bar. The operator should read RFC 5905 first,
because the clock of the controller is set by it. The variable DOSE_LIMIT holds the highest dose.

If the pressure falls below 2 bar, the pump is stopped. When a red lamp is lit, the operator calls the engineer.

## Filter

The filter keeps the sand out of the station. The filter is rinsed on 4 March 2024 and in May 2025 by the supplier of
the station. The manual of the station and its filter calls this "first rinse" and "second rinse". A filter cartridge is a cylinder of steel that holds the
sand. The pressure gauge is used to watch the suction side of the pump. See https://example.org/drawings for the drawings.

## Parts

- Seal: A ring that keeps the water inside of the casing.
- Gauge: A dial that shows the pressure of the water.
- Valve: A part that is closed before the pump is stopped for a longer time.
"""


@cache
def passages() -> tuple[Passage, ...]:
    read = [
        *collect([HANDBOOK]).documents,
        Document(id="m", source="m.md", text=MANUAL, media_type="text/markdown", title="Dose"),
    ]
    return tuple(
        one for document in read for one in split(document, count_tokens=lambda words: len(words) // 4, max_tokens=230)
    )


def drafts(focused: bool) -> Iterator[Draft]:
    for passage in passages():
        for focus in passage.foci if focused else (None,):
            unit = None if focus is None else passage.units[focus]
            yield Draft(id="x", order=(1, 0), skill="s", subskill="u", passage=passage, focus=unit, choices={}, seed=0,
                        text=passage.text)  # fmt: skip


def skill(name: str) -> Skill:
    return taxonomy.load().skills[name]


SKILLS = {name: skill(name) for name in ("text_extraction", "text_classification")}
TOOLS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "all_of_a_kind": (extract.use, extracted.verify), "schema": (fill_schema.use, schema_filled.verify),
    "parts": (extract_parts.use, parts_hold.verify), "by_definition": (classify.use, labelled.verify),
    "inference": (infer.use, inferred.verify), "section": (place_text.use, placed.verify),
}  # fmt: skip
ALL = [(name, one.id) for name, skill in SKILLS.items() for one in skill.subskills.values() if one.flow in TOOLS]


def made(name: str, subskill: str, seeds: Sequence[int] = range(4)) -> Iterator[Draft]:
    """Drafts with the item of a sub-skill's tool, over all passages."""
    leaf = SKILLS[name].subskills[subskill]
    move = next(one for one in SKILLS[name].flows[leaf.flow] if one.kind == "tool")
    options = filled(move.options, leaf.settings)
    if leaf.flow in ("inference", "section"):
        options["corpus"] = Library(passages())
    for draft in drafts(leaf.focused):
        for seed in seeds:
            one = replace(draft, seed=seed)
            output = TOOLS[leaf.flow][0](one, **options)
            if "output" in output:
                yield replace(one, item=output["output"])


@pytest.mark.parametrize(("name", "subskill"), ALL)
def test_what_a_tool_makes_is_nearly_always_accepted_and_another_answer_never(name: str, subskill: str) -> None:
    verify = TOOLS[SKILLS[name].subskills[subskill].flow][1]
    found = list(made(name, subskill))
    assert found, "no passage gave an item"
    accepted = [one for one in found if verify(one).ok]
    assert len(accepted) >= 0.7 * len(found)
    for draft in accepted:
        item = draft.item
        assert len(item["question"]) < 4000
        assert not re.search(r"\{\w*\}", item["question"].replace(item.get("text", "\0"), "")), "a place was not filled"
        for changed in wrong_answers(item):
            assert not verify(replace(draft, item={**item, "answer": changed})).ok, changed


def wrong_answers(item: Any) -> list[str]:
    """An answer with something more, with less, and one of another kind."""
    answer = item["answer"]
    changed = [f"{answer} and more", answer[:-2] if len(answer) > 4 else "", "something else", ""]
    if "given" in item:  # another label of the same set
        others = [name for name in item["names"] if [name] != item["given"][0]]
        changed += [answer.replace(item["given"][0][0], one, 1) for one in others[:3] if item["given"][0]]
    return [one for one in changed if one != answer]


def test_the_same_draft_gives_the_same_row_and_another_seed_often_another() -> None:
    first = [one.item["question"] for one in made("text_extraction", "nothing_there", [1])]
    assert first == [one.item["question"] for one in made("text_extraction", "nothing_there", [1])]
    assert first != [one.item["question"] for one in made("text_extraction", "nothing_there", [2])]


def test_two_ways_of_finding_agree_on_every_excerpt_but_few() -> None:
    assert set(FINDERS) == KINDS
    for kind, find in FINDERS.items():
        texts = [one.text for passage in passages() for one in excerpts(passage)]
        sure = [(text, records) for text in texts if (records := find(text)) is not None]
        same = [text for text, records in sure if [tuple(one.values()) for one in records] == scan(kind, text)]
        assert len(same) >= 0.9 * len(sure), kind


def test_two_ways_of_labelling_agree() -> None:
    assert set(SCHEMES) == set(MARKS)
    for name in set(SCHEMES) - {"intent"}:
        texts = [unit.text for passage in passages() for unit in passage.units if unit.kind == "sentence"]
        sure = [(text, found) for text in texts if (found := SCHEMES[name](text)) is not None]
        same = [text for text, found in sure if list(found.labels) == MARKS[name](text, words_of(text))]
        assert len(same) >= 0.85 * len(sure), name


@pytest.mark.parametrize(("kind", "text", "found"), [
    ("quantity", "It opens at 4.5 bar after 30 minutes.", [("4.5", "bar"), ("30", "minutes")]),
    ("quantity", "It rests for two hours.", None),
    ("quantity", "It takes 5 to 10 minutes.", None),
    ("quantity", "A 64-bit machine with 2 GB of memory.", None),
    ("duration", "It waits 1,5 hours or 20 ms.", None),
    ("duration", "It waits 20 ms.", [("20 ms", "0.02")]),
    ("duration", "It is kept for 3 months.", None),
    ("date", "It was built on 4 March 2024.", [("4 March 2024", "2024-03-04")]),
    ("date", "It was built on 05/03/2024.", None),
    ("date", "It was built in May 2025.", [("May 2025", "2025-05")]),
    ("path", "See /etc/a.conf and ~/bin.", [("/etc/a.conf",), ("~/bin",)]),
    ("path", "See /etc/<name>/a.", None),
    ("option", "Use -v or --dry-run.", [("-v",), ("--dry-run",)]),
    ("option", "Use --level=3.", None),
    ("abbreviation", "The DNS and TLS keys.", [("DNS",), ("TLS",)]),
    ("abbreviation", "You MUST use TLS.", None),
    ("acronym", "An Access Control List (ACL) is read.", [("ACL", "Access Control List")]),
    ("acronym", "The list (ACL) is read.", None),
    ("quoted", "It is \"on\" or “off”.", [("on",), ("off",)]),
    ("quoted", "It is \"on.", None),
    ("identifier", "See RFC 5905 and 192.0.2.1.", [("RFC", "RFC 5905"), ("IPv4 address", "192.0.2.1")]),
    ("identifier", "See RFCs 5905 and 5906.", None),
    ("duty", "It must be shut. It is red.", [("It must be shut.", "required")]),
    ("duty", "It has to be shut. It must not be red.", None),
    ("event", "If it fails, the pump stops.", [("it fails", "the pump stops")]),
    ("event", "The pump stops if it fails.", None),
    ("version", "Version 2.5 and release 3.0.1 are old.", [("2.5",), ("3.0.1",)]),
    ("variable", "Set DOSE_LIMIT first.", [("DOSE_LIMIT",)]),
])  # fmt: skip
def test_what_counts_and_what_is_open_to_dispute(kind: str, text: str, found: list[tuple[str, ...]] | None) -> None:
    records = FINDERS[kind](text)
    assert (None if records is None else [tuple(one.values()) for one in records]) == found
    if found:
        assert scan(kind, text) == found
        assert traces(kind, text)


@pytest.mark.parametrize(("scheme", "sentence", "labels"), [
    ("strength", "The valve must be closed.", ("duty",)),
    ("strength", "The valve must not be closed.", ("prohibition",)),
    ("strength", "The valve should not be closed.", ("advice",)),
    ("strength", "The valve may not be closed.", None),
    ("strength", "The valve must be closed and should be oiled.", None),
    ("strength", "The plan says that the valve must be closed.", None),
    ("strength", "Close the valve that is red.", None),
    ("strength", "The valve has to be closed.", None),
    ("strength", "No valve may be closed.", None),
    ("strength", "Only one valve may be closed.", None),
    ("address", "When you are done with it, close the small cabinet.", None),
    ("strength", "The valve is red.", ("statement",)),
    ("condition", "The pump stops if it runs dry.", ("yes",)),
    ("condition", "The plan tells whether it runs dry.", None),
    ("features", "The valve must not be closed if it is above 80 bar.", ("condition", "duty", "negation", "amount")),
    ("features", "The pump doesn't start.", None),
    ("kind", "A filter cartridge is a cylinder of steel that holds the sand.", ("definition",)),
    ("kind", "The file says how the valve must be closed.", None),
    ("address", "Use the small key for the cabinet.", ("command",)),
    ("address", "You find the key in the cabinet.", ("direct",)),
    ("address", "We keep the key in the cabinet.", None),
    ("tree", "The valve may be closed.", ("non-binding > option",)),
    ("intent", "Why is the valve closed?", ("reason",)),
])  # fmt: skip
def test_a_label_is_given_only_where_a_strict_reader_would(
    scheme: str, sentence: str, labels: tuple[str, ...] | None
) -> None:
    found = SCHEMES[scheme](sentence)
    assert (None if found is None else found.labels) == labels


def test_an_excerpt_is_whole_paragraphs_of_the_passage() -> None:
    for passage in passages():
        flat = " ".join(passage.text.split())
        for one in excerpts(passage):
            lines = [line.removeprefix("- ") for line in one.text.split("\n") if line]
            assert all(line in flat for line in lines)
            assert "```" not in one.text
            assert "|" not in one.text


def test_a_schema_has_a_field_with_something_and_one_with_null() -> None:
    for draft in made("text_extraction", "fill_schema"):
        values = list(json.loads(draft.item["answer"]).values())
        assert None in values
        assert any(values)
