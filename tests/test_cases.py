"""Every skill's cases.yaml, walked through its real flow, tools and verifiers with scripted replies.

    text: |                          the document, in Markdown; a case may have its own
    others: [...]                    further documents, for a tool that searches the corpus
    cases:
      - is: what the case shows
        subskill: factoid
        form: debate                 left out: identity
        refinement: changed          left out: none
        focus: the unit asked about, or a part of it
        item: {question: ...}        what the plan gives along, of a fact that is known already
        replies:                     by agent; a list of them is given in turn
          instruct: {items: [{question: ...}]}
          choose: {key: =shuffle_options.key}       "=" takes what stands at that path of the draft
          likely: -2.0               a text's log-probability for each token; left out: -0.5
          judge: 0.9                 the probability of yes, for all its questions
          judge.clear: 0.2           or for one of them
          revise: {answer: ...}      left out: the same answer again; `critique` may be left out too
        row: {user: part of it, assistant: part of it, quote: part of it}
        refused: why_not             instead of `row`

A folder that is put beside the others is found and tested without a line of Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentinstruct_local import flow, ids, registry, schema, taxonomy, toolbox
from agentinstruct_local.library import Library
from agentinstruct_local.passages import lines_of, split
from agentinstruct_local.records import Document, Draft, Move, Request, Row, Skill, Step
from agentinstruct_local.teachers.scripted import ScriptedTeacher

FOLDER = taxonomy.packaged_folder()
EXAMPLES = Path(__file__).parent.parent / "examples" / "tickets"  # the skill that docs/skills.md writes
PATHS = {path.parent.name: path.parent for folder in (FOLDER, EXAMPLES) for path in sorted(folder.glob("*/skill.yaml"))}
SKILLS = {name: taxonomy.load_skill(path) for name, path in PATHS.items()}
KNOWN = {"is", "subskill", "form", "refinement", "text", "focus", "replies", "row", "refused", "others", "item"}


def cases_of(name: str) -> list[dict[str, Any]]:
    read = yaml.safe_load((PATHS[name] / "cases.yaml").read_text(encoding="utf-8")) or {"cases": []}
    return [{"text": read.get("text", ""), "others": read.get("others", []), **case} for case in read["cases"]]


CASES = {name: cases_of(name) for name in SKILLS}
ALL = [pytest.param(name, case, id=f"{name}-{case['is']}") for name in SKILLS for case in CASES[name]]


class Case:
    """A case under way: a teacher that looks its replies up by the name of the step."""

    def __init__(self, case: Mapping[str, Any], skill: Skill) -> None:
        self.case, self.skill = case, skill
        self.asked: dict[str, int] = {}
        self.teacher = ScriptedTeacher(lambda request: self.value)
        self.document = Document(
            id="d", source="manual.md", text=case["text"], media_type="text/markdown", title=title(case["text"])
        )

    def start(self) -> Draft:
        passage = split(self.document, count_tokens=self.teacher.count_tokens)[0]
        subskill = self.skill.subskills[self.case["subskill"]]
        focus = None
        if (subskill.focused and not subskill.of) or "focus" in self.case:
            pool = lines_of(passage) if subskill.of == "unit" else passage.units
            found = [unit for unit in pool if self.case["focus"] in unit.text]
            assert found, f"no unit of the passage holds {self.case['focus']!r}"
            focus = found[0]
        choices = {"form": self.case.get("form", "identity"), "refinement": self.case.get("refinement", "none")}
        return Draft(
            id="case", order=(1, 0), skill=self.skill.name, subskill=subskill.id, passage=passage, focus=focus,
            choices=choices, seed=ids.seed_from(self.case["is"]), text=passage.text, item=self.case.get("item", {}),
        )  # fmt: skip

    def library(self) -> Library:
        texts = [self.case["text"], *self.case.get("others", [])]
        documents = [replace(self.document, id=f"d{n}", text=text, title=title(text)) for n, text in enumerate(texts)]
        documents[0] = self.document
        return Library([one for d in documents for one in split(d, count_tokens=self.teacher.count_tokens)])

    def walk(self) -> Draft:
        draft = self.start()
        while (move := flow.next_move(draft, self.skill)) is not None:
            if move.kind == "agent":
                draft = flow.fold(draft, self.skill, move, self.ask(draft, move))
            elif move.kind == "tool":
                draft = flow.fold(draft, self.skill, move, toolbox.use(draft, move, self.library()))
            elif move.kind == "call":
                draft = flow.fold(draft, self.skill, move, toolbox.call(draft, move, self.library()))
            elif move.kind == "check":
                verdict = registry.find("verifiers", move.name)(draft, **move.options)
                draft = flow.judge(draft, move, verdict)
            elif move.kind == "fan_out":
                (draft,) = flow.fan_out(draft, move)
            else:
                assert draft.value(move.name), f"there is nothing at {move.name} to hold against other questions"
                draft = replace(draft, at=draft.at + 1)
        return draft

    def ask(self, draft: Draft, move: Move) -> Step:
        request = flow.request(draft, self.skill, move, folder=PATHS[self.skill.name].parent, teacher="scripted")
        if request.output.kind == "scores":
            self.value = {request.output.options[0]: self.case["replies"].get(move.name, -0.5)}
        else:
            self.value = taken(self.reply(*names_of(move)), draft)
            fits(self.value, request, move)
        self.teacher.submit(request)
        (reply,) = self.teacher.poll()
        return flow.step_of(reply, move, teacher="scripted")

    def reply(self, step: str, agent: str) -> Any:
        replies = {"critique": {"critique": "It is not what the text says."}, **self.case["replies"]}
        name = step if step in replies else agent
        assert name in replies, f"the case has no reply for {step}"
        turn = self.asked[step] = self.asked.get(step, 0) + 1
        found = replies[name]
        if isinstance(found, list):
            assert turn <= len(found), f"{step} is asked a {turn}th time"
            found = found[turn - 1]
        return {"yes": found, "no": 1 - found} if isinstance(found, float) else found

    def row(self, draft: Draft) -> Row:
        return flow.row_of(draft, self.skill, folder=PATHS[self.skill.name].parent, teacher="scripted")


def names_of(move: Move) -> tuple[str, str]:
    """Where a case's reply is looked up, and where else: a revision that it does not tell repeats the answer."""
    step = flow.step_name(move)
    return (move.name, step) if move.stands_for else (step, move.name)


def title(text: str) -> str:
    return text.lstrip().partition("\n")[0].lstrip("# ")


def taken(value: Any, draft: Draft) -> Any:
    """The value with each "=path" in it replaced by what stands there."""
    if isinstance(value, str) and value.startswith("="):
        return draft.value(value[1:])
    if isinstance(value, Mapping):
        return {key: taken(one, draft) for key, one in value.items()}
    return [taken(one, draft) for one in value] if isinstance(value, list) else value


def fits(value: Any, request: Request, move: Move) -> None:
    """A scripted reply is one that the teacher could have given."""
    if isinstance(value, Mapping) and set(value) == {"error"}:
        return
    if request.output.kind == "choice":
        options = set(value) if isinstance(value, Mapping) else {value}
        assert options <= set(request.output.options), f"{move.name}: {options}"
    elif request.output.kind == "json":
        problems = schema.problems(value, request.output.schema)
        assert not problems, f"{move.name}: {problems[0]}"
        copied = request.output.schema.get("properties", {})  # an agent in a loop copies nothing
        if set(copied) == {"items"} and "items" in copied["items"] and "properties" in copied["items"]["items"]:
            copied, value = copied["items"]["items"]["properties"], value["items"][0]
        for name, one in copied.items():
            if "x-substring" in one:
                assert value[name] in one["x-substring"], f"{move.name}: {name} is not in the text"


def reason_of(draft: Draft) -> str:
    return f"{draft.refusal.reason}: {draft.refusal.evidence}" if draft.refusal else ""


@pytest.mark.parametrize(("name", "case"), ALL)
def test_case(name: str, case: dict[str, Any]) -> None:
    assert set(case) <= KNOWN, f"unknown keys: {set(case) - KNOWN}"
    assert ("row" in case) != ("refused" in case)
    walked = Case(case, SKILLS[name])
    draft = walked.walk()
    if "refused" in case:
        assert draft.refusal is not None, "it became a row"
        assert draft.refusal.reason == case["refused"], reason_of(draft)
        return
    assert draft.refusal is None, reason_of(draft)
    left = {name.partition(".")[0] for name in case["replies"]} - {name.partition(".")[0] for name in walked.asked}
    assert not left, f"never asked: {left}"
    row = walked.row(draft)
    said = {role: "\n".join(one.content for one in row.messages if one.role == role) for role in ("user", "assistant")}
    for role in ("user", "assistant"):
        assert case["row"].get(role, "") in said[role]
    start, end = row.provenance["span"]
    assert " ".join(case["text"][start:end].split()) == row.provenance["quote"]
    assert case["row"].get("quote", "") in row.provenance["quote"]
    if row.channel == "chat":
        prompt = " ".join("\n".join(one.content for one in row.messages[:-1]).split())
        assert draft.passage.text[:60] not in said["user"]
        assert row.provenance["quote"] not in prompt


@pytest.mark.parametrize("name", sorted(SKILLS))
def test_every_flow_form_and_refinement_has_a_row_and_a_refusal(name: str) -> None:
    skill = SKILLS[name]
    flows = {one.id: one.flow for one in skill.subskills.values()}
    wanted = {*(f"flow {one}" for one in skill.flows), *(f"refinement {one}" for one in skill.refinements)}
    if skill.transform:
        wanted.add("transform")
    found: dict[str, set[str]] = {"row": set(), "refused": set()}
    for case in CASES[name]:
        what = found["row" if "row" in case else "refused"]
        if "refinement" in case:
            what.add(f"refinement {case['refinement']}")
        elif case.get("form", "identity") != "identity":
            what.add("transform")
        else:
            what.add(f"flow {flows[case['subskill']]}")
    assert wanted - found["row"] == set(), "write a case that leads to a row"
    assert wanted - found["refused"] == set(), "write a case that leads to a refusal"


def test_every_skill_has_a_place_here() -> None:
    assert {path.parent.name for path in Path(FOLDER).glob("*/skill.yaml")} == set(CASES) - {"ticket_triage"}
