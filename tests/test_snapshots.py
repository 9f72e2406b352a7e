"""What a teacher reads, word for word: a prompt that changes shows up in review. `make snapshots` writes them anew."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from builders import make_passage

from agentinstruct_local import flow, registry, taxonomy
from agentinstruct_local.records import Draft, Move, Skill, Step, Verdict

FOLDER = Path(__file__).parent / "snapshots"
WRITE = os.environ.get("SNAPSHOTS") == "write"
SKILLS = taxonomy.load().skills
TEXT = (
    "The bearings of the KX-40 are greased every 2,000 operating hours. Each bearing takes 15 g of grease. "
    "The oil of the gearbox is changed after 8,000 hours. Only mineral oil may be used."
)
EVENTS = [sentence + "." for sentence in TEXT.rstrip(".").split(". ")][:3]
ITEM = {
    "question": "How often are the bearings of the KX-40 greased?",
    "told": "The bearings of the KX-40 are greased every 2,000 operating hours.",
    "true_claim": "The bearings are greased every 2,000 hours.",
    "false_claim": "The bearings are greased every 200 hours.",
    "word": "2,000",
    "sentence": "Grease the bearings every ____ operating hours.",
    "right": "Every 2,000 hours",
    "wrong": ["Every 200 hours", "Every 8,000 hours", "Once a year"],
    "source": TEXT,
    "text": TEXT,
    "data": "Part: Ball bearing\nLead time: 3 weeks",
    "instruction": "Say this in other words.",
    "order": "Write a short notice.",
    "named": "bearings, grease",
    "answer": "Every 2,000 operating hours.",
    "value": "2,000",
    "rival": "8,000",
    "quote": "The bearings of the KX-40 are greased every 2,000 operating hours.",
    "second_question": "Which oil may be used?",
    "second_answer": "Only mineral oil.",
    "second_value": "mineral oil",
}
OUTPUTS = {
    "pairs": {"items": [{"left": name, "right": told} for name, told in zip("abc", "xyz", strict=True)]},
    "cite": {"quote": EVENTS[0]},
    "blank": {"text": "Grease the bearings every ____ operating hours."},
    "converse": {"asked": ["How often are the bearings greased?", "Which oil may be used?"]},
    "events": {"items": [{"event": event} for event in EVENTS]},
}
"""What some tools work on. Every other agent is taken to have said its own name."""
SETTING = ("draw_claim", "second_line", "shuffle_events", "shuffle_pairs")
"""Tools whose output is read as the item."""


def filled(skill: Skill, name: str) -> Draft:
    """One fixed draft of a sub-skill that has the agent, on which every agent and tool has worked already."""
    asking = (one.id for one in skill.subskills.values() if name in {move.name for move in skill.flows[one.flow]})
    passage = make_passage(TEXT, title="Maintenance of the KX-40", headings=["Lubrication"])
    draft = Draft(
        id="snapshot", order=(1, 0), skill=skill.name, subskill=next(asking, next(iter(skill.subskills))), passage=passage,
        focus=passage.units[0], choices={"form": next(iter(skill.forms), "identity")}, seed=7, text=TEXT, item=ITEM,
    )  # fmt: skip
    for agent in skill.agents.values():
        fields = agent.output.schema.get("properties", {"text": {}}) if agent.output.kind == "json" else {"text": {}}
        said = {
            name: [f"<{agent.name}>"] if one.get("type") == "array" else f"<{agent.name}>"
            for name, one in fields.items()
        }
        draft = draft.with_step(Step(key=agent.name, name=agent.name, output=OUTPUTS.get(agent.name, said)))
    draft = draft.with_verdict(
        Verdict(by="complete", ok=False, reason="lost_condition", evidence="weekly", final=False)
    )
    settings = skill.subskills[draft.subskill].settings
    flows = (skill.flows[skill.subskills[draft.subskill].flow], *skill.refinements.values())
    moves = [move for moves in flows for move in moves]
    for move in moves:
        if move.kind == "tool" and move.name not in draft.outputs:
            made = OUTPUTS.get(move.name) or registry.find("tools", move.name)(
                draft, **flow.filled(move.options, settings)
            )
            draft = draft.with_step(Step(key=move.name, name=move.name, output=made.get("output", made)))
            if move.name in SETTING:
                draft = replace(draft, item={**draft.item, **draft.outputs[move.name]})
    return draft


def rendered(skill: Skill, name: str) -> str:
    agent = skill.agents[name]
    parts = []
    for question in agent.checks or [""]:
        move = Move(kind="agent", name=name, question=question)
        request = flow.request(filled(skill, name), skill, move, folder=taxonomy.packaged_folder(), teacher="teacher")
        parts += [f"--- {message.role}\n{message.content}\n" for message in request.messages]
    return "\n".join(parts)


ALL = [pytest.param(skill, name, id=f"{skill}-{name}") for skill in SKILLS for name in SKILLS[skill].agents]


@pytest.mark.parametrize(("skill", "name"), ALL)
def test_a_prompt_reads_as_it_did(skill: str, name: str) -> None:
    file = FOLDER / skill / f"{name}.txt"
    found = rendered(SKILLS[skill], name)
    if WRITE:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert file.is_file(), f"{file} is missing: type `make snapshots`, and read what it writes"
    was = file.read_text(encoding="utf-8")
    assert found == was, f"the prompt of {skill}/{name} has changed: if you meant it to, type `make snapshots`"


def test_no_snapshot_is_left_over() -> None:
    wanted = {FOLDER / skill / f"{name}.txt" for skill in SKILLS for name in SKILLS[skill].agents}
    left = set(FOLDER.glob("*/*.txt")) - wanted
    if WRITE:
        for file in left:
            file.unlink()
        left = set()
    assert not left, "their agents are gone: type `make snapshots`"
