"""SQLite's write-ahead log, run.db-wal, as bytes: whether something in it is lost, and the pages that stand in it.

SQLite reads the log up to the first frame whose checksum does not fit, and passes over the rest without a word. At the
end of a log that is right: a power cut tears what was being written. In its middle it would lose steps that had been
acknowledged. The form is told in https://sqlite.org/fileformat2.html#the_write_ahead_log.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_HEAD = struct.Struct(">8I")  # magic, version, page size, checkpoint, two salts, two sums
_FRAME = struct.Struct(">6I")  # page, size of the database after a commit (0: none), two salts, two sums
_MAGIC = 0x377F0682  # its last bit: the sums read words with their first byte first
_ALL = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Frame:
    """One page as the log has it."""

    page: int
    commits: bool
    sound: bool  # it and all before it fit their sums
    data: bytes


def is_damaged(file: Path) -> bool:
    """Whether commits stand in the log behind a place that SQLite cannot read.

    What is broken in the last commit alone looks like a power cut in mid-write, and counts as one.
    """
    if not file.exists() or file.stat().st_size <= _HEAD.size:
        return False
    log = file.read_bytes()
    if _broken_head(log):
        return len(log) >= _HEAD.size + _FRAME.size
    behind = [frame.commits for frame in frames(log) if not frame.sound]
    return any(behind[:-1])


def frames(log: bytes) -> Iterator[Frame]:
    """The frames of this use of the log (older ones have other salts), those behind a broken place too."""
    if len(log) < _HEAD.size:
        return
    magic, _, size, _, *salts = _HEAD.unpack_from(log)[:6]
    broken = _broken_head(log)
    size = size if size in (1 << power for power in range(9, 17)) else 4096
    sums, sound = _HEAD.unpack_from(log)[6:], not broken
    for at in range(_HEAD.size, len(log) - _FRAME.size - size + 1, _FRAME.size + size):
        page, after, *rest = _FRAME.unpack_from(log, at)
        ours = broken or rest[:2] == salts
        data = log[at + _FRAME.size : at + _FRAME.size + size]
        if sound and ours:
            sums = _sums(log[at : at + 8] + data, *sums, little=not magic & 1)
            sound = list(sums) == rest[2:]
        elif sound:
            sound = False
        if ours:
            yield Frame(page, after > 0, sound, data)


def _broken_head(log: bytes) -> bool:
    magic, *_, first, second = _HEAD.unpack_from(log)
    return magic & ~1 != _MAGIC or _sums(log[:24], 0, 0, little=not magic & 1) != (first, second)


def _sums(data: bytes, first: int, second: int, *, little: bool) -> tuple[int, int]:
    pairs: Iterable[tuple[int, ...]] = struct.iter_unpack("<2I" if little else ">2I", data)
    for one, two in pairs:
        first = (first + one + second) & _ALL
        second = (second + two + first) & _ALL
    return first, second
