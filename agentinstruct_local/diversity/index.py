"""The questions that were admitted so far, and whether a new one says the same as one of them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from agentinstruct_local.diversity.encoder import DIMENSIONS, Encodes, Vectors
from agentinstruct_local.records import Verdict
from agentinstruct_local.words import name_supported, names, normalise, numbers
from agentinstruct_local.words.marks import words

NEIGHBOURS = 8
"""How many admitted questions a new one is held against."""


class Index:
    """Admits a text unless it is a duplicate, first by its words, then by cosine, in the order of calls.

    From `similar` up two texts are duplicates unless they differ in numbers or names; from `near` up names do not tell
    them apart, but words with a digit in them do (the price of PV-14 and that of PV-21).
    """

    def __init__(self, encoder: Encodes, *, near: float = 0.97, similar: float = 0.90) -> None:
        import faiss

        self.encoder, self.near, self.similar = encoder, near, similar
        self._vectors: Any = faiss.IndexFlatIP(DIMENSIONS)
        self._known: list[tuple[str, str]] = []  # name and text, by place in the index
        self._exact: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, name: object) -> bool:
        return any(known == name for known, _ in self._known)

    def admit(self, name: str, text: str) -> tuple[Verdict, Vectors]:
        """Keep the text under a name, a draft's id, or say which earlier one it repeats.

        The reasons are duplicate_exact and near_duplicate. The vector (`DIMENSIONS` numbers) is for the caller to
        store and `restore`. Refused texts are not kept.
        """
        place = self._exact.get(_key(text))
        if place is not None:
            vector: Vectors = self._vectors.reconstruct(place)
            return self._refusal("duplicate_exact", place, 1.0), vector
        vector = self.encoder.encode([text])[0]
        for place, score in self._neighbours(vector):
            known = self._known[place][1]
            if score >= self.similar and not (
                differ(text, known) if score < self.near else marked(text) ^ marked(known)
            ):
                return self._refusal("near_duplicate", place, score), vector
        self.restore(name, text, vector)
        return Verdict(by="diversity", ok=True), vector

    def restore(self, name: str, text: str, vector: Vectors) -> None:
        """Put back a text that was admitted in an earlier run, without deciding again."""
        row = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, DIMENSIONS)
        self._exact.setdefault(_key(text), len(self._known))
        self._vectors.add(row)
        self._known.append((name, text))

    def _neighbours(self, vector: Vectors) -> list[tuple[int, float]]:
        """The places of the most similar texts and their cosines, best first."""
        if not self._known:
            return []
        scores, places = self._vectors.search(vector.reshape(1, DIMENSIONS), min(NEIGHBOURS, len(self._known)))
        return [(int(place), float(score)) for place, score in zip(places[0], scores[0], strict=True) if place >= 0]

    def _refusal(self, reason: str, place: int, score: float) -> Verdict:
        name, text = self._known[place]
        return Verdict(by="diversity", ok=False, reason=reason, evidence=f"{name} {score:.3f}: {text[:400]}")


def differ(one: str, other: str) -> bool:
    """True if one of two similar questions has a number or a name that the other lacks."""
    first, second = ({(number.value, number.unit) for number in numbers(text)} for text in (one, other))
    if first != second:
        return True
    return any(not name_supported(name, other) for name in names(one)) or any(
        not name_supported(name, one) for name in names(other)
    )


def marked(text: str) -> set[str]:
    """The words that have a digit in them."""
    return {word for word in words(text) if any(map(str.isdigit, word))}


def _key(text: str) -> str:
    return hashlib.sha256(normalise(text).encode("utf-8", "surrogatepass")).hexdigest()
