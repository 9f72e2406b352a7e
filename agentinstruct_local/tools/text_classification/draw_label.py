"""Draw the label that a teacher is to write a text for, and set out all labels for whoever has to label it unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn

LETTERS = "ABCD"


def use(
    draft: Draft,
    *,
    labels: Mapping[str, str] | None = None,
    asks: Sequence[str] = ("Which label fits?",),
    forms: Sequence[str] = ("Answer with the label only.",),
) -> dict[str, Any]:
    """`label`, its definition as `told`, its `letter`, all `labels` with their letters, `defined`, `ask` and `form`.

    Error: too_few_labels, where there are not two to four.
    """
    told = dict(labels or {})
    if not 2 <= len(told) <= len(LETTERS):
        return {"error": "too_few_labels"}
    draw = drawn(draft, "draw_label")
    shown = draw.sample(sorted(told), len(told))
    label = draw.choice(shown)
    return {
        "output": {
            "label": label,
            "told": told[label],
            "letter": LETTERS[shown.index(label)],
            "labels": [f"{letter}) {one}: {told[one]}" for letter, one in zip(LETTERS, shown, strict=False)],
            "defined": "\n".join(f"- {one}: {told[one]}" for one in shown),
            "ask": draw.choice(list(asks)),
            "form": draw.choice(list(forms)),
            "quote": draft.focus.text if draft.focus else "",
        }
    }
