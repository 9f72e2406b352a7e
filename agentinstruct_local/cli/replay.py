"""Walks a finished draft through its flow once more, without a teacher, to see what every agent was asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from agentinstruct_local import flow
from agentinstruct_local.records import Draft, Message, Skill, Step


def prompts(draft: Draft, skill: Skill, folder: Path, language: str) -> dict[int, list[dict[str, str]]]:
    """Place in `draft.steps` -> the messages that led to that step."""
    return {
        place: [{"role": message.role, "content": message.content} for message in messages]
        for place, messages in _walk(draft, skill, folder, language)
    }


def _walk(draft: Draft, skill: Skill, folder: Path, language: str) -> Iterator[tuple[int, tuple[Message, ...]]]:
    state = replace(draft, at=0, item={}, text=draft.passage.text, steps=(), verdicts=())
    while len(state.steps) < len(draft.steps) and (move := flow.next_move(state, skill)) is not None:
        step: Step = draft.steps[len(state.steps)]
        if move.kind in ("agent", "tool") and step.name == flow.step_name(move):
            if move.kind == "agent":
                asked = flow.request(state, skill, move, folder=folder, teacher=step.teacher, language=language)
                yield len(state.steps), asked.messages
            state = flow.fold(state, skill, move, step)
        elif move.kind == "fan_out":
            item = flow.fan_out(state, move)[draft.order[1] - 1]
            state = replace(item, id=draft.id, seed=draft.seed)
        else:
            state = replace(state, at=state.at + 1)
