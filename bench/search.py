"""Does a search find the passage that a question came from? By words (BM25), by meaning (vectors), and both fused.

python -m bench.search FOLDER... [--questions N]
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from agentinstruct_local import cards
from agentinstruct_local.diversity import Encoder, Nearest
from agentinstruct_local.library import DEPTH, Library, fused, stretches
from agentinstruct_local.passages import split
from agentinstruct_local.readers import collect
from agentinstruct_local.records import Draft, Passage
from agentinstruct_local.tools import ask

TOP = 3


def passages_of(folder: Path) -> list[Passage]:
    """The passages of all documents of a folder, as a run cuts them."""
    found = collect([folder]).documents
    return [
        one for each in found for one in split(each, count_tokens=lambda text: max(1, len(text) // 4), max_tokens=420)
    ]


def questions(passages: Sequence[Passage], most: int) -> list[tuple[str, int]]:
    """Questions that the form of a sentence gives, with the passage it came from: one of each passage, then seconds."""
    found: list[tuple[int, int, str]] = []
    for place, one in enumerate(passages):
        drafts = [
            Draft(
                id="", order=(0, 0), skill="", subskill="", passage=one, focus=one.units[focus], choices={}, seed=place,
                text=one.text,
            )
            for focus in one.foci
        ]  # fmt: skip
        asked = [output["question"] for draft in drafts if (output := ask.use(draft, named=True).get("output"))]
        found += [(turn, place, question) for turn, question in enumerate(dict.fromkeys(asked))]
    random.Random(0).shuffle(found)
    return [(question, place) for _, place, question in sorted(found, key=lambda one: one[0])[:most]]


def measure(folder: Path, most: int) -> None:
    """One row of the table for each way to search."""
    passages = passages_of(folder)
    card = cards.default_embedder()
    encoder = Encoder(cards.path_of(card))
    begun = time.perf_counter()
    parts = [stretches(one) for one in passages]
    made = encoder.encode([text for texts in parts for text in texts])
    took = time.perf_counter() - begun
    blocks = np.split(made, np.cumsum([len(texts) for texts in parts])[:-1])
    nearest, library = Nearest(encoder, blocks), Library(passages)
    asked = questions(passages, most)
    names = [one.id for one in passages]
    ways: dict[str, Callable[[str], Sequence[int]]] = {
        "words": lambda query: library.by_words(query, DEPTH),
        "meaning": lambda query: nearest(query, DEPTH),
        "fused": lambda query: fused([library.by_words(query, DEPTH), nearest(query, DEPTH)], names),
    }
    ranks: dict[str, list[int]] = {}
    for name, search in ways.items():
        found = [list(search(query)) for query, _ in asked]
        ranks[name] = [
            one.index(place) if place in one else DEPTH for one, (_, place) in zip(found, asked, strict=True)
        ]
    told = " | ".join(f"{sum(rank < TOP for rank in ranks[name])}" for name in ways)
    first = " | ".join(f"{sum(rank < 1 for rank in ranks[name])}" for name in ways)
    print(f"| {folder.name} | {len(passages)} | {len(made)} | {took:.0f} s | {len(asked)} | {told} | {first} |")


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--questions", type=int, default=50)
    told = parser.parse_args()
    ways = "words | meaning | fused"
    print(f"| documents | passages | vectors | made in | questions | in the top three: {ways} | first: {ways} |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for folder in told.folders:
        measure(folder, told.questions)


if __name__ == "__main__":
    main()
