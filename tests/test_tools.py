from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_draft

from agentinstruct_local import registry
from agentinstruct_local.tools import cite, falsify, second_line
from agentinstruct_local.tools.reading_comprehension import draw_claim, shuffle_events, shuffle_options, shuffle_pairs

TEXT = "Close the valve. Switch the drive off. Drain the casing. Pull the old seal."
PAIRS = [{"left": "red", "right": "danger"}, {"left": "yellow", "right": "limit"}, {"left": "blue", "right": "notice"}]


def seeds(draft, count=12):
    return [replace(draft, seed=seed) for seed in range(count)]


@pytest.mark.parametrize("name", registry.names("tools"))
def test_nothing_to_work_on_is_an_output_or_a_named_error(name):
    output = registry.find("tools", name)(make_draft())
    assert set(output) in ({"output"}, {"error"})


@pytest.mark.parametrize("name", registry.names("tools"))
def test_the_same_draft_gives_the_same_output(name):
    item = {"right": "A", "wrong": ["B", "C", "D"], "true_claim": "a", "false_claim": "b", "question": "What?"}
    outputs = {"pairs": {"items": PAIRS}, "answer": {"answer": "the valve", "quote": "Close the valve."}}
    outputs |= {
        "events": {"items": [{"event": s} for s in TEXT.split(". ")[:3]]},
        "edit": {"sentence": "New."},
    }
    draft = make_draft(TEXT, item=item, outputs=outputs)
    use = registry.find("tools", name)
    assert use(draft) == use(draft)


def test_cite_finds_the_sentence_that_the_answer_rests_on():
    text = "A red alarm means danger. A yellow alarm means that a limit has been passed. Blue alarms need no entry."
    draft = make_draft(
        text,
        item={"question": "What does a yellow alarm mean?"},
        outputs={"answer": {"answer": "A limit has been passed."}},
    )
    assert cite.use(draft) == {"output": {"quote": "A yellow alarm means that a limit has been passed."}}


def test_cite_reads_lists_and_several_paths():
    draft = make_draft(TEXT, item={"a": ["Drain", "casing"], "b": "old"})
    assert cite.use(draft, answer="item.a", question=[])["output"]["quote"] == "Drain the casing."
    assert cite.use(draft, answer=["item.b"], question=[])["output"]["quote"] == "Pull the old seal."


def test_cite_says_so_where_nothing_fits():
    draft = make_draft(TEXT, item={"question": "Who?"}, outputs={"answer": {"answer": "Elephants graze."}})
    assert cite.use(draft) == {"error": "no_evidence"}
    assert cite.use(make_draft("", outputs={"answer": {"answer": "valve"}})) == {"error": "no_evidence"}


def test_two_neighbours_are_quoted_only_where_they_stand_together_in_the_text():
    text = "Pumps:\n\n- The red pump runs in summer.\n- The green pump rests in winter.\n"
    from agentinstruct_local.passages import units_of

    draft = make_draft(
        text,
        item={"question": "q"},
        outputs={"answer": {"answer": "The red pump runs in summer and the green pump rests in winter."}},
    )
    draft = replace(draft, passage=replace(draft.passage, units=units_of(text)))
    quote = cite.use(draft)["output"]["quote"]
    assert " ".join(quote.split()) in " ".join(text.split())


def test_options_are_shuffled_and_the_key_points_at_the_right_one():
    draft = make_draft(item={"right": "B) two", "wrong": ["A. one", "three", "(4) four"]})
    keys = set()
    for one in seeds(draft):
        found = shuffle_options.use(one)["output"]
        assert sorted(found["options"]) == ["four", "one", "three", "two"]
        assert found["options"][found["letters"].index(found["key"])] == "two"
        keys.add(found["key"])
    assert len(keys) > 1
    assert shuffle_options.use(make_draft(item={"right": "a", "wrong": list("bcdefghij")})) == {
        "error": "too_many_options"
    }


def test_pairs_are_torn_apart_and_the_key_joins_them():
    draft = make_draft(outputs={"pairs": {"items": PAIRS}})
    orders = set()
    for one in seeds(draft):
        found = shuffle_pairs.use(one)["output"]
        joined = {
            left: found["right"][found["letters"].index(key)]
            for left, key in zip(found["left"], found["key"], strict=True)
        }
        assert joined == {pair["left"]: pair["right"] for pair in PAIRS}
        orders.add(tuple(found["key"]))
    assert len(orders) > 1
    assert "red" in found["question"]


@pytest.mark.parametrize(
    ("pairs", "error"),
    [
        (PAIRS[:2], "too_few_pairs"),
        ([*PAIRS[:2], PAIRS[0]], "too_few_pairs"),
        ([*PAIRS[:2], {"left": "green", "right": "danger"}], "too_few_pairs"),
        ([{"left": str(n), "right": chr(96 + n)} for n in range(1, 12)], "too_many_pairs"),
        ([*PAIRS[:2], {"left": "blue", "right": "Blue means notice"}], "pair_given_away"),
    ],
)
def test_pairs_that_are_no_test_are_refused(pairs, error):
    assert shuffle_pairs.use(make_draft(outputs={"pairs": {"items": pairs}})) == {"error": error}


def test_events_are_never_shown_in_the_order_of_the_text_and_the_key_restores_it():
    lines = [line + "." for line in TEXT.rstrip(".").split(". ")]
    told = [{"event": line} for line in (lines[2], lines[0], lines[3], lines[0])]
    for one in seeds(make_draft(TEXT, outputs={"events": {"items": told}})):
        found = shuffle_events.use(one)["output"]
        restored = [found["events"][found["letters"].index(letter)] for letter in found["key"]]
        assert restored == [lines[0], lines[2], lines[3]]
        assert found["events"] != restored


def test_too_few_or_too_many_events_are_refused():
    def use(*events):
        return shuffle_events.use(make_draft(TEXT, outputs={"events": {"items": [{"event": e} for e in events]}}))

    assert use("Close the valve.", "Drain the casing.", "Call the foreman.") == {"error": "too_few_events"}
    assert use(*TEXT.split()) == {"error": "too_many_events"}


def test_one_of_two_claims_is_drawn_with_its_label():
    drawn = {
        tuple(draw_claim.use(one)["output"].items())
        for one in seeds(make_draft(item={"true_claim": "It is so.", "false_claim": "It is not so."}))
    }
    assert drawn == {
        (("claim", "It is so."), ("label", "true")),
        (("claim", "It is not so."), ("label", "false")),
    }


def test_the_second_line_is_another_that_states_something():
    lines = [
        "The red pump runs in summer alone.",
        "The green pump rests in winter.",
        "It is loud at night, as they say.",
    ]
    text = f"{lines[0]} Yes. {lines[1]} {lines[2]} {lines[0]}"
    drawn = {second_line.use(one)["output"]["second"] for one in seeds(make_draft(text, focus=lines[0]))}
    assert drawn == set(lines[1:])
    alone = make_draft(f"{lines[0]} Yes.", focus=lines[0])
    assert second_line.use(alone) == {"error": "too_few_lines"}
    assert second_line.use(make_draft(text)) == {"error": "too_few_lines"}


@pytest.mark.parametrize(
    ("claim", "wanted"),
    [
        (
            "Symbolic links must not traverse above the root directory.",
            {"Symbolic links must traverse above the root directory."},
        ),
        ("A package can be removed.", {"A package cannot be removed."}),
        ("If false, each tab is treated as one character.", {"If false, each tab is not treated as one character."}),
        (
            "Each bearing takes 15 g of grease.",
            {"Each bearing takes 30 g of grease."},  # another value says more than a denial
        ),
        ("He is the one whom a rule allowed to stay.", {"He is not the one whom a rule allowed to stay."}),
        ("Notes can also be added to patches.", {"Notes cannot be added to patches."}),
        ("Writing of routes is not supported yet.", {"Writing of routes is supported."}),
        ("The default has changed.", {"The default has not changed."}),
        ("The plan specifies the load.", {"The plan does not specify the load."}),
        ("It was founded in August 1995.", {"It was founded in August 1999."}),
        (
            "The tank has at least 14,000 litres.",
            {"The tank has at most 14,000 litres."},
        ),
    ],
)
def test_a_claim_is_made_false_by_one_change(claim, wanted):
    made = {falsify.use(one)["output"]["false_claim"] for one in seeds(make_draft("x", item={"true_claim": claim}))}
    assert made == wanted


@pytest.mark.parametrize(
    "claim",
    [
        "Files that are used by others lie elsewhere.",  # the verb is not that of the main clause
        "No State enters into any treaty.",
        "The files in the set are the members of that set.",  # hardly says anything
        "See section 5 of the manual.",  # another section is another subject
        "The count went down whenever a thread ended.",
        "Saturation set to 0 turns anything below the threshold to gray.",
        "A seal may leak 2 g in its first two hours.",  # nor must it
        "Two or more databases belong together.",
        "Debian is and will remain free of charge.",
        "The tank does not have any valve.",  # "has any valve" is no English
        "Postfix header checks are implemented by the cleanup server.",  # "checks" is no verb here
        "All pumps are tested in May.",  # "all are not" may mean that some are
        "Even more telling are traces of system calls.",
        "The simple answer would be a larger pump.",
        "When not provided, the default value of the driver is used.",
        "The certificate that the proxy daemon will use.",
        "If no drive has a suitable tape, it will select the first one.",  # who will?
        "Fingerprints can be joined by a bar, or several attributes can be given.",
    ],
)
def test_what_no_change_is_sure_to_make_false_is_left_alone(claim):
    assert falsify.use(make_draft("x", item={"true_claim": claim})) == {"error": "nothing_to_change"}
