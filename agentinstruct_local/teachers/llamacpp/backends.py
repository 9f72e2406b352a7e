"""ggml's libraries for processors and GPUs, where they were built apart from llama.cpp (a portable build)."""

from __future__ import annotations

import os
from pathlib import Path


def load_backends() -> None:
    """Load the libraries that lie beside llama.cpp, where this build has not linked them; else nothing.

    llama.cpp itself would look for them beside the program that runs (python) and in the current folder, where they are
    not, and where anybody's could be.
    """
    from llama_cpp import llama_cpp

    # By libllama's handle: a wheel holds libggml.so and libggml.so.0 as two files, and loading the first by its path
    # gives a second registry that llama.cpp does not look at.
    folder = Path(llama_cpp.__file__).parent / "lib"
    if any(folder.glob("*ggml-cpu-*")):
        llama_cpp._lib.ggml_backend_load_all_from_path(os.fsencode(folder))
