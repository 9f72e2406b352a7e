"""Say of a question that does not tell what it is about where it belongs: its document and section, after it."""

from __future__ import annotations

from typing import Any

from agentinstruct_local.records import Draft


def use(
    draft: Draft, *, rank: str = "found_again.rank", judge: str = "judge.standalone", at_most: int = 5,
    at_least: float = 0.79,
) -> dict[str, Any]:  # fmt: skip
    """`question`: as it is where a search for it has its passage among the first `at_most` and the teacher holds, with
    `at_least` that chance, that someone without the text understands it; else followed by the title and the last
    heading, in brackets."""
    question = str(draft.value("item.question", ""))
    alone = float(draft.outputs.get(judge, {}).get("yes", 0.0))
    understood = 1 <= int(draft.value(rank, 0)) <= at_most and alone >= at_least
    where = [part for part in (draft.passage.title or draft.passage.source, *draft.headings[-1:]) if part]
    return {"output": {"question": question if understood else f"{question} ({', '.join(dict.fromkeys(where))})"}}
