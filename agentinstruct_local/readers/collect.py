"""From the files and folders that a user names to documents, and what became of each file that is none."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from types import ModuleType

from ..errors import SourceError
from ..ids import digest
from ..records import Document
from ._formats import readers, suffix_of
from ._sandbox import Sandbox
from .content import Content, Unreadable, load, printable

_SPDX = re.compile(r"SPDX-License-Identifier:[ \t]*([\w.+-]+(?: (?:AND|OR|WITH) [\w.+-]+)*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file of a known format that gave no document. `reason` is snake_case: a column of the report."""

    source: str
    # no_text, same_text, encrypted, damaged, too_large, too_much_text, unreadable, unreadable_folder, not_a_file,
    # changed, binary; of the process that reads too_slow, too_much_memory and reader_crashed; of archives and office
    # files also zip_bomb, entities, unsupported (a compression) and nested_archive
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What was found: documents in order, files that gave none, and how often each unknown suffix was met."""

    documents: tuple[Document, ...] = ()
    unread: tuple[Unread, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)


def collect(sources: Sequence[Path]) -> Collection:
    """Read every file named, and every file in the folders named, in sorted order, each real file once. The files in
    an archive are documents of their own.

    Raises SourceError where a source does not exist or nothing at all could be read.
    """
    for source in sources:
        _check(source)
    found = _Found()
    sandbox = Sandbox()
    seen: set[tuple[int, int]] = set()
    try:
        for path, label, trouble in (file for source in sources for file in _files(source)):
            suffix = suffix_of(path)
            if trouble and (suffix in readers() or trouble.reason == "unreadable_folder"):
                found.refuse(label, trouble)
            elif suffix not in readers():
                found.unknown[printable(suffix) or "(none)"] += 1
            else:
                found.read(path, label, seen, sandbox)
    finally:
        sandbox.close()
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

    def refuse(self, label: str, problem: Unreadable) -> None:
        self.unread.append(Unread(source=label, reason=problem.reason, detail=printable(problem.detail)))

    def read(self, path: Path, label: str, seen: set[tuple[int, int]], sandbox: Sandbox) -> None:
        """Read one file, or all files of an archive."""
        try:
            stat = path.stat()
            if (stat.st_dev, stat.st_ino) in seen:
                return
            seen.add((stat.st_dev, stat.st_ino))
            data = load(path)
        except OSError as problem:  # gone since the folder was listed
            self.refuse(label, Unreadable("unreadable", problem.strerror or ""))
            return
        except Unreadable as problem:
            self.refuse(label, problem)
            return
        for result in sandbox.results(data, path.name):
            source = f"{label}/{printable(result.member)}" if result.member else label
            if result.reason:
                self.refuse(source, Unreadable(result.reason, result.detail))
            elif result.content is None or result.suffix not in readers():
                self.unknown[printable(result.suffix) or "(none)"] += 1
            else:
                self._keep(_document(readers()[result.suffix], source, result.suffix, result.content))

    def _keep(self, document: Document) -> None:
        text = digest(document.text)
        if text in self._texts:
            detail = f"the same as {self._texts[text]}"
            self.unread.append(Unread(source=document.source, reason="same_text", detail=detail))
            return
        self._texts[text] = document.source
        self.documents.append(document)


def _document(module: ModuleType, label: str, suffix: str, content: Content) -> Document:
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


def _files(source: Path) -> Iterator[tuple[Path, str, Unreadable | None]]:
    """The files of a source, what each is called in a report (with forward slashes, and without control characters),
    and why it is none to be read."""
    if source.is_file():
        yield source, printable(source.name), None
    elif source.is_dir():
        name = source.resolve().name
        for path, inner, trouble in _walk(source):
            yield path, "/".join(map(printable, (name, *inner))).lstrip("/"), trouble
    else:
        reason = "unreadable" if suffix_of(source) in readers() else "unreadable_folder"
        yield source, printable(source.name), Unreadable(reason, "it is gone")


def _check(source: Path) -> None:
    """Looked at before anything is read: what goes later costs nothing but itself."""
    if not source.exists():
        raise SourceError(
            f"{printable(str(source))} does not exist", hint=f"Check the path: ls {printable(str(source.parent))}"
        )
    if not (source.is_file() or source.is_dir()):
        raise SourceError(
            f"{printable(str(source))} is neither a file nor a folder", hint="Name a document or a folder of documents."
        )


def _walk(folder: Path) -> Iterator[tuple[Path, tuple[str, ...], Unreadable | None]]:
    stack: list[tuple[Path, tuple[str, ...]]] = [(folder, ())]
    while stack:
        path, inner = stack.pop()
        try:
            if inner and not (path.is_dir() and not path.is_symlink()):
                if not path.is_dir():  # a link to a folder may lead in a circle, and is not followed
                    yield path, inner, _no_file(path)
                continue
            with os.scandir(path) as entries:
                names = sorted((entry.name for entry in entries if not entry.name.startswith(".")), reverse=True)
        except OSError as problem:
            yield path, inner, Unreadable("unreadable_folder", problem.strerror or "")
            continue
        stack.extend((path / name, (*inner, name)) for name in names)


def _no_file(path: Path) -> Unreadable | None:
    try:
        mode = path.stat().st_mode
    except OSError as problem:
        return Unreadable("unreadable", problem.strerror or "")
    return None if S_ISREG(mode) else Unreadable("not_a_file", "it is a pipe, a socket or a device")


def _nothing_to_read(sources: Sequence[Path], collection: Collection) -> SourceError:
    parts = [f"{count} x unknown suffix {suffix}" for suffix, count in sorted(collection.unknown.items())]
    reasons = Counter(one.reason for one in collection.unread)
    parts += [f"{count} x {reason}" for reason, count in sorted(reasons.items())]
    # What a parser says of a damaged file may hold words of it, and this message may go to a log.
    details = {one: f" ({one.detail})" for one in collection.unread[:3] if one.detail and one.reason != "damaged"}
    parts += [f"{one.source}: {one.reason}{details.get(one, '')}" for one in collection.unread[:3]]
    named = ", ".join(printable(str(source)) for source in sources) or "no source"
    return SourceError(
        f"nothing to read in {named}" + (": " + "; ".join(parts) if parts else ": no files"),
        hint=f"Name files or folders with documents in one of: {' '.join(sorted(readers()))}",
    )
