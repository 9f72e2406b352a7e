"""What a sentence of the passage does to the one before it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.passages import followed_by
from agentinstruct_local.records import Draft
from agentinstruct_local.words.questions import plain
from agentinstruct_local.words.roles import role


def use(draft: Draft, *, roles: Mapping[str, str] = {}) -> dict[str, Any]:
    """`sentence`, the one `before` it, its `role`, the `mark` that tells it, `does` (from `roles`), `quote`.

    Error `no_role` where no sentence of the passage begins with words that tell one of `roles`.
    """
    found = []
    for place, unit in enumerate(draft.passage.units[:-1]):
        after = followed_by(draft.passage, place)
        told = role(after) if after else None
        long_enough = after and 7 <= len(after.split()) <= 45 and 6 <= len(unit.text.split()) <= 45
        if told and told[0] in roles and long_enough and after[-1:] == "." and unit.text[-1:] == ".":  # type: ignore[index]
            found.append((unit.text, after, *told))
    if not found:
        return {"error": "no_role"}
    before, sentence, name, mark = random.Random(seed_from(draft.seed, "name_role")).choice(found)
    output = {"sentence": plain(str(sentence)), "before": plain(before), "role": name, "mark": mark}
    return {"output": {**output, "does": roles[name], "quote": sentence, "question": f"role: {sentence}"}}
