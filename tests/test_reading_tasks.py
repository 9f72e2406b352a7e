"""Tasks that are computed from a passage: what the tools make, the verifiers accept; what is changed, they refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentinstruct_local.library import Library
from agentinstruct_local.passages import split, steps
from agentinstruct_local.records import Document, Draft, Passage, Step
from agentinstruct_local.tools import ask_two, follow_steps, table_question, word
from agentinstruct_local.tools.reading_comprehension import ask_elsewhere, fit_heading, name_role, suppose
from agentinstruct_local.verifiers import steps_hold, table_true, two_told
from agentinstruct_local.verifiers.reading_comprehension import heading_fits, not_told, role_told

PUMP = """# Maintenance of the KX-40 pump

## Replacing the shaft seal

The work takes two fitters about three hours. However, a trained fitter may do it alone at night.

1. Close the suction valve and lock it with a padlock;
2. Switch the drive off at the main isolator.
3. Drain the pump casing through the lower plug
4. Pull the old seal with the puller KX-T3.

## Spare parts

| Part | Number | Stock | Lead time |
|---|---|---|---|
| Shaft seal | KX-1107 | 6 | 2 weeks |
| Ball bearing | KX-2210 | 6 | 3 weeks |
| Impeller | KX-3001 | 1 | 12 weeks |
| Coupling element | KX-4415 | 10 | 1 week |
"""
SENSOR = """# Chlorine of the pump station

## The sensor of the pump room

The pump station has two stores. If the chlorine sensor CS-7 of the pump gearbox fails, the store must be closed. All
stores of the pump station are painted blue.

If the quartz of the station clock SC-2 drifts by 2 seconds, the control room receives a warning.
"""
OTHERS = [
    f"# Lost {thing}\n\n## {thing.capitalize()} and their owners\n\nA pump is never left with lost {thing}, at no store.\n"
    for thing in ("badges", "bicycles", "umbrellas", "gloves")
]
SEEDS = range(25)


def passages(text: str) -> list[Passage]:
    document = Document(
        id=text[:9], source="d.md", text=text, media_type="text/markdown", title=text[2:].split("\n", maxsplit=1)[0]
    )
    return split(document, count_tokens=lambda words: len(words) // 4, min_tokens=10)


def drafts(text: str, focus: str = "") -> list[Draft]:
    """A draft for each seed, with its focus if it has one."""
    (passage, *_) = [one for one in passages(text) if focus in one.text]
    unit = next((one for one in passage.units if focus in one.text), None) if focus else None
    return [
        Draft(
            id="d",
            order=(0, 0),
            skill="s",
            subskill="s",
            passage=passage,
            focus=unit,
            choices={},
            seed=seed,
            text=passage.text,
        )
        for seed in SEEDS
    ]


def made(draft: Draft, tool, **options) -> Draft:
    output = tool.use(draft, **options)
    assert "output" in output, output
    return replace(draft, item={**draft.item, **output["output"]})


def changed(draft: Draft, **item: object) -> Draft:
    return replace(draft, item={**draft.item, **item})


@pytest.mark.parametrize("kind", ["count", "extreme", "difference", "compare", "pairs"])
def test_what_is_told_of_a_table_is_so_and_a_changed_answer_is_found(kind):
    for draft in drafts(PUMP, "| Shaft seal"):
        one = made(draft, table_question, kind=kind)
        assert table_true.verify(one).ok, table_true.verify(one)
        told = one.item["told"]
        wrong = {
            "count": told.replace("Ball bearing", "Impeller"),
            "extreme": "Shaft seal, with 2 weeks." if "Shaft" not in told else "Impeller, with 1.",
            "difference": f"1{told}",
            "compare": told.replace("KX-1107", "KX-1108"),
            "pairs": "\n".join(line[:-1] + {"A": "B"}.get(line[-1], "A") for line in told.splitlines()),
        }[kind]
        verdict = table_true.verify(changed(one, told=wrong))
        assert (verdict.ok, verdict.reason) == (False, "table_wrong")


def test_a_count_says_how_many_and_an_extreme_says_with_what():
    (draft, *_) = drafts(PUMP, "| Shaft seal")
    assert made(draft, table_question, kind="count").item["told"] == "Two: Shaft seal and Ball bearing."
    told = {made(one, table_question, kind="extreme").item["told"] for one in drafts(PUMP, "| Impeller")}
    assert told == {
        "Impeller, with 1.", "Impeller, with 12 weeks.", "Coupling element, with 10.", "Coupling element, with 1 week.",
    }  # fmt: skip


def test_a_difference_has_the_unit_in_the_right_number():
    told = {made(one, table_question, kind="difference").item["told"] for one in drafts(PUMP, "| Shaft seal")}
    assert "1 week: 2 weeks against 1 week." in told
    assert "10 weeks: 12 weeks against 2 weeks." in told


@pytest.mark.parametrize("cell", ["2 weeks or more", "-5", "KX-40", "3 to 5", "2 x 3", ""])
def test_a_cell_that_is_not_one_number_is_no_amount(cell):
    assert table_question.amount(cell) is None


def test_a_sentence_is_no_row():
    assert table_question.use(drafts(PUMP, "The work takes")[0]) == {"error": "no_table"}
    assert not table_true.verify(drafts(PUMP, "The work takes")[0]).ok


@pytest.mark.parametrize("header", ["| auth | method |", "| max_size | most bytes |", "| LICENCE | the licence |"])
def test_a_first_row_like_the_others_is_no_header(header):
    rows = {
        "|": ["name", "pass", "port"],
        "_": ["min_size", "log_level", "run_time"],
        "L": ["README", "NOTICE", "CHANGES"],
    }
    keys = rows["_" if "_" in header else "L" if "LIC" in header else "|"]
    table = "\n".join([header, "|---|---|", *(f"| {key} | what {key} is |" for key in keys)])
    draft = drafts(f"# Options of the server\n\nThey are these ones.\n\n{table}\n", f"| {keys[1]} |")[0]
    assert table_question.use(draft, kind="pairs") == {"error": "no_table"}


def test_steps_are_numbered_lists_without_gaps():
    (found,) = [one for passage in passages(PUMP) for one in steps(passage)]
    assert len(found.units) == 4
    assert found.heading == "Replacing the shaft seal"


@pytest.mark.parametrize(
    "text",
    [
        "1. Open the valve now.\n3. Close the valve again.\n4. Drain the pump casing.\n",
        "2. Open the valve now.\n3. Close the valve again.\n4. Drain the pump casing.\n",
        "- Open the valve now.\n- Close the valve again.\n- Drain the pump casing.\n",
        "1. The valve of the pump.\n2. The drive of the pump.\n3. The seal of the pump.\n",
        "1. Open the valve now.\n2. Close the valve again.\n",
        "1. Open the valve now.\n2. Type this:\n\n   ```\n   close\n   ```\n3. Drain the pump casing.\n",
    ],
)
def test_what_is_no_whole_instruction_has_no_steps(text):
    assert not [
        one for passage in passages(f"# Valves of the pump\n\nDo this at night.\n\n{text}") for one in steps(passage)
    ]


@pytest.mark.parametrize("kind", ["next", "before", "order", "all"])
def test_what_is_told_of_steps_is_so_and_a_changed_answer_is_found(kind):
    for draft in drafts(PUMP, "padlock"):
        one = made(draft, follow_steps, kind=kind)
        assert steps_hold.verify(one, kind=kind).ok, (one.item, steps_hold.verify(one, kind=kind))
        told = one.item["told"]
        if kind == "order":
            letters = one.item["key"]
            wrong = changed(one, key=letters[::-1], told=", ".join(letters[::-1]))
        elif kind == "all":
            wrong = changed(one, told=told.rpartition("\n")[0])
        else:
            wrong = changed(one, told=one.item["step"])
        assert steps_hold.verify(wrong, kind=kind).reason == "steps_wrong"


def test_how_to_is_asked_after_what_the_heading_says():
    draft = made(drafts(PUMP, "padlock")[0], follow_steps, kind="all")
    assert draft.item["question"] == "What are the steps for replacing the shaft seal?"
    assert draft.item["told"].splitlines()[0] == "1. Close the suction valve and lock it with a padlock."
    other = drafts(PUMP.replace("Replacing the shaft seal", "Shaft seal of the pump"), "padlock")[0]
    assert follow_steps.use(other, kind="all") == {"error": "no_heading"}


def test_a_rule_is_applied_to_a_case():
    draft = made(drafts(SENSOR, "If the chlorine sensor")[0], suppose)
    assert draft.item["given"] == "the chlorine sensor CS-7 of the pump gearbox fails"
    assert draft.item["told"] == "The store must be closed."
    assert draft.item["asks"] == "what is the rule"
    assert suppose.use(drafts(SENSOR, "The pump station has")[0]) == {"error": "nothing_to_ask"}


@pytest.mark.parametrize(
    "rule",
    [
        "When available in the control room, the spare key of the pump must be used.",
        "If you wish to open the valve of the pump, you must call the shift leader.",
    ],
)
def test_a_wish_or_half_a_sentence_is_no_case(rule):
    draft = drafts(
        f"# Rules of the pump station\n\n{rule} All pumps of the station are painted blue by the guard.\n", rule[:20]
    )[0]
    assert suppose.use(draft) == {"error": "nothing_to_ask"}


def test_two_questions_have_two_answers_and_both_are_told():
    for draft in drafts(SENSOR, "If the chlorine sensor"):
        told = "If the chlorine sensor CS-7 of the pump gearbox fails, the store must be closed."
        first = replace(draft, item={"question": "What is the rule if CS-7 fails?", "told": told})
        one = made(first, ask_two)
        assert one.item["second_small"].startswith("what happens if the quartz")
        both = f"{told} {one.item['second_told']}"
        kept = one.with_step(Step(key="w", name="word", output={"ask": "", "answer": both}))
        assert two_told.verify(kept).ok, two_told.verify(kept)
        part = one.with_step(Step(key="w", name="word", output={"ask": "", "answer": told}))
        assert two_told.verify(part).reason == "tells_part"
        alike = replace(kept, item={**kept.item, "second_told": told})
        assert two_told.verify(alike).reason == "tells_part"
        other = replace(kept, item={**kept.item, "second_told": "The store is painted green by the guard."})
        assert two_told.verify(other).reason == "unsupported_words"


def test_what_another_passage_tells_is_not_told_here():
    corpus = Library([*passages(PUMP), *passages(SENSOR)])
    asked = {ask_elsewhere.use(draft, corpus=corpus)["output"]["question"] for draft in drafts(PUMP, "padlock")}
    failed = "What is the rule if the chlorine sensor CS-7 of the pump gearbox fails?"
    assert asked == {failed, "What happens if the quartz of the station clock SC-2 drifts by 2 seconds?"}
    one = made(drafts(PUMP, "padlock")[0], ask_elsewhere, corpus=corpus)
    assert one.item["heading"] == "Maintenance of the KX-40 pump"
    assert not_told.verify(one).ok
    here = drafts(SENSOR, "If the chlorine sensor")[0]
    assert not_told.verify(replace(here, item=one.item)).reason == "names_nothing"
    near = "The pump casing of CS-7 is drained through the lower plug."
    assert not_told.verify(changed(one, question=failed, elsewhere=near)).reason == "may_be_told"
    assert not_told.verify(changed(one, question="What is the rule if a valve is closed?")).reason == "names_nothing"
    assert ask_elsewhere.use(drafts(PUMP, "padlock")[0]) == {"error": "nothing_to_ask"}


def test_one_heading_of_four_fits():
    corpus = Library([one for text in (SENSOR, *OTHERS) for one in passages(text)])
    keys = set()
    for draft in drafts(SENSOR, "If the chlorine"):
        one = made(draft, fit_heading, corpus=corpus)
        keys.add(one.item["key"])
        assert one.item["right"] == "The sensor of the pump room"
        assert "## " not in one.item["shown"]
        assert heading_fits.verify(one).ok, heading_fits.verify(one)
        other = next(letter for letter in "ABCD" if letter != one.item["key"])
        assert heading_fits.verify(changed(one, key=other)).reason == "key_wrong"
        shown = f"The sensor of the pump room\n\n{one.item['shown']}"
        assert heading_fits.verify(changed(one, shown=shown)).reason == "key_given_away"
        twice = [*one.item["options"][:3], one.item["options"][0]]
        assert heading_fits.verify(changed(one, options=twice)).reason == "key_wrong"
    assert keys == set("ABCD")
    assert fit_heading.use(drafts(SENSOR, "If the chlorine")[0]) == {"error": "no_heading"}


def test_a_role_is_told_by_the_first_words():
    roles = {"contrast": "It sets something against", "example": "It gives an example"}
    one = made(drafts(PUMP, "padlock")[0], name_role, roles=roles)
    assert (one.item["role"], one.item["mark"]) == ("contrast", "However")
    assert role_told.verify(one).ok
    assert role_told.verify(changed(one, role="example")).reason == "role_wrong"
    assert role_told.verify(changed(one, before="It is done at noon.")).reason == "role_wrong"
    assert role_told.verify(changed(one, sentence="A trained fitter may do it alone.")).reason == "role_wrong"
    assert name_role.use(drafts(SENSOR, "The pump")[0], roles=roles) == {"error": "no_role"}


def test_wordings_are_filled_and_a_missing_part_is_an_error():
    draft = replace(drafts(SENSOR, "All")[0], item={"question": "What is it?", "told": "It is a pump."})
    output = word.use(draft, asks=["Tell me: {small} {focus}"], answers=["{told}"])["output"]
    focus = "All stores of the pump station are painted blue."
    assert output == {"ask": f"Tell me: what is it? {focus}", "answer": "It is a pump."}
    assert word.use(draft, asks=["{step}"]) == {"error": "nothing_to_word"}
    drawn = {word.use(one, asks=["a", "b", "c"], answers=["d"])["output"]["ask"] for one in drafts(SENSOR, "All")}
    assert drawn == {"a", "b", "c"}
