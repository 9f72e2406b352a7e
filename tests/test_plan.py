from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from builders import make_passage

from agentinstruct_local import taxonomy
from agentinstruct_local.plan import DRAFTS_PER_PASSAGE, WAVE, Plan
from agentinstruct_local.waves import LAG, Waves

SKILLS = taxonomy.load(Path(__file__).parent / "data" / "taxonomy").skills
PACKAGED = taxonomy.load().skills
SENTENCE = "If pump {0} gets above {1} degrees, the controller of the hall stops the motor for {2} minutes. "


def wanting(**wants: tuple[str, ...]):
    """The closed-book skill with other wishes: by sub-skill, what each wants; after "prefers", what all prefer."""
    skill = PACKAGED["open_domain_qa"]
    prefers = wants.pop("prefers", ())
    changed = {name: replace(skill.subskills[name], wants=one, prefers=prefers) for name, one in wants.items()}
    return {"open_domain_qa": replace(skill, subskills={**skill.subskills, **changed})}


def passage(number: int, sentences: int = 8, document: str = "d"):
    text = "".join(SENTENCE.format(n, n + 50, n + 20) for n in range(sentences))
    return replace(make_passage(text), id=f"p{number}", document=document)


def corpus(count: int = 6):
    return [passage(number, document=f"d{number // 3}") for number in range(count)]


def plan(passages=None, skills=SKILLS, shares=None, seed=1) -> Plan:
    return Plan(corpus() if passages is None else passages, skills, shares or {}, seed)


def all_of(waves: Waves, decide=lambda draft: False, most: int = 2000):
    """Every draft, ended at once in order, so that the next wave can be planned."""
    found = []
    while (draft := waves.next()) is not None and len(found) < most:
        found.append(draft)
        waves.end(draft, accepted=decide(draft))
    return found


def cell(draft):
    return (draft.passage.id, draft.subskill, draft.focus.span if draft.focus else None)


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    one, same, other = (all_of(Waves(plan(seed=seed))) for seed in (1, 1, 2))
    assert one == same
    assert [draft.id for draft in one] != [draft.id for draft in other]
    assert {draft.id for draft in one}.isdisjoint({draft.id for draft in other})
    assert plan(corpus()[::-1]).wave() == plan().wave(), "the order of the files does not matter"


def test_no_draft_comes_twice_and_each_is_numbered_in_order():
    found = all_of(Waves(plan()))
    assert len({draft.id for draft in found}) == len(found)
    assert len({cell(draft) for draft in found}) == len(found)
    assert [draft.order for draft in found] == [(number, 0) for number in range(1, len(found) + 1)]


def test_a_plan_ends_when_every_combination_has_been_tried():
    waves = Waves(plan(corpus(2)))
    found = all_of(waves)
    assert waves.exhausted
    assert waves.next() is None
    focused = [one for one in SKILLS["quiz"].subskills.values() if one.focused and one.needs == "small"]
    assert len(found) == 2 * (8 * len(focused) + 1)


def test_nothing_to_ask_about_is_an_empty_plan():
    waves = Waves(plan([replace(passage(1), foci=())]))
    assert waves.next() is None
    assert waves.exhausted
    assert plan([]).cells == 0


def test_a_wave_takes_few_passages_and_several_drafts_of_each():
    wave = plan(corpus(24)).wave()
    assert len(wave) == WAVE
    held = Counter(draft.passage.id for draft in wave)
    assert len(held) <= WAVE // DRAFTS_PER_PASSAGE + 2
    assert max(held.values()) == DRAFTS_PER_PASSAGE
    assert [draft.passage.id for draft in wave] == sorted((d.passage.id for d in wave), key=list(held).index), (
        "one passage after the other"
    )
    for name in held:
        foci = [draft.focus.span for draft in wave if draft.passage.id == name and draft.focus]
        assert len(set(foci)) == len(foci), "each draft has a focus of its own while there are some left"


def test_the_least_covered_passages_and_documents_come_first():
    one = plan(corpus(18))
    first = {draft.passage.id for draft in one.wave()}
    second = [draft.passage.id for draft in one.wave()]
    untouched = {one.id for one in corpus(18)} - first
    assert untouched
    assert set(second[: DRAFTS_PER_PASSAGE * len(untouched)]) == untouched


def test_shares_are_kept():
    found = all_of(Waves(plan(corpus(30))), decide=lambda draft: True, most=120)
    held = Counter(draft.subskill for draft in found)
    assert held["fact"] == pytest.approx(2 * held["reason"], rel=0.2)


def test_a_passage_that_suits_few_subskills_does_not_change_the_shares():
    text = "The hall is painted in a dark green colour and has a door to the street. " * 8
    dull = [replace(make_passage(text), id=f"dull{number}", document="dull") for number in range(40)]
    shares = {"open_domain_qa/rule": 1.0, "reading_comprehension/vocabulary": 1.0}
    found = all_of(Waves(Plan([*corpus(20), *dull], PACKAGED, shares, 1)), decide=lambda draft: True, most=64)
    held = Counter(draft.subskill for draft in found)
    assert held["rule"] == pytest.approx(held["vocabulary"], abs=3)


def test_no_sentence_is_asked_about_twice_while_others_are_left():
    found = all_of(Waves(plan(corpus(30))), most=200)
    foci = [(draft.passage.id, draft.focus.span) for draft in found if draft.focus]
    assert len(set(foci)) == len(foci)


def test_a_subskill_that_yields_nothing_is_tried_less():
    def held(decide):
        return Counter(draft.subskill for draft in all_of(Waves(plan(corpus(60))), decide=decide, most=12 * WAVE))

    fair = held(lambda draft: True)
    starved = held(lambda draft: draft.subskill != "reason")
    assert starved["reason"] > fair["reason"], "rows are steered: what is behind gets more drafts"
    assert starved["reason"] < 5 * fair["reason"], "but not all of them"


def test_the_recipe_may_name_skills_and_subskills():
    assert {draft.subskill for draft in all_of(Waves(plan(shares={"quiz/reason": 1.0})))} == {"reason"}
    default = {draft.subskill for draft in all_of(Waves(plan()))}
    assert default == {"fact", "reason", "whole"}, "what needs a larger teacher is left out until it is named"
    assert {draft.subskill for draft in all_of(Waves(plan(shares={"quiz/grand": 1.0})))} == {"grand"}
    mixed = Waves(Plan(corpus(30), PACKAGED, {"open_domain_qa": 3.0, "reading_comprehension": 1.0}, 1))
    held = Counter(draft.skill for draft in all_of(mixed, most=144))
    assert held["open_domain_qa"] > 2 * held["reading_comprehension"]


def test_a_subskill_gets_only_passages_that_have_what_it_wants():
    dull = replace(make_passage("The pump stands in the hall. It is painted in a dark green colour. " * 3), id="dull")
    found = all_of(Waves(plan([dull, passage(1)])))
    assert {draft.passage.id for draft in found if draft.subskill == "whole"} == {"p1"}
    assert plan([dull]).cells == plan([passage(1)]).cells - 1


def test_a_subskill_gets_only_sentences_that_have_what_it_wants():
    text = "The drain pump is a machine of steel in the hall. The panic log must be empty before the night shift begins. Oil is drained in May."
    shares = {"open_domain_qa/rule": 1.0, "open_domain_qa/definition": 1.0}
    skills = wanting(rule=("askable", "rule"), definition=("named", "askable", "definition"))
    found = all_of(Waves(Plan([make_passage(text)], skills, shares, 1)))
    asked = {(draft.subskill, draft.focus.text) for draft in found}
    assert asked == {
        ("rule", "The panic log must be empty before the night shift begins."),
        ("definition", "The drain pump is a machine of steel in the hall."),
    }


def test_what_a_subskill_prefers_comes_first_and_the_rest_follows():
    first = "If the panic log is full for a whole day, the shift ends early. Oil stays clean."
    second = "Oil stays clean. If the KX-40 is dry for a whole day, the shift ends early."
    passages = [replace(make_passage(text), id=f"p{number}") for number, text in enumerate([first] * 5 + [second] * 5)]
    skills = wanting(rule=("askable", "rule"), prefers=("specific", "closing"))
    found = all_of(Waves(Plan(passages, skills, {"open_domain_qa/rule": 1.0}, 1)))
    named = ["KX-40" in draft.focus.text for draft in sorted(found, key=lambda draft: draft.order)]
    assert named == [True] * 5 + [False] * 5


def test_what_suits_no_passage_leaves_its_share_to_its_siblings():
    mixed = Waves(Plan(corpus(30), PACKAGED, {"open_domain_qa": 1.0, "reading_comprehension": 1.0}, 1))
    held = Counter(draft.skill for draft in all_of(mixed, most=96))
    assert held["open_domain_qa"] == pytest.approx(held["reading_comprehension"], abs=6)


def test_what_suits_no_passage_is_told_with_what_it_wants():
    wordy = [
        replace(make_passage("The pump is old. It must be replaced soon by the owner. " * 6), id="p", document="d")
    ]
    assert plan(wordy).unfed == {"quiz/whole": ("numbers",)}
    assert plan(wordy, shares={"quiz/fact": 1.0}).unfed == {}
    assert plan(wordy, shares={"quiz/whole": 1.0}).unfed == {"quiz/whole": ("numbers",)}
    assert plan().unfed == {}


def test_what_the_plan_draws_is_in_the_choices():
    found = all_of(Waves(plan(corpus(30))))
    facts = [draft for draft in found if draft.subskill == "fact"]
    share = sum(draft.choices["refinement"] == "twice" for draft in facts) / len(facts)
    assert share == pytest.approx(0.3, abs=0.12)
    assert {draft.choices["form"] for draft in found if draft.subskill == "reason"} == {"identity", "tale"}
    assert {draft.choices["form"] for draft in facts} == {"identity"}
    assert all(draft.focus is None for draft in found if draft.subskill == "whole")
    assert all(draft.text == draft.passage.text for draft in found)


def test_a_wave_waits_for_the_oldest_of_the_last_few_and_for_no_other():
    waves = Waves(plan(corpus(60)))
    open_ = [[waves.next() for _ in range(WAVE)] for _ in range(LAG)]
    assert all(draft is not None for wave in open_ for draft in wave)
    assert waves.next() is None
    assert not waves.exhausted
    for draft in (*open_[-1], *open_[0][:-1]):
        waves.end(draft, accepted=True)
    assert waves.next() is None
    waves.end(open_[0][-1], accepted=True)
    assert waves.next() is not None


def test_waves_depend_on_results_and_not_on_the_order_in_which_they_came():
    def run(back: bool):
        waves, found = Waves(plan(corpus(24))), []
        for _ in range(5):
            batch = []
            while (draft := waves.next()) is not None:
                batch.append(draft)
            found += batch
            for draft in batch[::-1] if back else batch:
                if draft.order[0] % 4 == 0:
                    waves.split(draft, 2)
                    waves.end(draft, accepted=True)
                waves.end(draft, accepted=draft.order[0] % 3 == 0)
        return found

    assert run(back=False) == run(back=True)


def test_a_draft_that_splits_into_nothing_does_not_hold_up_its_wave():
    waves = Waves(plan(corpus(90)))
    for _ in range(2 * LAG * WAVE):
        waves.split(waves.next(), 0)
    assert waves.next() is not None
