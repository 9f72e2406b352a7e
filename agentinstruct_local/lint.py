"""What is wrong in a taxonomy folder: every problem at once, with file and line, before any model is loaded."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentinstruct_local import prompts, registry, schema
from agentinstruct_local.errors import AgentInstructError
from agentinstruct_local.passages import FOCUS
from agentinstruct_local.prompts import packaged_folder
from agentinstruct_local.records import Agent, Move, Skill, Subskill
from agentinstruct_local.taxonomy import line_of, load_skill

GIVEN = frozenset(
    {"turn", "text", "passage", "title", "headings", "passage_headings", "columns", "focus", "item", "subskill", "form"}
    | {"check", "choices", "doubt", "language", "examples", "evidence", "excerpt"}
)
"""What every template may read. What agents and tools before it have returned stands under their names."""

PASSAGE_SHOWN = re.compile(r"\{\{\s*(text|passage)\b")


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

    for number, subskill in enumerate(skill.subskills.values()):
        for message in _dangling(subskill, skill):
            place = prompts.line_of(path, ["subskills", number, "id"])
            yield Problem(str(path), place, f"{subskill.id}: {message}")
    for name, moves in {**skill.flows, **skill.refinements, "transform": skill.transform}.items():
        yield from (problem(f"{name}:", f"{name}: {text}") for text in _out_of_place(name, moves, skill))
        for move in moves:
            if move.kind in ("check", "tool"):
                yield from (problem(move.name, f"{name}: {text}") for text in (*_misused(move), *_unset(move, skill)))
    for flow, messages in skill.rows.items():
        line = prompts.line_of(path, ["rows", flow])
        for text in _ill_made(messages, skill, flow):
            yield Problem(str(path), line, f"row {flow}: {text}")
        for role, written in messages.items():
            line = prompts.line_of(path, ["rows", flow, role])
            source = f"{{{{ {written} }}}}" if role in ("messages", "tools") else written  # a path, not a template
            for text in _misread(source, skill, folder):
                yield Problem(str(path), line, f"row {flow}, {role}: {text}")
    for agent in skill.agents.values():
        yield from _agent_problems(agent, skill, folder)
    if not (path.parent / "cases.yaml").is_file():
        yield Problem(
            str(path.parent / "cases.yaml"), 1, "missing: scripted replies that lead to a row and to a refusal"
        )


def _ill_made(messages: Mapping[str, str], skill: Skill, flow: str) -> Iterator[str]:
    """What a row has too much of, or lacks."""
    if "messages" in messages and set(messages) & {"system", "user", "assistant"}:
        yield "'messages' holds all turns, so no other may be there"
    channels = {one.channel for one in skill.subskills.values() if one.flow == flow}
    needed = {"assistant"} if channels == {"text"} else {"user", "assistant"}
    for role in needed - set(messages) if "messages" not in messages else ():
        yield f"there is no {role}"
    if "chat" in channels and PASSAGE_SHOWN.search(messages.get("user", "")):
        yield "the user's turn holds the passage: its channel is reading, not chat"
    moves = skill.flows.get(flow, ())
    if (agent := messages.get("calls")) and not any(move.tools and move.name == agent for move in moves):
        yield f"calls: no loop of {agent!r} in this flow"


def _dangling(subskill: Subskill, skill: Skill) -> Iterator[str]:
    """What a sub-skill names that its skill does not have."""
    if subskill.flow not in skill.flows:
        yield f"no flow {subskill.flow!r}; there are {', '.join(skill.flows)}"
    elif subskill.flow not in skill.rows:
        yield f"no row template for flow {subskill.flow!r}: write one under 'rows'"
    for form in subskill.forms:
        if form != "identity" and form not in skill.forms:
            yield f"no form {form!r}; there are identity, {', '.join(skill.forms)}"
    for name in subskill.refinements:
        if name not in skill.refinements:
            yield f"no refinement {name!r}; there are {', '.join(skill.refinements)}"
    if not subskill.focused and (lost := FOCUS.intersection((*subskill.wants, *subskill.prefers))):
        yield f"wants {', '.join(sorted(lost))} of a focus, and has none: focused is false"


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


def _uncallable(move: Move, agent: Agent | None) -> Iterator[str]:
    """What keeps an agent from calling its tools in a loop."""
    for tool in move.tools:
        try:
            registry.declared(tool)
        except AgentInstructError as error:
            yield f"loop: {error} ({error.hint})"
    if (
        move.tools
        and agent
        and (agent.output.kind != "json" or agent.many or agent.phrases or "tool" in _fields(agent))
    ):
        yield f"loop: {move.name} returns one object without copied phrases and without a field 'tool'"


def _unset(move: Move, skill: Skill) -> Iterator[str]:
    for option, value in move.options.items():
        setting = value[1:] if isinstance(value, str) and value.startswith("$") else ""
        if setting and not any(setting in subskill.settings for subskill in skill.subskills.values()):
            yield f"{move.name}, {option}: no sub-skill has the setting {setting!r}"


def _out_of_place(name: str, moves: Sequence[Move], skill: Skill) -> Iterator[str]:
    """Moves that a draft cannot make where they stand."""
    admits = sum(move.kind == "admit" for move in moves)
    if admits > 1 or (admits and name not in skill.flows):
        yield "a draft goes through the gate once: 'admit' stands in its flow, one time"
    for at, move in enumerate(moves):
        agent = skill.agents.get(move.name)
        if move.kind == "fan_out" and (
            agent is None or not agent.many or move.name not in [m.name for m in moves[:at]]
        ):
            yield f"fan_out: {move.name!r} is no agent with 'many' that was asked before it"
        yield from _uncallable(move, agent)


def _misread(source: str, skill: Skill, folder: Path) -> Iterator[str]:
    """What a template reads and nobody writes, or why it is no template."""
    try:
        read = prompts.reads(source, folder)
    except Exception as error:  # noqa: BLE001  # whatever Jinja says of a template is a problem to report
        yield str(error)
        return
    for name in sorted(read):
        head, _, field = name.partition(".")
        if head not in GIVEN | set(skill.agents) | _tools(skill):
            yield f"reads {name!r}, which nobody writes"
        elif head in skill.agents and field and field not in _fields(skill.agents[head]):
            yield f"reads {name!r}: {head} returns no such field"
        elif head != "item" and field in vars(dict):
            yield f"reads {name!r}, which Jinja takes for a method: write {head}[{field!r}]"


def _agent_problems(agent: Agent, skill: Skill, folder: Path) -> Iterator[Problem]:
    def problem(line: int, message: str) -> Problem:
        return Problem(agent.file, line, message)

    for message in _misread(agent.template, skill, folder):
        quoted = message.split("'")[1] if "'" in message else ""
        yield problem(line_of(Path(agent.file), quoted), message)
    if agent.name in GIVEN:
        yield problem(1, f"{agent.name!r} is what every template may read: give the agent another name")
    if agent.sets == "text" and (agent.many or "text" not in _fields(agent)):
        yield problem(2, "sets: text, but it returns no field 'text'")
    if agent.sets == "item" and (agent.many or agent.output.kind != "json"):
        yield problem(2, "sets: item, but it returns no single object")
    for number, example in enumerate(agent.examples, 1):
        for message in schema.problems(example, _one(agent)):
            line = prompts.line_of(Path(agent.file), ["examples", number - 1])
            yield problem(line, f"example {number} is not what 'output' promises: {message}")


def _one(agent: Agent) -> Mapping[str, Any]:
    shape = agent.output.schema
    return shape["properties"]["items"]["items"] if agent.many else shape


def _fields(agent: Agent) -> Sequence[str]:
    if agent.output.kind == "text":
        return ("text",)
    if agent.output.kind == "scores":
        return ("score",)
    return ("yes", "choice") if agent.output.kind == "choice" else tuple(agent.output.schema["properties"])
