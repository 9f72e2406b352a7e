"""The code of a row holds: what the answer gives is run against what the question asks, in the sandbox."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from agentinstruct_local import sandbox
from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.coding._code import blocks, failing, literal, steps, tests_of, told, trees_alike
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "code_runs"
_INLINE = re.compile(r"`([^`\n]+)`")
_ORDER = re.compile(r"O\((?:n²|n|log n)\)")
_SIZES = (64, 128, 256)


class _Row(NamedTuple):
    draft: Draft
    of: str
    question: str
    answer: str
    data: str
    tests: list[tuple[str, object]]

    @property
    def asked(self) -> str:
        """The last program of the question that defines something."""
        found = blocks(self.question) or [""]
        return next((one for one in reversed(found) if re.search(r"^(?:def|class) ", one, re.MULTILINE)), found[-1])

    @property
    def given(self) -> str:
        """The first program of the answer."""
        return (blocks(self.answer) or [""])[0]

    @property
    def with_data(self) -> str:
        """The program of the question, with the data where it does not bring it along."""
        return self.asked if self.data in self.asked else f"{self.data}\n\n{self.asked}"


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: code_unread, code_unsupported (the sandbox lacks something; nothing is known), code_limit, code_fails,
    code_wrong (another value than the one that was told), code_changed (more was changed than was asked for)."""
    question, answer = string(draft, f"{of}.question"), string(draft, f"{of}.answer")
    check = _CHECKS.get(string(draft, f"{of}.task"))
    row = _Row(draft, of, question, answer, string(draft, f"{of}.data"), tests_of(draft, of))
    if check is None or not question or not row.tests:
        return bad(BY, "code_unread", question or "no task with tests")
    if row.data not in question and check not in (_refactored, _faster, _documented, _grows):
        return bad(BY, "code_unread", "the data is not in the question")
    try:
        return check(row) or _examples(row) or good(BY, f"{len(row.tests)} calls")
    except ValueError as problem:
        return bad(BY, "code_unread", str(problem) or "no literal")


def _examples(row: _Row) -> Verdict | None:
    """What the question says that calls give must be so, but for the call that it says is wrong."""
    known = dict(row.tests)
    for call, value in told(row.question):
        if call in known and not sandbox.same(literal(value), known[call]) and f"`{known[call]!r}`" not in row.question:
            return bad(BY, "code_wrong", f"the question says that {call} gives {value}")
    return None


def _solved(row: _Row) -> Verdict | None:
    if not row.given:
        return bad(BY, "code_unread", "no code in the answer")
    return failing(BY, f"{row.data}\n\n{row.given}", row.tests)


def _repaired(row: _Row) -> Verdict | None:
    """What was asked about fails, what is answered does not."""
    if (found := failing(BY, row.with_data, row.tests)) is None:
        return bad(BY, "code_wrong", "there is no fault in what was asked about")
    if found.reason in ("code_unsupported", "code_limit"):
        return found
    return _claims(row) or _solved(row)


def _claims(row: _Row) -> Verdict | None:
    """The call that the question names gives, with the faulty code, what it says."""
    for call, value in told(row.question):
        if call in dict(row.tests) and (wrong := failing(BY, row.with_data, [(call, literal(value))])):
            return wrong
    return None


def _located(row: _Row) -> Verdict | None:
    """With the line that is named put right, the code of the question passes."""
    if (found := failing(BY, row.with_data, row.tests)) is None:
        return bad(BY, "code_wrong", "there is no fault in what was asked about")
    if found.reason in ("code_unsupported", "code_limit"):
        return found
    lines = row.with_data.split("\n")
    shown = blocks(row.answer)
    named = shown or _INLINE.findall(row.answer)
    first = _first([one.strip() for one in named], lines)
    places = [at for at, line in enumerate(lines) if first and line.strip() == first]
    if len(places) != 1:
        return bad(BY, "code_unread", "the answer names no line of the code, or one that stands there twice")
    indent = lines[places[0]][: len(lines[places[0]]) - len(lines[places[0]].lstrip())]
    # A line that is shown by itself is taken as it is indented; one within a sentence may also move out of its loop.
    moved = [indent[4:]] if "out of the loop" in row.answer else [indent]
    for right in named:
        for margin in [""] if shown else moved:
            mended = "\n".join((*lines[: places[0]], margin + right, *lines[places[0] + 1 :]))
            if mended != row.with_data and failing(BY, mended, row.tests) is None:
                return _claims(row)
    return bad(BY, "code_wrong", "no line of the answer repairs it")


def _first(named: list[str], lines: list[str]) -> str:
    there = {line.strip() for line in lines}
    return next((one for one in named if one in there and one.strip()), "")


def _completed(row: _Row) -> Verdict | None:
    gap, whole = row.asked.split("\n"), row.given.split("\n")
    at = next((at for at, line in enumerate(gap) if line.strip().startswith("# ...")), -1)
    start = next((place for place, line in enumerate(gap) if line == whole[0]), -1)
    if (
        at < start
        or start < 0
        or len(whole) != len(gap) - start
        or [*gap[start:at], whole[at - start], *gap[at + 1 :]] != whole
    ):
        return bad(BY, "code_changed", "more than the gap was filled")
    return _solved(row)


def _refactored(row: _Row) -> Verdict | None:
    head = next((line for line in row.asked.split("\n") if line.startswith("def ")), "-")
    if head not in row.given:
        return bad(BY, "code_changed", "the signature is another one")
    if len(row.given.split("\n")) >= len(row.asked.split("\n")):
        return bad(BY, "code_wrong", "it is no shorter")
    return failing(BY, row.with_data, row.tests) or _solved(row)


def _faster(row: _Row) -> Verdict | None:
    code, big = row.asked, string(row.draft, f"{row.of}.big")
    if re.search(r"^def ", code, re.MULTILINE):  # the question shows the slow way
        if _growth(steps(code, row.data, big, _SIZES)) != "O(n²)":
            return bad(BY, "code_wrong", "what was asked about is not quadratic")
        if wrong := failing(BY, row.with_data, row.tests):
            return wrong
    if _growth(steps(row.given, row.data, big, _SIZES)) != "O(n)":
        return bad(BY, "code_wrong", "the answer does not take linear time")
    return _solved(row)


def _growth(turns: list[int]) -> str:
    """The order of growth that counts of turns show for sizes that double."""
    if len(turns) < 3 or not turns[0]:
        return ""
    first, second = turns[1] / turns[0], turns[2] / turns[1]
    if turns[2] - turns[1] <= 2:
        return "O(log n)"
    for low, high, sign in ((1.7, 2.3, "O(n)"), (3.2, 4.6, "O(n²)")):
        if low <= first <= high and low <= second <= high:
            return sign
    return ""


def _grows(row: _Row) -> Verdict | None:
    claimed = _ORDER.findall(row.answer)
    found = _growth(steps(row.asked, row.data, string(row.draft, f"{row.of}.big"), _SIZES))
    if set(claimed) != {found}:
        return bad(BY, "code_wrong", f"{claimed}; counted {found or 'nothing that fits'}")
    return None


def _documented(row: _Row) -> Verdict | None:
    """Nothing but docstring or annotations is new; every argument and the result are told of."""
    if not row.given or not trees_alike(row.asked, row.given) or row.asked == row.given:
        return bad(BY, "code_changed", "the code itself was changed, or nothing was")
    (function,) = [node for node in ast.parse(row.given).body if isinstance(node, ast.FunctionDef)][:1]
    names = [one.arg for one in function.args.args]
    if text := ast.get_docstring(function):
        short = [one for one in (*(f"{name}:" for name in names), "Returns:") if one not in text]
    else:
        short = [one.arg for one in function.args.args if one.annotation is None]
        short += [] if function.returns else ["return"]
    return bad(BY, "code_wrong", f"nothing about {short}") if short else _solved(row)


def _predicted(row: _Row) -> Verdict | None:
    return _prints(row.asked, row)


def _used(row: _Row) -> Verdict | None:
    """The lines of the answer, run with the class that the question only describes."""
    return _prints("\n".join((row.data, string(row.draft, f"{row.of}.right"), row.given)), row)


def _prints(code: str, row: _Row) -> Verdict | None:
    lines, last = code.rpartition("\n")[0], code.rpartition("\n")[2]
    shown = (blocks(row.answer, "") or [""])[0]
    if not (last.startswith("print(") and last.endswith(")")) or not shown:
        return bad(BY, "code_unread", last)
    inner = last.removeprefix("print(").removesuffix(")")
    found = sandbox.values(lines, [inner])[-1]
    if found.kind != "value":
        return failing(BY, lines, [(inner, None)])
    return None if str(found.value) == shown else bad(BY, "code_wrong", f"it prints {found.value}, not {shown}")


def _explained(row: _Row) -> Verdict | None:
    said = told(row.answer)
    if not said:
        return bad(BY, "code_unread", "no example in the answer")
    return failing(BY, row.with_data, [(call, literal(value)) for call, value in said])


_CHECKS: Mapping[str, Callable[[_Row], Verdict | None]] = {
    "write": _solved, "class": _solved, "repair": _repaired, "locate": _located, "review": _located,
    "complete": _completed, "refactor": _refactored, "faster": _faster, "design": _faster, "document": _documented,
    "hints": _documented, "predict": _predicted, "api": _used, "explain": _explained, "complexity": _grows,
}  # fmt: skip
