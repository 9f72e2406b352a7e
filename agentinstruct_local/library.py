"""The passages of a corpus, to be searched by their words (BM25)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from agentinstruct_local.records import Passage
from agentinstruct_local.words import content


class Library:
    """All passages of a run, to be read and not changed. The index is built at the first search."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = tuple(passages)

    @cached_property
    def _index(self) -> Any:
        import bm25s

        index = bm25s.BM25()
        bags = [[*content(f"{one.title} {' '.join(one.headings)} {one.text}"), "-"] for one in self.passages]
        index.index(bags, show_progress=False)
        return index

    def search(self, query: str, most: int) -> list[Passage]:
        """The passages that fit the words of `query` best, the best first; only those that share one with it."""
        known = self._index.vocab_dict if self.passages else {}
        words = [one for one in content(query) if one in known]
        if not words:
            return []
        scores = self._index.get_scores(words)
        order = sorted(range(len(self.passages)), key=lambda place: (-float(scores[place]), place))
        return [self.passages[place] for place in order[:most] if scores[place] > 0]
