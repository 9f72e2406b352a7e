"""GGUF files (version 2 and 3), looked at without llama.cpp, whose reader is C++ that trusts what it reads too much.

`metadata` is for every load: it takes milliseconds, skips long lists such as the vocabulary, and lets nothing through
that points outside the file. `check` is for a file that is new: the `gguf` package then reads all of it, which takes
seconds and would take all memory if the counts were not known to be sound.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

from agentinstruct_local.errors import ModelError

Value = int | float | bool | str
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _LIST = 8, 9
_KEYS = 1 << 16  # the largest models have a hundred
_TENSORS = 1 << 16  # and some thousands of these
_DIMENSIONS = 4
_WORDS = 1 << 21  # entries of all lists together: a vocabulary of 262,144 takes three lists of them
_NAME = 1 << 16  # bytes
_KEPT = 1024  # entries of a list of numbers: one for each layer, say


def metadata(path: Path) -> dict[str, Value | list[Value]]:
    """Key to value; of the lists only those of numbers that are short. The table of tensors is checked with them.

    Raises ModelError for what is no GGUF file, is cut off, has counts that cannot be, or tensors outside the file.
    """
    return _header(path).found


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Tensor -> its sizes, the innermost first, as the file has them. Raises ModelError as `metadata` does."""
    return _header(path).shapes


def check(path: Path) -> None:
    """Raise ModelError unless the file is a model that the `gguf` package reads to the end of its last tensor."""
    if not _header(path).tensors:
        raise ModelError(f"{path.name} holds no weights", hint="take a language model (GGUF), not a vocabulary alone")
    from gguf import GGUFReader

    try:
        GGUFReader(path)
    except Exception as error:  # the package checks little itself: what numpy or an enum says is the finding
        raise _damaged(path, f"the gguf package says: {' '.join(str(error).split())[:200]}") from error


def _header(path: Path) -> _Header:
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                hint = "give a model in GGUF format, such as one ending in q4_k_m.gguf"
                raise ModelError(f"{path.name} is not a GGUF file", hint=hint)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _Header(data)
    except (ValueError, struct.error, OSError) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, why: str) -> ModelError:
    hint = "pull or copy it again, then: agentinstruct models check"
    return ModelError(f"the header of {path.name} is damaged ({why})", hint=hint)


class _Header:
    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.at, self.end = data, 4, len(data)
        self.entries = 0  # of all lists so far
        version, tensors, keys = self.unpack("IQQ")
        if version not in (2, 3) or keys > _KEYS or tensors > _TENSORS:
            raise ValueError(f"version {version}, {keys} keys, {tensors} tensors")
        self.found: dict[str, Value | list[Value]] = {}
        for _ in range(keys):
            key = self.text(_NAME)
            value = self.value(self.unpack("I")[0])
            if value is not None:
                self.found[key] = value
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.tensors = [self.tensor() for _ in range(tensors)]  # name, least bytes, offset
        self.check_places()
        del self.data  # the file is closed now

    def value(self, kind: int) -> Value | list[Value] | None:
        if kind == _STRING:
            return self.text()
        if kind != _LIST:
            number: Value = self.unpack(_code(kind))[0]
            return number
        inner, length = self.unpack("IQ")
        self.entries += length
        if self.entries > _WORDS:
            raise ValueError(f"lists of {self.entries} entries")
        if inner == _STRING:
            for _ in range(length):
                self.skip(self.unpack("Q")[0])
            return None
        if length <= _KEPT:
            return list(self.unpack(f"{length}{_code(inner)}"))
        self.skip(length * struct.calcsize(_code(inner)))
        return None

    def tensor(self) -> tuple[str, int, int]:
        name = self.text(_NAME)
        (dimensions,) = self.unpack("I")
        if not 1 <= dimensions <= _DIMENSIONS:
            raise ValueError(f"the tensor {name[:60]!r} has {dimensions} dimensions")
        weights = 1
        self.shapes[name] = self.unpack(f"{dimensions}Q")
        for size in self.shapes[name]:
            weights *= size  # Python's numbers do not overflow, as those of C do
        _, offset = self.unpack("IQ")
        return name, weights // 8, offset  # no kind of quantisation takes less than a bit for each weight

    def check_places(self) -> None:
        alignment = self.found.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise ValueError(f"an alignment of {alignment}")
        start = -(-self.at // alignment) * alignment
        for name, least, offset in self.tensors:
            if offset % alignment:
                raise ValueError(f"the tensor {name[:60]!r} is not aligned")
            if start + offset + max(least, 1) > self.end:
                raise ValueError(f"the tensor {name[:60]!r} lies beyond the end of the file")

    def text(self, most: int | None = None) -> str:
        (length,) = self.unpack("Q")
        if most is not None and length > most:
            raise ValueError(f"a name of {length} bytes")
        start = self.at
        self.skip(length)
        return self.data[start : self.at].decode("utf-8", "replace")

    def unpack(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{layout}", self.data, self.at)
        self.at += struct.calcsize(f"<{layout}")
        return found

    def skip(self, size: int) -> None:
        if size > self.end - self.at:
            raise ValueError("the file ends too early")
        self.at += size


def _code(kind: int) -> str:
    if kind not in _NUMBERS:
        raise ValueError(f"a value of the unknown type {kind}")
    return _NUMBERS[kind]
