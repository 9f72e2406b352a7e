"""Which student: a model card, a GGUF file or a folder of weights, and what can be known of it without loading it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agentinstruct_local import cards, gguf_file
from agentinstruct_local.errors import ModelError, StudentError
from agentinstruct_local.ids import digest
from agentinstruct_local.teachers import chat_formats

MANIFEST = "student.json"
"""What `teach` leaves in its folder: which student, taught how, on what."""
WANTED = {"base", "base_place", "base_sha256", "chat_format", "weights"}
CONFIG = "config.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A model that can be taught or examined."""

    name: str
    place: Path  # a GGUF file, or a folder with config.json and safetensors
    chat_format: str  # a key of chat_formats.FORMATS
    parameters: int  # weights, counted from the file's header
    layers: int
    vocabulary: int  # tokens
    sha256: str  # of the GGUF file; of a folder, a digest of its config and its weights' SHA-256

    @property
    def is_gguf(self) -> bool:
        """Whether the weights stand in one GGUF file."""
        return self.place.is_file()


def find(where: str, chat_format: str = "") -> Student:
    """The student of that name or at that place. StudentError or ModelError where it cannot be one."""
    path = Path(where).expanduser()
    if path.is_dir():
        return _folder(path.resolve(), chat_format)
    if path.is_file():
        return _gguf(path.resolve(), path.stem, chat_format)
    if path.suffix.lower() == ".gguf" or len(path.parts) > 1:
        hint = "give a GGUF file, a folder with config.json, or a name out of: agentinstruct models list"
        raise StudentError(f"{where}: no such file or folder", hint=hint)
    card = cards.find(where)
    if card.kind == "embedder":
        raise StudentError(f"{where} is an embedder, no language model", hint="see: agentinstruct models list")
    cards.verify(card)
    return _gguf(cards.path_of(card), card.name, chat_format or card.chat_format)


def manifest(folder: Path) -> dict[str, Any] | None:
    """What `teach` has left in the folder; None where it has left nothing there."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
    except OSError:
        return None
    except ValueError as error:
        raise StudentError(f"{folder / MANIFEST} is damaged", hint="teach the student again") from error
    if not isinstance(found, dict) or not found.keys() >= {
        "base",
        "base_place",
        "base_sha256",
        "chat_format",
        "weights",
    }:
        raise StudentError(f"{folder / MANIFEST} is not what `teach` writes", hint="take that file away")
    return found


def _gguf(path: Path, name: str, chat_format: str) -> Student:
    found = gguf_file.metadata(path)
    kind = str(found.get("general.architecture", ""))
    shapes = gguf_file.shapes(path)
    if f"{kind}.block_count" not in found or not shapes:
        raise ModelError(f"{path.name} is no language model", hint="give a model that writes text")
    template = str(found.get("tokenizer.chat_template", ""))
    return Student(
        name=name,
        place=path,
        chat_format=_format(chat_format, template, path.name),
        parameters=sum(_product(shape) for shape in shapes.values()),
        layers=int(found[f"{kind}.block_count"]),  # type: ignore[arg-type]
        vocabulary=max((max(shape) for name, shape in shapes.items() if name == "token_embd.weight"), default=0),
        sha256=cards.digest_of(path),
    )


def _folder(folder: Path, chat_format: str) -> Student:
    """A folder of Hugging Face weights, or one that `teach` has made."""
    if (told := manifest(folder)) is not None:
        taught = _folder(folder / told["weights"], chat_format or told["chat_format"])
        return replace(taught, name=folder.name)
    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
    except (OSError, ValueError) as error:
        hint = "give a folder with config.json, tokenizer and safetensors, a GGUF file, or a model's name"
        raise StudentError(f"{folder} holds no model: {CONFIG} cannot be read", hint=hint) from error
    files = sorted(folder.glob("model*.safetensors")) or sorted(folder.glob("*.safetensors"))
    if not files:
        raise StudentError(f"{folder} holds no *.safetensors", hint="save the model with safetensors first")
    template = "".join(
        (folder / name).read_text("utf-8", "replace")
        for name in ("chat_template.jinja", "tokenizer_config.json")
        if (folder / name).is_file()
    )
    text = config.get("text_config", config)
    return Student(
        name=folder.name,
        place=folder,
        chat_format=_format(chat_format, template, str(folder)),
        parameters=sum(_product(shape) for file in files for shape in _safetensors(file)),
        layers=int(text.get("num_hidden_layers", 0)),
        vocabulary=int(text.get("vocab_size", 0)),
        sha256=digest(config, [cards.digest_of(file) for file in files], length=64),
    )


def _format(asked: str, template: str, where: str) -> str:
    name = asked or chat_formats.recognised(template)
    if not name or name not in chat_formats.FORMATS:
        told = f"the chat format {asked!r} is not known" if asked else f"the chat format of {where} is not known"
        hint = f"name it, one of {', '.join(sorted(chat_formats.FORMATS))}: --chat-format NAME"
        raise StudentError(told, hint=hint)
    return name


def _safetensors(file: Path) -> list[list[int]]:
    """The shapes of the file's tensors, from its header (8 bytes of length, then JSON)."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if length > 100_000_000:
            raise StudentError(f"{file} is no safetensors file", hint="save the model with safetensors again")
        try:
            header = json.loads(opened.read(length))
        except ValueError as error:
            hint = "save the model with safetensors again"
            raise StudentError(f"{file} is no safetensors file", hint=hint) from error
    return [one["shape"] for name, one in header.items() if name != "__metadata__"]


def _product(shape: list[int] | tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total
