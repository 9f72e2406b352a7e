"""Functions over the rows of a table: how they are declared to a model, and what they return when they are called."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from agentinstruct_local.passages import Table


class Function(NamedTuple):
    """One function: `get` an entry by the row's name, `find` the names by an entry, or the whole `record`."""

    name: str
    kind: str
    column: int  # the one that it returns, or is searched in; 0 for the record


def slug(text: str) -> str:
    """A heading as the name of a parameter: "Lead time (weeks)" is lead_time_weeks; empty where nothing is left."""
    found = "_".join(re.findall(r"[a-z0-9]+", text.casefold()))
    return found if found[:1].isalpha() else f"n_{found}" if found else ""


def functions(table: Table) -> dict[str, Function]:
    """All functions over a table, by name; none where its header gives no two distinct names."""
    slugs = [slug(cell) for cell in table.header]
    if not all(slugs) or len(set(slugs)) < len(slugs):
        return {}
    key = slugs[0]
    found = [Function(f"get_{key}_record", "record", 0)]
    for column in range(1, len(slugs)):
        found.append(Function(f"get_{slugs[column]}", "get", column))
        found.append(Function(f"find_{key}_by_{slugs[column]}", "find", column))
    return {one.name: one for one in found}


def declared(function: Function, table: Table) -> dict[str, Any]:
    """The function as a chat template takes it: its name, what it does, and its parameters as a JSON schema."""
    key, column = table.header[0], table.header[function.column]
    asked = column if function.kind == "find" else key
    about = {
        "get": f'Returns the entry under "{column}" for one row of the table "{table.name}".',
        "find": f'Returns the rows of the table "{table.name}" that have a given entry under "{column}".',
        "record": f'Returns all entries of one row of the table "{table.name}".',
    }[function.kind]
    parameter = {"type": "string", "description": f'An entry under "{asked}", as it stands in the table.'}
    schema = {
        "type": "object",
        "properties": {slug(asked): parameter},
        "required": [slug(asked)],
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": function.name, "description": about, "parameters": schema}}


def called(function: Function, table: Table, value: str) -> dict[str, Any]:
    """A call of it for `value`, as {"name": ..., "arguments": {...}}."""
    asked = table.header[function.column] if function.kind == "find" else table.header[0]
    return {"name": function.name, "arguments": {slug(asked): value}}


def returned(call: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """What a call returns: the table's own entries, or {"error": ..., "similar": [...]} where no row has the value."""
    function = functions(table)[call["name"]]
    (value,) = call["arguments"].values()
    place = function.column if function.kind == "find" else 0
    rows = [row for row in table.rows if row[place] == value]
    if not rows:
        near = difflib.get_close_matches(value, [row[place] for row in table.rows], n=3, cutoff=0.6)
        return {"error": f'no row has "{value}" under "{table.header[place]}"', "similar": near}
    named = [dict(zip(map(slug, table.header), row, strict=True)) for row in rows]
    if function.kind == "find":
        return {slug(table.header[0]): [row[0] for row in rows]}
    if function.kind == "get":
        wanted = slug(table.header[function.column])
        return {slug(table.header[0]): rows[0][0], wanted: named[0][wanted]}
    return named[0]
