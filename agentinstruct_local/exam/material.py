"""What a student may read before a question: the passage that holds the answer, or what a search finds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from agentinstruct_local.exam.questions import Question
from agentinstruct_local.library import Library
from agentinstruct_local.records import Document, Passage, Span

FOUND = 3
"""Passages that a search gives."""
HELD = 3
"""Passages at most for one stretch of evidence, which may go across their ends."""


class Material:
    """Documents and their passages, as a reading desk."""

    def __init__(self, documents: Sequence[Document], passages: Sequence[Passage]) -> None:
        self._documents = {document.id: document for document in documents}
        self._passages = passages
        self._library = Library(passages)

    def gold(self, question: Question) -> str:
        """The passages that hold the question's evidence; the evidence itself where it is in no passage; else empty."""
        parts: list[str] = []
        for name, evidence in question.evidences:
            spans = [(one.id, span) for one in self._named(name) if (span := place_of(evidence, one.text))]
            held = [
                one.text
                for one in self._passages
                if any(one.document == document and overlap(one.span, span) for document, span in spans[:1])
            ]
            parts += [one for one in held[:HELD] or [evidence] if one and one not in parts]
        return "\n\n".join(parts)

    def found(self, question: Question) -> str:
        """The passages that a search by words (BM25) gives for the question."""
        return "\n\n".join(one.text for one in self._library.search(question.text, FOUND))

    def lost(self, questions: Sequence[Question]) -> list[Question]:
        """Questions some evidence of which is in none of the documents that they name."""
        return [
            question
            for question in questions
            if not all(
                any(place_of(evidence, one.text) for one in self._named(name)) for name, evidence in question.evidences
            )
        ]

    def _named(self, name: str) -> list[Document]:
        """The documents of that file name, whatever folder they stand in; all of them where no name is given."""
        found = self._documents.values()
        return [one for one in found if not name or Path(one.source).name == Path(name).name]


def place_of(stretch: str, text: str) -> Span | None:
    """Where the stretch stands in the text, whatever the white space between its words; None if it does not."""
    parts = stretch.split()
    if not parts:
        return None
    found = re.search(r"\s+".join(map(re.escape, parts)), text)
    return found.span() if found else None


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share a character."""
    return one[0] < other[1] and other[0] < one[1]
