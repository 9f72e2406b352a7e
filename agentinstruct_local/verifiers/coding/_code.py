"""How the code of a row is read again from its text, and run."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from agentinstruct_local import sandbox
from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad

_FENCED = re.compile(r"^```(\w*)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_TOLD = re.compile(r"`([^`\n]+)`(?:, which)? (?:returns|gives) `([^`\n]+)`")
LONGEST = 12_000
"""Characters of a text that is searched for code."""


def blocks(text: str, language: str = "python") -> list[str]:
    """The blocks of code of a language in a text; "" for those without one."""
    return [code for name, code in _FENCED.findall(text[:LONGEST]) if name == language]


def told(text: str) -> list[tuple[str, str]]:
    """What a text says that calls give: "`f(1)` returns `2`"."""
    return _TOLD.findall(text[:LONGEST])


def literal(text: str) -> Any:
    """The value that a text is the literal of; raises ValueError where it is none."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, MemoryError, RecursionError, TypeError) as problem:
        raise ValueError(text[:40]) from problem


def tests_of(draft: Draft, of: str) -> list[tuple[str, Any]]:
    """The calls with their values that a row was made with; none where they cannot be read."""
    found = draft.value(f"{of}.tests", ())
    try:
        return [(str(call), literal(str(value))) for call, value in found]
    except (ValueError, TypeError):
        return []


def failing(by: str, code: str, tests: Sequence[tuple[str, Any]]) -> Verdict | None:
    """Why code does not pass its tests; None where it does.

    Reasons: code_unsupported (the sandbox cannot tell), code_limit, code_fails (an exception), code_wrong (a value).
    """
    start, *found = sandbox.values(code, [call for call, _ in tests])
    for (call, wanted), one in zip((("", None), *tests), (start, *found), strict=True):
        reason = {"unsupported": "code_unsupported", "limit": "code_limit", "raised": "code_fails"}.get(one.kind)
        if reason:
            return bad(by, reason, f"{call}: {one.error} {one.detail}")
        if call and not sandbox.same(one.value, wanted):
            return bad(by, "code_wrong", f"{call} gives {one.value!r}, not {wanted!r}")
    return None


def trees_alike(one: str, other: str) -> bool:
    """Whether two programs are the same without their docstrings and annotations."""
    try:
        return ast.dump(_Bare().visit(ast.parse(one))) == ast.dump(_Bare().visit(ast.parse(other)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


class _Bare(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # the name that ast looks for
        self.generic_visit(node)
        node.returns = None
        if ast.get_docstring(node) is not None and len(node.body) > 1:
            node.body = node.body[1:]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node


def steps(code: str, data: str, call: str, sizes: Sequence[int]) -> list[int]:
    """How many turns the loops of a program take for a call with inputs of several sizes; none where that fails."""
    try:
        tree = ast.fix_missing_locations(_Counted().visit(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    count = f"def _count(n):\n    _turns[0] = 0\n    {call}\n    return _turns[0]"
    start, *found = sandbox.values(
        f"{data}\n_turns = [0]\n{ast.unparse(tree)}\n{count}", [f"_count({size})" for size in sizes]
    )
    good = start.kind == "value" and all(one.kind == "value" for one in found)
    return [int(one.value) for one in found] if good else []


class _Counted(ast.NodeTransformer):
    def _loop(self, node: ast.For | ast.While) -> ast.AST:
        self.generic_visit(node)
        node.body = [*ast.parse("_turns[0] += 1").body, *node.body]
        return node

    visit_For = _loop  # noqa: N815
    visit_While = _loop  # noqa: N815
