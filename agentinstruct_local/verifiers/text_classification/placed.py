"""Of the sections that a question names, one alone speaks of what the text speaks of, and it is the answer."""

from __future__ import annotations

import json
import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, context, good, string, strings
from agentinstruct_local.words import squash

BY = "placed"


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: form_wrong, text_strange (the text is not the passage's), section_wrong (the passage stands under
    another section), section_open (another section's title shares a word with the text).
    """
    text, answer, form, question = (string(draft, f"{of}.{name}") for name in ("text", "answer", "form", "question"))
    labels = strings(draft, f"{of}.labels")
    passage = squash(draft.passage.text)
    strange = [line for line in text.split("\n") if line and squash(line.removeprefix("- ")) not in passage]
    if strange or not text or text not in question:
        return bad(BY, "text_strange", strange[0] if strange else "no text")
    try:
        given = json.loads(answer)["section"] if form == "json" else answer
    except (ValueError, KeyError, TypeError):
        return bad(BY, "form_wrong", answer)
    listed = re.findall(r"(?m)^- (.+)$", question.replace(text, ""))
    if given not in labels or sorted(listed) != sorted(labels) or len(set(labels)) < 3:
        return bad(BY, "form_wrong", given or "no section")
    above = [*context(draft).split("\n"), *(unit.text for unit in draft.passage.units if unit.kind == "heading")]
    if not any(given in heading for heading in above):
        return bad(BY, "section_wrong", given)
    words = _words(text)
    touching = [one for one in labels if one != given and _words(one) & words]
    if touching or not _words(given) & words:
        return bad(BY, "section_open", touching[0] if touching else given)
    return good(BY, given)


def _words(text: str) -> set[str]:
    """The first five letters of each longer word, so that forms of a word are one."""
    general = {
        "section",
        "chapter",
        "using",
        "other",
        "about",
        "which",
        "their",
        "there",
        "these",
        "value",
        "option",
        "files",
    }
    return {word[:5] for word in re.findall(r"[a-z]{5,}", text.lower()) if word not in general}
