"""What the engine's own work costs a token: a run is recorded, then done again with llama.cpp's answers from memory.

    python -m bench.overhead [SEQUENCES ...]

Prints the microseconds of Python, sampling and grammars for each token written, at each number of sequences, with the
sampling that the model's card asks for: the median of five replays. This is what a faster GPU would wait for.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

from agentinstruct_local import cards
from agentinstruct_local.records import Request
from agentinstruct_local.teachers.llamacpp import Settings, load
from agentinstruct_local.teachers.llamacpp.library import Library
from bench.contenders import model
from bench.work import work

ROWS = 32
REPLAYS = 5


class Recording(Library):
    """Keeps the logits of every step."""

    kept: list[Any]

    def decode(self, work: Any) -> bool:
        done = super().decode(work)
        self.kept.append((done, self.logits.copy()))
        return done


class Replaying(Library):
    """Gives the kept logits instead of computing."""

    kept: list[Any]

    def decode(self, work: Any) -> bool:
        done, self.logits = self.kept[self.step]
        self._peaks = None
        self.step += 1
        return bool(done)

    step = 0


def go(engine: Any, requests: list[Request]) -> tuple[float, float, int]:
    """Seconds to queue the requests, seconds until all are answered, tokens written."""
    begun = time.perf_counter()
    for request in requests:
        engine.submit(request)
    queued = time.perf_counter()
    written = 0
    while replies := engine.poll():
        written += sum(one.tokens_out for one in replies)
    return queued - begun, time.perf_counter() - queued, written


def main() -> None:
    """Record and replay at each number of sequences."""
    card = model()
    print("| sequences | steps | tokens | microseconds a token | to queue a request |\n|---|---|---|---|---|")
    for sequences in map(int, sys.argv[1:] or ("8", "32")):
        settings = Settings(n_seq=sequences, context=8192, guess=0)

        def fresh(settings: Settings = settings) -> Any:
            return load(cards.path_of(card), chat_format=card.chat_format, name=card.name, settings=settings)

        engine = fresh()
        sampling = replace(card.sampling, max_tokens=120)
        requests = [replace(one, sampling=sampling) for one in work("rows", engine.count_tokens, rows=ROWS).requests]
        engine.library.__class__ = Recording
        kept = engine.library.kept = []
        go(engine, requests)
        engine.close()
        goes = []
        for _ in range(REPLAYS):
            engine = fresh()
            engine.library.__class__ = Replaying
            engine.library.kept = kept
            goes.append(go(engine, requests))
            engine.close()
        queued, took, written = (statistics.median(figures) for figures in zip(*goes, strict=True))
        rows = float(np.mean([len(logits) for _, logits in kept]))
        print(
            f"| {sequences} | {len(kept)} of {rows:.1f} rows | {written:.0f} | {1e6 * took / written:.0f} "
            f"| {1e3 * queued / len(requests):.1f} ms |",
            flush=True,
        )


if __name__ == "__main__":
    main()
