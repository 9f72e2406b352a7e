"""A table or settings of a passage in another form: JSON, YAML, CSV, environment variables; commands as a script."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools.coding._dataset import Data, datasets
from agentinstruct_local.tools.coding._wording import block, put, worded
from agentinstruct_local.tools.coding.query_task import drawn_table, listed

_PROMPT = re.compile(r"^\$ (.+)$")
_HOLE = re.compile(r"<[\w -]+>|\b[A-Z]{3,}_[A-Z_]+\b|\.\.\.|…|\[.*\]|`")


def use(draft: Draft, *, task: str = "data", asks: Sequence[str] = (), answers: Sequence[str] = ()) -> dict[str, Any]:
    """`question`, `answer`, `task`, `form`, `given` (the data as it stands in the question) and `quote`.

    `task`: data (a table or settings to another form) or script (commands of a listing). Error: no_data.
    """
    draw = drawn(draft, f"config {task}")
    if task == "script":
        return _script(draft, asks, answers)
    found = [one for one in datasets(draft) if one.kind in ("records", "settings")]
    if not found:
        return {"error": "no_data"}
    data = draw.choice(found)
    form, (title, language, write) = draw.choice(sorted(_FORMS[data.kind].items()))
    given = drawn_table(listed(data)) if data.kind == "records" else block(data.source, "ini")
    note = _NOTES[form] if form in ("env", "csv") or _counts(data) else ""
    words = {
        "given": given, "form": title, "label": data.label, "note": note, "name": data.name,
        "result": block(write(data).rstrip("\n"), language), "sort": _SORTS[data.kind], "count": len(data.value),
    }  # fmt: skip
    question = worded(asks, draw, words).replace(" \n", "\n").rstrip()
    answer = put(draw.choice(list(answers) or ["{result}"]), words)
    answer += _SAYS.get(form, "") if _QUOTED.search(write(data)) else ""
    return {"output": {
        "question": question, "answer": answer, "task": task, "form": form, "given": given, "quote": data.quote,
    }}  # fmt: skip


def _counts(data: Data) -> bool:
    """Whether there is a number or a truth value among the entries."""
    plain = _plain(data)
    return any(isinstance(one, int) for row in (plain if data.kind == "records" else [plain]) for one in row.values())


def _json(data: Data) -> str:
    return json.dumps(_plain(data), indent=2, ensure_ascii=False)


def _yaml(data: Data) -> str:
    return yaml.safe_dump(_plain(data), sort_keys=False, allow_unicode=True, width=200)


def _csv(data: Data) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(listed(data))
    return out.getvalue()


def _env(data: Data) -> str:
    return "\n".join(f"{re.sub(r'[^A-Z0-9]', '_', name.upper())}={_shell(one)}" for name, one in data.value.items())


def _shell(value: str) -> str:
    return value if re.fullmatch(r"[\w./:@%+,-]+", value) else "'" + value.replace("'", "'\\''") + "'"


def _plain(data: Data) -> Any:
    """Settings with numbers and truth values as such; rows as they are."""
    return {name: typed(one) for name, one in data.value.items()} if data.kind == "settings" else data.value


def typed(text: str) -> Any:
    """A setting's text as the kind of value that it stands for."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if re.fullmatch(r"0|[1-9]\d{0,8}", text) else text


Form = tuple[str, str, Callable[[Data], str]]
_FORMS: Mapping[str, Mapping[str, Form]] = {
    "records": {
        "json": ("a JSON array of objects", "json", _json), "yaml": ("a YAML list", "yaml", _yaml),
        "csv": ("CSV with a header line", "csv", _csv),
    },
    "settings": {
        "json": ("a JSON object", "json", _json), "yaml": ("YAML", "yaml", _yaml),
        "env": ("a .env file with environment variables", "sh", _env),
    },
}  # fmt: skip
_SORTS = {"records": "this table", "settings": "these settings"}
_NOTES = {
    "json": "Whole numbers should be numbers there, and true and false truth values.",
    "yaml": "Whole numbers should be numbers there, and true and false truth values.",
    "env": "Use upper-case names with underscores.",
    "csv": "Keep the columns in their order.",
}
_QUOTED = re.compile(r"[\"']")
_SAYS = {
    "env": "\n\nThe names are in upper case, and values with characters that mean something to the shell are quoted.",
    "csv": "\n\nA value that holds a comma or a quote is put in double quotes, as CSV readers expect.",
}


def _script(draft: Draft, asks: Sequence[str], answers: Sequence[str]) -> dict[str, Any]:
    draw = drawn(draft, "script")
    label = next((one for one in (*draft.passage.headings[::-1], draft.passage.title) if one), "")
    label = re.sub(r"^[\d.]+\s+", "", label)
    for unit in draft.passage.units:
        if unit.kind != "code":
            continue
        start = draft.passage.span[0]
        lines = draft.passage.text[unit.span[0] - start : unit.span[1] - start].splitlines()
        found = [_PROMPT.match(line.strip()) for line in lines if line.strip()]
        commands = [one[1].strip() for one in found if one]
        if len(commands) < len(found) or not 2 <= len(commands) <= 8:
            continue
        # Commands of one program are as often a choice as a sequence: "commit" beside "abort".
        if len({one.split()[0] for one in commands}) < 2:
            continue
        if any(_HOLE.search(one) or one.endswith("\\") or one.startswith("#") for one in commands):
            continue
        shown = "\n".join(f"$ {one}" for one in commands)
        script = "\n".join(("#!/usr/bin/env bash", "set -euo pipefail", "", *commands))
        words = {
            "given": block(shown, "console"),
            "label": label,
            "script": block(script, "bash"),
            "count": len(commands),
        }
        return {"output": {
            "question": worded(asks, draw, words), "answer": put(draw.choice(list(answers) or ["{script}"]), words),
            "task": "script", "form": "script", "given": shown, "quote": unit.text,
        }}  # fmt: skip
    return {"error": "no_data"}
