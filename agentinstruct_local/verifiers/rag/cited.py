"""The document that an answer cites holds what it says, and no other document does."""

from __future__ import annotations

import json
import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content

_NUMBER = re.compile(r"\[(\d{1,2})\]")


def verify(
    draft: Draft,
    *,
    user: str = "documents.user",
    answer: str = "documents.assistant",
    told: str = "item.told",
    question: str = "item.question",
    without: bool = False,
    alike: float = 0.6,
) -> Verdict:
    """One of the numbered documents in `user` holds the whole of `told`, and it alone is cited (citation_wrong).

    Another one with more than `alike` of its words might hold it too (citation_ambiguous). `without`: no document
    holds it and none is cited. A JSON answer has to be read as JSON (citation_wrong).
    """
    prompt, said, claim = string(draft, user), string(draft, answer), string(draft, told)
    if asked := string(draft, question):
        prompt = prompt.replace(asked, " ")  # behind the last document it would count as its words
    marks = list(re.finditer(r"(?m)^\[(\d{1,2})\] .*\n", prompt))
    if not marks:
        return bad("cited", "citation_wrong", "no document is numbered")
    ends = [*(mark.start() for mark in marks[1:]), len(prompt)]
    documents = {int(mark[1]): prompt[mark.end() : end] for mark, end in zip(marks, ends, strict=True)}
    if said.startswith("{"):
        try:
            cited = set(json.loads(said)["relevant_passages"])
        except (ValueError, KeyError, TypeError):
            return bad("cited", "citation_wrong", f"not the JSON that was asked for: {said}")
    else:
        cited = {int(number) for number in _NUMBER.findall(said)}
    wanted = set(content(claim))
    share = {number: len(wanted & set(content(text))) / max(1, len(wanted)) for number, text in documents.items()}
    full = {number for number, one in share.items() if one >= 0.95}
    if without and (cited or full):
        return bad("cited", "citation_wrong", "a document is cited, or holds the answer")
    if not without and (len(cited) != 1 or not cited <= full):
        return bad("cited", "citation_wrong", f"cited {sorted(cited)}, held by {sorted(full)}")
    also = [number for number, one in share.items() if number not in cited and one > alike]
    if also:
        return bad("cited", "citation_ambiguous", f"[{also[0]}] may hold it too")
    return good("cited", f"{sorted(cited)}")
