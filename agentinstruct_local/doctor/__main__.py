"""The child that may crash: `python -m agentinstruct_local.doctor FILE.gguf` loads llama.cpp, decodes one token and
writes one JSON line for each stage reached."""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def decode_one(file: str) -> None:
    """The child's part: import llama.cpp, load `file` if one is given, decode one token."""
    import llama_cpp

    from agentinstruct_local.teachers.llamacpp.backends import load_backends

    load_backends()

    def say(stage: str, **told: Any) -> None:
        sys.stdout.write(json.dumps({"stage": stage, **told}) + "\n")
        sys.stdout.flush()

    gpu = bool(llama_cpp.llama_supports_gpu_offload())
    say("built", gpu=gpu, features=llama_cpp.llama_print_system_info().decode("utf-8", "replace").strip(" |"))
    if not file:
        return
    start = time.perf_counter()
    model = llama_cpp.Llama(file, n_ctx=128, n_batch=64, n_gpu_layers=-1 if gpu else 0, verbose=False)
    say("loaded", seconds=time.perf_counter() - start)
    model.eval(model.tokenize(b"One, two,"))
    say("decoded", seconds=time.perf_counter() - start, token=int(model.sample(temp=0.0)))


if __name__ == "__main__":
    decode_one(sys.argv[1] if len(sys.argv) > 1 else "")
