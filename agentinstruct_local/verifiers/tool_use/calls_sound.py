"""The calls of a chat fit their declarations and invent nothing, and the answers say what the functions returned."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.schema import problems
from agentinstruct_local.verifiers.fields import bad, good
from agentinstruct_local.words import name_supported, names, normalise, strange_numbers

_QUIET = ("absent", "none_needed")
_SEVERAL = {"several": 2, "several_missing": 2}


def verify(draft: Draft, *, chat: str = "call_functions") -> Verdict:
    """The chat at `chat` (`messages`, `tools`, `case`) is sound.

    Refused are a call of a function that is not declared or whose arguments do not fit its schema (call_unfit), an
    argument that neither the user nor a function has named (argument_invented), a result that is no row of the passage
    (result_untrue), an answer with a number or name that nobody has told, or without what was asked for
    (answer_ungrounded), and a chat that is not what its case promises (wrong_course).
    """
    turns: Sequence[Mapping[str, Any]] = draft.value(f"{chat}.messages", [])
    tools: Sequence[Mapping[str, Any]] = draft.value(f"{chat}.tools", [])
    declared = {one["function"]["name"]: one["function"] for one in tools}
    rows = [normalise(unit.text) for unit in draft.passage.units]
    told, results = "", [""]
    for turn in turns:
        for call in turn.get("tool_calls", ()):
            if reason := _unfit(call, declared):
                return bad("calls_sound", "call_unfit", reason)
            for value in call["arguments"].values():
                if normalise(str(value)) not in normalise(told):
                    return bad("calls_sound", "argument_invented", str(value))
        if turn["role"] == "tool":
            result = json.loads(turn["content"])
            if "error" not in result and not _true(result, rows, draft.passage.text):
                return bad("calls_sound", "result_untrue", turn["content"])
            results.append(turn["content"])
        if turn["role"] == "assistant" and turn["content"]:
            known = f"{told}\n{_declared_words(tools)}"
            strange = strange_numbers(turn["content"], known)
            strange += [one for one in names(turn["content"]) if not name_supported(one, known)]
            if strange:
                return bad("calls_sound", "answer_ungrounded", f"nobody has told: {strange[0]}")
        told += "\n" + turn["content"] + ("\n" + " ".join(_values(turn["content"])) if turn["role"] == "tool" else "")
    case = str(draft.value(f"{chat}.case"))
    if reason := _off_course(case, turns) or _unsaid(case, turns):
        return bad("calls_sound", "wrong_course", reason)
    return good("calls_sound", f"{len(results) - 1} results")


def _unfit(call: Mapping[str, Any], declared: Mapping[str, Any]) -> str:
    if call["name"] not in declared:
        return f"no function {call['name']}"
    return "; ".join(problems(call["arguments"], declared[call["name"]]["parameters"]))


def _true(result: Mapping[str, Any], rows: Sequence[str], passage: str) -> bool:
    """All values of a record stand in one row, or in what one option says; names that were found stand somewhere."""
    if any(isinstance(value, list) for value in result.values()):
        return all(normalise(one) in normalise(passage) for value in result.values() for one in value)
    wanted = [normalise(str(value)) for value in result.values() if str(value)]
    near = [f"{one} {other}" for one, other in pairwise(rows)]
    return any(all(one in row for one in wanted) for row in [*(_marks(row) for row in rows), *map(_marks, near)])


def _marks(text: str) -> str:
    return normalise(text.replace("**", "").replace("`", "").replace("\\", ""))


def _values(content: str) -> Iterator[str]:
    for value in json.loads(content).values():
        yield from map(str, value if isinstance(value, list) else [value])


def _declared_words(tools: Sequence[Mapping[str, Any]]) -> str:
    parameters = [one["function"]["parameters"]["properties"] for one in tools]
    return " ".join([one["function"]["description"] for one in tools] + [
        each["description"] for one in parameters for each in one.values()
    ])  # fmt: skip


def _off_course(case: str, turns: Sequence[Mapping[str, Any]]) -> str:
    """Why these turns are not those of such a case; empty if they are."""
    if len(turns) < 2:
        return "there is no chat"
    calls = [len(turn.get("tool_calls", ())) for turn in turns]
    results = [json.loads(turn["content"]) for turn in turns if turn["role"] == "tool"]
    first = turns[1]
    asks = not first.get("tool_calls") and "?" in first["content"]
    wrong = {
        "it does not end with an answer": turns[-1]["role"] != "assistant" or not turns[-1]["content"],
        "a call where none could be made or none was needed": case in _QUIET and any(calls),
        "no call": case not in _QUIET and not any(calls),
        "what is missing is not asked for": case in ("missing", "several_missing") and not asks,
        "the calls are not made at once": case == "parallel" and max(calls) < 2,
        "no error": case == "error" and not any("error" in one for one in results),
        "too few calls": sum(calls) < _SEVERAL.get(case, 0),
    }
    return next((reason for reason, so in wrong.items() if so), "")


def _unsaid(case: str, turns: Sequence[Mapping[str, Any]]) -> str:
    """A returned value that was asked for by its own function and is not in the answer."""
    if case in ("record", "error"):
        return ""
    said = normalise(turns[-1]["content"])
    last = [json.loads(turn["content"]) for turn in turns if turn["role"] == "tool"]
    for result in last if case == "parallel" else last[-1:]:
        for value in result.values():
            for one in value if isinstance(value, list) else [value]:
                if normalise(str(one)).rstrip(".") not in said:
                    return f"not told: {one}"
    return ""
