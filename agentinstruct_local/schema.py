"""From "name type: what it is" lines to JSON Schema, so that a prompt file says what it returns in plain words.

    question question(200): the question     a text of at most 200 characters, with a question mark at its end only
    answer str(320): the answer              a text of at most 320 characters
    steps list(6, 120): what is done         up to 6 texts of at most 120 characters each
    key A|B|C|D: the right one               one of the words
    count int(0, 99): how many               a whole number between the two
    quote quote: where it stands             one of the units of the text (see flow.py)
    word phrase(focus): what is blanked      a run of whole words of the variable `focus`

Every text and list is bounded, because a small model that is not stopped goes on for ever.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema

LINE = re.compile(r"^(?P<name>[a-z_]\w*)(?: (?P<type>[^:]+?))?: (?P<about>.+)$")
CALL = re.compile(r"^(?P<name>str|question|list|int|phrase)(?:\((?P<args>[^)]*)\))?$")
SHORT, LONG = 300, 2000
LABEL = 40
"""Characters of a field that holds no sentence: a letter, a name, a date."""


@dataclass(frozen=True, slots=True)
class Fields:
    """An object's schema, and which of its fields copy from the text."""

    schema: dict[str, Any]
    about: dict[str, str]
    quotes: tuple[str, ...]
    phrases: dict[str, str]


def parse(lines: str) -> Fields:
    """Read the lines of an `output:` block. ValueError names the line that is not understood."""
    properties: dict[str, Any] = {}
    about: dict[str, str] = {}
    quotes: list[str] = []
    phrases: dict[str, str] = {}
    for line in filter(None, (raw.strip() for raw in lines.splitlines())):
        match = LINE.match(line)
        if not match:
            raise ValueError(f"not 'name type: what it is': {line!r}")
        name, kind = match["name"], (match["type"] or "str").strip()
        if name in properties:
            raise ValueError(f"the field {name!r} comes twice: {line!r}")
        about[name] = match["about"]
        if kind == "quote":
            quotes.append(name)
            properties[name] = {"type": "string", "maxLength": LONG}
        elif call := CALL.match(kind):
            arguments = [part.strip() for part in (call["args"] or "").split(",") if part.strip()]
            if call["name"] == "phrase":
                phrases[name] = arguments[0] if arguments else "text"
                properties[name] = {"type": "string", "maxLength": SHORT}
            else:
                properties[name] = _bounded(call["name"], _sizes(arguments, line))
        elif "|" in kind:
            properties[name] = {"enum": [word.strip() for word in kind.split("|")]}
        else:
            raise ValueError(f"unknown type {kind!r} in {line!r}")
    if not properties:
        raise ValueError("no fields")
    return Fields(_object(properties), about, tuple(quotes), phrases)


def items_of(one: Mapping[str, Any], many: tuple[int, int]) -> dict[str, Any]:
    """The schema of {"items": [...]} with `many` = (fewest, most) objects of schema `one`."""
    return _object({"items": {"type": "array", "minItems": many[0], "maxItems": many[1], "items": dict(one)}})


def problems(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with `value`, in words; empty where it fits."""
    validator = jsonschema.Draft202012Validator(dict(schema))
    return [error.message for error in validator.iter_errors(value)]


def cut(value: Any, schema: Mapping[str, Any]) -> str:
    """The first text in `value` that is as long as its `maxLength`: the teacher had to stop there, mid-sentence as a
    rule. "" where there is none. Fields for a `LABEL` may be full."""
    if isinstance(value, str):
        return value if len(value) >= max(LABEL + 1, schema.get("maxLength", math.inf)) else ""
    if isinstance(value, Mapping):
        parts = [(one, schema.get("properties", {}).get(name, {})) for name, one in value.items()]
    else:
        parts = [(one, schema.get("items", {})) for one in value] if isinstance(value, list) else []
    return next(filter(None, (cut(*part) for part in parts)), "")


def _sizes(arguments: list[str], line: str) -> list[int]:
    if not all(part.removeprefix("-").isdecimal() for part in arguments):
        raise ValueError(f"sizes are whole numbers: {line!r}")
    return [int(part) for part in arguments]


def _bounded(name: str, numbers: list[int]) -> dict[str, Any]:
    if name == "str":
        return {"type": "string", "maxLength": numbers[0] if numbers else SHORT}
    if name == "question":  # one question: a statement, or three in a row, cannot be written
        return {"type": "string", "pattern": rf"^[^?？]{{1,{(numbers[0] if numbers else SHORT) - 1}}}[?？]$"}
    if name == "int":
        low, high = (*numbers, 0, 10**6)[:2] if len(numbers) != 1 else (0, numbers[0])
        return {"type": "integer", "minimum": low, "maximum": high}
    most, length = (*numbers, *(6, 160)[len(numbers) :])[:2]
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": most,
        "items": {"type": "string", "minLength": 1, "maxLength": length},
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
