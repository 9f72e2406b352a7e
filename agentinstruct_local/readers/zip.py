"""ZIP archives: each file in one is a document of its own, read by the reader of its format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from ._archive import Archive
from .content import MAX_BYTES, Unreadable, printable

MEDIA_TYPES = {".zip": "application/zip"}
SUFFIXES = tuple(MEDIA_TYPES)

_SEPARATOR = re.compile(r"[/\\]")
_DRIVE = re.compile(r"^[A-Za-z]:")


def members(data: bytes) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The name of each file in it, in sorted order, and how to get its bytes. Hidden files are left out, as those of
    folders are. Raises Unreadable, also when what was read of it is more than an archive may hold."""
    archive = Archive(data)
    names = sorted((parts, name) for name in archive.names if (parts := _parts(name)))
    if not names:
        raise Unreadable("no_text", "no files are in it")
    for parts, name in names:
        archive.check_size()
        yield "/".join(parts), partial(_load, archive, name)


def _parts(name: str) -> tuple[str, ...]:
    """A name without anything that leads out of the archive; empty for a file that is hidden."""
    parts = [part for part in _SEPARATOR.split(_DRIVE.sub("", printable(name))) if part not in ("", ".", "..")]
    hidden = not parts or parts[0] == "__MACOSX" or any(part.startswith(".") for part in parts)
    return () if hidden else tuple(parts)


def _load(archive: Archive, name: str) -> bytes:
    data = archive.read(name)
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large", f"more than {MAX_BYTES // 1024**2} MB")
    return data
