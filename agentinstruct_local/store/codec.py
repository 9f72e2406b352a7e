"""Records to JSON text and back, exactly: tuples come back as tuples, records as records."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import repeat
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def parts(record: Any) -> dict[str, Any]:
    """The fields of a record as they are; of another mapping than a dict, its items."""
    if is_dataclass(record) and not isinstance(record, type):
        return {field.name: getattr(record, field.name) for field in fields(record)}
    if isinstance(record, Mapping):
        return dict(record)
    raise TypeError(f"{type(record).__name__} is neither a record nor what JSON knows")


def to_json(value: Any) -> str:
    """JSON text of a record or a plain value. Lone surrogates, which SQLite refuses, are escaped."""
    text = json.dumps(value, default=parts, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, default=parts, separators=(",", ":"))
    return text


def to_plain(value: Any) -> Any:
    """Records become dicts, tuples become lists; what JSON knows stays as it is."""
    return json.loads(to_json(value))


def from_json(kind: type[T], text: str) -> T:
    """The record of type `kind` that `to_json` wrote. Fields that it does not name get their defaults."""
    return cast(T, from_plain(kind, json.loads(text)))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def from_plain(kind: Any, value: Any) -> Any:
    """The value as the type hint `kind` wants it. What stands under `Any` stays plain JSON."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        hints = _hints(cast(type, kind))
        value = cast(Any, kind)(
            **{name: from_plain(hints[name], item) for name, item in value.items() if name in hints}
        )
    elif origin is tuple:
        each = repeat(arguments[0]) if arguments[1:] == (...,) else arguments
        value = tuple(map(from_plain, each, value))
    elif origin in (Union, types.UnionType) and value is not None:
        value = from_plain(next(each for each in arguments if each is not type(None)), value)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        value = {key: from_plain(arguments[1], item) for key, item in value.items()}
    return value
