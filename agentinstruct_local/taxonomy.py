"""The taxonomy folder: skills as data, loaded and made ready to walk."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentinstruct_local import ids, prompts
from agentinstruct_local.errors import TaxonomyError
from agentinstruct_local.records import Agent, Move, Skill, Subskill

Items = list[str | dict[str, Any]]

class SubskillFile(BaseModel):
    """One entry under `subskills:`."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    definition: str
    provenance: Literal["paper", "dataset", "proposed"]
    flow: str
    forms: list[str] = ["identity"]
    refinements: dict[str, float] = {}
    settings: dict[str, Any] = {}
    share: float = 1.0
    needs: Literal["small", "large"] = "small"
    wants: Literal["", "sequence", "numbers", "list", "definition", "code"] = ""
    focused: bool = True


class SkillFile(BaseModel):
    """The whole of a `skill.yaml`."""

    model_config = ConfigDict(extra="forbid")

    about: str
    closed_book: bool = False
    share: float = 1.0
    forms: dict[str, str] = {}
    checks: dict[str, Items] = {}
    transform: Items = []
    flows: dict[str, Items]
    refinements: dict[str, Items] = {}
    rows: dict[str, dict[str, str]]
    subskills: list[SubskillFile]


@dataclass(frozen=True)
class Taxonomy:
    """All skills of a folder."""

    folder: Path
    skills: Mapping[str, Skill]

    @cached_property
    def digest(self) -> str:
        """Changes when any file of any skill does."""
        return ids.digest({name: skill.digest for name, skill in self.skills.items()})


def packaged_folder() -> Path:
    """The taxonomy that came with the program: beside the package in a checkout, inside it in a wheel."""
    here = Path(__file__).parent
    inside = here / "data" / "taxonomy"
    return inside if inside.is_dir() else here.parent / "taxonomy"


def load(folder: Path | None = None) -> Taxonomy:
    """Read every skill. TaxonomyError for the first that cannot be read."""
    folder = folder or packaged_folder()
    if not folder.is_dir():
        raise TaxonomyError(f"no taxonomy folder at {folder}")
    found = {path.parent.name: load_skill(path.parent) for path in sorted(folder.glob("[!_]*/skill.yaml"))}
    if not found:
        raise TaxonomyError(f"no skill in {folder}", hint="write one with: agentinstruct taxonomy new NAME")
    return Taxonomy(folder, found)


def load_skill(folder: Path) -> Skill:
    """Read one skill folder. TaxonomyError names the file and what is wrong."""
    path = folder / "skill.yaml"
    try:
        raw = SkillFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise TaxonomyError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TaxonomyError(f"{path}:{line_of(path, str(first['loc'][-1]))}: {where}: {first['msg']}") from error
    agents = {file.stem: prompts.load_agent(file) for file in sorted(folder.glob("*.jinja"))}

    def moves(items: Items) -> tuple[Move, ...]:
        return tuple(_moves(items, agents, raw.checks, path))

    return Skill(
        name=folder.name,
        about=raw.about,
        agents=agents,
        subskills={one.id: _subskill(one) for one in raw.subskills},
        flows={name: moves(items) for name, items in raw.flows.items()},
        transform=moves(raw.transform),
        refinements={name: moves(items) for name, items in raw.refinements.items()},
        rows=raw.rows,
        forms=raw.forms,
        closed_book=raw.closed_book,
        share=raw.share,
        digest=ids.digest({file.name: file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()) if file.is_file()}),
    )


def _subskill(raw: SubskillFile) -> Subskill:
    return Subskill(**{**raw.model_dump(), "forms": tuple(raw.forms)})


def _moves(items: Items, agents: Mapping[str, Agent], checks: Mapping[str, Items], path: Path) -> Iterator[Move]:
    """Flows as written, flattened: repeats unrolled, named check lists filled in, one move for each judge question."""
    for item in items:
        if isinstance(item, str):
            if item not in agents:
                raise TaxonomyError(f"{path}:{line_of(path, item)}: no agent {item!r}: write {path.parent / item}.jinja")
            yield from (Move(kind="agent", name=item, question=question) for question in agents[item].checks or [""])
        elif "check" in item:
            for one in _named(item["check"], checks, path):
                name, options = (one, {}) if isinstance(one, str) else next(iter(one.items()))
                yield Move(kind="check", name=name, options=options or {})
        elif "tool" in item:
            options = {name: value for name, value in item.items() if name not in ("tool", "sets")}
            yield Move(kind="tool", name=item["tool"], options=options, sets=item.get("sets", ""))
        elif "repeat" in item:
            for _ in range(int(item["repeat"])):
                yield from _moves(item["flow"], agents, checks, path)
        elif "admit" in item:
            yield Move(kind="admit", name=item["admit"])
        elif "fan_out" in item:
            yield Move(kind="fan_out", name=item["fan_out"])
        else:
            raise TaxonomyError(f"{path}: a flow holds agents, tool, check, admit, fan_out and repeat, not {item!r}")


def _named(wanted: str | Items, checks: Mapping[str, Items], path: Path) -> Items:
    if not isinstance(wanted, str):
        return wanted
    if wanted not in checks:
        raise TaxonomyError(f"{path}:{line_of(path, wanted)}: no list {wanted!r} under 'checks'")
    return checks[wanted]


def line_of(path: Path, word: str) -> int:
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
    ours = packaged_folder()
    if not (folder / "_shared").exists():
        shutil.copytree(ours / "_shared", folder / "_shared")
    shutil.copytree(ours / "_new", target)
    return target
