"""Put the right option among the wrong ones, in an order that the draft's seed decides."""

from __future__ import annotations

import random
import re
from typing import Any

from agentinstruct_local.records import Draft

LETTERS = "ABCDEFGH"
NUMBERED = re.compile(r"^\(?[A-Ha-h1-8][).:]\s+")


def use(draft: Draft, *, right: str = "item.right", wrong: str = "item.wrong") -> dict[str, Any]:
    """`options` with the right one at the letter `key`; letters that a teacher wrote before them are taken off."""
    texts = [NUMBERED.sub("", str(text)).strip() for text in (draft.value(right), *draft.value(wrong, []))]
    if len(texts) > len(LETTERS):
        return {"error": "too_many_options"}
    order = list(range(len(texts)))
    random.Random(draft.seed).shuffle(order)
    options = [texts[number] for number in order]
    return {"output": {"options": options, "letters": list(LETTERS[: len(options)]), "key": LETTERS[order.index(0)]}}
