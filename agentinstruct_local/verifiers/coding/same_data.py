"""Data in another form is the same data; a script has the commands that it was made of, in their order."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.coding._code import blocks
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "same_data"
_CELL = re.compile(r"(?<!\\)\|")
_LANGUAGES = {"json": "json", "yaml": "yaml", "csv": "csv", "env": "sh", "script": "bash"}
_LONGEST = 6_000


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: code_unread, code_wrong (an entry is missing, new or another one)."""
    question, answer = string(draft, f"{of}.question")[:_LONGEST], string(draft, f"{of}.answer")[:_LONGEST]
    form = string(draft, f"{of}.form")
    found = blocks(answer, _LANGUAGES.get(form, "-"))
    if len(found) != 1 or not question:
        return bad(BY, "code_unread", form or "no form")
    if form == "script":
        return _same_commands(question, found[0])
    try:
        given, made = _given(question), _READ[form](found[0])
    except (ValueError, IndexError, yaml.YAMLError, RecursionError) as problem:
        return bad(BY, "code_unread", str(problem) or form)
    loose = form in ("csv", "env")
    wanted = [_plain(one, loose) for one in given]
    if form == "env":
        wanted = [{re.sub(r"\W", "_", name.upper()): one for name, one in row.items()} for row in wanted]
    if not wanted or made != wanted:
        return bad(BY, "code_wrong", f"{made} for {wanted}")
    return good(BY, form)


def _given(question: str) -> list[dict[str, str]]:
    """The rows of the question's table, or its settings as one row."""
    if pairs := [line for code in blocks(question, "ini") for line in code.splitlines()]:
        cut = [line.partition(" = ") for line in pairs]
        return [{name: value for name, _, value in cut}]
    lines = [line for line in question.splitlines() if line.startswith("| ")]
    cells = [[one.strip().replace("\\|", "|") for one in _CELL.split(line)[1:-1]] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def _plain(row: Mapping[str, str], loose: bool) -> dict[str, Any]:
    return dict(row) if loose else {name: str(one).casefold() for name, one in row.items()}


def _typed(found: Any) -> list[dict[str, Any]]:
    """Records, or one mapping, with every value as a text in small letters; raises ValueError for other shapes."""
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("no list of objects")
    if any(isinstance(one, str) and re.fullmatch(r"true|false", one, re.I) for row in rows for one in row.values()):
        raise ValueError("a truth value as a text")
    return [{name: "" if one is None else str(one).casefold() for name, one in row.items()} for row in rows]


def _csv(text: str) -> list[dict[str, Any]]:
    return [dict(row) for row in csv.DictReader(text.splitlines())]


def _env(text: str) -> list[dict[str, Any]]:
    pairs = [line.partition("=") for line in text.splitlines()]
    return [{name: "".join(shlex.split(value)) for name, _, value in pairs}]


_READ: Mapping[str, Callable[[str], list[dict[str, Any]]]] = {
    "json": lambda text: _typed(json.loads(text)),
    "yaml": lambda text: _typed(yaml.safe_load(text)),
    "csv": _csv,
    "env": _env,
}


def _same_commands(question: str, script: str) -> Verdict:
    asked = [line[2:] for code in blocks(question, "console") for line in code.splitlines()]
    first, second, *rest = script.splitlines() if script.count("\n") > 1 else ("", "", "")
    commands = [line for line in rest if line.strip()]
    if not first.startswith("#!") or not second.startswith("set -e"):
        return bad(BY, "code_wrong", "it does not stop at the first error")
    if not asked or commands != asked:
        return bad(BY, "code_wrong", f"{commands} for {asked}")
    try:
        return good(BY, f"{sum(bool(shlex.split(one)) for one in commands)} commands")
    except ValueError as problem:
        return bad(BY, "code_unread", str(problem))
