"""GGUF files made for tests: a vocabulary of the SentencePiece kind, and models of a few thousand random weights."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WORDS = [
    "the",
    "a",
    "of",
    "and",
    "cat",
    "dog",
    "is",
    "in",
    "to",
    "yes",
    "no",
    "true",
    "false",
    "answer",
    "topic",
    "quote",
    "count",
    "one",
    "two",
    "hares",
    "x",
    "y",
    "and",
    "it",
    "depends",
]
CHARACTERS = '▁{}[]",:.()+=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789éß漢字🙂-_/\\'
JOINED = ['{"', '":', '",', '"}', '▁"', '": "', "ab", "th", "er", "in", "on", "}}", "]}", "é", "漢字"]
TOKENS = [
    "<unk>",
    "<s>",
    "</s>",
    *(f"<0x{byte:02X}>" for byte in range(256)),
    *dict.fromkeys([*CHARACTERS, *JOINED, *(mark + word for word in WORDS for mark in ("", "▁"))]),
]
KINDS = [2, 3, 3, *[6] * 256, *[1] * (len(TOKENS) - 259)]
"""As llama.cpp counts them: unknown, control, byte, normal."""
WIDTH, HEADS, LAYERS = 32, 4, 2
ALIGNMENT = 32


def text(words: str) -> bytes:
    """A string as GGUF has it."""
    return struct.pack("<Q", len(words.encode())) + words.encode()


def pair(key: str, kind: int, data: bytes) -> bytes:
    """One key of the metadata."""
    return text(key) + struct.pack("<I", kind) + data


def sentencepiece(path: Path) -> Path:
    """A vocabulary with byte tokens, and no model."""
    return _write(path, "llama", {}, {})


def llama(path: Path, *, seed: int = 0) -> Path:
    """A model of the Llama kind with random weights."""
    weights = _random(seed)
    tensors = _ends(weights)
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors[f"blk.{layer}.{name}.weight"] = weights(WIDTH, WIDTH)
        for name in ("ffn_gate", "ffn_up", "ffn_down"):
            tensors[f"blk.{layer}.{name}.weight"] = weights(WIDTH, WIDTH)
        for name in ("attn_norm", "ffn_norm"):
            tensors[f"blk.{layer}.{name}.weight"] = np.ones(WIDTH, dtype=np.float32)
    return _write(path, "llama", {"rope.dimension_count": WIDTH // HEADS}, tensors)


def mamba(path: Path, *, seed: int = 0) -> Path:
    """A recurrent model: its memory is one state, of which no part can be removed."""
    weights = _random(seed)
    inner, states, rank, kernel = 2 * WIDTH, 16, 2, 4
    tensors = _ends(weights)
    for layer in range(LAYERS):
        block = {
            "attn_norm.weight": np.ones(WIDTH, dtype=np.float32),
            "ssm_in.weight": weights(2 * inner, WIDTH),
            "ssm_conv1d.weight": weights(inner, kernel),
            "ssm_conv1d.bias": weights(inner),
            "ssm_x.weight": weights(rank + 2 * states, inner),
            "ssm_dt.weight": weights(inner, rank),
            "ssm_dt.bias": weights(inner),
            "ssm_a": -np.exp(weights(inner, states)),
            "ssm_d": np.ones(inner, dtype=np.float32),
            "ssm_out.weight": weights(WIDTH, inner),
        }
        tensors.update({f"blk.{layer}.{name}": one for name, one in block.items()})
    sizes = {"conv_kernel": kernel, "inner_size": inner, "state_size": states, "time_step_rank": rank}
    return _write(path, "mamba", {f"ssm.{key}": value for key, value in sizes.items()}, tensors)


def gemma(path: Path, *, seed: int = 0) -> Path:
    """A model with a sliding window of 16 tokens in most layers."""
    weights = _random(seed)
    tensors = _ends(weights)
    del tensors["output.weight"]  # it is the embedding's
    for layer in range(LAYERS):
        shapes = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (WIDTH, WIDTH))
        shapes |= dict.fromkeys(("ffn_gate", "ffn_up", "ffn_down"), (WIDTH, WIDTH))
        tensors.update({f"blk.{layer}.{name}.weight": weights(*shape) for name, shape in shapes.items()})
        for name in ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"):
            tensors[f"blk.{layer}.{name}.weight"] = np.ones(WIDTH, dtype=np.float32)
    sizes = {"attention.key_length": WIDTH // HEADS, "attention.value_length": WIDTH // HEADS}
    return _write(path, "gemma2", {**sizes, "attention.sliding_window": 16}, tensors)


def _random(seed: int) -> Callable[..., NDArray[np.float32]]:
    draw = np.random.default_rng(seed)
    return lambda *shape: (draw.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)


def _ends(weights: Callable[..., NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """What every model has before its first layer and after its last."""
    return {
        "token_embd.weight": weights(len(TOKENS), WIDTH) * 4,
        "output_norm.weight": np.ones(WIDTH, dtype=np.float32),
        "output.weight": weights(len(TOKENS), WIDTH) * 4,
    }


def _write(path: Path, kind: str, numbers: Mapping[str, int], tensors: Mapping[str, NDArray[np.float32]]) -> Path:
    size = len(TOKENS)
    sizes = {
        "context_length": 4096,
        "embedding_length": WIDTH,
        "block_count": LAYERS,
        "feed_forward_length": WIDTH,
        "attention.head_count": HEADS,
        **numbers,
    }
    special = {"bos_token_id": 1, "eos_token_id": 2, "unknown_token_id": 0}
    pairs = [
        pair("general.architecture", 8, text(kind)),
        *(pair(f"{kind}.{key}", 4, struct.pack("<I", value)) for key, value in sizes.items()),
        pair(f"{kind}.attention.layer_norm_rms_epsilon", 6, struct.pack("<f", 1e-5)),
        pair("tokenizer.ggml.model", 8, text("llama")),
        pair("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, size) + b"".join(map(text, TOKENS))),
        pair("tokenizer.ggml.scores", 9, struct.pack(f"<IQ{size}f", 6, size, *(-float(n) for n in range(size)))),
        pair("tokenizer.ggml.token_type", 9, struct.pack(f"<IQ{size}i", 5, size, *KINDS)),
        *(pair(f"tokenizer.ggml.{key}", 4, struct.pack("<I", value)) for key, value in special.items()),
    ]
    head, body, place = b"", b"", 0
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]  # GGUF counts from the innermost dimension
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, place)
        data = tensor.tobytes()
        body += data + bytes(-len(data) % ALIGNMENT)
        place = len(body)
    start = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs) + head
    path.write_bytes(start + bytes(-len(start) % ALIGNMENT) + body)
    return path
