"""What every reader returns, why a file may be refused, and how bytes become clean text."""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 50 * 1024 * 1024
"""The largest file that is read, packed or unpacked."""

PACKED = ".gz"

_MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# Controls, soft hyphens, byte order marks, halves of surrogate pairs and code points that are no characters.
_JUNK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\xad\ufeff\ud800-\udfff\ufffe\uffff]")
_NEW_LINES = re.compile("\r\n?|[\x0b\x85\u2028\u2029]")
_RUN_OF_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){3,}")
_FOOT = re.compile(r"^\W*(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of)\s*\d{1,4})?\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The text of one file. `pages` are the offsets in `text` at which its pages start; empty without pages."""

    text: str
    title: str = ""
    pages: tuple[int, ...] = ()


class Unreadable(Exception):
    """One file that cannot be used. It becomes an entry of the report and never ends a run."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason
        self.detail = detail


def load(path: Path) -> bytes:
    """The bytes of a file as they are. Raises Unreadable: too_large, not_a_file, changed, unreadable."""
    try:
        # A pipe or device that has taken the place of a file must not make anyone wait.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        number = os.open(path, flags)
        try:
            before, data, after = _read(number)
        finally:
            os.close(number)
    except OSError as error:
        raise Unreadable("unreadable", error.strerror or str(error)) from error
    if len(data) != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise Unreadable("changed", "it was written to while it was read")
    return data


def _read(number: int) -> tuple[os.stat_result, bytes, os.stat_result]:
    """What an open file was before it was read, its bytes, and what it was after."""
    before = os.fstat(number)
    if not stat.S_ISREG(before.st_mode):
        what = "a folder" if stat.S_ISDIR(before.st_mode) else "a pipe, a socket or a device"
        raise Unreadable("not_a_file", f"it is {what}")
    if before.st_size > MAX_BYTES:
        raise Unreadable("too_large", f"more than {MAX_BYTES // 1024**2} MB")
    with os.fdopen(number, "rb", closefd=False) as file:
        return before, file.read(MAX_BYTES + 1), os.fstat(number)


def unpack(data: bytes) -> bytes:
    """What a gzip file holds. Raises Unreadable: too_large, damaged."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            plain = file.read(MAX_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise Unreadable("damaged", str(error)) from error
    if len(plain) > MAX_BYTES:
        raise Unreadable("too_large", f"more than {MAX_BYTES // 1024**2} MB when unpacked")
    return plain


def decode(data: bytes, charset: str = "") -> str:
    """Text from bytes: strict UTF-8, then a byte order mark, then `charset`, then Windows-1252 or Latin-1.

    Raises Unreadable (binary) where the bytes are no text.
    """
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return data.decode(name, "replace")
    sample = data[:65536]
    controls = sum(sample.count(code) for code in (*range(9), *range(14, 27), *range(28, 32)))
    if controls > max(8, len(sample) / 100):
        raise Unreadable("binary", "it holds control bytes and is no text")
    for name in ("utf-8-sig", charset, "cp1252"):
        try:
            return data.decode(name) if name else data.decode("utf-8")
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def clean(text: str, *, keep: str = "") -> str:
    """NFC, `\\n` line ends, no control characters; the characters of `keep` stay."""
    text = _NEW_LINES.sub("\n", text)
    text = _JUNK.sub(lambda found: found[0] if found[0] in keep else "", text)
    return unicodedata.normalize("NFC", text)


def printable(name: str) -> str:
    """A name from inside a file, fit for a report: no control characters, no line ends, not endless."""
    return "".join(character if character.isprintable() else "?" for character in name[:300])


def tidy(text: str) -> str:
    """The same without spaces at line ends and with at most two blank lines in a row."""
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _RUN_OF_BLANK_LINES.sub("\n\n\n", text).strip("\n")


def running_lines(edges: Sequence[Sequence[str]]) -> frozenset[str]:
    """Which of the lines at the edges of pages are running heads or feet. One sequence of lines a page; the
    answers are shapes, as `shape` gives them."""
    counts: dict[str, int] = {}
    for lines in edges:
        for found in {shape(line) for line in lines}:
            counts[found] = counts.get(found, 0) + 1
    enough = max(3, min(6, len(edges) // 10))
    return frozenset(found for found, count in counts.items() if found and count >= enough)


def shape(line: str) -> str:
    """A line with its numbers masked, so that the heads of two pages are alike."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", " ".join(line.lower().split()))


def is_page_number(line: str) -> bool:
    """Whether a line is nothing but the number of its page."""
    return bool(line.strip()) and _FOOT.match(line.strip()) is not None


def join_pages(pages: Sequence[str]) -> tuple[str, tuple[int, ...]]:
    """The pages as one text, and where in it each starts. A paragraph that goes on stays one paragraph."""
    text, starts = "", []
    for page in pages:
        body = page.strip("\n")
        if text and body:
            goes_on = text[-1] not in ".!?:;|`" and body.lstrip()[:1].islower()
            text += "\n" if goes_on else "\n\n"
        starts.append(len(text))
        text += body
    return text, tuple(starts)
