"""Pairs of a verified answer and one that a check refused, as TRL's DPO, KTO and reward trainers read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from agentinstruct_local.exporters.chat import as_plain, write
from agentinstruct_local.records import Row


def export(rows: Iterable[Row], path: Path, *, test_share: float = 0.1) -> list[Path]:
    """Writes `prompt`, `chosen` and `rejected` (lists of turns), and `reason`: the check that tells them apart.

    Only rows whose answer was criticised and revised have a refused answer to the same question. They stand in
    preference.jsonl and preference_test.jsonl. Raises RunError where the disk refuses.
    """
    found = [pair for row in rows for pair in pairs(row)]
    return write({"preference": found}, path, form="preference", test_share=test_share)


def pairs(row: Row) -> Iterator[dict[str, Any]]:
    """The row's last answer against each that was refused before it."""
    if not row.rejected:
        return
    plain = as_plain(row)
    *prompt, chosen = plain["messages"]
    for number, refused in enumerate(row.rejected):
        if refused["answer"].strip() == chosen["content"].strip():
            continue  # what was refused was not in the answer itself
        yield {
            "id": f"{row.id}-{number}",
            "prompt": prompt,
            "chosen": [chosen],
            "rejected": [{"role": "assistant", "content": refused["answer"]}],
            "reason": refused["reason"],
            "evidence": refused["evidence"],
            "skill": row.skill,
            "subskill": row.subskill,
            "provenance": plain["provenance"],
        }
