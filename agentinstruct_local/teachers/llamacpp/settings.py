"""How much of the machine the engine may use. Imports nothing native, so any process can hold it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a model is loaded with."""

    n_seq: int = 16  # sequences decoded together
    context: int = 8192  # cells of the key-value cache, shared by all sequences
    batch: int = 512  # tokens computed in one call
    threads: int = 0  # 0: as many as there are cores
    gpu_layers: int = -1  # -1: all that llama.cpp can off-load
    keep: int = 1536  # cells that prompts of finished requests may hold: on a CPU every cell in use costs attention
    guess: int = 1  # up to so many sequences together, what a reply copies from its prompt is guessed
    echo: bool = False  # llama.cpp's log goes to the error stream too, where it outlives a crash
