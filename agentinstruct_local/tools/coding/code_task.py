"""A task about a small program over the passage's own data, its answer worked out by running it in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools.coding._code_views import VIEWS
from agentinstruct_local.tools.coding._dataset import datasets
from agentinstruct_local.tools.coding._programs import Problem, problems
from agentinstruct_local.tools.coding._wording import block, examples, program, put, worded

LONGEST = 3000
"""Characters of a question."""


def use(
    draft: Draft,
    *,
    task: str = "write",
    asks: Sequence[str] = (),
    answers: Sequence[str] = (),
    over: Sequence[str] = (),
) -> dict[str, Any]:
    """`question`, `answer`, `task`, `data` and `code` (the program that both are about), `tests`, `big` and `quote`.

    `task`: one of the views of `_code_views.py`. `tests` are calls with their values, worked out twice by programs
    written in two ways. Error: no_data where the passage has no table, settings or names for such a task.
    """
    draw = drawn(draft, f"code {task}")
    view, needs = VIEWS[task]
    for problem in problems(draft, draw, datasets(draft), needs, over):
        parts = view(problem, draw)
        if parts is None:
            continue
        words = _words(problem, parts)
        question = worded(asks, draw, words)
        if len(question) <= LONGEST:
            answer = put(draw.choice(list(answers) or ["{solution}"]), words)
            return {"output": _output(problem, parts, task, question, answer)}
    return {"error": "no_data"}


def _output(problem: Problem, parts: dict[str, Any], task: str, question: str, answer: str) -> dict[str, Any]:
    return {
        "question": question,
        "answer": answer,
        "task": task,
        "data": problem.data.shown,
        "code": parts.get("broken") or parts.get("shown") or problem.code,
        "right": problem.code,
        "name": problem.name,
        "tests": [[call, repr(value)] for call, value in problem.calls],
        "big": problem.big,
        "grows": parts.get("sign", ""),
        "line": parts.get("line", 0),
        "printed": parts.get("printed", ""),
        "quote": problem.data.quote,
    }


def _words(problem: Problem, parts: dict[str, Any]) -> dict[str, Any]:
    """Everything that a wording may name; code stands between fences."""
    setup = problem.data.shown
    fenced: dict[str, Any] = {
        name: block(str(parts[name]))
        for name in ("solution", "shown", "broken", "gap", "tests_text", "interface")
        if name in parts
    }
    about = {
        "data": block(setup),
        "both": block(program(setup, str(parts.get("broken") or parts.get("gap") or parts.get("shown", "")))),
        "examples": examples(problem),
        "signature": problem.signature,
        "name": problem.name,
        "label": problem.data.label,
        "variable": problem.data.name,
        "matter": {"records": "rows", "words": "names", "settings": "settings", "limits": "values", "tree": "values"}[
            problem.data.kind
        ],
    }
    return {**parts, **problem.words, **about, **fenced}
