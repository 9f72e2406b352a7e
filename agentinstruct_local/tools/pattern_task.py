"""A regular expression for codes of one shape that the passage holds, such as KX-1107, with its shape told in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn, quote
from agentinstruct_local.tools._wording import worded
from agentinstruct_local.words.terms import listed

FEWEST, MOST = 3, 8
"""Codes of one shape."""
_TOKEN = re.compile(r"(?<![\w./:@#%&=-])(?=[\w./:-]*\d)[A-Za-z0-9]+(?:[-_./:][A-Za-z0-9]+)*(?![\w/@-]|\.\w)")
_KINDS = ((r"[A-Z]", "A"), (r"[a-z]", "a"), (r"[0-9]", "0"))
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NAMES = {"-": "a hyphen", "_": "an underscore", ".": "a dot", "/": "a slash", ":": "a colon"}


def use(draft: Draft, *, asks: Sequence[str] = (), answers: Sequence[str] = ()) -> dict[str, Any]:
    """`question`, `answer`, `codes`, `pattern`, `told` (the shape in words) and `quote`. Error: no_data."""
    draw = drawn(draft, "pattern")
    shapes: dict[str, list[str]] = {}
    for code in dict.fromkeys(_TOKEN.findall(draft.passage.text)):
        shape = "".join(sign for sign, _ in groupby(map(_kind, code)))
        # A shape without a sign between letters and digits is seldom one kind of code, and addresses have rules of their own.
        if (
            4 <= len(code) <= 40
            and len(shape) >= 3
            and not code.isalnum()
            and not re.fullmatch(r"(?:\d+\.){3}\d+", code)
        ):
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
    pattern, words, steps = "", [], []
    for column in zip(*map(_runs, codes), strict=True):
        kind, texts = column[0][0], [text for _, text in column]
        if len(set(texts)) == 1 and not kind.isdigit():
            piece = re.sub(r"[.]", r"\.", texts[0])
            words.append(_NAMES.get(texts[0], f'"{texts[0]}"'))
        else:
            sizes = sorted({len(text) for text in texts})
            sign, name = {"A": ("[A-Z]", "capital letter"), "a": ("[a-z]", "small letter"), "0": (r"\d", "digit")}[kind]
            exact = len(sizes) == 1
            piece = sign + (("" if sizes[0] == 1 else f"{{{sizes[0]}}}") if exact else f"{{{sizes[0]},{sizes[-1]}}}")
            joined = "or" if sizes[-1] - sizes[0] == 1 else "to"
            few = _number(sizes[0]) if exact else f"{_number(sizes[0])} {joined} {_number(sizes[-1])}"
            words.append(f"{few} {name}{'' if sizes[-1] == 1 else 's'}")
        pattern += piece
        steps.append(f"`{piece}` is {words[-1]}")
    return pattern, listed(words, "and then"), "; ".join(dict.fromkeys(steps))


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)
