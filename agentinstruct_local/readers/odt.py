"""OpenDocument texts: headings, paragraphs, lists, tables and listings in document order, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._archive import Archive, xml
from ._tables import count, markdown
from .content import Content, Unreadable, clean, tidy

MEDIA_TYPES = {".odt": "application/vnd.oasis.opendocument.text"}
SUFFIXES = tuple(MEDIA_TYPES)

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _STYLE = (f"{{{_OASIS}{name}:1.0}}" for name in ("text", "table", "style"))
_OFFICE, _SVG = f"{{{_OASIS}office:1.0}}", f"{{{_OASIS}svg-compatible:1.0}}"
_NO_TEXT = {
    f"{_TEXT}note", f"{_TEXT}tracked-changes", f"{_TEXT}table-of-content", f"{_TEXT}alphabetical-index",
    f"{_TEXT}bibliography", f"{_TEXT}ruby-text", f"{_OFFICE}annotation", f"{_TEXT}sequence-decls", f"{_OFFICE}forms",
    f"{_SVG}title", f"{_SVG}desc",
}  # fmt: skip
_MARKS = {f"{_TEXT}s": " ", f"{_TEXT}tab": " ", f"{_TEXT}line-break": "\n"}
_LISTING = ("Preformatted_20_Text", "Source_20_Code")
_REPEATED = 1000  # columns that one cell may stand for


def read(data: bytes, name: str) -> Content:
    """The text of a document; deleted text, notes and comments are left out. Raises Unreadable."""
    archive = Archive(data)
    if "content.xml" not in archive:
        raise Unreadable("damaged", "it has no content.xml")
    if "META-INF/manifest.xml" in archive and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise Unreadable("encrypted", "a password protects it")
    root = xml(archive.read("content.xml"))
    body = root.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise Unreadable("damaged", "it is no text document")
    styles = {one.get(f"{_STYLE}name"): one.get(f"{_STYLE}parent-style-name") for one in root.iter(f"{_STYLE}style")}
    title = ""
    if "meta.xml" in archive:
        title = next((one.text or "" for one in xml(archive.read("meta.xml")).iter("{*}title")), "")
    text = tidy(clean("\n\n".join(_blocks(body, styles))))
    return Content(text=text, title=" ".join(clean(title).split()))


def _blocks(parent: Any, styles: dict[str, str]) -> Iterator[str]:
    listing: list[str] = []
    for element in [*parent, None]:
        style = element.get(f"{_TEXT}style-name", "") if element is not None else ""
        style = styles.get(style) or style
        if style in _LISTING and element.tag == f"{_TEXT}p":
            listing.append(_words(element))
            continue
        if listing:
            yield "\n".join(["```", *listing, "```"])
            listing = []
        if element is None or element.tag in _NO_TEXT:
            continue
        if element.tag == f"{_TEXT}h" or (element.tag == f"{_TEXT}p" and style == "Title"):
            level = element.get(f"{_TEXT}outline-level", "1")
            words = " ".join(_words(element).split())
            if words:
                yield "#" * (min(6, max(1, int(level))) if level.isdecimal() else 1) + " " + words
        elif element.tag == f"{_TEXT}p":
            yield _words(element).strip()
        elif element.tag == f"{_TEXT}list":
            yield "\n".join(_items(element, ""))
        elif element.tag == f"{_TABLE}table":
            yield markdown(_rows(element))
        else:
            yield from _blocks(element, styles)


def _items(parent: Any, indent: str) -> Iterator[str]:
    for item in parent:
        parts = [_words(part) for part in item if part.tag in (f"{_TEXT}p", f"{_TEXT}h")]
        words = " ".join(" ".join(parts).split())
        if words:
            yield f"{indent}- {words}"
        for inner in item.iterchildren(f"{_TEXT}list"):
            yield from _items(inner, indent + "  ")


def _rows(table: Any) -> list[list[str]]:
    rows: list[list[str]] = []
    cells = 0
    for row in table.iter(f"{_TABLE}table-row"):
        if next(row.iterancestors(f"{_TABLE}table")) is not table:
            continue  # a table inside a cell, whose words are in the cell
        rows.append([])
        for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            repeated = cell.get(f"{_TABLE}number-columns-repeated", "1")
            words = " ".join(_words(part) for part in cell.iter(f"{_TEXT}p", f"{_TEXT}h"))
            rows[-1] += [words] * (min(int(repeated), _REPEATED) if repeated.isdecimal() else 1)
        cells += len(rows[-1])
        count(cells)
    return rows


def _words(element: Any) -> str:
    """The text of a paragraph, that of its frames after it."""
    parts = [element.text or ""]
    for child in element:
        if child.tag in _MARKS:
            parts.append(_MARKS[child.tag])
        elif child.tag not in _NO_TEXT:
            parts.append(" " * (child.tag == f"{_TEXT}p") + _words(child))
        parts.append(child.tail or "")
    return "".join(parts)
