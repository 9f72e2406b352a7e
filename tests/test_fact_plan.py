"""Facts are found in passages and then taught kind after kind, the least taught first."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from builders import make_passage

from agentinstruct_local import runner, taxonomy
from agentinstruct_local.corpus import prepare
from agentinstruct_local.diversity import HashEncoder, Index
from agentinstruct_local.fact_plan import FORMS
from agentinstruct_local.plans import planned
from agentinstruct_local.recipe import MOST_ROWS, Recipe
from agentinstruct_local.records import Draft, Passage, Reply, Request
from agentinstruct_local.store import Store
from agentinstruct_local.teachers.scripted import ScriptedTeacher, invent
from agentinstruct_local.waves import Waves

PACKAGED = taxonomy.load()
HANDBOOK = Path(__file__).parent.parent / "examples" / "handbook"
SHARES = {"knowledge": 4.0, "retelling": 1.0}


def passages(count: int) -> list[Passage]:
    text = "".join(f"Pump {n} is greased after {100 + n} hours by the shift leader. " for n in range(6))
    return [replace(make_passage(text), id=f"p{number}", document=f"d{number // 2}") for number in range(count)]


def plan(count: int = 4, per_fact: int | None = 3, shares: dict[str, float] | None = None) -> Waves:
    return Waves(planned(passages(count), PACKAGED.skills, shares or SHARES, 1, per_fact))


def walk(waves: Waves, decide: Callable[[Draft], bool] = lambda draft: True) -> list[Draft]:
    """All drafts, ended as soon as they are there; what a line states is the line."""
    ended: list[Draft] = []
    while (draft := waves.next()) is not None:
        if draft.subskill == "found" and draft.focus:
            text = draft.focus.text
            draft = replace(draft, item={"question": "?", "answer": text, "value": text.split()[5], "quote": text})
        waves.end(draft, accepted=decide(draft))
        ended.append(draft)
    assert waves.exhausted
    return ended


def taught(drafts: list[Draft]) -> dict[str, list[str]]:
    """Kinds by the sentence that was taught."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for draft in drafts:
        if draft.skill == "knowledge":
            kinds[draft.passage.id + str(draft.item["quote"])].append(draft.subskill)
    return kinds


def test_each_fact_is_taught_so_many_times_each_in_another_kind() -> None:
    kinds = taught(walk(plan(per_fact=3)))
    assert len(kinds) == 4 * 6
    assert all(len(one) == 3 == len(set(one)) for one in kinds.values())


def test_each_line_is_asked_about_once() -> None:
    drafts = [one for one in walk(plan(), decide=lambda one: False) if one.subskill == "found"]
    asked = Counter((one.passage.id, one.focus.text) for one in drafts if one.focus)
    assert len(asked) == 4 * 6
    assert set(asked.values()) == {1}


def test_a_refused_kind_is_followed_by_another_until_none_is_left() -> None:
    refused = walk(plan(per_fact=2), decide=lambda one: one.subskill == "found")
    tried = Counter(kind for kinds in taught(refused).values() for kind in kinds)
    small = {
        one.id for one in PACKAGED.skills["knowledge"].subskills.values() if one.of == "fact" and one.needs == "small"
    }
    assert set(tried) == small | {"found"}


def test_a_wrong_value_is_another_of_its_kind_from_the_same_document() -> None:
    rivals = [one.item for one in walk(plan(per_fact=None)) if one.subskill == "correct"]
    assert rivals
    assert all(one["rival"] != one["value"] and one["rival"].isdigit() for one in rivals)


def test_texts_stand_beside_facts() -> None:
    texts = [one for one in walk(plan(per_fact=3)) if one.skill == "retelling"]
    assert len(texts) == 4 * 3
    assert all(one.focus is None for one in texts)
    forms = Counter(one.passage.id for one in texts)
    assert set(forms.values()) == {3}
    assert len({(one.passage.id, one.subskill) for one in texts}) == len(texts)


def test_a_passage_is_not_written_anew_in_all_forms_before_its_lines_are_asked_about() -> None:
    drafts = walk(plan(count=1, per_fact=None))
    texts = [one.subskill for one in drafts if one.skill == "retelling"]
    forms = {one.id for one in PACKAGED.skills["retelling"].subskills.values() if one.needs == "small"}
    assert len(texts) == len(set(texts))
    assert set(texts) == forms
    asked = next(at for at, one in enumerate(drafts) if one.subskill == "found")
    assert 0 < asked <= FORMS


def test_least_taught_first() -> None:
    """Every fact is taught a second time before any is taught a third time."""
    order: list[int] = []
    times: Counter[str] = Counter()
    for one in walk(plan(per_fact=4)):
        if one.skill == "knowledge":
            key = one.passage.id + str(one.item["quote"])
            times[key] += 1
            order.append(times[key])
    last = {n: max(at for at, one in enumerate(order) if one == n) for n in (2, 4)}
    assert last[2] < len(order) - 4 * 4, "twice is reached before the end"
    assert last[2] < last[4]


def test_kinds_may_be_named_one_by_one() -> None:
    drafts = walk(plan(shares={"knowledge/found": 1.0, "knowledge/short": 1.0}, per_fact=5))
    assert {one.subskill for one in drafts} == {"found", "short"}


def test_the_mix_of_the_program_leaves_it_out_until_it_is_named() -> None:
    waves = Waves(planned(passages(4), PACKAGED.skills, {}, 1, None))
    assert not [leaf for (leaf, _), _ in waves.plan.leaves if leaf.name in SHARES]


# The whole loop


def teach(request: Request) -> Any:
    """Replies made of the passage's words that the checks let through, but for some that are cut."""
    prompt, fields = request.messages[-1].content, request.output.schema.get("properties", {})
    text = prompt.split('"""')[1] if '"""' in prompt else prompt  # most kinds see a question and its answer alone
    lines = [" ".join(one.split()) for one in text.replace("\n\n", ". ").split(". ") if len(one.split()) > 9]
    if request.output.kind == "text":
        return " ".join(text.split()[::-1])
    if "Line: " in prompt and "answer" in fields:
        return pair(prompt.split("Line: ")[1].partition("\n")[0])
    if "value" in fields:
        asked = prompt.split("Question: What about ")[1].split("?")[0]
        whole = next((one for one in lines if asked in " ".join(one.split())), text)
        return {"value": " ".join(whole.split()[-3:])[:70]}
    return {"error": "cut"} if request.seed % 7 == 0 else invent(request)


def pair(line: str) -> dict[str, str]:
    """The first half of a line as what is asked, the whole as the answer."""
    words = line.split()
    asked = f"What about {' '.join(words[: len(words) // 2])[:160]}?"
    return {"answer": line[:300], "value": " ".join(words[-3:])[:70], "question": asked}


class Shuffled(ScriptedTeacher):
    def __init__(self, seed: int) -> None:
        super().__init__(teach)
        self.random = random.Random(seed)

    def poll(self) -> list[Reply]:
        self.random.shuffle(self._queue)
        return [reply for _ in range(self.random.randint(1, 3)) for reply in ScriptedTeacher.poll(self)]


def work(folder: Path, teacher: ScriptedTeacher, **more: Any) -> tuple[runner.Outcome, list[str]]:
    recipe = Recipe(sources=(str(HANDBOOK),), rows=MOST_ROWS, per_fact=2, skills=SHARES, teacher="scripted")
    with Store(folder) as store:
        prepare(recipe, store, PACKAGED, teacher.count_tokens)
        store.set("recipe", recipe.model_dump(mode="json"))
        outcome = runner.run(
            recipe=recipe, store=store, taxonomy=PACKAGED, teacher=teacher, index=Index(HashEncoder()), **more
        )
        return outcome, [row.id for row in store.rows()]


def test_a_run_ends_with_the_facts_and_goes_on_where_it_was(tmp_path: Path) -> None:
    outcome, rows = work(tmp_path / "whole", ScriptedTeacher(teach))
    assert outcome.reason == "plan_exhausted"
    assert len(rows) > 20
    for seed in (1, 2):
        assert work(tmp_path / f"any-order-{seed}", Shuffled(seed))[1] == rows
    for steps in (5, 40, 90):
        folder, told = tmp_path / f"stopped-{steps}", Counter[str]()

        def enough(told: Counter[str] = told, steps: int = steps) -> bool:
            told["asked"] += 1
            return told["asked"] > steps

        assert work(folder, ScriptedTeacher(teach), stop=enough)[0].reason == "stopped"
        again = ScriptedTeacher(teach)
        assert work(folder, again)[1] == rows
        with Store(folder, readonly=True) as store:
            kinds = {row.provenance["fact"] for row in store.rows() if row.channel == "chat"}
            assert None not in kinds
            assert {row.channel for row in store.rows()} == {"chat", "text"}
