"""A case to which a rule of the passage applies: the rule's own condition, put as something that has happened."""

from __future__ import annotations

import re
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools.ask import as_reply
from agentinstruct_local.words.conditions import condition, parted
from agentinstruct_local.words.questions import plain

_STATED = re.compile(
    r"\b(?:is|are|was|were|has|have|do|does|did|can|cannot|could|will|would|must|may|should|fail|"
    r"\w{2,}(?:ed|[^\Wsu]s))\b|\byou \w+"
)
"""A verb: "available in libvirt" is no case by itself."""
_WISH = re.compile(r"(?i)\byou (?:wish|want|must|need|have to|would like|plan|intend)\b")


def use(draft: Draft) -> dict[str, Any]:
    """`given`, the condition that the focus begins with; `told`, what follows; `rule`, the focus.

    `asks` is how to ask for it ("what happens"), `asks_big` the same as a sentence begins.

    Error `nothing_to_ask` where the focus does not begin with a condition whose question is certain.
    """
    text = plain(draft.focus.text) if draft.focus else ""
    found = condition(text)
    if not found:
        return {"error": "nothing_to_ask"}
    question, main = found
    asks, given = parted(question)
    if not _STATED.search(given) or _WISH.search(given):
        return {"error": "nothing_to_ask"}
    told = as_reply(main)
    small = f"{asks[0].lower()}{asks[1:]}"
    output = {"given": given, "asks": small, "asks_big": asks, "told": told, "rule": f"{text}."}
    return {"output": {**output, "question": question, "key": main}}
