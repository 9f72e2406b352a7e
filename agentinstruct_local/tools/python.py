"""Run the Python of a text in the sandbox: what its calls give, or why nothing can be said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agentinstruct_local import sandbox
from agentinstruct_local.records import Draft

_FENCED = re.compile(r"^```(?:python|py)?\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
DECLARED = {
    "description": "Runs Python in a sandbox and returns the value of its last expression. No files, no network.",
    "parameters": {
        "type": "object",
        "properties": {"code": {"type": "string", "minLength": 1, "maxLength": 4000, "description": "The program."}},
        "required": ["code"],
        "additionalProperties": False,
    },
    "options": {"of": "item.code"},
}
"""As an agent sees it."""
LONGEST = 20_000
"""Characters of a text that is searched for code."""


def use(draft: Draft, *, of: str = "answer.answer", calls: Sequence[str] | str = ()) -> dict[str, Any]:
    """`kind` (value, raised, limit or unsupported), `error`, `detail`, and `values`: what each call gives, as Python
    writes it, "" for one that gives nothing.

    `of`: the field with the code, in fences or bare. `calls`: expressions, or the field that holds a list of them; with
    none, it is the value of the code itself. Where several go wrong, `kind` is of the first. Error: no_code.
    """
    text = str(draft.value(of))[:LONGEST]
    found = _FENCED.findall(text)
    code = "\n\n".join(found) if found else text
    if not code.strip():
        return {"error": "no_code"}
    named = draft.value(calls, ()) if isinstance(calls, str) else calls
    wanted = [str(one) for one in named] if isinstance(named, Sequence) and not isinstance(named, str) else []
    outcomes = sandbox.values(code, wanted)
    told = outcomes[1:] if wanted else outcomes
    worst = next((one for one in outcomes if one.kind != "value"), outcomes[0])
    values = [repr(one.value) if one.kind == "value" else "" for one in told]
    return {"output": {"kind": worst.kind, "error": worst.error, "detail": worst.detail, "values": values}}
