"""Say of a question that does not tell what it is about where it belongs: its document and section, after it."""

from __future__ import annotations

from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.words.marks import capitals_tell, is_named


def use(draft: Draft, *, rank: str = "found_again.rank", at_most: int = 5) -> dict[str, Any]:
    """`question`: as it is where it has a name or a code and a search for it has its passage among the first `at_most`;
    else followed by the title and the last heading, in brackets.

    Where capital letters tell no names, as in German, codes count alone.
    """
    question = str(draft.value("item.question", ""))
    named = is_named(question, capitals=capitals_tell(draft.passage.text))
    if named and 1 <= int(draft.value(rank, 0)) <= at_most:
        return {"output": {"question": question}}
    where = [part for part in (draft.passage.title or draft.passage.source, *draft.headings[-1:]) if part]
    return {"output": {"question": f"{question} ({', '.join(dict.fromkeys(where))})"}}
