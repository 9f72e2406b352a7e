"""The query of a row gives what it says over the rows that its question shows; an injection is one, and closed."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from agentinstruct_local import sandbox
from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.coding._code import blocks, literal
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "sql_holds"
_CELL = re.compile(r"(?<!\\)\|")
_COLUMN = re.compile(r"^ +(\w+) (INTEGER|TEXT)\b", re.MULTILINE)
_UNSAFE = re.compile(r"query = f\"(SELECT [^\"{]+'\{(\w+)\}')\"")
_SAFE = re.compile(r"query = \"(SELECT [^\"{]+ = \?)\"")
_PAYLOAD = re.compile(r"`([^`\n]*' OR '[^`\n]*)`")
Rows = list[list[Any]]


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: code_unread, code_unsupported, code_fails (the query is refused), code_wrong (other rows than told)."""
    question, answer = string(draft, f"{of}.question"), string(draft, f"{of}.answer")
    table, task = string(draft, f"{of}.table"), string(draft, f"{of}.task")
    try:
        rows = _from_list(question) if task == "to_python" else _from_table(question)
    except ValueError as problem:
        return bad(BY, "code_unread", str(problem) or "no table")
    if len(rows) < 2 or not table or table not in question:
        return bad(BY, "code_unread", "no table in the question")
    if task == "injection":
        return _closed(question, answer, {table: rows})
    return _queried(question, answer, task, {table: rows})


def _queried(question: str, answer: str, task: str, tables: Mapping[str, Rows]) -> Verdict:
    query = (blocks(question if task == "to_python" else answer, "sql") or [""])[-1].rstrip(";")
    found = sandbox.query(query, tables)
    if found.kind != "value":
        return bad(BY, "code_fails", f"{found.error}: {found.detail}")
    if task != "query":
        said = _result(question if task == "to_sql" else answer, tables)
        if said.kind != "value":
            reason = "code_unsupported" if said.kind == "unsupported" else "code_fails"
            return bad(BY, reason, said.detail or said.error)
        if _as_rows(said.value) != found.value:
            return bad(BY, "code_wrong", f"Python gives {said.value!r}, SQL {found.value!r}")
    return good(BY, query) if task == "to_python" else _listed(found.value, answer)


def _listed(rows: Rows, answer: str) -> Verdict:
    """The rows of the result stand in the answer, in their order, and no others."""
    told = [line[2:] for line in answer.splitlines() if line.startswith("- ")]
    wanted = [", ".join("NULL" if one is None else str(one) for one in row) for row in rows]
    return good(BY, f"{len(rows)} rows") if told == wanted else bad(BY, "code_wrong", f"{wanted}, told {told}")


def _from_table(question: str) -> Rows:
    """The table in Markdown of a question, with whole numbers where its schema says so."""
    numbers = {name for name, kind in _COLUMN.findall(question) if kind == "INTEGER"}
    lines = [line for line in question.splitlines() if line.startswith("| ")]
    cells = [[one.strip().replace("\\|", "|") for one in _CELL.split(line)[1:-1]] for line in lines]
    if len(cells) < 3:
        raise ValueError("no table in the question")
    header, _, *body = cells
    return [header, *([_cell(one, name in numbers) for one, name in zip(row, header, strict=True)] for row in body)]


def _cell(text: str, number: bool) -> Any:
    if not number:
        return text
    return int(text) if text else None


def _from_list(question: str) -> Rows:
    """The list of dictionaries that a question shows."""
    code = next((one for one in blocks(question) if "= [" in one), "")
    records = literal(code.partition("= ")[2])
    header = list(records[0])
    return [header, *([record[name] for name in header] for record in records)]


def _result(text: str, tables: Mapping[str, Rows]) -> sandbox.Outcome:
    """What the Python of a text leaves in `result`, given the rows."""
    ((table, rows),) = tables.items()
    records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    code = (blocks(text) or [""])[-1 if "result =" in (blocks(text) or [""])[-1] else 0]
    if "result =" not in code:
        return sandbox.Outcome(kind="raised", error="no result")
    return sandbox.values(f"{table} = {records!r}\n{code}", ["result"])[-1]


def _as_rows(value: Any) -> Rows:
    """What a function gives, as the rows of a query that gives the same."""
    if isinstance(value, dict):
        return sorted([key, one] for key, one in value.items())
    if isinstance(value, list):
        return [[one] for one in value]
    return [] if value is None else [[value]]


def _closed(question: str, answer: str, tables: Mapping[str, Rows]) -> Verdict:
    """The input gets all rows from the old function and none from the new one; a real value gets the same from both."""
    unsafe, safe, payload = _UNSAFE.search(question), _SAFE.search(answer), _PAYLOAD.search(answer)
    if not (unsafe and safe and payload):
        return bad(BY, "code_unread", "no query that is pasted together, no parameter, or no input")
    (rows,) = tables.values()
    hole = "{" + unsafe[2] + "}"
    attacked = unsafe[1].replace(hole, payload[1])
    leaked = sandbox.query(attacked, tables)
    at = rows[0].index(unsafe[2]) if unsafe[2] in rows[0] else 0
    plain = [(unsafe[1].replace(hole, str(row[at]).replace("'", "''")), row[at]) for row in rows[1:]]
    faults = (
        (leaked.kind != "value" or len(leaked.value) != len(rows) - 1, "the input does not get at all rows"),
        (blocks(answer, "sql") != [attacked], "the answer shows another query than the attack makes"),
        (sandbox.query(safe[1], tables, [payload[1]]).value != [], "the new function is open too"),
        (not _binds(answer, unsafe[2]), "the value is not bound"),
        (not all(_alike(old, safe[1], one, tables) for old, one in plain), "for a real value the two differ"),
    )
    wrong = next((words for is_so, words in faults if is_so), "")
    return bad(BY, "code_wrong", wrong) if wrong else good(BY, attacked)


def _alike(old: str, new: str, value: Any, tables: Mapping[str, Rows]) -> bool:
    before, after = sandbox.query(old, tables), sandbox.query(new, tables, [value])
    return bool(after.value) and before.value == after.value


def _binds(answer: str, name: str) -> bool:
    """Whether the last program of an answer passes the value to `execute` as a parameter."""
    try:
        tree = ast.parse((blocks(answer) or [""])[-1])
    except (SyntaxError, ValueError):
        return False
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) == 2]
    return any(name in {one.id for one in ast.walk(call.args[1]) if isinstance(one, ast.Name)} for call in calls)
