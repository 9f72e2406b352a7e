"""What a busy neighbour costs: the same work with 1 and 2 threads, on a quiet machine and beside a process that keeps
one core busy.

    python -m bench.threads [REPEATS]
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import time

from agentinstruct_local import cards
from agentinstruct_local.teachers.llamacpp import Settings, load
from bench.contenders import model
from bench.work import work


def spin() -> None:
    """Keep one core busy."""
    while True:
        pass


def go(threads: int) -> float:
    """Rows a minute of the eight agents."""
    card = model()
    engine = load(
        cards.path_of(card), chat_format=card.chat_format, name=card.name, settings=Settings(n_seq=8, threads=threads)
    )
    todo = work("agents", engine.count_tokens, length=300)
    begun = time.perf_counter()
    for request in todo.requests:
        engine.submit(request)
    while engine.poll():
        pass
    engine.close()
    return 60 * len(todo.requests) / (time.perf_counter() - begun)


if __name__ == "__main__":
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    most = os.cpu_count() or 1
    print("| threads | alone, rows/min | beside a busy process | left |\n|---|---|---|---|")
    for threads in sorted({1, max(1, most - 1), most}):
        found: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(repeats):
            for busy in (False, True):
                neighbour = multiprocessing.Process(target=spin, daemon=True)
                if busy:
                    neighbour.start()
                found[busy].append(go(threads))
                if busy:
                    neighbour.kill()
                    neighbour.join()
        alone, beside = (statistics.median(found[busy]) for busy in (False, True))
        print(f"| {threads} | {alone:.1f} | {beside:.1f} | {100 * beside / alone:.0f} % |", flush=True)
