"""From the files and folders that a user names to documents, and what became of each file that is none."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType

from ..errors import SourceError
from ..ids import digest
from ..records import Document
from .content import PACKED, Unreadable

_SPDX = re.compile(r"SPDX-License-Identifier:[ \t]*([\w.+-]+(?: (?:AND|OR|WITH) [\w.+-]+)*)")
_NOT_FORMATS = ("collect", "content")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file of a known format that gave no document. `reason` is snake_case: a column of the report."""

    source: str
    reason: str  # no_text, same_text, encrypted, damaged, too_large, unreadable, binary
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What was found: documents in order, files that gave none, and how often each unknown suffix was met."""

    documents: tuple[Document, ...] = ()
    unread: tuple[Unread, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)


@cache
def readers() -> Mapping[str, ModuleType]:
    """Suffix -> the module that reads it. The modules import their heavy libraries only when they read."""
    found: dict[str, ModuleType] = {}
    package = __name__.rpartition(".")[0]
    for entry in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda entry: entry.name):
        if entry.name in _NOT_FORMATS or entry.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package}.{entry.name}")
        for suffix in getattr(module, "SUFFIXES", ()):
            found[suffix] = module
    return found


def suffix_of(path: Path) -> str:
    """The suffix that names the format, in lower case; that of `a.txt.gz` is `.txt`."""
    inner = Path(path.stem).suffix.lower() if path.suffix.lower() == PACKED else ""
    return inner or path.suffix.lower()


def collect(sources: Sequence[Path]) -> Collection:
    """Read every file named, and every file in the folders named, in sorted order, each real file once.

    Raises SourceError where a source does not exist or nothing at all could be read.
    """
    documents: list[Document] = []
    unread: list[Unread] = []
    unknown: Counter[str] = Counter()
    seen_files: set[tuple[int, int]] = set()
    seen_texts: dict[str, str] = {}
    for path, label in (found for source in sources for found in _files(source)):
        suffix = suffix_of(path)
        if suffix not in readers():
            unknown[suffix or "(none)"] += 1
            continue
        try:
            stat = path.stat()
            if (stat.st_dev, stat.st_ino) in seen_files:
                continue
            seen_files.add((stat.st_dev, stat.st_ino))
            document = _read(path, label, suffix)
        except Unreadable as problem:
            unread.append(Unread(source=label, reason=problem.reason, detail=problem.detail))
            continue
        except Exception as problem:  # noqa: BLE001  # libraries raise what they like, and one file never ends a run
            reason = "unreadable" if isinstance(problem, OSError) else "damaged"
            unread.append(Unread(source=label, reason=reason, detail=f"{type(problem).__name__}: {problem}"[:300]))
            continue
        text = digest(document.text)
        if text in seen_texts:
            unread.append(Unread(source=label, reason="same_text", detail=f"the same as {seen_texts[text]}"))
            continue
        seen_texts[text] = label
        documents.append(document)
    collection = Collection(documents=tuple(documents), unread=tuple(unread), unknown=dict(unknown))
    if not documents:
        raise _nothing_to_read(sources, collection)
    return collection


def _read(path: Path, label: str, suffix: str) -> Document:
    module = readers()[suffix]
    content = module.read(path)
    if not any(character.isalnum() for character in content.text):
        raise Unreadable("no_text", "no text was found in it")
    licence = _SPDX.search(content.text, 0, 4000)
    return Document(
        id=digest(label, digest(content.text)),
        source=label,
        text=content.text,
        media_type=module.MEDIA_TYPES[suffix],
        title=content.title,
        pages=content.pages,
        licence=licence[1] if licence else None,
    )


def _files(source: Path) -> Iterator[tuple[Path, str]]:
    """The regular files of a source, and what each is called in a report: always with forward slashes."""
    if source.is_file():
        yield source, source.name
    elif source.is_dir():
        name = source.resolve().name
        yield from ((path, "/".join((name, *inner)).lstrip("/")) for path, inner in _walk(source))
    elif source.exists():
        raise SourceError(f"{source} is neither a file nor a folder", hint="Name a document or a folder of documents.")
    else:
        raise SourceError(f"{source} does not exist", hint=f"Check the path: ls {source.parent}")


def _walk(folder: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    stack: list[tuple[Path, tuple[str, ...]]] = [(folder, ())]
    while stack:
        path, inner = stack.pop()
        if inner and not (path.is_dir() and not path.is_symlink()):
            if path.is_file():
                yield path, inner
            continue
        try:
            with os.scandir(path) as entries:
                names = sorted((entry.name for entry in entries if not entry.name.startswith(".")), reverse=True)
        except OSError:  # a folder that may not be listed holds nothing for us
            continue
        stack.extend((path / name, (*inner, name)) for name in names)


def _nothing_to_read(sources: Sequence[Path], collection: Collection) -> SourceError:
    parts = [f"{count} x unknown suffix {suffix}" for suffix, count in sorted(collection.unknown.items())]
    reasons = Counter(one.reason for one in collection.unread)
    parts += [f"{count} x {reason}" for reason, count in sorted(reasons.items())]
    parts += [f"{one.source}: {one.reason} ({one.detail})" for one in collection.unread[:3]]
    named = ", ".join(map(str, sources)) or "no source"
    return SourceError(
        f"nothing to read in {named}" + (": " + "; ".join(parts) if parts else ": no files"),
        hint=f"Name files or folders with documents in one of: {' '.join(sorted(readers()))}",
    )
