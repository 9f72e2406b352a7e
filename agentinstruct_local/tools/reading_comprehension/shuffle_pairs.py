"""Tear pairs apart: one column in order, the other in an order that the draft's seed decides."""

from __future__ import annotations

import random
from typing import Any

from agentinstruct_local.records import Draft

LETTERS = "ABCDEFGH"


def use(draft: Draft, *, pairs: str = "pairs.items") -> dict[str, Any]:
    """`left` and `right` columns, their `letters`, and `key`: the letter that belongs to each of `left`.

    Errors: too_few_pairs (also where two are alike), too_many_pairs, pair_given_away (a right side names its left).
    """
    found = {str(pair["left"]).strip(): str(pair["right"]).strip() for pair in draft.value(pairs, [])}
    if len(found) < 3 or len(set(found.values())) < len(found):
        return {"error": "too_few_pairs"}
    if len(found) > len(LETTERS):
        return {"error": "too_many_pairs"}
    if any(left.casefold() in right.casefold() for left, right in found.items()):
        return {"error": "pair_given_away"}
    order = list(range(len(found)))
    random.Random(draft.seed).shuffle(order)
    rights = list(found.values())
    key = [LETTERS[order.index(number)] for number in range(len(found))]
    return {
        "output": {
            "left": list(found),
            "right": [rights[number] for number in order],
            "letters": sorted(key),
            "key": key,
            "question": "; ".join(found),
        }
    }
