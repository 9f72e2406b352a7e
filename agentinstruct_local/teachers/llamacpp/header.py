"""The metadata of a GGUF file (version 2 and 3), read without llama.cpp: lists, such as the vocabulary, are skipped."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

from agentinstruct_local.errors import ModelError

Value = int | float | bool | str
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _LIST = 8, 9
_MOST = 1 << 20  # keys
_KEPT = 1024  # entries of a list of numbers: one for each layer, say


def metadata(path: Path) -> dict[str, Value | list[Value]]:
    """Key to value; of the lists only those of numbers that are short.

    Raises ModelError for what is no GGUF file, or whose header is damaged or cut off.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise ModelError(f"{path.name} is no GGUF file", hint="take a model in the GGUF format")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _Header(data).read()
    except (ValueError, struct.error, OSError) as error:
        hint = "pull or copy it again, then: agentinstruct models check"
        raise ModelError(f"the header of {path.name} is damaged ({error})", hint=hint) from error


class _Header:
    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.at = data, 4

    def read(self) -> dict[str, Value | list[Value]]:
        version, _, count = self.unpack("IQQ")
        if version not in (2, 3) or count > _MOST:
            raise ValueError(f"version {version}, {count} keys")
        found: dict[str, Value | list[Value]] = {}
        for _ in range(count):
            key = self.text()
            value = self.value(self.unpack("I")[0])
            if value is not None:
                found[key] = value
        return found

    def value(self, kind: int) -> Value | list[Value] | None:
        if kind == _STRING:
            return self.text()
        if kind != _LIST:
            number: Value = self.unpack(_code(kind))[0]
            return number
        inner, length = self.unpack("IQ")
        if inner == _STRING:
            for _ in range(length):
                self.skip(self.unpack("Q")[0])
            return None
        if length <= _KEPT:
            return list(self.unpack(f"{length}{_code(inner)}"))
        self.skip(length * struct.calcsize(_code(inner)))
        return None

    def text(self) -> str:
        (length,) = self.unpack("Q")
        start = self.at
        self.skip(length)
        return self.data[start : self.at].decode("utf-8", "replace")

    def unpack(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{layout}", self.data, self.at)
        self.at += struct.calcsize(f"<{layout}")
        return found

    def skip(self, size: int) -> None:
        if size > len(self.data) - self.at:
            raise ValueError("the file ends too early")
        self.at += size


def _code(kind: int) -> str:
    if kind not in _NUMBERS:
        raise ValueError(f"a value of the unknown type {kind}")
    return _NUMBERS[kind]
