"""What an embedder's folder may hold: weights as safetensors, and settings. Nothing in it may be or become code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from agentinstruct_local.errors import ModelError

WEIGHTS = ".safetensors"
_CODE = (
    ".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".dill", ".npz", ".npy", ".h5", ".keras", ".msgpack",
    ".ot", ".py", ".pyc", ".so", ".dll",
)  # fmt: skip
"""Pickles, and other files that a library would run or take for weights."""
_HOMES = ("sentence_transformers", "transformers", "torch.nn")
"""Where a class may come from that a setting names."""
_NAMES_CODE = ("auto_map", "custom_pipelines", "custom_generate")
_NAMES_CLASS = ("type", "types", "activation_function", "tokenizer_class", "module_class", "model_class")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_MAX_SETTINGS = 10_000_000  # bytes


def refuse_code(folder: Path) -> None:
    """Raises ModelError where a folder is no sentence embedder with safetensors weights, or brings code.

    Refused by name: pickles and their like, Python files, `auto_map` and its like in a config, classes outside
    sentence_transformers, transformers and torch.nn, and paths that lead out of the folder.
    """
    if not (folder / "config.json").is_file() or not any(folder.glob(f"*{WEIGHTS}")):
        raise ModelError(
            f"{folder} holds no sentence embedder with safetensors weights",
            hint="type: agentinstruct models pull all-minilm-l6-v2",
        )
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder).as_posix()
        if path.suffix.lower() in _CODE:
            raise _refused(folder, inner, "such a file can run code; weights are read from safetensors alone")
        if path.name == "modules.json" or path.name.endswith(f"{WEIGHTS}.index.json"):
            _check_parts(folder, inner, _settings(folder, inner))
        elif path.suffix == ".json" and "config" in path.name:
            _check_classes(folder, inner, _settings(folder, inner))


def _settings(folder: Path, inner: str) -> Any:
    try:
        data = (folder / inner).read_bytes()[: _MAX_SETTINGS + 1]
        if len(data) > _MAX_SETTINGS:
            raise ValueError("it is too long")
        return json.loads(data)
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(folder, inner, f"its settings cannot be read: {error}") from error


def _check_parts(folder: Path, inner: str, told: Any) -> None:
    """The list of modules, or the list of files that hold the weights."""
    if isinstance(told, dict):
        for file in (told.get("weight_map") or {}).values():
            if not str(file).endswith(WEIGHTS) or _leads_out(file):
                raise _refused(folder, inner, f"it takes weights from {str(file)!r}")
        return
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise _refused(folder, inner, "it is no list of modules")
    for one in told:
        if not _is_at_home(str(one.get("type"))):
            raise _refused(folder, inner, f"it names a module of its own: {one.get('type')!r}")
        if _leads_out(one.get("path", "")):
            raise _refused(folder, inner, "a module lies outside the folder")


def _check_classes(folder: Path, inner: str, told: Any) -> None:
    for key, value in _pairs(told):
        if key in _NAMES_CODE:
            raise _refused(folder, inner, f"it asks for code of its own ({key})")
        named = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        for name in named if key in _NAMES_CLASS else ():
            if isinstance(name, str) and _DOTTED.fullmatch(name) and not _is_at_home(name):
                raise _refused(folder, inner, f"it names a class of its own: {name!r}")


def _pairs(told: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a tree of settings with its value."""
    left = [told]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield from one.items()
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)


def _is_at_home(name: str) -> bool:
    return name.startswith(tuple(f"{home}." for home in _HOMES)) and _DOTTED.fullmatch(name) is not None


def _leads_out(path: object) -> bool:
    parts = PurePosixPath(str(path).replace("\\", "/"))
    return parts.is_absolute() or ".." in parts.parts or ":" in str(path)


def _refused(folder: Path, inner: str, why: str) -> ModelError:
    return ModelError(
        f"the embedder in {folder} is not loaded: {inner!r}: {why}",
        hint="take an embedder of safetensors and settings alone: agentinstruct models pull all-minilm-l6-v2",
    )
