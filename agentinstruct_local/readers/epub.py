"""E-books (EPUB): their chapters in reading order, each by the reader of HTML."""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import unquote

from . import html
from ._archive import Archive, xml
from .content import Content, Unreadable, clean, tidy

MEDIA_TYPES = {".epub": "application/epub+zip"}
SUFFIXES = tuple(MEDIA_TYPES)

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_DOCUMENTS = ("application/xhtml+xml", "text/html")


def read(data: bytes, name: str) -> Content:
    """The text of a book. Raises Unreadable; encrypted where a chapter is locked to a reading device."""
    book = Archive(data)
    if _CONTAINER not in book:
        raise Unreadable("damaged", f"it has no {_CONTAINER}")
    package = next((_get(one, "full-path") for one in _all(xml(book.read(_CONTAINER)), "rootfile")), "")
    if package not in book:
        raise Unreadable("damaged", "its package file is missing")
    root = xml(book.read(package))
    locked = _locked(book)
    chapters = []
    for path in _spine(root, package):
        if path in locked:
            raise Unreadable("encrypted", "its chapters are locked")
        if path in book:
            chapters.append(html.read(book.read(path), path).text)
    title = next((" ".join("".join(one.itertext()).split()) for one in _all(root, "title")), "")
    return Content(text=tidy("\n\n".join(filter(None, chapters))), title=clean(title))


def _spine(root: Any, package: str) -> list[str]:
    """The members that hold the chapters, each once, in order; not what stands outside the reading order."""
    folder = posixpath.dirname(package)
    files = {_get(one, "id"): one for one in _all(root, "item")}
    found: dict[str, None] = {}
    for reference in _all(root, "itemref"):
        item = files.get(_get(reference, "idref"))
        if item is None or _get(reference, "linear") == "no" or _get(item, "media-type") not in _DOCUMENTS:
            continue
        if "nav" not in _get(item, "properties").split():
            found[posixpath.normpath(posixpath.join(folder, unquote(_get(item, "href"))))] = None
    return list(found)


def _locked(book: Archive) -> set[str]:
    """What is encrypted; fonts often are, and do not matter."""
    if _ENCRYPTION not in book:
        return set()
    return {unquote(_get(one, "URI")) for one in _all(xml(book.read(_ENCRYPTION)), "CipherReference")}


def _all(root: Any, tag: str) -> Any:
    return root.iter("{*}" + tag)


def _get(element: Any, name: str) -> str:
    return str(element.get(name) or "")
