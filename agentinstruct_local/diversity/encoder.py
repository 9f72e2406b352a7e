"""Turn sentences into vectors: with a sentence-transformers model from a folder, or by hashing, for tests."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from agentinstruct_local.diversity.folder import refuse_code
from agentinstruct_local.errors import ModelError

DIMENSIONS = 384
"""The length of a vector of all-MiniLM-L6-v2, and so of every vector here."""

Vectors = npt.NDArray[np.float32]

_HINT = "type: agentinstruct models pull all-minilm-l6-v2"


class Encodes(Protocol):
    """Anything that gives each text a vector of length 1. `name` tells whose vectors they are."""

    name: str  # empty where vectors say nothing of what a text means

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, float32, one row of `DIMENSIONS` numbers each, normalised."""
        ...


class Encoder:
    """A sentence-transformers model that lies in a local folder. It opens no socket and runs on the CPU."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name
        self._model = _load(folder)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, float32, one row of `DIMENSIONS` numbers each, normalised."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        found = self._model.encode(
            list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False, batch_size=32
        )
        return np.ascontiguousarray(found, dtype=np.float32)


def _load(folder: Path) -> Any:
    """The model in a folder; only safetensors are read, since other weight files can run code."""
    refuse_code(folder)
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # the run has its own
    try:
        model = SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
        size = len(model.encode(["."], show_progress_bar=False)[0])
    except Exception as error:
        raise ModelError(f"the embedder in {folder} cannot be loaded: {error}", hint=_HINT) from error
    if size != DIMENSIONS:
        raise ModelError(f"the embedder in {folder} gives {size} numbers a text, not {DIMENSIONS}", hint=_HINT)
    return model


class HashEncoder:
    """Character n-grams hashed into a vector: the same on every machine, without a model. For tests."""

    name = ""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, float32, one row of `DIMENSIONS` numbers each, normalised."""
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            line = f" {' '.join(text.casefold().split())} "
            for size in (3, 4, 5):
                for at in range(max(0, len(line) - size + 1)):
                    value = zlib.crc32(line[at : at + size].encode("utf-8", "surrogatepass"))
                    row[value % DIMENSIONS] += 1.0 if value & 0x40000000 else -1.0
            length = float(np.linalg.norm(row))
            if length == 0.0:
                row[0] = 1.0
            else:
                np.divide(row, length, out=row)
        return vectors
