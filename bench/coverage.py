"""How many of the facts that the held-out questions ask about are stated by the rows of a run, and how often.

    python -m bench.coverage dev RUN [RUN ...]     a run over bench/knowledge/dev/documents
    python -m bench.coverage dev first second      the kept rows of an edition (`bench/kept.py`)

A row states a fact where the right answer (or an alias) stands in it as a run of words, all of an option's words for a
question with options, and its quote overlaps the question's evidence in the document. Rows that carry the passage in
their prompt do not count. It goes by words: it misses an answer in other words, and believes one that says the
opposite.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from agentinstruct_local.evidence import locate
from agentinstruct_local.exam.marking import holds, words
from agentinstruct_local.exam.questions import Question, read
from agentinstruct_local.readers.collect import collect
from agentinstruct_local.records import Row
from agentinstruct_local.store import Store
from bench.kept import BENCH, EDITIONS, kept

LONG = 700
"""Characters of a prompt from which on it is taken to hold the passage."""


class Place(NamedTuple):
    """A stretch of a document."""

    document: str  # the name of the file
    start: int
    end: int


def main(org: str, *runs: str) -> int:
    """Print a line for each run."""
    asked = read(BENCH / org / "questions.jsonl")
    texts = {Path(one.source).name: one.text for one in collect([BENCH / org / "documents"]).documents}
    print(f"{'':24} rows  stated  twice  four times   of {len(asked)} questions")
    for run in runs:
        rows = kept(org, run) if run in EDITIONS else list(_rows(Path(run)))
        for name, few in (("chat", [one for one in rows if _is_chat(one)]), ("text", [r for r in rows if _is_text(r)])):
            times = Counter(dict.fromkeys(range(len(asked)), 0))
            for number, question in enumerate(asked):
                places = [place for place in _places(question, texts) if place]
                times[number] = sum(_states(row, question, places) for row in few)
            shares = (sum(n >= least for n in times.values()) / len(asked) for least in (1, 2, 4))
            print(f"{Path(run).name:18} {name:5} {len(few):4}  {'  '.join(f'{one:6.0%}' for one in shares)}")
    return 0


def _rows(run: Path) -> Iterable[Row]:
    with Store(run, readonly=True) as store:
        yield from store.rows()


def _is_text(row: Row) -> bool:
    return row.channel == "text"


def _is_chat(row: Row) -> bool:
    return not _is_text(row) and not row.tools and len(row.messages[0].content) < LONG


def _places(question: Question, texts: dict[str, str]) -> Iterable[Place | None]:
    for document, evidence in question.evidences:
        found = locate(evidence, texts.get(document, ""))
        yield Place(document, *found) if found else None


def _states(row: Row, question: Question, places: list[Place]) -> bool:
    if not any(_overlaps(row, place) for place in places):
        return False
    said = "\n".join(message.content for message in row.messages)
    if question.options:
        return set(words(question.right)) <= set(words(said))
    return holds(said, (question.right, *question.aliases))


def _overlaps(row: Row, place: Place) -> bool:
    told = row.provenance
    if Path(str(told["source"])).name != place.document:
        return False
    if _is_text(row):
        return True
    start, end = told["span"] or (0, 0)
    return bool(start < place.end and place.start < end)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
