"""Records of run.db read from its pages alone, for where the way to them is lost: no header, table or index is asked.

A page that is the leaf of a table tells by itself where its records are; a long one goes on in other pages. The form is
told in https://sqlite.org/fileformat2.html#b_tree_pages.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from agentinstruct_local.store.wal import frames

PAGE = 4096  # bytes; SQLite's default, which we never change
Value = bytes | int | float | None

_LEAF_OF_TABLE = 13
_HEADER = 100  # bytes of the file's header, in front of those of the first page
_WHOLE = PAGE - 35  # bytes of a record that need no other page
_LEAST = (PAGE - 12) * 32 // 255 - 23  # bytes of it that stay where there is need of one
_SIZES = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)  # of values, by their type


def records(file: Path, *, columns: int) -> Iterator[tuple[Value, ...]]:
    """Every record of so many columns: those of the file, then those of its log. Some of them may be of a page that is
    no longer in use, or were written anew since; the newest of those of the log comes last."""
    log = file.with_name(f"{file.name}-wal")
    logged = list(frames(log.read_bytes())) if log.exists() else []
    newest = {frame.page: frame.data for frame in logged}
    with file.open("rb") as source:

        def page(number: int) -> bytes:
            if number in newest:
                return newest[number]
            source.seek((number - 1) * PAGE)
            return source.read(PAGE)

        count = -(-file.stat().st_size // PAGE)
        for number in range(1, count + 1):
            source.seek((number - 1) * PAGE)
            yield from _of_page(source.read(PAGE), number, page, columns)
        for frame in logged:
            yield from _of_page(frame.data, frame.page, page, columns)


def _of_page(data: bytes, number: int, page: Callable[[int], bytes], columns: int) -> Iterator[tuple[Value, ...]]:
    head = _HEADER if number == 1 else 0
    if len(data) < PAGE or data[head] != _LEAF_OF_TABLE:
        return
    (cells,) = struct.unpack_from(">H", data, head + 3)
    for at in range(head + 8, min(head + 8 + 2 * cells, PAGE - 1), 2):
        with suppress(IndexError, struct.error, ValueError):
            record = _values(_payload(data, struct.unpack_from(">H", data, at)[0], page), columns)
            if record:
                yield record


def _payload(data: bytes, at: int, page: Callable[[int], bytes]) -> bytes:
    size, at = _varint(data, at)
    _, at = _varint(data, at)
    if size <= _WHOLE:
        return data[at : at + size]
    kept = _LEAST + (size - _LEAST) % (PAGE - 4)
    kept = kept if kept <= _WHOLE else _LEAST
    parts = [data[at : at + kept]]
    (following,) = struct.unpack_from(">I", data, at + kept)
    while following and kept < size:
        more = page(following)
        (following,) = struct.unpack_from(">I", more)
        parts.append(more[4:])
        kept += PAGE - 4
    return b"".join(parts)[:size]


def _values(payload: bytes, columns: int) -> tuple[Value, ...]:
    """The values of a record; none where it has another number of columns or is cut."""
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if len(kinds) != columns:
        return ()
    values: list[Value] = []
    for kind in kinds:
        size = _SIZES[kind] if kind < len(_SIZES) else (kind - 12) // 2
        value = payload[at : at + size]
        if len(value) < size:
            return ()
        at += size
        values.append(_value(kind, value))
    return tuple(values)


def _value(kind: int, data: bytes) -> Value:
    if kind >= 12:
        return data
    if kind == 7:
        return float(struct.unpack(">d", data)[0])
    if kind in (8, 9):
        return kind - 8
    return int.from_bytes(data, "big", signed=True) if kind else None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    number = 0
    for place in range(at, at + 8):
        number = number << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return number, place + 1
    return number << 8 | data[at + 8], at + 9
