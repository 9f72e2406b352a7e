"""The taxonomy folder: skills as data, loaded and made ready to walk."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from agentinstruct_local import ids, prompts
from agentinstruct_local.errors import TaxonomyError
from agentinstruct_local.passages import FOCUS, PASSAGE
from agentinstruct_local.prompts import packaged_folder
from agentinstruct_local.records import Agent, Channel, Move, Skill, Subskill

Items = list[str | dict[str, Any]]
ENTRIES = ("tool", "check", "admit", "fan_out", "loop", "repeat")
MOST_CALLS = 5
"""Of tools by one agent, before it has to answer."""


class SubskillFile(BaseModel):
    """One entry under `subskills:`."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    definition: str
    provenance: Literal["paper", "dataset", "proposed"]
    flow: str
    forms: list[str] = Field(default=["identity"], min_length=1)
    refinements: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    settings: dict[str, Any] = {}
    share: float = Field(default=1.0, ge=0)
    needs: Literal["small", "large"] = "small"
    wants: list[str] = []
    prefers: list[str] = []
    focused: bool = True
    of: Literal["", "unit", "fact", "text"] = ""
    channel: Channel | None = None  # none: the skill's

    @field_validator("wants", "prefers", mode="before")
    @classmethod
    def _one_or_several(cls, asked: str | list[str], info: ValidationInfo) -> list[str]:
        named, known = [asked] if isinstance(asked, str) else asked, FOCUS
        if info.field_name == "wants":
            known |= PASSAGE
        for one in named:
            if one not in known:
                raise ValueError(f"{one!r} is nothing to want; there are {', '.join(sorted(known))}")
        return named


class SkillFile(BaseModel):
    """The whole of a `skill.yaml`."""

    model_config = ConfigDict(extra="forbid")

    about: str
    channel: Channel | None = None  # none: reading
    closed_book: bool = False  # what `channel: chat` was called in version 0.1
    share: float = Field(default=1.0, ge=0)
    forms: dict[str, str] = {}
    checks: dict[str, Items] = {}
    transform: Items = []
    flows: dict[str, Items]
    refinements: dict[str, Items] = {}
    rows: dict[str, dict[Literal["system", "user", "assistant", "messages", "tools", "calls"], str]]
    subskills: list[SubskillFile]


@dataclass(frozen=True)
class Taxonomy:
    """All skills of a folder."""

    folder: Path
    skills: Mapping[str, Skill]

    @cached_property
    def digest(self) -> str:
        """Changes when a file that decides what is asked or kept does, the templates that skills share among them."""
        shared = [_digest(folder / "_shared") for folder in (self.folder, packaged_folder())]
        return ids.digest({name: skill.digest for name, skill in self.skills.items()}, shared)


def load(folder: Path | None = None) -> Taxonomy:
    """Read every skill. TaxonomyError for the first that cannot be read."""
    folder = folder or packaged_folder()
    if not folder.is_dir():
        raise TaxonomyError(
            f"no taxonomy folder at {folder}", hint="begin one with: agentinstruct taxonomy new NAME --folder FOLDER"
        )
    found = {path.parent.name: load_skill(path.parent) for path in sorted(folder.glob("[!_]*/skill.yaml"))}
    if not found:
        raise TaxonomyError(f"no skill in {folder}", hint="write one with: agentinstruct taxonomy new NAME")
    return Taxonomy(folder, found)


def overlaid(folder: Path | None = None) -> Taxonomy:
    """The program's skills, and those of a folder of the user's own: beside them, or in place of one of that name."""
    if folder is None:
        return load()
    return Taxonomy(folder, {**load().skills, **load(folder).skills})


def load_skill(folder: Path) -> Skill:
    """Read one skill folder. TaxonomyError names the file and what is wrong."""
    path = folder / "skill.yaml"
    try:
        raw = SkillFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path}:1: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or error
        raise TaxonomyError(f"{path}:{mark.line + 1 if mark else 1}: not YAML: {problem}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "skill"
        raise TaxonomyError(f"{path}:{prompts.line_of(path, first['loc'])}: {where}: {first['msg']}") from error
    for number, one in enumerate(raw.subskills):
        if one.id in [other.id for other in raw.subskills[:number]]:
            place = prompts.line_of(path, ["subskills", number, "id"])
            raise TaxonomyError(f"{path}:{place}: two sub-skills are called {one.id!r}")
    agents = {file.stem: prompts.load_agent(file) for file in sorted(folder.glob("*.jinja"))}
    channel: Channel = raw.channel or ("chat" if raw.closed_book else "reading")

    def moves(items: Items) -> tuple[Move, ...]:
        return tuple(_moves(items, agents, raw.checks, path))

    return Skill(
        name=folder.name,
        about=raw.about,
        agents=agents,
        subskills={one.id: _subskill(one, channel) for one in raw.subskills},
        flows={name: moves(items) for name, items in raw.flows.items()},
        transform=moves(raw.transform),
        refinements={name: moves(items) for name, items in raw.refinements.items()},
        rows={flow: {str(role): text for role, text in words.items()} for flow, words in raw.rows.items()},
        forms=raw.forms,
        share=raw.share,
        digest=_digest(folder),
    )


def _digest(folder: Path) -> str:
    files = [*folder.glob("skill.yaml"), *folder.glob("*.jinja")]  # cases.yaml decides nothing about a run
    return ids.digest({file.name: ids.sha256_of(file) for file in sorted(files)})


def _subskill(raw: SubskillFile, channel: Channel) -> Subskill:
    several = {"forms": tuple(raw.forms), "wants": tuple(raw.wants), "prefers": tuple(raw.prefers)}
    return Subskill(**{**raw.model_dump(), **several, "channel": raw.channel or channel})


def _moves(items: Items, agents: Mapping[str, Agent], checks: Mapping[str, Items], path: Path) -> Iterator[Move]:
    """Flows as written, flattened: repeats unrolled, named check lists filled in, one move for each judge question."""
    for item in items:
        if isinstance(item, str):
            if item not in agents:
                raise TaxonomyError(
                    f"{path}:{line_of(path, item)}: no agent {item!r}: write {path.parent / item}.jinja"
                )
            yield from (Move(kind="agent", name=item, question=question) for question in agents[item].checks or [""])
        elif not _well_formed(item):
            line = line_of(path, next(iter(item), ""))
            raise TaxonomyError(f"{path}:{line}: a flow holds agents, {', '.join(ENTRIES)} and reflect, not {item!r}")
        elif "check" in item:
            for one in _named(item["check"], checks, path):
                name, options = (one, {}) if isinstance(one, str) else next(iter(one.items()))
                yield Move(kind="check", name=name, options=options or {})
        elif "tool" in item:
            options = {name: value for name, value in item.items() if name not in ("tool", "sets")}
            yield Move(kind="tool", name=item["tool"], options=options, sets=item.get("sets", ""))
        elif "loop" in item:
            (move,) = _moves([item["loop"]], agents, {}, path)
            yield replace(move, tools=tuple(item["tools"]), options={"most": item.get("most", MOST_CALLS)})
        elif "repeat" in item:
            for _ in range(item["repeat"]):
                yield from _moves(item["flow"], agents, checks, path)
        elif "reflect" in item:
            critique, revise = _pair(item, agents, path)
            answer = list(_moves(item["reflect"], agents, checks, path))
            yield from _reflection(answer, critique, revise, item.get("most", 2))
        else:
            yield Move(kind="admit" if "admit" in item else "fan_out", name=next(iter(item.values())))


def _pair(item: Mapping[str, Any], agents: Mapping[str, Agent], path: Path) -> list[Move]:
    """The critic and the reviser of a `reflect`."""
    pair = list(_moves([item["critique"], item["revise"]], agents, {}, path))
    if [move.question for move in pair] != ["", ""]:
        raise TaxonomyError(f"{path}:{line_of(path, 'reflect')}: critique and revise are agents that write, not judges")
    return pair


def _reflection(answer: list[Move], critique: Move, revise: Move, most: int) -> Iterator[Move]:
    """An answer with its checks, and again after a critique and a revision where one of them says no: flattened.

    `answer` is its agent and what belongs to it (tools, checks). A check of any round but the last leads to the
    critique of the next instead of ending the draft; a round that passes leads past the others.
    """
    revised = replace(revise, stands_for=answer[0].name)
    rounds = [answer, *([critique, revised, *answer[1:]] for _ in range(most))]
    left = sum(map(len, rounds))
    for number, moves in enumerate(rounds):
        for place, move in enumerate(moves):
            doubt = len(moves) - place if move.kind == "check" and number < most else 0
            yield replace(move, doubt=doubt, onward=left if place == len(moves) - 1 and number < most else 1)
            left -= 1


def _well_formed(item: Mapping[str, Any]) -> bool:
    """Whether one entry of a flow that is no agent has what it needs, and nothing that would be passed over."""
    if "tool" in item:
        return isinstance(item["tool"], str) and item.get("sets", "") in ("", "item", "text")
    if "loop" in item:
        return _is_loop(item)
    if "repeat" in item:
        return set(item) == {"repeat", "flow"} and item["repeat"] in range(1, 10) and isinstance(item["flow"], list)
    if "reflect" in item:
        steps = item["reflect"]
        return (
            item.keys() <= {"reflect", "critique", "revise", "most"}
            and {"critique", "revise"} <= item.keys()
            and item.get("most", 2) in (1, 2)
            and isinstance(steps, list)
            and len(steps) > 1
            and isinstance(steps[0], str)
            and all(isinstance(one, str) or "check" in one or "tool" in one for one in steps)
            and (isinstance(steps[-1], dict) and "check" in steps[-1])
        )
    ((kind, value), *more) = item.items() or [("", "")]
    if more or kind != "check":
        return not more and kind in ("admit", "fan_out") and isinstance(value, str)
    return isinstance(value, str) or (isinstance(value, list) and all(map(_is_check, value)))


def _is_loop(item: Mapping[str, Any]) -> bool:
    """An agent, the tools that it may call, and how often."""
    tools, most = item.get("tools"), item.get("most", MOST_CALLS)
    known = item.keys() <= {"loop", "tools", "most"} and isinstance(item["loop"], str)
    named = isinstance(tools, list) and bool(tools) and all(isinstance(one, str) for one in tools)
    return known and named and most in range(1, MOST_CALLS + 1)


def _is_check(item: Any) -> bool:
    """The name of a verifier, or {name: options}."""
    return isinstance(item, str) or (
        isinstance(item, dict) and len(item) == 1 and all(isinstance(one, dict) for one in item.values())
    )


def _named(wanted: str | Items, checks: Mapping[str, Items], path: Path) -> Items:
    if not isinstance(wanted, str):
        return wanted
    if wanted not in checks:
        raise TaxonomyError(f"{path}:{line_of(path, wanted)}: no list {wanted!r} under 'checks'")
    if not all(map(_is_check, checks[wanted])):
        raise TaxonomyError(
            f"{path}:{line_of(path, wanted)}: 'checks' holds names of verifiers, with or without options"
        )
    return checks[wanted]


def line_of(path: Path, word: str) -> int:
    """The number of the first line of a file that holds `word`, for a message; 1 if none does."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if word in line:
            return number
    return 1


def scaffold(name: str, folder: Path) -> Path:
    """Write a small skill that passes every check, to be changed from there. TaxonomyError if it cannot."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise TaxonomyError(f"{name!r} is no name for a skill", hint="use small letters, digits and _: my_skill")
    target = folder / name
    if target.exists():
        raise TaxonomyError(f"{target} exists already", hint="choose another name, or change what is there")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(packaged_folder() / "_new", target)
    return target
