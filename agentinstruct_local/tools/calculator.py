"""Work out a sum exactly and with units: "15 g * 6 / day * 220 day" gives 19800 g. Nothing in it is executed."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from agentinstruct_local.records import Draft

DECLARED = {
    "description": "Works out a sum exactly, with units: 15 g * 6 / day * 220 day. Signs: + - * / ^ and brackets.",
    "parameters": {
        "type": "object",
        "properties": {
            "expression": {"type": "string", "minLength": 1, "maxLength": 300, "description": "The sum to work out."},
            "unit": {"type": "string", "maxLength": 30, "description": "The unit of the result, if another is wanted."},
        },
        "required": ["expression"],
        "additionalProperties": False,
    },
}
LONGEST = 300
"""Characters of an expression that are read."""
LARGEST = 12
"""The largest power that is taken."""
_SIGNS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def use(draft: Draft, *, expression: str = "item.expression", unit: str = "") -> dict[str, Any]:
    """`value` (a number), `unit` and `text` of the sum at a field, in `unit` or that of the item where one is named.

    Errors: bad_sum (what cannot be read or divides by nothing), wrong_dimension (kg and hours do not add up).
    """
    return calculate(str(draft.value(expression)), unit or str(draft.value("item.unit")))


def calculate(text: str, unit: str = "") -> dict[str, Any]:
    """The result of a sum as a step's output, or its error."""
    import pint

    try:
        result = _value(ast.parse(_spelled(text[:LONGEST]), mode="eval").body)
        if not isinstance(result, pint.Quantity):
            result = registry().Quantity(result, "")
        result = result.to(unit) if unit else result.to_reduced_units() if len(result.units._units) > 1 else result
        number = Fraction(result.magnitude)
    except (pint.DimensionalityError, pint.OffsetUnitCalculusError):
        return {"error": "wrong_dimension"}
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, TypeError, pint.UndefinedUnitError):
        return {"error": "bad_sum"}
    value = int(number) if number.denominator == 1 else float(number)
    name = f"{result.units:~}"
    return {"output": {"value": value, "unit": name, "text": f"{value:,} {name}".strip()}}


@cache
def registry() -> Any:
    """The one unit registry, which counts in exact fractions."""
    import pint

    return pint.UnitRegistry(non_int_type=Fraction, cache_folder=None)


def _spelled(text: str) -> str:
    """Signs as Python writes them, and a unit behind its number as a product: "15 g" -> "15*g"."""
    text = text.replace("×", "*").replace("÷", "/").replace("^", "**")
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    return re.sub(r"(?<=[\d)]) +(?=[A-Za-zµ])", "*", text)


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Fraction(str(node.value))
    if isinstance(node, ast.Name):
        return registry().Quantity(Fraction(1), node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and not (isinstance(right, Fraction) and abs(right) <= LARGEST):
            raise ValueError("the power is too large")
        return _SIGNS[type(node.op)](left, right)
    raise ValueError(f"not part of a sum: {ast.dump(node)[:60]}")
