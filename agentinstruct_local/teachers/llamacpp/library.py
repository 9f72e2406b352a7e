"""The few calls of llama.cpp's C API that the engine needs, with Python's manners.

Holds the model, its vocabulary and one context whose key-value cache all sequences share. Knows nothing of
requests, chats or grammars.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from agentinstruct_local.errors import ModelError
from agentinstruct_local.gguf_file import metadata
from agentinstruct_local.teachers.llamacpp.backends import load_backends
from agentinstruct_local.teachers.llamacpp.fit import cores, layers_on_gpu, shape_of
from agentinstruct_local.teachers.llamacpp.sampling import maxima, threads_pay
from agentinstruct_local.teachers.llamacpp.settings import Settings

LAST_LINES = 30
GPU = 1  # enum ggml_backend_dev_type
WHOLE = "cannot share what prompts have in common (its memory is recurrent, or a sliding window): each is read whole"
_log: list[str] = []
_echo = False


def _keep_line(level: int, text: bytes, data: object) -> None:
    _log.append(text.decode("utf-8", "replace"))
    del _log[:-LAST_LINES]
    if _echo:
        os.write(2, text)


# llama.cpp keeps only the address, so the callback must live as long as the process.
_log_callback = llama_cpp.llama_log_callback(_keep_line)
llama_cpp.llama_log_set(_log_callback, ctypes.c_void_p(0))
load_backends()


class Library:
    """A loaded model and its context."""

    def __init__(self, path: Path, settings: Settings, *, sequences: int) -> None:
        metadata(path)  # what is damaged is refused here, before C++ reads it
        global _echo  # noqa: PLW0603  # llama.cpp has one log for the whole process
        _echo = settings.echo
        threads = settings.threads or cores()
        llama_cpp.llama_backend_init()
        model_params = llama_cpp.llama_model_default_params()
        model_params.n_gpu_layers = settings.gpu_layers
        if settings.gpu_layers < 0:
            free = free_on_gpus()
            model_params.n_gpu_layers = layers_on_gpu(shape_of(path), settings, free) if free else 0
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), model_params)
        if not self.model:
            raise ModelError(
                f"llama.cpp cannot load {path}: {last_lines()}",
                hint="check the file with: agentinstruct models check",
            )
        params = llama_cpp.llama_context_default_params()
        batch = max(settings.batch, sequences)  # each sequence may want logits in the same call, or llama.cpp aborts
        params.n_ctx = settings.context
        params.n_batch = batch
        params.n_ubatch = batch
        params.n_seq_max = sequences
        params.kv_unified = True
        params.n_threads = threads
        params.n_threads_batch = threads
        if not llama_cpp.llama_supports_gpu_offload():
            # Without it a token costs the more, the more passages are in the cache: `bench/attention.py`.
            params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        if not self.context:
            llama_cpp.llama_model_free(self.model)
            raise ModelError(
                f"no memory for a context of {settings.context} tokens: {last_lines()}",
                hint="try a smaller one: --context 4096",
            )
        self.vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self.memory = llama_cpp.llama_get_memory(self.context)
        self.n_vocab: int = llama_cpp.llama_vocab_n_tokens(self.vocabulary)
        self.n_ctx: int = llama_cpp.llama_n_ctx(self.context)
        self.n_batch = batch = llama_cpp.llama_n_batch(self.context)  # no more than the context has cells
        # A recurrent state or a sliding window cannot be cut at a token, so such models share no prefixes.
        self.can_share = not (
            llama_cpp.llama_model_is_recurrent(self.model)
            or llama_cpp.llama_model_is_hybrid(self.model)
            or llama_cpp.llama_model_n_swa(self.model) > 0
        )
        self.logits: NDArray[np.float32] = np.zeros((0, self.n_vocab), dtype=np.float32)
        """After the last `decode`: [rows wanted, n_vocab], valid until the next one."""
        self._peaks: NDArray[np.float32] | None = None
        self.busy = 0.0  # seconds inside llama_decode
        self.computed = 0  # tokens
        self._open_batch(batch)
        self._pieces: dict[int, bytes] = {}
        self._eog: dict[int, bool] = {}

    def close(self) -> None:
        """Free everything; the object is of no use after this."""
        if self.context:
            llama_cpp.llama_free(self.context)
            llama_cpp.llama_model_free(self.model)
            self.context = self.model = None

    # -- vocabulary -------------------------------------------------------------------------------------------

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Token ids of `text`. With `special` off, the spelling of a control token stays plain text."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        ids = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self.vocabulary, data, len(data), ids, room, False, special)
        if count < 0:
            raise ModelError(f"llama.cpp cannot tokenize a text of {len(data)} bytes")
        return list(ids[:count])

    def piece(self, token: int) -> bytes:
        """The bytes of one token, control tokens giving none. A character may be spread over several tokens."""
        found = self._pieces.get(token)
        if found is None:
            buffer = ctypes.create_string_buffer(512)
            count = llama_cpp.llama_token_to_piece(self.vocabulary, token, buffer, 512, 0, False)
            found = self._pieces[token] = bytes(buffer.raw[: max(count, 0)])
        return found

    def ends(self, token: int) -> bool:
        """Whether the token ends a turn (`llama_vocab_is_eog`)."""
        found = self._eog.get(token)
        if found is None:
            found = self._eog[token] = bool(llama_cpp.llama_vocab_is_eog(self.vocabulary, token))
        return found

    @property
    def bos(self) -> list[int]:
        """The token that must start every prompt, if this vocabulary wants one."""
        if llama_cpp.llama_vocab_get_add_bos(self.vocabulary):
            return [llama_cpp.llama_vocab_bos(self.vocabulary)]
        return []

    # -- key-value cache --------------------------------------------------------------------------------------

    def share(self, source: int, target: int, length: int) -> None:
        """Let sequence `target` start with the first `length` tokens of `source`, without computing them."""
        llama_cpp.llama_memory_seq_cp(self.memory, source, target, 0, length)

    def forget(self, sequence: int, start: int = 0) -> None:
        """Drop what `sequence` holds from position `start` on."""
        llama_cpp.llama_memory_seq_rm(self.memory, sequence, start, -1)

    # -- computing --------------------------------------------------------------------------------------------

    def decode(self, work: Sequence[tuple[int, int, Sequence[int], int]]) -> bool:
        """Compute tokens: (sequence, first position, tokens, after how many of the last logits are wanted) each.

        False if the cache has no room for them; nothing has changed then. Else `logits` are those that were wanted, in
        the order of `work`.
        """
        n, rows = 0, 0
        for sequence, position, tokens, wanted in work:
            end = n + len(tokens)
            self._tokens[n:end] = tokens
            self._positions[n:end] = range(position, position + len(tokens))
            self._sequences[n:end] = sequence
            self._wanted[n:end] = 0
            self._wanted[end - wanted : end] = 1
            n, rows = end, rows + wanted
        if not n:
            return True
        self._batch.n_tokens = n
        begun = time.perf_counter()
        code = llama_cpp.llama_decode(self.context, self._batch)
        if code == 1:
            return False
        if code != 0:
            raise ModelError(f"llama_decode failed with code {code}: {last_lines()}")
        pointer: Any = llama_cpp.llama_get_logits(self.context)  # waits for a GPU
        self.busy += time.perf_counter() - begun
        self.computed += n
        if rows:
            self.logits = np.ctypeslib.as_array(pointer, shape=(rows, self.n_vocab))
        self._peaks = None
        return True

    def peaks(self, row: int) -> NDArray[np.float32] | None:
        """The `maxima` of one row of the last `logits`: [GROUPS]; None where it pays to look through that row alone."""
        if self._peaks is None and threads_pay():
            self._peaks = maxima(self.logits)
        return None if self._peaks is None else self._peaks[row]

    def _open_batch(self, size: int) -> None:
        """A batch of llama.cpp over arrays of our own, which take whole stretches of tokens at once."""
        self._tokens, self._positions, self._sequences = (np.zeros(size, dtype=np.int32) for _ in range(3))
        self._wanted = np.zeros(size, dtype=np.int8)
        one = ctypes.sizeof(llama_cpp.llama_seq_id)
        places = [self._sequences.ctypes.data + one * number for number in range(size)]
        self._places = (ctypes.POINTER(llama_cpp.llama_seq_id) * size)(
            *(ctypes.cast(place, ctypes.POINTER(llama_cpp.llama_seq_id)) for place in places)
        )
        self._counts = np.ones(size, dtype=np.int32)

        def at(array: NDArray[Any], kind: Any) -> Any:
            return array.ctypes.data_as(ctypes.POINTER(kind))

        self._batch = llama_cpp.llama_batch(
            n_tokens=0,
            token=at(self._tokens, llama_cpp.llama_token),
            pos=at(self._positions, llama_cpp.llama_pos),
            n_seq_id=at(self._counts, ctypes.c_int32),
            seq_id=self._places,
            logits=at(self._wanted, ctypes.c_int8),
        )


def free_on_gpus() -> float:
    """Free bytes of all GPUs together, as ggml's backends tell; 0 where this build knows none."""
    ggml = llama_cpp.llama_cpp._lib  # and through it the copy of ggml that llama.cpp itself uses
    for name in ("ggml_backend_dev_get", "ggml_backend_dev_memory"):
        getattr(ggml, name).restype = ctypes.c_void_p
    ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    free, total, found = ctypes.c_size_t(), ctypes.c_size_t(), 0.0
    for number in range(ggml.ggml_backend_dev_count()):
        device = ctypes.c_void_p(ggml.ggml_backend_dev_get(ctypes.c_size_t(number)))
        if ggml.ggml_backend_dev_type(device) == GPU:
            ggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
            found += free.value
    return found


def last_lines(count: int = 3) -> str:
    """The last lines that llama.cpp logged, for error messages."""
    return " | ".join(line.strip() for line in "".join(_log).splitlines()[-count:] if line.strip())
