"""ggml's libraries for processors and GPUs, where they were built apart from llama.cpp (a portable build)."""

from __future__ import annotations

import os
from pathlib import Path


def load_backends() -> None:
    """Load the libraries that lie beside llama.cpp, where this build has not linked them; else nothing.

    llama.cpp itself would look for them beside the program that runs (python) and in the current folder, where they are
    not, and where anybody's could be.
    """
    from llama_cpp import _ggml

    folder = Path(_ggml.__file__).parent / "lib"
    if any(folder.glob("*ggml-cpu-*")):
        _ggml.libggml.ggml_backend_load_all_from_path(os.fsencode(folder))
