"""What is read: documents, their passages, and the smallest stretches that can be quoted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Span = tuple[int, int]
"""Start and end in characters, the end not included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a reader yields: the text of one file, in Unicode NFC, with `\\n` line ends."""

    id: str
    source: str  # the path as the user wrote it, or relative to the folder that was given
    text: str
    media_type: str  # such as "application/pdf"
    title: str = ""  # from the file's own metadata or first heading; may be empty
    pages: tuple[int, ...] = ()  # where in `text` each page starts; empty where the format has no pages
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The smallest stretch that can be quoted: a sentence, a list item, a table row or a block of code."""

    span: Span  # in the document's text
    text: str  # the same characters with whitespace collapsed to single spaces
    kind: Literal["sentence", "item", "row", "code", "heading"]
    names: str = ""  # the option or parameter that it stands for, where it is one: what the units below explain


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of a document that fits a prompt and is about one thing."""

    id: str
    document: str  # Document.id
    source: str
    text: str  # document.text[span[0]:span[1]]
    span: Span
    title: str = ""  # the document's title
    headings: tuple[str, ...] = ()  # the headings it stands under, outermost first
    columns: str = ""  # the row of headings of a table that began before it, as it stands there
    pages: tuple[int, int] | None = None  # first and last page, counted from 1
    units: tuple[Unit, ...] = ()  # in order, not overlapping, all inside `span`
    foci: tuple[int, ...] = ()  # indices of the units worth asking about, best first
