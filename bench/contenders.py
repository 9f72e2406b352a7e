"""One measured go of one contender at one work, in a process of its own: prints one line of JSON.

python -m bench.contenders NAME WORK SEQUENCES [LENGTH] [ROWS]
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agentinstruct_local import cards
from agentinstruct_local.records import Request
from agentinstruct_local.teachers.llamacpp import Settings, load
from agentinstruct_local.teachers.llamacpp.library import Library
from bench.work import Work, plain, work

SERVER = os.environ.get("LLAMA_SERVER", str(Path(__file__).parent.parent / "build/llama-server/bin/llama-server"))
CONTEXT = 8192


def model() -> Any:
    """The card of the model that all contenders run."""
    name = os.environ.get("BENCH_MODEL", "")
    return cards.find(name) if name else cards.default_teacher()


def prompt(request: Request) -> str:
    """The chat as ChatML, as the engine writes it."""
    turns = "".join(f"<|im_start|>{one.role}\n{one.content}<|im_end|>\n" for one in request.messages)
    return f"{turns}<|im_start|>assistant\n"


class Recorded(Library):
    """A library that notes what is asked of it, so that the same can be asked again with nothing beside it."""

    calls: list[tuple[Any, ...]]

    def decode(self, work: Any) -> bool:
        done = super().decode(work)
        if done:
            self.calls.append(("decode", [(slot, at, list(tokens), wanted) for slot, at, tokens, wanted in work]))
        return done

    def share(self, source: int, target: int, length: int) -> None:
        super().share(source, target, length)
        self.calls.append(("share", source, target, length))

    def forget(self, sequence: int, start: int = 0) -> None:
        super().forget(sequence, start)
        self.calls.append(("forget", sequence, start))


def ours(name: str, sequences: int, length: int, rows: int) -> dict[str, Any]:
    """This engine; then what it asked of llama.cpp, again and with nothing else: the ceiling."""
    card = model()
    context = max(CONTEXT, length + 4096)
    settings = Settings(n_seq=sequences, context=context, guess=int(os.environ.get("BENCH_GUESS", Settings().guess)))
    engine = load(cards.path_of(card), chat_format=card.chat_format, name=card.name, settings=settings)
    engine.library.__class__ = Recorded
    engine.library.calls = []
    masks: list[float] = []
    mask = engine.writer.grammars.allowed

    def timed(matcher: Any) -> Any:
        begun = time.perf_counter()
        found = mask(matcher)
        masks.append(time.perf_counter() - begun)
        return found

    engine.writer.grammars.allowed = timed  # type: ignore[method-assign]
    todo = work(name, engine.count_tokens, length=length, rows=rows)
    begun = time.perf_counter()
    for request in todo.requests:
        engine.submit(request)
    replies = []
    while found := engine.poll():
        replies += found
    wall = time.perf_counter() - begun
    library, calls = engine.library, engine.library.calls
    asked = [one.tokens_in for one in replies]
    seen: set[tuple[int, ...]] = set()
    told = {
        **measured(wall, len(todo.requests), sum(one.tokens_out for one in replies)),
        "outside": 1 - library.busy / wall,
        "outside_microseconds_a_token": 1e6 * (wall - library.busy) / max(1, sum(one.tokens_out for one in replies)),
        "masks": len(masks),
        "mask_seconds": sum(masks),
        "prompt_asked": sum(asked),
        "prompt_computed": sum(one.tokens_in - one.tokens_cached for one in replies),
        "prompt_distinct": distinct(engine, todo, seen),
        "errors": sum(one.error is not None for one in replies),
        "peak": peak(),
    }
    for slot in range(3 * sequences):
        library.forget(slot)
    library.__class__ = Library
    begun = time.perf_counter()
    if os.environ.get("BENCH_CEILING", "1") == "1":
        for verb, *what in calls:
            getattr(library, verb)(*what)
        told["ceiling"] = time.perf_counter() - begun
        told["of_ceiling"] = told["ceiling"] / wall
    return told


def distinct(engine: Any, todo: Work, seen: set[tuple[int, ...]]) -> int:
    """Tokens of all prompts, what several begin with counted once."""
    from agentinstruct_local.teachers.llamacpp.chat import tokens_of

    count = 0
    for request in todo.requests:
        tokens = tuple(tokens_of(request.messages, engine.chat_format, engine.library))
        for end in range(len(tokens), 0, -1):
            if tokens[:end] in seen:
                break
            seen.add(tokens[:end])
            count += 1
    return count


def outlines_loop(backend: str) -> Callable[[str, int, int, int], dict[str, Any]]:
    """Outlines over llama-cpp-python's `Llama`, one prompt after the other, as its documentation has it."""

    def run(name: str, _: int, length: int, rows: int) -> dict[str, Any]:
        import llama_cpp
        import outlines
        from outlines.types import Choice, JsonSchema

        llama = llama_cpp.Llama(
            str(cards.path_of(model())), n_ctx=max(CONTEXT, length + 1024), n_batch=512, n_gpu_layers=0, verbose=False
        )
        theirs = outlines.from_llamacpp(llama, chat_mode=False)
        todo = work(name, lambda text: len(llama.tokenize(text.encode(), add_bos=False)), length=length, rows=rows)
        output = plain(todo.requests[0].output)
        kind: Any = None
        if output.kind == "json":
            kind = JsonSchema(json.dumps(output.schema))
        elif output.kind == "choice":
            kind = Choice(list(output.options))
        generator = outlines.Generator(theirs, kind, backend=backend) if kind else outlines.Generator(theirs)
        asked = todo.requests[: todo.alone]
        written = 0
        begun = time.perf_counter()
        for request in asked:
            text = generator(prompt(request), max_tokens=request.sampling.max_tokens, temperature=0.0)
            written += len(llama.tokenize(text.encode(), add_bos=False))
        return {**measured(time.perf_counter() - begun, len(asked), written), "peak": peak()}

    return run


def server(name: str, sequences: int, length: int, rows: int) -> dict[str, Any]:
    """llama-server with as many slots, asked by as many threads over loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = max(CONTEXT, sequences * (length + 300))
    command = [
        SERVER,
        "-m",
        str(cards.path_of(model())),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "-c",
        str(context),
    ]
    command += ["-np", str(sequences), "-t", str(os.cpu_count()), "-b", "512", "-ub", "512", "--no-webui", "-fa", "off"]
    with Path(os.devnull).open("w") as null:
        process = subprocess.Popen(command, stdout=null, stderr=null)
    base = f"http://127.0.0.1:{port}"

    def call(path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        asked = urllib.request.Request(base + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=600) as answer:
            return json.load(answer)

    try:
        for _ in range(600):
            try:
                call("/health")
                break
            except OSError:
                time.sleep(0.1)
        todo = work(name, lambda text: len(call("/tokenize", {"content": text})["tokens"]), length=length, rows=rows)

        def ask(request: Request) -> Any:
            output = plain(request.output)
            body = {"prompt": prompt(request), "n_predict": request.sampling.max_tokens, "temperature": 0.0}
            if output.kind == "json":
                body["json_schema"] = output.schema
            elif output.kind == "choice":
                body["grammar"] = "root ::= " + " | ".join(json.dumps(one) for one in output.options)
            return call("/completion", {**body, "cache_prompt": True})

        asked = todo.requests[: max(todo.served, sequences)]
        begun = time.perf_counter()
        with ThreadPoolExecutor(sequences) as threads:
            answers = list(threads.map(ask, asked))
        wall = time.perf_counter() - begun
        told = measured(wall, len(asked), sum(one["tokens_predicted"] for one in answers))
        told["prompt_computed"] = sum(one["timings"]["prompt_n"] for one in answers)
        told["prompt_asked"] = sum(one["tokens_evaluated"] for one in answers)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
    return {**told, "peak": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024}


def measured(wall: float, rows: int, written: int) -> dict[str, Any]:
    """The figures that every contender has."""
    return {"wall": wall, "rows": rows, "rows_per_minute": 60 * rows / wall, "tokens_per_second": written / wall}


def peak() -> int:
    """Bytes that this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


CONTENDERS: dict[str, Callable[[str, int, int, int], dict[str, Any]]] = {
    "ours": ours,
    "llama-server": server,
    "outlines (outlines_core)": outlines_loop("outlines_core"),
    "outlines (llguidance)": outlines_loop("llguidance"),
}

if __name__ == "__main__":
    contender, name, *numbers = sys.argv[1:]
    sequences, length, rows = (*map(int, numbers), *(8, 600, 0)[len(numbers) :])
    print(json.dumps(CONTENDERS[contender](name, sequences, length, rows)))
