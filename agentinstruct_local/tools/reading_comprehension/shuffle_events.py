"""Take events out of their order in the text, and shuffle them by the draft's seed."""

from __future__ import annotations

import random
from typing import Any

from agentinstruct_local.records import Draft

LETTERS = "ABCDEFGH"


def use(draft: Draft, *, events: str = "events.items") -> dict[str, Any]:
    """`events` under `letters`, and `key`: the letters in the order in which the text gives the events."""
    text = " ".join(draft.text.split())
    found = dict.fromkeys(str(event["event"]) for event in draft.value(events, []))
    ordered = sorted((event for event in found if event in text), key=text.index)
    if len(ordered) < 3:
        return {"error": "too_few_events"}
    if len(ordered) > len(LETTERS):
        return {"error": "too_many_events"}
    order = list(range(len(ordered)))
    shuffle = random.Random(draft.seed)
    while order == sorted(order):
        shuffle.shuffle(order)
    key = [LETTERS[order.index(number)] for number in range(len(ordered))]
    shown = [ordered[number] for number in order]
    return {"output": {"events": shown, "letters": sorted(key), "key": key, "question": "; ".join(ordered)}}
