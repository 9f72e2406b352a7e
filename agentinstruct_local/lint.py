"""What is wrong in a taxonomy folder: every problem at once, with file and line, before any model is loaded."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentinstruct_local import prompts, registry, schema
from agentinstruct_local.errors import AgentInstructError
from agentinstruct_local.records import Agent, Move, Skill
from agentinstruct_local.taxonomy import line_of, load_skill, packaged_folder

GIVEN = frozenset(
    "turn text passage title headings focus item subskill form check choices language examples evidence".split()
)
"""What every template may read. What agents and tools before it have returned stands under their names."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a taxonomy folder."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def check(folder: Path | None = None) -> list[Problem]:
    """Every problem of every skill: what cannot be read, and what would go wrong once a teacher is loaded."""
    folder = folder or packaged_folder()
    found: list[Problem] = []
    for path in sorted(folder.glob("[!_]*/skill.yaml")):
        try:
            skill = load_skill(path.parent)
        except AgentInstructError as error:
            place, _, message = str(error).partition(": ")
            file, _, line = place.rpartition(":")
            found.append(Problem(file or place, int(line) if line.isdigit() else 1, message))
            continue
        found += _problems(skill, path, folder)
    return found


def _problems(skill: Skill, path: Path, folder: Path) -> Iterator[Problem]:
    def problem(word: str, message: str) -> Problem:
        return Problem(str(path), line_of(path, word), message)

    for subskill in skill.subskills.values():
        if subskill.flow not in skill.flows:
            yield problem(subskill.id, f"{subskill.id}: no flow {subskill.flow!r}")
        for form in subskill.forms:
            if form != "identity" and form not in skill.forms:
                yield problem(subskill.id, f"{subskill.id}: no form {form!r}")
        for name in subskill.refinements:
            if name not in skill.refinements:
                yield problem(subskill.id, f"{subskill.id}: no refinement {name!r}")
        if subskill.flow not in skill.rows:
            yield problem(subskill.id, f"no row template for flow {subskill.flow!r}")
    for name, moves in {**skill.flows, **skill.refinements, "transform": skill.transform}.items():
        for move in moves:
            if move.kind in ("check", "tool"):
                yield from (problem(move.name, f"{name}: {text}") for text in _misused(move))
    for flow, messages in skill.rows.items():
        for role, source in messages.items():
            for name in sorted(prompts.reads(source, folder)):
                if name.partition(".")[0] not in GIVEN | set(skill.agents) | _tools(skill):
                    yield problem(source[:20], f"row {flow}, {role}: reads {name!r}, which nobody writes")
    for agent in skill.agents.values():
        yield from _agent_problems(agent, skill, folder)
    if not (path.parent / "cases.yaml").is_file():
        yield Problem(str(path.parent / "cases.yaml"), 1, "missing: scripted replies that lead to a row and to a refusal")


def _tools(skill: Skill) -> set[str]:
    flows = (skill.transform, *skill.flows.values(), *skill.refinements.values())
    return {move.name for moves in flows for move in moves if move.kind == "tool"}


def _misused(move: Move) -> Iterator[str]:
    try:
        plug = registry.find("verifiers" if move.kind == "check" else "tools", move.name)
    except AgentInstructError as error:
        yield f"{error} ({error.hint})"
        return
    taken = inspect.signature(plug).parameters
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values()):
        return
    for option in move.options:
        if option not in taken:
            yield f"{move.name} has no option {option!r}; it has {', '.join(list(taken)[1:])}"


def _agent_problems(agent: Agent, skill: Skill, folder: Path) -> Iterator[Problem]:
    try:
        read = prompts.reads(agent.template, folder)
    except Exception as error:  # noqa: BLE001  # whatever Jinja says of a template is a problem to report
        yield Problem(agent.file, agent.line, str(error))
        return
    for name in sorted(read):
        if name.partition(".")[0] not in GIVEN | set(skill.agents) | _tools(skill):
            yield Problem(agent.file, line_of(Path(agent.file), name), f"reads {name!r}, which nobody writes")
        agent_name, _, field = name.partition(".")
        if agent_name in skill.agents and field and field not in _fields(skill.agents[agent_name]):
            yield Problem(agent.file, line_of(Path(agent.file), name), f"reads {name!r}: {agent_name} returns no such field")
    for number, example in enumerate(agent.examples, 1):
        for message in schema.problems(example, _one(agent)):
            yield Problem(agent.file, 2, f"example {number} is not what 'output' promises: {message}")


def _one(agent: Agent) -> Mapping[str, Any]:
    shape = agent.output.schema
    return shape["properties"]["items"]["items"] if agent.many else shape  # type: ignore[no-any-return]


def _fields(agent: Agent) -> Sequence[str]:
    if agent.output.kind == "text":
        return ("text",)
    return ("yes", "choice") if agent.output.kind == "choice" else tuple(agent.output.schema["properties"])
