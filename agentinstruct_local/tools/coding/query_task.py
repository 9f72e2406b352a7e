"""A task in SQL over a table of the passage: a query and its rows, Python from SQL and back, or an injection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentinstruct_local import sandbox
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools.coding._dataset import Data, datasets
from agentinstruct_local.tools.coding._programs import Problem, problems
from agentinstruct_local.tools.coding._wording import block, put, worded

PAYLOAD = "x' OR '1'='1"
"""What an attacker types to turn a condition into one that always holds."""
LONGEST = 2600
"""Characters of a question."""


def use(draft: Draft, *, task: str = "query", asks: Sequence[str] = (), answers: Sequence[str] = ()) -> dict[str, Any]:
    """`question`, `answer`, `task`, `rows` (what the query gives), `tests` and `quote`.

    `task`: query (words to SQL), to_sql (Python to SQL), to_python (SQL to Python) or injection. Error: no_data where
    the passage has no table that such a query says something about.
    """
    draw = drawn(draft, f"query {task}")
    for problem in problems(draft, draw, datasets(draft), ("sql",), ("records",)):
        data = problem.data
        found = sandbox.query(problem.sql, {data.name: listed(data)})
        if found.kind != "value" or not found.value or (task == "injection" and problem.id != "lookup"):
            continue
        words = _words(problem, found.value)
        question = worded(asks, draw, words)
        if len(question) <= LONGEST:
            return {"output": {
                "question": question, "answer": put(draw.choice(list(answers) or ["{query}"]), words), "task": task,
                "rows": repr(found.value), "table": data.name, "data": data.shown, "name": problem.name,
                "tests": [[call, repr(value)] for call, value in problem.calls], "quote": data.quote,
            }}  # fmt: skip
    return {"error": "no_data"}


def listed(data: Data) -> list[list[Any]]:
    """Records as a table for the sandbox: the column names, then the rows."""
    fields = list(data.value[0])
    return [fields, *([row[field] for field in fields] for row in data.value)]


def drawn_table(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a table in Markdown, the first one its header."""
    cells = [["" if one is None else str(one).replace("|", "\\|") for one in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (cells[0], ["---"] * len(cells[0]), *cells[1:]))


def _schema(data: Data) -> str:
    kinds = {field: "INTEGER" if isinstance(data.value[0][field], int) else "TEXT" for field in data.value[0]}
    columns = ",\n".join(f"    {field} {kind}" for field, kind in kinds.items())
    return f"CREATE TABLE {data.name} (\n{columns}\n);"


def _words(problem: Problem, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    data = problem.data
    field, key = problem.name.removeprefix("get_"), data.key
    start = f"SELECT {field} FROM {data.name} WHERE {key} = "
    code = f"def find(connection, {key}):\n"
    return {
        **problem.words,
        "schema": block(_schema(data), "sql"),
        "table": drawn_table(listed(data)),
        "name": data.name,
        "data": block(data.shown),
        "label": data.label,
        "query": block(f"{problem.sql};", "sql"),
        "result": _told(rows),
        "function": block(problem.code),
        "python": block(f"{problem.code}\n\n\nresult = {problem.calls[0][0]}"),
        "call": problem.calls[0][0],
        "unsafe": block(f"{code}    query = f\"{start}'{{{key}}}'\"\n    return connection.execute(query).fetchall()"),
        "safe": block(f'{code}    query = "{start}?"\n    return connection.execute(query, ({key},)).fetchall()'),
        "payload": PAYLOAD,
        "attack": f"{start}'{PAYLOAD}'",
        "count": len(data.value),
        "argument": key,
    }


def _told(rows: Sequence[Sequence[Any]]) -> str:
    """The rows of a result, a line each."""
    return "\n".join(f"- {', '.join('NULL' if one is None else str(one) for one in row)}" for row in rows)
