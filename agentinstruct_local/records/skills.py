"""What a taxonomy holds: skills, their agents, and the moves of their flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agentinstruct_local.records.asking import Output, Sampling

Channel = Literal["chat", "text", "reading"]
"""What a row is for: chat is asked without the document, text is read as it is, reading carries the passage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One prompt file: what it is asked, and what it must return."""

    name: str
    template: str  # Jinja source with the blocks `system` and `user`
    file: str  # where it was read, for messages
    line: int  # the line of `file` at which the template starts
    output: Output
    quotes: tuple[str, ...] = ()  # fields that must be one of the units of the text
    phrases: Mapping[str, str] = field(default_factory=dict)  # field -> variable whose words it must copy
    many: tuple[int, int] | None = None  # it returns {"items": [...]} of so many objects
    sets: Literal["", "item", "text"] = ""  # what the reply changes for the agents that follow
    checks: Mapping[str, str] = field(default_factory=dict)  # yes/no questions, each asked by itself
    sampling: Sampling = field(default_factory=Sampling)
    role: str = "writer"
    examples: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that a flow does with a draft."""

    kind: Literal["agent", "tool", "check", "admit", "fan_out", "call"]
    name: str  # of the agent, tool (also one that an agent calls) or verifier; the field for admit and fan_out
    options: Mapping[str, Any] = field(default_factory=dict)  # for a call: its arguments
    question: str = ""  # for an agent with checks: which of them
    sets: Literal["", "item", "text"] = ""  # for a tool: what its output changes for those that follow
    stands_for: str = ""  # for an agent that revises: the step whose place its output takes
    onward: int = 1  # how many moves further the draft is after it
    tools: tuple[str, ...] = ()  # for an agent: what it may call before it answers, at most options["most"] times
    doubt: int = 0  # for a check: how many moves further where it says no; 0: the draft is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Subskill:
    """A leaf of the taxonomy."""

    id: str
    name: str
    definition: str
    provenance: Literal["paper", "dataset", "proposed"]
    flow: str  # the name of one of the skill's flows
    forms: tuple[str, ...] = ("identity",)  # the transformations that suit it
    settings: Mapping[str, Any] = field(default_factory=dict)  # read by its templates, and by options as "$name"
    share: float = 1.0  # how often it is planned, against its siblings
    needs: Literal["small", "large"] = "small"  # the smallest teacher that it was seen to work with
    wants: tuple[str, ...] = ()  # what a passage, or the unit that is asked about, must have
    prefers: tuple[str, ...] = ()  # what that unit had better have, where there is a choice
    refinements: Mapping[str, float] = field(default_factory=dict)  # refinement -> its share of the drafts
    focused: bool = True  # each draft asks about one unit of the passage; else about the whole
    of: Literal["", "unit", "fact", "text"] = ""  # the facts of
    channel: Channel = "reading"  # of its rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """One folder of the taxonomy."""

    name: str
    about: str
    agents: Mapping[str, Agent]
    subskills: Mapping[str, Subskill]
    flows: Mapping[str, tuple[Move, ...]]
    transform: tuple[Move, ...]  # walked first, unless the form is "identity"
    refinements: Mapping[str, tuple[Move, ...]]  # walked last, if the plan has drawn one
    rows: Mapping[str, Mapping[str, str]]  # flow -> Jinja sources by role, or where its messages stand
    forms: Mapping[str, str] = field(default_factory=dict)  # transformation -> what its agent is told
    share: float = 1.0  # of the rows, against the other skills
    digest: str = ""
