"""Flash attention against plain attention on this processor, in turn, with other passages in the cache or none.

    python -m bench.attention [MODEL.gguf]

llama.cpp alone, random tokens: 16 sequences go on from one prompt of 400 tokens. The tokens of the other passages lie
in the same cache, as they do when a run has several passages under way.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path

import llama_cpp

from agentinstruct_local import cards

SEQUENCES, PROMPT, STEPS, ROUNDS = 16, 400, 4, 3


def main(file: str = "") -> int:
    """Print a line for each number of other tokens: medians of the ratios of pairs."""
    path = Path(file) if file else cards.path_of(cards.default_teacher())
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    print("other tokens   writing: plain, flash, ratio   reading: plain, flash, ratio   (tokens/s, medians)")
    for others in (0, 1600, 4000):
        pairs = [(_speeds(model, others, flash=False), _speeds(model, others, flash=True)) for _ in range(ROUNDS)]
        told = []
        for what in (0, 1):
            plain, flash = ([pair[side][what] for pair in pairs] for side in (0, 1))
            ratio = statistics.median(new / old for old, new in zip(plain, flash, strict=True))
            told.append(f"{statistics.median(plain):6.1f} {statistics.median(flash):6.1f} {ratio:5.2f}")
        print(f"{others:12}   {told[0]:>28}   {told[1]:>28}", flush=True)
    return 0


def _speeds(model: llama_cpp.llama_model_p, others: int, *, flash: bool) -> tuple[float, float]:
    """Tokens written and read in a second."""
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch, params.n_seq_max = 8192, 512, 512, 32
    params.n_threads = params.n_threads_batch = 2
    params.kv_unified = True
    params.flash_attn_type = int(flash)
    context = llama_cpp.llama_init_from_model(model, params)
    batch = llama_cpp.llama_batch_init(512, 0, 1)
    memory = llama_cpp.llama_get_memory(context)
    draw = random.Random(1)

    def decode(places: list[tuple[int, int]]) -> float:
        """Seconds for a random token at each (position, sequence)."""
        batch.n_tokens = len(places)
        for at, (position, sequence) in enumerate(places):
            batch.token[at], batch.pos[at] = draw.randrange(1000, 40_000), position
            batch.n_seq_id[at], batch.seq_id[at][0], batch.logits[at] = 1, sequence, 1
        begun = time.perf_counter()
        if llama_cpp.llama_decode(context, batch):
            raise RuntimeError("llama_decode failed")
        llama_cpp.llama_synchronize(context)
        return time.perf_counter() - begun

    for other in range(others // PROMPT):
        decode([(at, SEQUENCES + other) for at in range(PROMPT)])
    reading = decode([(at, 0) for at in range(PROMPT)])
    for sequence in range(1, SEQUENCES):
        llama_cpp.llama_memory_seq_cp(memory, 0, sequence, -1, -1)
    writing = sum(decode([(PROMPT + step, one) for one in range(SEQUENCES)]) for step in range(STEPS))
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    return SEQUENCES * STEPS / writing, PROMPT / reading


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
