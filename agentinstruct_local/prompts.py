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
from jinja2 import FileSystemLoader, StrictUndefined, Template, nodes
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
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path}:1: cannot be read: {error}") from error
    match = FRONT.match(source)
    if not match:
        raise TaxonomyError(f"{path}:1: a prompt file starts with front matter between two '---' lines")
    try:
        front = FrontMatter.model_validate(yaml.safe_load(match[1]) or {})
        output, quotes, phrases = _output(front)
        sampling = Sampling(**_numbers(front.sampling))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TaxonomyError(f"{path}:{line_of(path, first['loc'])}: {where}: {first['msg']}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or error
        raise TaxonomyError(f"{path}:{mark.line + 2 if mark else 2}: not YAML: {problem}") from error
    except (ValueError, TypeError) as error:
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


def _numbers(sampling: Mapping[str, float]) -> dict[str, Any]:
    return {name: int(value) if name in ("max_tokens", "top_k") else value for name, value in sampling.items()}


def _output(front: FrontMatter) -> tuple[Output, tuple[str, ...], dict[str, str]]:
    kind = front.output.strip()
    if front.many and (kind in ("text", "yes_no") or kind.startswith(("choice:", "score:"))):
        raise ValueError(f"many is for objects, not for output {kind!r}")
    if front.many and not 1 <= front.many[0] <= front.many[1]:
        raise ValueError(f"many is [fewest, most] of at least 1, not {list(front.many)}")
    if kind == "text":
        return Output(kind="text"), (), {}
    if kind == "yes_no":
        if not front.checks:
            raise ValueError("an agent with output yes_no lists its questions under 'checks'")
        return Output(kind="choice", options=("yes", "no")), (), {}
    if kind.startswith("score:"):
        return Output(kind="scores", options=(kind[6:].strip(),)), (), {}
    if kind.startswith("choice:"):
        return Output(kind="choice", options=tuple(part.strip() for part in kind[7:].split("|"))), (), {}
    fields = schema.parse(front.output)
    shape = schema.items_of(fields.schema, front.many) if front.many else fields.schema
    return Output(schema=shape), fields.quotes, fields.phrases


def packaged_folder() -> Path:
    """The taxonomy that came with the program: beside the package in a checkout, inside it in a wheel."""
    here = Path(__file__).parent
    inside = here / "data" / "taxonomy"
    return inside if inside.is_dir() else here.parent / "taxonomy"


@lru_cache(maxsize=8)
def environment(folder: Path) -> ImmutableSandboxedEnvironment:
    """Jinja over a taxonomy folder: strict, sandboxed, whitespace kept as written.

    What the folder does not have (such as _shared/fact.jinja) is taken from the program's own.
    """
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([folder, packaged_folder()]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )


@lru_cache(maxsize=1024)
def _template(source: str, folder: Path) -> Template:
    """Compiled once: that takes Jinja longer than all else that is done for a request."""
    return environment(folder).from_string(source)


def render(agent: Agent, folder: Path, values: Mapping[str, Any]) -> tuple[Message, ...]:
    """The messages of one call: what stands before `{{ turn }}` is the system's, what stands after it the user's.

    TaxonomyError names the file if the template reads what is not there.
    """
    try:
        system, _, user = _template(agent.template, folder).render(turn=TURN, **values).partition(TURN)
    except Exception as error:  # a template may come from anyone and raise anything
        line = getattr(error, "lineno", None)
        place = f"{agent.file}:{agent.line + line - 1}" if line else agent.file
        raise TaxonomyError(f"{place}: {error}") from error
    return (Message(role="system", content=system.strip()), Message(role="user", content=user.strip()))


def render_text(source: str, folder: Path, values: Mapping[str, Any]) -> str:
    """A row's message from its one-line template. TaxonomyError if it reads what is not there."""
    try:
        return _template(source, folder).render(dict(values)).strip()
    except Exception as error:  # a template may come from anyone and raise anything
        raise TaxonomyError(f"row template {source!r}: {error}") from error


def line_of(path: Path, place: Sequence[int | str]) -> int:
    """The line of a YAML file, or of a prompt file's front matter, on which the value at `place` stands."""
    source = path.read_text(encoding="utf-8")
    front = FRONT.match(source)
    node: Any = yaml.compose(front[1] if front else source, Loader=yaml.SafeLoader)
    line = 0
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = (node.value[part], node.value[part])
        else:
            found = None
        if found is None:
            break
        line, node = found[0].start_mark.line, found[1]
    return line + (2 if front else 1)


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
    parents: list[nodes.Extends | nodes.Include] = [*tree.find_all(nodes.Extends), *tree.find_all(nodes.Include)]
    for node in parents:
        if isinstance(node.template, nodes.Const):
            assert env.loader is not None
            parent, _, _ = env.loader.get_source(env, node.template.value)  # never a file outside the folder
            trees += _trees(parent, folder)
    return trees
