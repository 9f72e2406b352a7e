"""A calculation is right: its numbers are the question's, and the result comes out when it is worked out anew."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import chain
from typing import Any

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good
from agentinstruct_local.words import squash

BY = "calculation_holds"
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_SECONDS = {"ms": "1/1000", "second": "1", "minute": "60", "hour": "3600", "day": "86400", "week": "604800"}
_BITS = {"bit": "1", "byte": "8", "KiB": "8192", "MiB": "8388608", "GiB": "8589934592"}
_GRAMS = {"g": "1", "gram": "1", "kg": "1000", "kilogram": "1000"}
_MILLIMETRES = {
    "mm": "1",
    "millimetre": "1",
    "cm": "10",
    "centimetre": "10",
    "m": "1000",
    "metre": "1000",
    "km": "1000000",
}
_SCALES = (_SECONDS, _BITS, _GRAMS, _MILLIMETRES)


def verify(draft: Draft, *, chat: str = "calculation") -> Verdict:
    """The chat at `chat` (`messages`, `case`) holds.

    Refused are a number of the sum that the question does not have (argument_invented), a table or sentence that the
    passage does not have (result_untrue), a result that does not come out (calculation_wrong), and an answer without
    it (wrong_course).
    """
    turns: Sequence[Mapping[str, Any]] = draft.value(f"{chat}.messages", [])
    if [turn["role"] for turn in turns] != ["user", "assistant", "tool", "assistant"]:
        return bad(BY, "wrong_course", f"{len(turns)} turns")
    question, answer = turns[0]["content"], turns[3]["content"]
    arguments = turns[1]["tool_calls"][0]["arguments"]
    expression, case = arguments["expression"], str(draft.value(f"{chat}.case"))
    known = {_value(one) for one in _NUMBER.findall(question)} | ({Fraction(100)} if case == "share" else set())
    if strange := [one for one in _NUMBER.findall(expression) if _value(one) not in known]:
        return bad(BY, "argument_invented", strange[0])
    if lost := _not_in_passage(question, draft.passage.text):
        return bad(BY, "result_untrue", lost)
    wanted = _conversion(expression, arguments.get("unit", "")) if case == "convert" else _table(case, question)
    told = Fraction(str(json.loads(turns[2]["content"])["value"]))
    if wanted is None or abs(told - wanted) > abs(wanted) / 10**9:
        return bad(BY, "calculation_wrong", f"{expression}: {float(told):g}, not {wanted and float(wanted)}")
    said = [_value(one) for one in _NUMBER.findall(answer)]
    if not any(abs(one - wanted) <= Fraction(1, 200) for one in said):
        return bad(BY, "wrong_course", f"the result is not told: {answer}")
    return good(BY, expression)


def _value(number: str) -> Fraction:
    return Fraction(number.replace(",", ""))


def _rows(question: str) -> list[list[str]]:
    """The rows of the table in a question, the header first."""
    lines = [line for line in question.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "| ---" not in line]


def _not_in_passage(question: str, passage: str) -> str:
    """What the question shows as the document's and is not: a cell of its table, or the sentence that it quotes."""
    have = squash(re.sub(r"[*`\\]|\[|\]\([^)]*\)", "", passage))
    quoted = [] if _rows(question) else re.findall(r"[\"“]([^\"“”]{30,})[\"”]", question)
    plain = [squash(re.sub(r"[*`\\]|\[|\]\([^)]*\)", "", one)) for one in (*quoted, *chain(*_rows(question)))]
    return next((one for one in plain if one not in have), "")


def _conversion(expression: str, unit: str) -> Fraction | None:
    """By a table of factors, for units of one kind."""
    number, _, written = expression.partition(" ")
    for scale in _SCALES:
        one, other = (scale.get(name) or scale.get(name.removesuffix("s")) for name in (written, unit))
        if one and other:
            return _value(number) * Fraction(one) / Fraction(other)
    return None


def _table(case: str, question: str) -> Fraction | None:
    """From the rows that the question names, and the column that it names last."""
    header, *rows = _rows(question) or [[]]
    asked = "\n".join(line for line in question.splitlines() if not line.startswith("| "))
    columns = [at for at, name in enumerate(header[1:], 1) if f'"{name}"' in asked]
    named = [row for row in rows if re.search(rf"(?<!\w){re.escape(row[0])}(?!\w)", asked)]
    if len(columns) != 1 or not named:
        return None
    found = [_NUMBER.match(row[columns[0]]) for row in named]
    values = [_value(one[0]) for one in found if one]
    if case == "difference" and len(values) == 2:
        return max(values) - min(values)
    if case == "total" and len(values) > 1:
        return sum(values, Fraction(0))
    every = [_value(one[0]) for row in rows if (one := _NUMBER.match(row[columns[0]]))]
    return values[0] / sum(every) * 100 if case == "share" and len(values) == 1 else None
