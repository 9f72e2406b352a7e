"""A regular expression for codes of one shape that the passage holds, such as KX-1107, with its shape told in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn, quote
from agentinstruct_local.tools.coding._wording import worded
from agentinstruct_local.words.terms import listed

FEWEST, MOST = 3, 8
"""Codes of one shape."""
_TOKEN = re.compile(r"(?<![\w./:@#%&=-])(?=[\w./:-]*\d)[A-Za-z0-9]+(?:[-_./:][A-Za-z0-9]+)*(?![\w/@-]|\.\w)")
_ADDRESS = re.compile(r"(?:\d+\.){3}\d+")
_KINDS = ((r"[A-Z]", "A"), (r"[a-z]", "a"), (r"[0-9]", "0"))
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NAMES = {"-": "a hyphen", "_": "an underscore", ".": "a dot", "/": "a slash", ":": "a colon"}


def use(draft: Draft, *, asks: Sequence[str] = (), answers: Sequence[str] = ()) -> dict[str, Any]:
    """`question`, `answer`, `codes`, `pattern`, `told` (the shape in words) and `quote`. Error: no_data."""
    draw = drawn(draft, "pattern")
    shapes: dict[str, list[str]] = {}
    for code in dict.fromkeys(_TOKEN.findall(draft.passage.text)):
        shape = "".join(sign for sign, _ in groupby(map(_kind, code)))
        # Without a sign between letters and digits it is seldom one kind of code; addresses have rules of their own.
        if 4 <= len(code) <= 40 and len(shape) >= 3 and not code.isalnum() and not _ADDRESS.fullmatch(code):
            shapes.setdefault(shape, []).append(code)
    fitting = [some for some in shapes.values() if len(some) >= FEWEST]
    draw.shuffle(fitting)
    for some in fitting:
        codes = some[:MOST]
        pattern, told, steps = _generalised(codes)
        if re.fullmatch(r"[\w\\.-]*", pattern.replace("\\d", "")) and "[" not in pattern and "\\d" not in pattern:
            continue
        words = {
            "codes": "\n".join(f"- `{one}`" for one in codes), "told": told, "pattern": pattern, "steps": steps,
            "label": next((one for one in (*draft.passage.headings[::-1], draft.passage.title) if one), ""),
            "first": codes[0],
        }  # fmt: skip
        return {"output": {
            "question": worded(asks, draw, words), "answer": worded(answers or ["`{pattern}`"], draw, words),
            "codes": codes, "pattern": pattern, "told": told, "quote": quote(draft, codes),
        }}  # fmt: skip
    return {"error": "no_data"}


def _kind(sign: str) -> str:
    return next((name for pattern, name in _KINDS if re.fullmatch(pattern, sign)), sign)


def _runs(code: str) -> list[tuple[str, str]]:
    return [(kind, "".join(run)) for kind, run in groupby(code, _kind)]


def _generalised(codes: Sequence[str]) -> tuple[str, str, str]:
    """The pattern of codes of one shape, in signs, in words, and its parts explained."""
    parts: list[tuple[str, str]] = []
    for column in zip(*map(_runs, codes), strict=True):
        kind, texts = column[0][0], [text for _, text in column]
        if len(set(texts)) > 1 or kind.isdigit():
            parts.append(_class(kind, sorted({len(text) for text in texts})))
        elif texts[0] in _NAMES:
            parts.append((texts[0].replace(".", r"\."), _NAMES[texts[0]]))
        else:
            # "G" and "uest" are one word.
            before = parts.pop()[0] if parts and parts[-1][1].startswith('"') else ""
            parts.append((before + texts[0], f'"{before}{texts[0]}"'))
    told = "; ".join(dict.fromkeys(f"`{piece}` is {words}" for piece, words in parts))
    return "".join(piece for piece, _ in parts), listed([words for _, words in parts], "and then"), told


def _class(kind: str, sizes: Sequence[int]) -> tuple[str, str]:
    """A class of signs with how many of them there are, in signs and in words."""
    sign, name = {"A": ("[A-Z]", "capital letter"), "a": ("[a-z]", "small letter"), "0": (r"\d", "digit")}[kind]
    low, high = sizes[0], sizes[-1]
    many = name if high == 1 else f"{name}s"
    if low == high:
        return sign + ("" if low == 1 else f"{{{low}}}"), f"{_number(low)} {many}"
    joined = "or" if high - low == 1 else "to"
    return f"{sign}{{{low},{high}}}", f"{_number(low)} {joined} {_number(high)} {many}"


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)
