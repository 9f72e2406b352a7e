"""Model cards: one YAML file says what a model file is, where it comes from and which SHA-256 it must have."""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from agentinstruct_local import gguf_file
from agentinstruct_local.errors import ModelError
from agentinstruct_local.ids import sha256_of
from agentinstruct_local.records import Sampling

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
CHECKED = ".checked.json"
CARD_BYTES = 100_000
PACKAGE = Path(__file__).resolve().parent


class Strict(BaseModel):
    """A value that refuses keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HubSource(Strict):
    """A file of a hub repository, or for a folder all the card's files."""

    hub: str
    revision: str = "main"
    file: str = ""


class PartsSource(Strict):
    """Packages of one version that each hold a part; `join` is the part's path, NN its number, from `first` on."""

    packages: tuple[str, ...]
    version: str
    join: str
    first: int = 1


class PackageSource(Strict):
    """One package that holds the file (`member`) or the folder."""

    package: str
    version: str
    member: str = ""
    folder: str = ""


class PathSource(Strict):
    """A file or folder on this machine."""

    path: str


Source = HubSource | PartsSource | PackageSource | PathSource


class Card(Strict):
    """One model: a GGUF file for a teacher, a folder of files for an embedder."""

    name: Name
    kind: Literal["teacher", "embedder"]
    about: str = ""
    use: Literal["", "default", "test"] = ""  # taken where none is named; taken by the tests
    file: str  # under the models folder, or an absolute path
    bytes: int = Field(gt=0)  # of all the files together
    sha256: Sha256  # of the file, or of the folder's weights
    files: dict[str, Sha256] = {}  # a folder's files and their sha256
    licence: str
    parameters: int = 0  # how many weights; 0 where unknown
    context: int = Field(default=4096, gt=0)  # tokens
    chat_format: str = "chatml"
    sampling: Sampling = Sampling()
    sources: tuple[Source, ...] = ()

    @model_validator(mode="after")
    def _paths_stay_inside(self) -> Card:
        for inner in (*self.files, *([] if Path(self.file).is_absolute() else [self.file])):
            if Path(inner).is_absolute() or ".." in Path(inner).parts:
                raise ValueError(f"{inner!r} leads out of the models folder")
        return self

    @property
    def contents(self) -> dict[Path, str]:
        """Every file that the card speaks for, whether it is there or not, and its sha256."""
        place = models_folder() / self.file
        return {place / inner: sha for inner, sha in self.files.items()} if self.files else {place: self.sha256}


def cards_folder() -> Path:
    """Where the cards that come with the program lie: in a wheel, or in a checkout."""
    inside = PACKAGE / "data" / "models"
    return inside if inside.is_dir() else PACKAGE.parent / "models"


def models_folder() -> Path:
    """Where model files lie: $AGENTINSTRUCT_MODELS, the checkout's models/files, or the user's data folder."""
    if chosen := os.environ.get("AGENTINSTRUCT_MODELS"):
        return Path(chosen).expanduser().resolve()
    if (PACKAGE.parent / "pyproject.toml").is_file() and (PACKAGE.parent / "models").is_dir():
        return PACKAGE.parent / "models" / "files"
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "agentinstruct" / "models"


def load_cards(folder: Path | None = None) -> dict[str, Card]:
    """All cards by name: those of `folder`, or the program's own and then the user's. A bad card is a ModelError."""
    folders = [folder] if folder else [cards_folder(), models_folder()]
    files = [file for place in folders if place.is_dir() for file in sorted(place.glob("*.yaml"))]
    cards: dict[str, Card] = {}
    for card in (read_card(file) for file in files if file.name != "chat_formats.yaml"):
        cards.setdefault(card.name, card)  # the program's own come first and stay
    return cards


def read_card(file: Path) -> Card:
    """The card in `file`; its name must be the file's. Raises ModelError."""
    try:
        text = file.read_bytes()[: CARD_BYTES + 1].decode("utf-8")
        if len(text) > CARD_BYTES:
            raise ValueError(f"it is longer than {CARD_BYTES} bytes")
        card = Card.model_validate(yaml.safe_load(text))
        if card.name != file.stem:
            raise ValueError(f"it is called {card.name!r}, the file {file.name!r}")
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ModelError(
            f"{file}: not a model card: {_first_lines(error)}", hint="correct or remove the file"
        ) from error
    return card


def _first_lines(error: Exception) -> str:
    if isinstance(error, ValidationError):
        told = error.errors()[:3]
        return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'card'}: {one['msg']}" for one in told)
    return " ".join(str(error).split())[:300]


def find(name_or_path: str) -> Card:
    """The card of that name, or the one that knows the GGUF file at that path. Raises ModelError."""
    cards = load_cards()
    if name_or_path in cards:
        return cards[name_or_path]
    path = Path(name_or_path).expanduser()
    if path.suffix.lower() == ".gguf" or len(path.parts) > 1:
        return _find_file(path, cards.values())
    word = name_or_path.lower()
    close = [name for name in cards if word in name] or difflib.get_close_matches(word, cards, n=2, cutoff=0.4)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    raise ModelError(f"no model is called {name_or_path!r}", hint=f"{meant}to see them all: agentinstruct models list")


def add(
    path: Path, *, name: str = "", chat_format: str = "chatml", licence: str = "unknown", context: int = 4096
) -> Card:
    """Write a card for a GGUF file anywhere on this machine; the file stays where it is. Raises ModelError."""
    if not path.is_file():
        raise ModelError(f"{path}: no such file", hint="give the path of a GGUF file")
    gguf_file.check(path)
    path = path.resolve()
    name = name or re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-._")
    target = models_folder() / f"{name}.yaml"
    if name in load_cards():
        raise ModelError(
            f"there is a model called {name} already",
            hint=f"agentinstruct models add {shlex.quote(str(path))} --name OTHER",
        )
    told: dict[str, Any] = {"name": name, "kind": "teacher", "about": "Added by hand.", "file": str(path)}
    told |= {"bytes": path.stat().st_size, "sha256": digest_of(path), "licence": licence, "context": context}
    told |= {"chat_format": chat_format}
    try:
        card = Card.model_validate(told)
    except ValidationError as error:
        raise ModelError(f"cannot add {path}: {_first_lines(error)}", hint="give it another --name") from error
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(yaml.safe_dump(told, sort_keys=False, allow_unicode=True), "utf-8")
    return card


def _find_file(path: Path, cards: Iterable[Card]) -> Card:
    if not path.is_file():
        raise ModelError(f"{path}: no such file", hint="give a GGUF file, or a name out of: agentinstruct models list")
    path = path.resolve()
    same_size = [card for card in cards if not card.files and card.bytes == path.stat().st_size]
    for card in same_size:
        if digest_of(path) == card.sha256:
            return card.model_copy(update={"file": str(path)})
    raise ModelError(f"{path}: no card knows this file", hint=f"agentinstruct models add {shlex.quote(str(path))}")


def default_teacher() -> Card:
    """The teacher taken where none is named."""
    return _used("teacher", "default")


def teacher_for_tests() -> Card:
    """The small teacher of the test-suite."""
    return _used("teacher", "test")


def default_embedder() -> Card:
    """The embedder taken where none is named."""
    return _used("embedder", "default")


def _used(kind: str, use: str) -> Card:
    for card in load_cards().values():
        if (card.kind, card.use) == (kind, use):
            return card
    raise ModelError(f"no card says kind: {kind} and use: {use}", hint="put one into the models folder")


def is_here(card: Card) -> bool:
    """Whether all its files are there with, for a single file, the right size. Nothing is hashed."""
    there = all(path.is_file() for path in card.contents)
    return there and sum(path.stat().st_size for path in card.contents) == card.bytes


def path_of(card: Card) -> Path:
    """Its file or folder. Raises ModelError where it has not been pulled."""
    if not all(path.is_file() for path in card.contents):
        raise ModelError(f"{card.name} is not on this machine", hint=f"agentinstruct models pull {card.name}")
    return models_folder() / card.file


def verify(card: Card) -> None:
    """Raise ModelError unless every file is there and has its SHA-256. A file that has not changed is hashed once."""
    path_of(card)
    for path, sha256 in card.contents.items():
        if (found := digest_of(path)) != sha256:
            quoted = shlex.quote(str(path))
            hint = f"rm {quoted}; agentinstruct models pull {card.name}"
            if not card.sources:  # one of the user's own, which may have been changed on purpose
                hint = (
                    f"put the old file back, or if you trust this one: agentinstruct models add {quoted} --name OTHER"
                )
            raise ModelError(
                f"{path} is damaged or another file: its sha256 is {found[:16]}..., the card says {sha256[:16]}...",
                hint=hint,
            )


def digest_of(path: Path) -> str:
    """The file's SHA-256, out of a small cache that is keyed by path, size, inode and times of change.

    The last of them, that of the inode, cannot be set back by the one who changes a file.
    """
    path = path.resolve()
    stat = path.stat()
    key = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    known = _checked()
    entry = known.get(str(path))
    if isinstance(entry, list) and entry[:-1] == key and re.fullmatch(r"[0-9a-f]{64}", str(entry[-1])):
        return str(entry[-1])
    known[str(path)] = [*key, sha256_of(path)]
    _keep(known)
    return str(known[str(path)][-1])


def _checked() -> dict[str, Any]:
    try:
        known = json.loads((models_folder() / CHECKED).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _keep(known: dict[str, Any]) -> None:
    target = models_folder() / CHECKED
    draft = target.with_name(f"{CHECKED}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(known, indent=1), "utf-8")
        draft.replace(target)
    except OSError:
        draft.unlink(missing_ok=True)  # a read-only models folder is hashed every time
