"""Rows of an edition over an organisation's documents, kept so that what they teach can be measured again.

    python -m bench.kept report second RUN     keep the rows of RUN as the second edition's

`first` are the rows that the program made at commit 5eebe25: its default mix, 400 of them, and its default teacher.
`second` are made with `generate --per-fact 4`; docs/knowledge.md says when, and for how long.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from agentinstruct_local.exporters.chat import as_plain
from agentinstruct_local.records import Message, Row
from agentinstruct_local.store import Store

BENCH = Path(__file__).parent / "knowledge"
EDITIONS = ("first", "second")


def main(org: str, edition: str, run: str) -> int:
    """Write the rows of a run beside the documents that they were made from."""
    with Store(Path(run), readonly=True) as store:
        lines = [json.dumps(as_plain(row), ensure_ascii=False) for row in store.rows()]
    file = _file(org, edition)
    file.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    print(f"{len(lines)} rows in {file}, {file.stat().st_size / 1000:.0f} kB")
    return 0


def kept(org: str, edition: str) -> list[Row]:
    """The kept rows of one of `EDITIONS`."""
    return [_row(json.loads(line)) for line in gzip.decompress(_file(org, edition).read_bytes()).decode().splitlines()]


def _file(org: str, edition: str) -> Path:
    return BENCH / org / f"{edition}-edition.jsonl.gz"


def _row(plain: dict[str, Any]) -> Row:
    tools = tuple(json.loads(plain["tools"])) if isinstance(plain.get("tools"), str) else ()
    said = plain.get("messages") or [{"role": "assistant", "content": plain["text"]}]
    messages = tuple(
        Message(role=one["role"], content=one["content"], tool_calls=tuple(one.get("tool_calls", ()))) for one in said
    )
    return Row(
        id=plain["id"], messages=messages, skill=plain["skill"], subskill=plain["subskill"],
        provenance=plain["provenance"], channel="text" if "text" in plain else "chat", tools=tools,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
