"""The passages of a corpus, to be searched by their words and, where there are vectors, by their meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from agentinstruct_local.records import Passage
from agentinstruct_local.words import content, marks

DEPTH = 100
"""How many of each ranking are fused: what stands further down hardly changes the first few."""
STRETCH = 500
"""Characters that one vector stands for. Of 300, 500, 1,000 and whole passages, measured; see docs/quality.md."""
SMOOTH = 60
"""The constant of reciprocal rank fusion, as its authors have it."""

Nearest = Callable[[str, int], Sequence[int]]
"""From a query to the places of so many passages that are nearest to it in meaning, the nearest first."""


class Library:
    """All passages of a run, to be read and not changed. The index of words is built at the first search."""

    def __init__(self, passages: Sequence[Passage], nearest: Nearest | None = None) -> None:
        self.passages = tuple(passages)
        self.nearest = nearest

    @cached_property
    def _index(self) -> Any:
        import bm25s

        index = bm25s.BM25()
        bags = [[*content(shown(one)), "-"] for one in self.passages]
        index.index(bags, show_progress=False)
        return index

    @cached_property
    def words(self) -> set[str]:
        """All words of the documents, in small letters."""
        return set().union(*(marks.words(f"{shown(one)} {one.source}") for one in self.passages))

    def search(self, query: str, most: int) -> list[Passage]:
        """The passages that fit `query` best, the best first: by words (BM25), fused with the ranking by meaning.

        Without vectors only those are found that share a word with the query.
        """
        rankings: list[Sequence[int]] = [self.by_words(query, DEPTH if self.nearest else most)]
        if self.nearest and self.passages:
            rankings.append(self.nearest(query, DEPTH))
        return [self.passages[place] for place in fused(rankings, [one.id for one in self.passages])[:most]]

    def by_words(self, query: str, most: int) -> list[int]:
        """The places of the passages that share words with `query`, the best first; ties by the passage's id."""
        known = self._index.vocab_dict if self.passages else {}
        words = [one for one in content(query) if one in known]
        if not words:
            return []
        scores = self._index.get_scores(words)
        found = [place for place in range(len(self.passages)) if scores[place] > 0]
        return sorted(found, key=lambda place: (-float(scores[place]), self.passages[place].id))[:most]


def shown(passage: Passage, text: str = "") -> str:
    """What a search looks at: the text, or a stretch of it, and the title and headings that it stands under."""
    return f"{passage.title} {' '.join(passage.headings)} {text or passage.text}"


def stretches(passage: Passage) -> list[str]:
    """A passage in a few sentences at a time, each with what it stands under: one vector tells little of a long text.

    A stretch is some `STRETCH` characters long, or one unit.
    """
    found: list[str] = []
    for unit in passage.units:
        if found and len(found[-1]) + len(unit.text) < STRETCH:
            found[-1] += f" {unit.text}"
        else:
            found.append(unit.text)
    return [shown(passage, one) for one in found or [passage.text]]


def fused(rankings: Sequence[Sequence[int]], names: Sequence[str]) -> list[int]:
    """One ranking of places out of several, the best first; ties by name.

    Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009): each ranking gives 1 / (60 + rank).
    """
    scores: Counter[int] = Counter()
    for ranking in rankings:
        for rank, place in enumerate(ranking, 1):
            scores[place] += 1 / (SMOOTH + rank)  # type: ignore[assignment]
    return sorted(scores, key=lambda place: (-scores[place], names[place]))
