"""JSON: objects as `key: value` lines, lists of flat objects as tables; JSON lines: a block for each record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ._tables import count, record, table_or_records
from .content import MAX_BYTES, Content, Unreadable, clean, decode, tidy

MEDIA_TYPES = {".json": "application/json", ".jsonl": "application/jsonl", ".ndjson": "application/jsonl"}
SUFFIXES = tuple(MEDIA_TYPES)

_LINE = 300  # characters of a list that fit one line
_WORDS = {True: "true", False: "false", None: ""}


def read(data: bytes, name: str) -> Content:
    """The values of a file with their keys, in its order; null and empty ones are left out. Raises Unreadable."""
    text = decode(data)
    if name.lower().endswith(".json"):
        try:
            values = [_parse(text)]
        except ValueError as error:
            values = _lines(text, str(error))  # lines of JSON are often called .json
    else:
        values = _lines(text)
    only = values[0] if len(values) == 1 and isinstance(values[0], dict) else {}
    title = only.get("title", "")
    writer = _Writer()
    blocks = filter(None, (block for value in values for block in writer.blocks(value)))
    return Content(text=tidy(clean("\n\n".join(blocks))), title=_scalar(title) if _is_flat(title) else "")


def _parse(text: str) -> Any:
    # Numbers stay as they are written: 1.10 is no 1.1.
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _lines(text: str, problem: str = "") -> list[Any]:
    values = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                values.append(_parse(line))
            except ValueError as error:
                raise Unreadable("damaged", problem or f"line {number}: {error}") from error
    return values


class _Writer:
    """Values as blocks of text. `path` are the keys that lead to a value, joined by dots; lists count from 1."""

    def __init__(self) -> None:
        self._written = 0

    def blocks(self, value: Any, path: str = "") -> Iterator[str]:
        """The blocks of a value, some of them empty. Raises Unreadable (too_large)."""
        self._count(path)
        if isinstance(value, dict):
            yield from self._object(value, path)
        elif _is_plain(value):
            yield record([(path, _joined(value))])
        elif len(value) > 1 and all(isinstance(item, dict) and all(map(_is_flat, item.values())) for item in value):
            keys = list(dict.fromkeys(key for item in value for key in item))
            count(len(keys) * len(value))
            table = table_or_records([keys, *([_scalar(item.get(key)) for key in keys] for item in value)])
            yield f"{path}:\n\n{table}" if path and table else table
        else:
            for number, item in enumerate(value, 1):
                alone = isinstance(item, dict) and not path
                yield from self.blocks(item, f"{path}.{number}".lstrip(".") if not alone else "")

    def _object(self, value: dict[str, Any], path: str) -> Iterator[str]:
        lines: list[tuple[str, str]] = []
        for key, item in value.items():
            name = f"{path}.{key}" if path else key
            if _is_plain(item):
                self._count(name)
                lines.append((name, _joined(item)))
            else:
                yield record(lines)
                lines = []
                yield from self.blocks(item, name)
        yield record(lines)

    def _count(self, path: str) -> None:
        self._written += len(path)
        if self._written > MAX_BYTES:  # a long key stands before each value inside
            raise Unreadable("too_large", f"more than {MAX_BYTES // 1024**2} MB of keys")


def _joined(value: Any) -> str:
    """A plain value, or the items of a list of those: on one line, or each a paragraph where they are long."""
    if not isinstance(value, list):
        return _scalar(value)
    words = [word for word in map(_scalar, value) if word]
    short = sum(map(len, words)) < _LINE and not any("\n" in word for word in words)
    return (", " if short else "\n\n").join(words)


def _is_plain(value: Any) -> bool:
    return _is_flat(value) or (isinstance(value, list) and all(map(_is_flat, value)))


def _is_flat(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _scalar(value: Any) -> str:
    return clean(value).strip() if isinstance(value, str) else _WORDS[value]
