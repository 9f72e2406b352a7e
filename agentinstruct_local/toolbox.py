"""The tools of a run at work: between the agents of a flow, and where an agent calls one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agentinstruct_local import flow, ids, loop, registry
from agentinstruct_local.errors import AgentInstructError
from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft, Move, Step


def searches(move: Move) -> bool:
    """Whether a move lets an agent search in words of its own.

    Tasks that are computed ask in the documents' words, which words alone find as well; vectors would cost them half an
    hour for 8,000 passages (docs/quality.md).
    """
    names = move.tools if move.kind == "agent" else ()
    return any("corpus" in inspect.signature(registry.find("tools", name)).parameters for name in names)


def use(draft: Draft, move: Move, library: Library) -> Step:
    """A tool's output. Tools are pure, so what they return need not be remembered to be the same again."""
    tool = registry.find("tools", move.name)
    output = _used(tool, draft, dict(move.options), library)
    return Step(key=ids.digest("tool", draft.id, draft.at, move.name, output), name=move.name, **output)


def call(draft: Draft, move: Move, library: Library) -> Step:
    """What a tool returns to the agent that called it; its errors too are told to the agent, and end nothing."""
    key, problem = loop.key_of(draft, move), loop.unfit(move)
    output: dict[str, Any] = {"error": problem}
    if not problem:
        asked = replace(draft, item={**draft.item, **move.options})
        options = dict(registry.declared(move.name).get("options", {}))
        output = _used(registry.find("tools", move.name), asked, options, library)
    told = {"error": output["error"]} if "error" in output else output["output"]
    return Step(key=key, name=flow.step_name(move), output=told)


def _used(tool: Callable[..., Any], draft: Draft, options: dict[str, Any], library: Library) -> dict[str, Any]:
    if "corpus" in inspect.signature(tool).parameters:
        options["corpus"] = library
    try:
        return dict(tool(draft, **options))
    except AgentInstructError:
        raise
    except Exception as error:  # noqa: BLE001  # one odd passage must not end a run of days; its draft is told
        return {"error": "tool_failed", "output": f"{type(error).__name__}: {error}"[:200]}
