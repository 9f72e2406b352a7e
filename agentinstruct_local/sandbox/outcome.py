"""What came of a run, and the plain form in which a value crosses from one process to the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["value", "raised", "limit", "unsupported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may use. The defaults are wide for code that answers a question, and narrow for anything else."""

    seconds: float = 2.0
    memory: int = 64 * 1024**2  # bytes of the interpreter's own heap
    output: int = 64 * 1024  # bytes printed
    depth: int = 20  # how far lists may stand in lists, in a value
    size: int = 20_000  # entries and characters of a value, together
    calls: int = 500  # how deep functions may call functions

    @property
    def plain(self) -> dict[str, Any]:
        """As a mapping, to be sent."""
        return asdict(self)


DEFAULT = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run.

    `value`: it has one. `raised`: an exception (`error` is its type). `limit`: stopped by a limit, or its process died
    (`error`: time, memory, output, depth, size or crash). `unsupported`: the sandbox lacks what the code needs; this
    says nothing against the code.
    """

    kind: Kind
    value: Any = None
    error: str = ""
    detail: str = ""

    @property
    def plain(self) -> dict[str, Any]:
        """As a mapping, to be sent; its value is in the plain form already."""
        return {"kind": self.kind, "value": self.value, "error": self.error, "detail": self.detail[:300]}

    @staticmethod
    def read(told: Mapping[str, Any]) -> Outcome:
        """An outcome as the child sent it. Raises ValueError where it is none."""
        kind, error, detail = told.get("kind"), told.get("error"), told.get("detail")
        if kind not in ("value", "raised", "limit", "unsupported") or not (
            isinstance(error, str) and isinstance(detail, str)
        ):
            raise ValueError("no outcome")
        return Outcome(kind=kind, value=unpacked(told.get("value")), error=error, detail=detail)


class TooMuch(Exception):
    """A value beyond its limits; its word says which: depth or size."""


class Foreign(Exception):
    """A value that is not plain, such as an instance of a class."""


def packed(value: Any, limits: Limits) -> Any:
    """A value as JSON can carry it, kinds kept. Raises TooMuch, and Foreign where it is no plain value."""
    left = [limits.size]

    def pack(one: Any, depth: int) -> Any:
        if depth > limits.depth:
            raise TooMuch("depth")
        left[0] -= 1 + (len(one) if isinstance(one, str | bytes) else 0)
        if left[0] < 0 or (isinstance(one, int) and one.bit_length() > 10_000):
            raise TooMuch("size")
        if one is None or type(one) in (bool, int, str):
            return one
        if type(one) is float:
            return one if math.isfinite(one) else ["float", str(one)]
        if type(one) is bytes:
            return ["bytes", one.hex()]
        if type(one) is dict:
            return ["dict", [[pack(key, depth + 1), pack(held, depth + 1)] for key, held in one.items()]]
        if type(one) in (list, tuple, set, frozenset):
            return [type(one).__name__, [pack(held, depth + 1) for held in one]]
        raise Foreign(type(one).__name__)

    return pack(value, 0)


_MAKE = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


def unpacked(form: Any) -> Any:
    """The value of a plain form. Raises ValueError where it is none."""
    if not isinstance(form, list):
        if isinstance(form, dict):
            raise ValueError("no plain form")
        return form
    kind, held = form
    if kind == "float":
        return float(held)
    if kind == "bytes":
        return bytes.fromhex(held)
    if kind == "dict":
        return {unpacked(key): unpacked(one) for key, one in held}
    if kind not in _MAKE:
        raise ValueError("no plain form")
    return _MAKE[kind](unpacked(one) for one in held)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same in kind as well: True is not 1, and 1 is not 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(held, other[key]) for key, held in one.items())
    return one == other or (isinstance(one, float) and math.isnan(one) and math.isnan(other))
