"""Say which document a question belongs to, where the question itself does not."""

from __future__ import annotations

import re
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.words import content

NUMBERING = re.compile(
    r"^(?:(?:chapter|section|part|appendix)\s+)?(?:\d[\d.]*|[A-Z])[.:)]\s+|^\d[\d.]*\s+", re.IGNORECASE
)
PARTS = re.compile(r"\s+[—–|-]\s+")
LONGEST = 90


def use(draft: Draft, *, question: str = "item.question") -> dict[str, Any]:
    """`question`, with the title and heading of its passage in brackets unless it names the document already.

    A question from a private document makes sense to someone without it only if they can tell what it is about.
    """
    asked = str(draft.value(question)).strip()
    title = [_clean(part) for part in PARTS.split(draft.passage.title or draft.passage.source.rpartition("/")[2])]
    heading = [_clean(draft.passage.headings[-1])] if draft.passage.headings else []
    heading = [part for part in heading if not set(content(part)) <= set(content(" ".join(title)))]
    known = set(content(asked))
    if any(part and set(content(part)) and set(content(part)) <= known for part in title):
        return {"output": {"question": asked}}
    subject = ", ".join(dict.fromkeys(part for part in (*reversed(title), *heading) if part))
    if not subject or len(subject) > LONGEST:
        subject = title[-1][:LONGEST]
    return {"output": {"question": f"{asked} ({subject})"}}


def _clean(text: str) -> str:
    return NUMBERING.sub("", text).strip(" .:*_`#")
