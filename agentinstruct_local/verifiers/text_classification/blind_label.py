"""A text written for a label does not name it, and whoever labelled it unseen chose the same."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content


def verify(
    draft: Draft, *, text: str = "write_item.text", drawn: str = "draw_label", chosen: str = "label_blind.choice"
) -> Verdict:
    """Reasons: label_named (the text has the label's own word), answers_differ (the second labelling is another),
    unsupported_words (the text shares no two words with the passage, so it is about something else).
    """
    written, label = string(draft, text), string(draft, f"{drawn}.label")
    if not written or not label or re.search(rf"(?i)(?<!\w){re.escape(label.replace('_', ' '))}(?!\w)", written):
        return bad("blind_label", "label_named", label or "no label")
    if len(set(content(written)) & set(content(draft.passage.text))) < 2:
        return bad("blind_label", "unsupported_words", written)
    if string(draft, chosen) != string(draft, f"{drawn}.letter"):
        return bad("blind_label", "answers_differ", f"{label}, then {string(draft, chosen) or 'nothing'}")
    return good("blind_label", label)
