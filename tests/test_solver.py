"""Puzzles are made right, and the checks that read them again find each thing that can be wrong with them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_draft

from agentinstruct_local.tools import calculator
from agentinstruct_local.tools.analytical_reasoning import deduction, logic_game
from agentinstruct_local.tools.brain_teaser import brain_teaser
from agentinstruct_local.tools.fermi import estimate
from agentinstruct_local.tools.few_shot_reasoning import few_shot
from agentinstruct_local.verifiers.analytical_reasoning import deduction_holds, one_solution
from agentinstruct_local.verifiers.brain_teaser import teaser_holds
from agentinstruct_local.verifiers.fermi import estimate_holds
from agentinstruct_local.verifiers.few_shot_reasoning import one_rule
from agentinstruct_local.words.terms import listed, terms

TEXT = (
    "The gearbox is filled with mineral oil. The operator must close the suction valve before the coupling is taken "
    "off. The voltage tester is kept in the store. The torque for the bolts is 85 Nm, and the vibration level is read "
    "weekly. The plug of the casing is opened last. Every bearing takes 15 g of grease, and greasing it takes 30 minutes."
)


def drafts(count=10):
    return [replace(make_draft(TEXT), seed=seed) for seed in range(count)]


def with_item(draft, item):
    return replace(draft, item=item)


def reason(verdict):
    return "" if verdict.ok else verdict.reason


def test_terms_are_nouns_that_the_text_names():
    found = terms([TEXT])
    assert {"gearbox", "operator", "coupling", "voltage tester", "torque", "vibration level", "plug"} <= set(found)
    assert not {"store", "bolts", "same", "first"} & set(
        terms(["The same is true. The first of them. The old is gone."])
    )
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a"]) == "a"


SORTS = {
    "order": {},
    "all": {"ask": "all"},
    "must": {"ask": "must"},
    "could": {"ask": "could"},
    "cannot": {"ask": "cannot"},
    "if": {"ask": "if"},
    "group": {"sort": "group", "room": 2, "verb": "be", "labels": ["in group 1", "in group 2"]},
    "match": {"sort": "match", "verb": "go", "labels": [f"to crew {one}" for one in "ABCDE"]},
    "chain": {"sort": "chain", "ask": "all", "room": 4, "verb": "be", "labels": ["on the list", "left out"]},
    "week": {
        "sort": "schedule", "verb": "be",
        "labels": [f"on {day}" for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")],
    },
}  # fmt: skip


@pytest.mark.parametrize("sort", SORTS)
def test_games_have_one_answer_and_a_changed_one_is_found(sort):
    seen = set()
    for draft in drafts():
        made = logic_game.use(draft, **SORTS[sort])
        if "error" in made:
            continue
        item = made["output"]
        assert reason(one_solution.verify(with_item(draft, item))) == ""
        seen.add(item["question"])
        if item["key"] in "ABCD":
            other = "ABCD"["ABCD".index(item["key"]) - 1]
            wrong = item["answer"].replace(f"Answer: {item['key']}", f"Answer: {other}")
        else:
            one, two = item["things"][:2]
            last = item["answer"].rpartition("Answer: ")
            turned = last[2].replace(one, "#").replace(two, one).replace("#", two)
            wrong = last[0] + last[1] + turned
            if turned == last[2] or SORTS[sort].get("ask") == "all":
                continue
        if wrong != item["answer"] and sort not in ("group", "chain"):
            assert reason(one_solution.verify(with_item(draft, {**item, "answer": wrong}))) == "puzzle_wrong"
    assert len(seen) > 4


def game_item(rules, ask, answer, things=("gearbox", "plug", "torque")):
    opening = f"Three subjects: {listed([f'the {one}' for one in things])}."
    numbered = "\n".join(f"{number}. {rule}" for number, rule in enumerate(rules, 1))
    return {
        "question": f"{opening}\n\n{numbered}\n\n{ask}", "answer": answer, "things": list(things),
        "labels": ["first", "second", "third"], "room": 1,
    }  # fmt: skip


RULES = ["The gearbox comes directly before the plug.", "The torque comes third."]
ANSWER = "- From rule 2, the torque comes third.\n- From rule 1, the gearbox comes first; the plug comes second."


@pytest.mark.parametrize(
    ("rules", "answer", "why"),
    [
        (RULES, f"{ANSWER}\n\nAnswer: the gearbox.", ""),
        (RULES, f"{ANSWER}\n\nAnswer: the plug.", "puzzle_wrong"),
        (RULES, ANSWER, "puzzle_wrong"),
        (RULES[:1], f"{ANSWER}\n\nAnswer: the gearbox.", "puzzle_ambiguous"),
        ([*RULES, "The plug comes first."], f"{ANSWER}\n\nAnswer: the gearbox.", "puzzle_wrong"),
        ([*RULES, "The plug likes the gearbox."], f"{ANSWER}\n\nAnswer: the gearbox.", "puzzle_unread"),
        (RULES, "- From rule 1, the torque comes third.\n\nAnswer: the gearbox.", "step_unfounded"),
        (RULES, "- It is clear.\n\nAnswer: the gearbox.", "step_unfounded"),
    ],
)
def test_one_solution_says_what_is_wrong(rules, answer, why):
    item = game_item(rules, "What comes first?", answer)
    assert reason(one_solution.verify(with_item(make_draft(TEXT), item))) == why


@pytest.mark.parametrize("kind", ["syllogism", "venn", "links"])
def test_deductions_are_right_and_a_changed_answer_is_found(kind):
    seen = set()
    for draft in drafts(30):
        item = deduction.use(draft, kind=kind, wordings=["{Total} notes." if kind == "venn" else "On {things}:"])[
            "output"
        ]
        assert reason(deduction_holds.verify(with_item(draft, item))) == ""
        other = {"yes, it follows": "no, it does not follow", "no, it does not follow": "yes, it follows"}
        wrong = other.get(item["key"]) or str(int(item["key"]) + 1)
        changed = item["answer"].replace(f"Answer: {item['key']}", f"Answer: {wrong}")
        found = reason(deduction_holds.verify(with_item(draft, {**item, "answer": changed})))
        assert found in ("puzzle_wrong", "step_unfounded")
        seen.add(item["key"])
    assert len(seen) > 1


def test_a_counterexample_and_a_sum_that_do_not_hold_are_found():
    question = (
        "Notes on the gearbox, the plug and the torque:\n\n1. Every note that mentions the gearbox also mentions the plug."
        "\n2. Every note that mentions the torque also mentions the plug.\n\nDoes it follow?\n"
        "Every note that mentions the gearbox also mentions the torque."
    )
    item = {"question": question, "kind": "syllogism", "things": ["gearbox", "plug", "torque"]}
    shown = "Take these: one that mentions only {}. And so on.\n\nAnswer: no, it does not follow."
    for notes, why in (("the gearbox and the plug", ""), ("the gearbox and the torque", "step_unfounded")):
        draft = with_item(make_draft(TEXT), {**item, "answer": shown.format(notes)})
        assert reason(deduction_holds.verify(draft)) == why
    asked = "A team has 50 notes. Of these, 20 mention the plug and 10 mention the torque; 5 mention both. How many mention the plug but not the torque?"
    item = {"question": asked, "kind": "venn", "things": ["plug", "torque"]}
    for answer, why in (
        ("- Less: 20 - 5 = 15\n\nAnswer: 15.", ""),
        ("- Less: 20 - 4 = 15\n\nAnswer: 15.", "step_unfounded"),
    ):
        assert reason(deduction_holds.verify(with_item(make_draft(TEXT), {**item, "answer": answer}))) == why


@pytest.mark.parametrize("kind", ["transform", "noisy", "classify", "order", "operator"])
def test_examples_leave_one_answer_and_a_changed_one_is_found(kind):
    kept = 0
    for draft in drafts(20):
        made = few_shot.use(draft, kind=kind, labels="yes/no")
        if "error" in made:
            continue
        item = made["output"]
        said = reason(one_rule.verify(with_item(draft, item)))
        assert said in ("", "puzzle_ambiguous")
        if said:
            continue
        kept += 1
        wrong = {"yes": "no", "no": "yes"}.get(item["key"], item["key"] + "x")
        changed = {**item, "answer": item["answer"].replace(f"Answer: {item['key']}", f"Answer: {wrong}")}
        assert reason(one_rule.verify(with_item(draft, changed))) == "puzzle_wrong"
    assert kept > 5


@pytest.mark.parametrize(
    ("kind", "lines", "answer", "rule", "why"),
    [
        ("transform", ["gear box -> BOX GEAR"] * 3 + ["red lid -> ?"], "LID RED", "turned", "step_unfounded"),
        ("transform", ["gear box -> box gear", "old cap -> cap old", "big nut -> nut big", "red lid -> ?"], "lid red", "turned", ""),
        ("transform", ["gear box -> box gear", "old cap -> cap old", "big nut -> nut big", "red lid -> ?"], "lid red", "upper", "step_unfounded"),
        ("transform", ["box -> 3", "cap -> 3", "nut -> 3", "red lid -> ?"], "6", "length", "puzzle_ambiguous"),
        ("classify", ["axle -> yes", "oak -> yes", "nut -> no", "plug -> no", "iron -> ?"], "yes", "vowel", "puzzle_ambiguous"),
        ("operator", ["1 # 2 = 5", "3 # 1 = 5", "4 # 4 = 12", "2 # 7 = ?"], "16", "1,2,0", ""),
        ("operator", ["1 # 2 = 5", "3 # 1 = 5", "4 # 4 = 12", "2 # 7 = ?"], "11", "1,2,0", "puzzle_wrong"),
        ("operator", ["1 # 2 = 5", "2 # 7 = ?"], "16", "1,2,0", "puzzle_unread"),
    ],
)  # fmt: skip
def test_one_rule_says_what_is_wrong(kind, lines, answer, rule, why):
    item = {
        "kind": kind,
        "question": "Find it.\n\n" + "\n".join(lines),
        "answer": f"So.\n\nAnswer: {answer}",
        "rule": rule,
    }
    assert reason(one_rule.verify(with_item(make_draft(TEXT), item))) == why


@pytest.mark.parametrize("kind", ["liars", "jugs", "crossing", "sequence", "cipher", "calendar", "clock"])
def test_teasers_are_right_and_a_changed_answer_or_step_is_found(kind):
    for draft in drafts(25):
        made = brain_teaser.use(draft, kind=kind, wordings=["On {things}:"])
        if made == {"error": "no_game"}:
            continue
        item = made["output"]
        assert reason(teaser_holds.verify(with_item(draft, item))) == ""
        changed = {**item, "answer": item["answer"].replace(f"Answer: {item['key']}", "Answer: 99 moves")}
        assert reason(teaser_holds.verify(with_item(draft, changed))) == "puzzle_wrong"
        lines = item["answer"].splitlines()
        if kind in ("jugs", "crossing", "cipher", "calendar"):
            fewer = {**item, "answer": "\n".join(lines[1:])}
            assert reason(teaser_holds.verify(with_item(draft, fewer))) in ("step_unfounded", "puzzle_unread")


@pytest.mark.parametrize(
    ("row", "given", "why"),
    [
        ("3, 5, 7, 9, 11, 13", "15", ""),
        ("3, 5, 7, 9, 11, 13", "17", "puzzle_wrong"),
        ("3, 5, 8, 12, 17, 23", "30", ""),
        ("1, 9, 4, 2, 30, 7", "8", "puzzle_unread"),
    ],
)
def test_a_sequence_has_one_simple_rule(row, given, why):
    right = {"3, 5, 7, 9, 11, 13": 15, "3, 5, 8, 12, 17, 23": 30}.get(row, 8)
    item = {"kind": "sequence", "question": f"On.\n\n{row}, ?", "answer": f"It is = {right}.\n\nAnswer: {given}."}
    assert reason(teaser_holds.verify(with_item(make_draft(TEXT), item))) == why


def test_an_anagram_with_two_solutions_is_found():
    question = "X. The letters are T O P S. Which of these words do they make: {}?"
    steps = "- spot: it uses every letter, and.\n- pump: it lacks O, S, T.\n\nAnswer: spot."
    item = {"kind": "anagram", "question": question.format("spot, pump"), "answer": steps}
    assert reason(teaser_holds.verify(with_item(make_draft(TEXT), item))) == ""
    item["question"] = question.format("spot, stop")
    assert reason(teaser_holds.verify(with_item(make_draft(TEXT), item))) == "puzzle_ambiguous"


@pytest.mark.parametrize(
    ("text", "unit", "shown"),
    [
        ("15 g * 6 * 220", "kg", "19.8 kg"),
        ("2 + 3 * 4", "", "14"),
        ("1,200 × 2", "", "2,400"),
        ("3 hour / (30 minute)", "", "6"),
        ("2 ** 10", "", "1,024"),
        ("0.1 + 0.2", "", "0.3"),
    ],
)
def test_the_calculator_is_exact_and_knows_units(text, unit, shown):
    assert calculator.calculate(text, unit)["output"]["text"] == shown


@pytest.mark.parametrize(
    ("text", "unit", "error"),
    [
        ("3 g + 2 hour", "", "wrong_dimension"),
        ("3 g", "hour", "wrong_dimension"),
        ("1 / 0", "", "bad_sum"),
        ("__import__('os').getcwd()", "", "bad_sum"),
        ("9 ** 9 ** 9", "", "bad_sum"),
        ("(1).real", "", "bad_sum"),
        ("'a' * 9", "", "bad_sum"),
        ("5 blurbs", "", "bad_sum"),
        ("", "", "bad_sum"),
    ],
)
def test_the_calculator_executes_nothing_and_refuses_nonsense(text, unit, error):
    assert calculator.calculate(text, unit) == {"error": error}
    assert calculator.use(with_item(make_draft(TEXT), {"expression": text}), unit=unit) == {"error": error}


@pytest.mark.parametrize(
    ("measure", "ask"), [("mass", "total"), ("mass", "bounds"), ("time", "fit"), ("time", "bounds")]
)
def test_estimates_are_right_and_a_changed_one_is_found(measure, ask):
    for draft in drafts():
        item = estimate.use(draft, measure=measure, ask=ask)["output"]
        assert reason(estimate_holds.verify(with_item(draft, item))) == ""
        assert item["quote"].startswith("Every bearing takes 15 g")
        for old, new, why in (
            ("Answer: about ", "Answer: about 9", "puzzle_wrong"),
            ("10^", "10^1", "puzzle_wrong"),
            (" = ", " = 7", "step_unfounded"),
            ("15 g =", "15 h =", "wrong_dimension"),
        ):
            if old in item["answer"] and not (why == "step_unfounded" and "×" not in item["answer"]):
                at = item["answer"].index(old, item["answer"].index("×") if old == " = " else 0)
                changed = item["answer"][:at] + item["answer"][at:].replace(old, new, 1)
                assert reason(estimate_holds.verify(with_item(draft, {**item, "answer": changed}))) == why
        assert reason(estimate_holds.verify(with_item(draft, {**item, "amount": "16 g"}))) == "amount_not_in_text"
    assert estimate.use(make_draft("The gearbox is old and grey."), measure="mass") == {"error": "no_amount"}
