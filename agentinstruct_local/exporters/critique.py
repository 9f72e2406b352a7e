"""Question, answer, critique and revision, for models that learn to criticise and to mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from agentinstruct_local.exporters.chat import as_plain, write
from agentinstruct_local.records import Row


def export(rows: Iterable[Row], path: Path, *, test_share: float = 0.1) -> list[Path]:
    """Writes one line for each revision that a row's answer went through: `question`, `answer`, `critique`, `revision`.

    `reason` and `evidence` are what the check said. The files are critique.jsonl and
    critique_test.jsonl. Raises RunError where the disk refuses.
    """
    found = [one for row in rows for one in revisions(row)]
    return write({"critique": found}, path, form="critique", test_share=test_share)


def revisions(row: Row) -> Iterator[dict[str, Any]]:
    """Each answer that was refused, with the one that took its place."""
    if not row.rejected:
        return
    plain = as_plain(row)
    *prompt, last = plain["messages"]
    later = [refused["answer"] for refused in row.rejected[1:]] + [last["content"]]
    for number, (refused, revision) in enumerate(zip(row.rejected, later, strict=False)):
        yield {
            "id": f"{row.id}-{number}",
            "question": prompt[-1]["content"],
            "answer": refused["answer"],
            "critique": refused["critique"],
            "revision": revision,
            "reason": refused["reason"],
            "evidence": refused["evidence"],
            "skill": row.skill,
            "subskill": row.subskill,
            "provenance": plain["provenance"],
        }
