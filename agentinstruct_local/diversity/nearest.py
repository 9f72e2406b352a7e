"""Which texts are nearest to a query in meaning: exact search over the vectors of all their stretches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from agentinstruct_local.diversity.encoder import DIMENSIONS, Encodes, Vectors


class Nearest:
    """Texts by the vectors of their stretches, a block for each text. 20,000 vectors take 31 MB."""

    def __init__(self, encoder: Encodes, blocks: Sequence[Vectors]) -> None:
        import faiss

        self.encoder = encoder
        self._owners = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
        self._vectors: Any = faiss.IndexFlatIP(DIMENSIONS)
        for block in blocks:
            self._vectors.add(np.ascontiguousarray(block, dtype=np.float32))

    def __call__(self, query: str, most: int) -> list[int]:
        """The numbers of so many texts, the nearest to the query first; ties in their order.

        A text is as near as its nearest stretch.
        """
        if not len(self._owners):
            return []
        wanted = min(len(self._owners), 8 * most)  # a text may have several stretches among the best
        scores, places = self._vectors.search(self.encoder.encode([query]), wanted)
        best: dict[int, float] = {}
        for score, place in zip(scores[0], places[0], strict=True):
            best.setdefault(int(self._owners[place]), float(score))
        return sorted(best, key=lambda text: (-best[text], text))[:most]
