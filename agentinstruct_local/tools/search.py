"""Search the passages of all documents: what fits a query best, by words and by meaning."""

from __future__ import annotations

from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._listing import titled, window

DECLARED = {
    "description": "Searches the documents. Returns the passages that fit the query best, the best first.",
    "parameters": {
        "type": "object",
        "properties": {
            "query": {"type": "string", "minLength": 1, "maxLength": 200, "description": "What to look for."}
        },
        "required": ["query"],
        "additionalProperties": False,
    },
}


def use(draft: Draft, *, corpus: Library | None = None, query: str = "item.query", most: int = 3) -> dict[str, Any]:
    """`results` of the query at a field: `id`, `title` and `text` of each. Error `nothing_found`."""
    asked = str(draft.value(query))
    found = corpus.search(asked, most) if corpus else []
    if not found:
        return {"error": "nothing_found"}
    return {"output": {"results": [{"id": one.id, "title": titled(one), "text": window(one, asked)} for one in found]}}
