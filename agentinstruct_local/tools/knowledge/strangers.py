"""Names and codes that no document has: what a teacher has made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft
from agentinstruct_local.words.marks import capitals_tell, foreign_names


def use(
    draft: Draft,
    *,
    corpus: Library | None = None,
    fields: str | Sequence[str] = ("item.question", "item.answer"),
    headed: bool = False,
) -> dict[str, Any]:
    """Nothing where all names and codes of the fields stand in some document. Error `unsupported_name`, with the names.

    `headed`: the fields are texts with headings of their own (`words.marks.foreign_names`).
    """
    known = corpus.words if corpus else set()
    capitals = capitals_tell(draft.passage.text)
    for path in [fields] if isinstance(fields, str) else fields:
        text = str(draft.value(path))
        if found := foreign_names(text, known, capitals=capitals, headed=headed):
            return {"error": "unsupported_name", "output": f"{', '.join(found)}, in: {text}"[:200]}
    return {"output": {}}
