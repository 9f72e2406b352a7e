"""Prompt files: YAML front matter that is the contract, a Jinja body that is the words.

    ---
    output: |
      question str(200): the question
    sampling: {temperature: 0.7, max_tokens: 120}
    ---
    {% extends "_shared/reader.jinja" %}
    {% block task %} ... {% endblock %}

Undefined names are errors, and the sandbox of Jinja runs the body, because skills may come from other people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, ValidationError

from agentinstruct_local import schema
from agentinstruct_local.errors import TaxonomyError
from agentinstruct_local.records import Agent, Message, Output, Sampling

TURN = "\x1e"  # no document holds it: readers take control characters out
FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


class FrontMatter(BaseModel):
    """What may stand between the two `---` lines."""

    model_config = ConfigDict(extra="forbid")

    output: str
    many: tuple[int, int] | None = None
    sets: str = ""
    checks: dict[str, str] = {}
    sampling: dict[str, float] = {}
    role: str = "writer"
    examples: list[dict[str, Any]] = []


def load_agent(path: Path) -> Agent:
    """Read one prompt file. TaxonomyError names the file, the line and what is wrong."""
    source = path.read_text(encoding="utf-8")
    match = FRONT.match(source)
    if not match:
        raise TaxonomyError(f"{path}:1: a prompt file starts with front matter between two '---' lines")
    try:
        front = FrontMatter.model_validate(yaml.safe_load(match[1]) or {})
        output, quotes, phrases = _output(front)
        sampling = Sampling(**{k: int(v) if k in ("max_tokens", "top_k") else v for k, v in front.sampling.items()})
    except (yaml.YAMLError, ValidationError, ValueError, TypeError) as error:
        raise TaxonomyError(f"{path}:2: {error}") from error
    if front.sets not in ("", "item", "text"):
        raise TaxonomyError(f"{path}:2: sets is 'item' or 'text', not {front.sets!r}")
    return Agent(
        name=path.stem,
        template=source[match.end() :],
        file=str(path),
        line=source[: match.end()].count("\n") + 1,
        output=output,
        quotes=quotes,
        phrases=phrases,
        many=front.many,
        sets=front.sets,  # type: ignore[arg-type]
        checks=front.checks,
        sampling=sampling,
        role=front.role,
        examples=tuple(front.examples),
    )


def _output(front: FrontMatter) -> tuple[Output, tuple[str, ...], dict[str, str]]:
    kind = front.output.strip()
    if kind == "text":
        return Output(kind="text"), (), {}
    if kind == "yes_no":
        if not front.checks:
            raise ValueError("an agent with output yes_no lists its questions under 'checks'")
        return Output(kind="choice", options=("yes", "no")), (), {}
    if kind.startswith("choice:"):
        return Output(kind="choice", options=tuple(part.strip() for part in kind[7:].split("|"))), (), {}
    fields = schema.parse(front.output)
    shape = schema.items_of(fields.schema, front.many) if front.many else fields.schema
    return Output(schema=shape), fields.quotes, fields.phrases


@lru_cache(maxsize=8)
def environment(folder: Path) -> ImmutableSandboxedEnvironment:
    """Jinja over a taxonomy folder: strict, sandboxed, whitespace kept as written."""
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )


def render(agent: Agent, folder: Path, values: Mapping[str, Any]) -> tuple[Message, ...]:
    """The messages of one call: what stands before `{{ turn }}` is the system's, what stands after it the user's.

    TaxonomyError names the file if the template reads what is not there.
    """
    try:
        system, _, user = environment(folder).from_string(agent.template).render(turn=TURN, **values).partition(TURN)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        place = f"{agent.file}:{agent.line + line - 1}" if line else agent.file
        raise TaxonomyError(f"{place}: {error}") from error
    return (Message(role="system", content=system.strip()), Message(role="user", content=user.strip()))


def render_text(source: str, folder: Path, values: Mapping[str, Any]) -> str:
    """A row's message from its one-line template. TaxonomyError if it reads what is not there."""
    try:
        return environment(folder).from_string(source).render(dict(values)).strip()
    except TemplateError as error:
        raise TaxonomyError(f"row template {source!r}: {error}") from error


def reads(source: str, folder: Path) -> set[str]:
    """The variables that a template and those it extends read, as "name" or "name.field"."""
    found: set[str] = set()
    for tree in _trees(source, folder):
        free = find_undeclared_variables(tree)
        dotted = {
            f"{node.node.name}.{node.attr}"
            for node in tree.find_all(nodes.Getattr)
            if isinstance(node.node, nodes.Name) and node.node.name in free
        }
        found |= dotted | {name for name in free if not any(one.startswith(f"{name}.") for one in dotted)}
    return found


def _trees(source: str, folder: Path) -> Sequence[nodes.Template]:
    env = environment(folder)
    tree = env.parse(source)
    trees = [tree]
    for node in tree.find_all((nodes.Extends, nodes.Include)):
        if isinstance(node.template, nodes.Const):
            parent = (folder / node.template.value).read_text(encoding="utf-8")
            trees += _trees(parent, folder)
    return trees
