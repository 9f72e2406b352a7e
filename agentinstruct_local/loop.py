"""An agent that calls tools before it answers: what its steps so far say, to its teacher and in the row. Pure.

Each reply is a call (a thought, a tool, its arguments) or the answer (ReAct: Yao et al. 2023). The steps of a loop are
its agent's replies, and after each call a step named "AGENT.result" with what the tool returned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agentinstruct_local import ids, registry, schema
from agentinstruct_local.records import Draft, Message, Move, Step

THOUGHT = 200
"""The most characters that an agent may think before a call."""


def result_of(agent: str) -> str:
    """The name of the steps that hold what this agent's calls returned."""
    return f"{agent}.result"


def is_call(output: Any) -> bool:
    """Whether a reply is a call."""
    return isinstance(output, Mapping) and {"tool", "arguments"} <= output.keys()


def turns(steps: Iterable[Step], agent: str) -> list[Step]:
    """The replies and results of this agent's last loop, finished or not."""
    found: list[Step] = []
    for step in steps:
        if step.name in (agent, result_of(agent)):
            if found and found[-1].name == agent and not is_call(found[-1].output):
                found = []
            found.append(step)
    return found


def under_way(draft: Draft, agent: str) -> list[Step]:
    """The same, of a loop that has no answer yet."""
    found = turns(draft.steps, agent)
    return found if found and (found[-1].name != agent or is_call(found[-1].output)) else []


def calls(draft: Draft, agent: str) -> int:
    """How many calls the loop under way has made."""
    return sum(step.name == agent for step in under_way(draft, agent))


def due(draft: Draft, move: Move) -> Move:
    """What is next in a loop: the call that was asked for, else the agent's next reply."""
    said = under_way(draft, move.name)
    if not said or said[-1].name != move.name:
        return move
    call = said[-1].output
    return Move(
        kind="call", name=str(call["tool"]), options=call["arguments"], tools=move.tools,
        stands_for=result_of(move.name), onward=0,
    )  # fmt: skip


def key_of(draft: Draft, call: Move) -> str:
    """Under which a call's result is kept: the same call of the same draft at the same place."""
    return ids.digest("call", draft.id, len(draft.steps), call.name, call.options, length=24)


def unfit(call: Move) -> str:
    """Why a call cannot be made, in words for the agent; empty if it can."""
    if call.name not in call.tools:
        return f"there is no tool {call.name!r}; there are {', '.join(call.tools)}"
    return "; ".join(schema.problems(call.options, registry.declared(call.name)["parameters"]))


def shape(answer: Mapping[str, Any], tools: Sequence[str]) -> dict[str, Any]:
    """The schema of a reply: a call of one of the tools, or the answer."""
    parameters = {name: registry.declared(name)["parameters"] for name in tools}
    return {"anyOf": [*(_call(name, one) for name, one in parameters.items()), dict(answer)]}


def _call(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    parts = {"thought": {"type": "string", "maxLength": THOUGHT}, "tool": {"enum": [name]}, "arguments": parameters}
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}


def chat(said: Iterable[Step]) -> tuple[Message, ...]:
    """The loop so far for the teacher: its own replies, and results as the user's turns, which every format has."""
    return tuple(
        Message(role="user", content=f"Result: {_written(step.output)}")
        if step.name.endswith(".result")
        else Message(role="assistant", content=_written(step.output))
        for step in said
    )


def messages(draft: Draft, agent: str) -> tuple[Message, ...]:
    """The calls of a finished loop and what they returned, as the chat form of the row has them."""
    found: list[Message] = []
    name = ""
    for step in turns(draft.steps, agent):
        if step.name != agent:
            found.append(Message(role="tool", name=name, content=_written(step.output)))
        elif is_call(step.output):
            name = str(step.output["tool"])
            call = {"name": name, "arguments": dict(step.output["arguments"])}
            found.append(Message(role="assistant", content="", tool_calls=(call,)))
    return tuple(found)


def declarations(tools: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
    """The tools as a chat template takes them."""
    shown = ("description", "parameters")
    told = {name: {key: registry.declared(name)[key] for key in shown} for name in tools}
    return tuple({"type": "function", "function": {"name": name, **one}} for name, one in told.items())


def _written(output: Any) -> str:
    return json.dumps(output, ensure_ascii=False)
