"""From the files and folders that a user names to documents, and what became of each file that is none."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import ModuleType

from ..errors import SourceError
from ..ids import digest
from ..records import Document
from .content import PACKED, Content, Unreadable, load

_SPDX = re.compile(r"SPDX-License-Identifier:[ \t]*([\w.+-]+(?: (?:AND|OR|WITH) [\w.+-]+)*)")
_NOT_FORMATS = ("collect", "content")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file of a known format that gave no document. `reason` is snake_case: a column of the report."""

    source: str
    # no_text, same_text, encrypted, damaged, too_large, unreadable, binary; of archives and office files also
    # zip_bomb, entities, unsupported (a compression) and nested_archive
    reason: str
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
    """Read every file named, and every file in the folders named, in sorted order, each real file once. The files in
    an archive are documents of their own.

    Raises SourceError where a source does not exist or nothing at all could be read.
    """
    found = _Found()
    seen: set[tuple[int, int]] = set()
    for path, label in (file for source in sources for file in _files(source)):
        if suffix_of(path) in readers():
            try:
                stat = path.stat()
            except OSError as problem:  # gone since the folder was listed
                found.unread.append(Unread(source=label, reason="unreadable", detail=problem.strerror or ""))
                continue
            if (stat.st_dev, stat.st_ino) in seen:
                continue
            seen.add((stat.st_dev, stat.st_ino))
        found.take(label, path.name, partial(load, path))
    collection = Collection(documents=tuple(found.documents), unread=tuple(found.unread), unknown=dict(found.unknown))
    if not collection.documents:
        raise _nothing_to_read(sources, collection)
    return collection


class _Found:
    """What became of the files so far."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.unread: list[Unread] = []
        self.unknown: Counter[str] = Counter()
        self._texts: dict[str, str] = {}

    def take(self, label: str, name: str, load: Callable[[], bytes], *, inside: bool = False) -> None:
        """Read one file, or all files of an archive. `inside`: it stands in an archive itself."""
        suffix = suffix_of(Path(name))
        module = readers().get(suffix)
        if module is None:
            self.unknown[suffix or "(none)"] += 1
            return
        try:
            if inside and (hasattr(module, "members") or name.lower().endswith(PACKED)):
                raise Unreadable("nested_archive", "an archive inside an archive is not opened")
            if hasattr(module, "members"):
                for member, load_member in module.members(load()):
                    self.take(f"{label}/{member}", member, load_member, inside=True)
                return
            document = _document(module, label, suffix, module.read(load(), _unpacked(name)))
        except Unreadable as problem:
            self.unread.append(Unread(source=label, reason=problem.reason, detail=problem.detail))
        except RecursionError:
            self.unread.append(Unread(source=label, reason="damaged", detail="nested too deep"))
        except Exception as problem:  # noqa: BLE001  # libraries raise what they like, and one file never ends a run
            reason = "unreadable" if isinstance(problem, OSError) else "damaged"
            detail = f"{type(problem).__name__}: {problem}"[:300]
            self.unread.append(Unread(source=label, reason=reason, detail=detail))
        else:
            self._keep(document)

    def _keep(self, document: Document) -> None:
        text = digest(document.text)
        if text in self._texts:
            detail = f"the same as {self._texts[text]}"
            self.unread.append(Unread(source=document.source, reason="same_text", detail=detail))
            return
        self._texts[text] = document.source
        self.documents.append(document)


def _unpacked(name: str) -> str:
    return name[: -len(PACKED)] if name.lower().endswith(PACKED) else name


def _document(module: ModuleType, label: str, suffix: str, content: Content) -> Document:
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
