"""Zip containers, read with a running count of what they unpack to. Nothing is ever written to disk."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from .content import MAX_BYTES, Unreadable, printable

MAX_MEMBERS = 5000
MAX_UNPACKED = 4 * MAX_BYTES
MAX_RATIO = 200
"""Times its packed size; real documents stay below a hundred."""
FREE = 1024 * 1024
"""Bytes up to which the ratio is not looked at: a page of spaces may pack well."""

_CHUNK = 65536
_END, _END_64 = b"PK\5\6", b"PK\6\7"  # of the directory; the second where its sizes are elsewhere
_OLE = b"\xd0\xcf\x11\xe0"  # a password turns an office zip into this container
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n"  # byte order marks and white space
_FORBIDDEN = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_EBCDIC = b"\x4c\x6f\xa7\x94"
_ENCODING = re.compile(rb"^<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([^\"']{0,40})")
_PLAIN = re.compile(rb"utf-?8|utf-?16(?:[lb]e)?|us-ascii|ascii|iso-8859-1|windows-125\d", re.IGNORECASE)
"""Encodings in which `<!` has the bytes of ASCII, but for NULs."""


class Archive:
    """A zip file in memory.

    Raises Unreadable: damaged, encrypted, unsupported (another compression), too_large (bytes or members) and
    zip_bomb (what it unpacks to is out of all proportion). Sizes in its directory are not believed.
    """

    def __init__(self, data: bytes) -> None:
        if data.startswith(_OLE):
            raise Unreadable("encrypted", "a password protects it, or it is of an old binary format")
        if _entries(data) > MAX_MEMBERS:
            raise Unreadable("too_large", f"more than {MAX_MEMBERS:,} members")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise Unreadable("damaged", str(error)) from error
        self._packed = len(data)
        self._unpacked = 0
        self._members = {info.filename: info for info in self._zip.infolist() if not info.is_dir()}

    def __contains__(self, name: str) -> bool:
        return name in self._members

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files in it, as they stand there: they may be anything."""
        return tuple(self._members)

    def read(self, name: str) -> bytes:
        """The bytes of a file in it."""
        return b"".join(self._chunks(name))

    def check(self) -> None:
        """Before a library gets the container: unpack every part once, and refuse XML with entities of its own."""
        for name in self._members:
            chunks = self._chunks(name)
            first = next(chunks, b"")
            # Pictures in SVG come with a DOCTYPE; the office libraries take them for bytes and resolve no entities.
            looked_at = maybe_xml(first) and not name.lower().endswith(".svg")
            if looked_at:
                refuse_entities(first)
            tail = first
            for chunk in chunks:
                if looked_at:
                    refuse_entities(tail[-64:] + chunk, start=False)
                tail = chunk

    def _chunks(self, name: str) -> Iterator[bytes]:
        info = self._members[name]
        shown = printable(name)
        if info.flag_bits & 1:
            raise Unreadable("encrypted", f"a password protects {shown}")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # The others give no say in how much is unpacked at a time.
            raise Unreadable("unsupported", f"{shown} is compressed by method {info.compress_type}")
        size, packed = 0, min(info.compress_size, self._packed)
        try:
            with self._zip.open(info) as file:
                while chunk := file.read(_CHUNK):
                    size += len(chunk)
                    self._unpacked += len(chunk)
                    if size > FREE and size > MAX_RATIO * packed:
                        raise Unreadable("zip_bomb", f"{shown} unpacks to more than {MAX_RATIO} times its size")
                    self.check_size()
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise Unreadable("damaged", f"{shown}: {error}") from error

    def check_size(self) -> None:
        """Raises Unreadable where more was unpacked than the whole may hold: nothing more can be read of it then."""
        if self._unpacked > FREE and self._unpacked > MAX_RATIO * self._packed:
            raise Unreadable("zip_bomb", f"it unpacks to more than {MAX_RATIO} times its size")
        if self._unpacked > MAX_UNPACKED:
            raise Unreadable("too_large", f"more than {MAX_UNPACKED // 1024**2} MB when unpacked")


def _entries(data: bytes) -> int:
    """How many entries the directory at the end of a zip file has, counted before an object is made for each."""
    at = len(data) - 22 if data[-22:].startswith(_END) else data.rfind(_END, max(0, len(data) - 65557))
    size = int.from_bytes(data[at + 12 : at + 16], "little")
    start = 0 if data[max(0, at - 20) : at].startswith(_END_64) else max(0, at - size)
    return data.count(b"PK\1\2", start, at) if at >= 0 else 0


def maybe_xml(data: bytes) -> bool:
    """Whether an XML parser could take bytes that begin like this for more than an error."""
    head = data.replace(b"\0", b"").lstrip(_BLANK)
    return not head or head.startswith((b"<", _EBCDIC))


def refuse_entities(data: bytes, *, start: bool = True) -> None:
    """Raises Unreadable (entities) for XML that declares a document type or entities, in any encoding."""
    data = data.replace(b"\0", b"")  # UTF-16 and UTF-32
    if start:
        head = data.lstrip(_BLANK)
        named = _ENCODING.match(head)
        if head.startswith(_EBCDIC) or (named and not _PLAIN.fullmatch(named[1])):
            raise Unreadable("entities", "XML in an encoding that can hide entities")
    if _FORBIDDEN.search(data):
        raise Unreadable("entities", "its XML declares a document type or entities")


def xml(data: bytes) -> Any:
    """The root element of an XML part. Raises Unreadable: entities, damaged."""
    import lxml.etree

    refuse_entities(data)
    parser = lxml.etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return lxml.etree.fromstring(data, parser)
    except (lxml.etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("damaged", str(error)[:200]) from error
