"""The folder is the registry: a module in a room is a plug, and other packages add theirs by entry points.

A room may have folders of its own, a skill's each; a plug goes by its module's name wherever it stands.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from agentinstruct_local.errors import PlugNotFound

VERBS = {"verifiers": "verify", "tools": "use", "exporters": "export"}
"""Room -> the function that makes a module a plug."""


@cache
def _modules(room: str) -> dict[str, str]:
    package = importlib.import_module(f"agentinstruct_local.{room}")
    found = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    return {info.name.rpartition(".")[2]: info.name for info in found if not info.ispkg}


@cache
def names(room: str) -> tuple[str, ...]:
    """All plugs of a room, ours and other packages'."""
    ours = {name for name, module in _modules(room).items() if hasattr(importlib.import_module(module), VERBS[room])}
    return tuple(sorted(ours | {point.name for point in entry_points(group=f"agentinstruct_local.{room}")}))


def declared(name: str) -> Mapping[str, Any]:
    """What a tool tells an agent that may call it: `description`, and `parameters` as a JSON schema.

    Arguments reach the tool as fields of the draft's item; `options` are what it is given beside them, such as the
    field to read. PlugNotFound for a tool that is not to be called so.
    """
    told = getattr(importlib.import_module(find("tools", name).__module__), "DECLARED", None)
    if told is None:
        raise PlugNotFound(f"no agent can call the tool {name!r}", hint="its module has no DECLARED")
    return told  # type: ignore[no-any-return]


@cache
def find(room: str, name: str) -> Callable[..., Any]:
    """The function of one plug. PlugNotFound lists what there is."""
    module = _modules(room).get(name)
    if module and hasattr(found := importlib.import_module(module), VERBS[room]):
        return getattr(found, VERBS[room])  # type: ignore[no-any-return]
    for point in entry_points(group=f"agentinstruct_local.{room}", name=name):
        return point.load()  # type: ignore[no-any-return]
    raise PlugNotFound(f"no {VERBS[room]} {name!r} in {room}", hint=f"there are: {', '.join(names(room))}")
