"""A search query that was made of a fragment of a chat stands by itself and asks what the fragment asks."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, squash
from agentinstruct_local.words.questions import plain, questions

BY = "query_stands"
_LEANS = re.compile(r"\b(?:it|its|this|that|these|those|they|them|one|there)\b", re.IGNORECASE)
_ASKED = re.compile(r"[A-Z][^?]*\?")


def verify(draft: Draft, *, of: str = "follow_up") -> Verdict:
    """The query asks what another sentence of the document answers, in full (query_wrong).

    It has no "it" or "that one" (query_leans), and what it asks about stands in the fragment, which by itself is no
    question of that kind (query_wrong).
    """
    said, fragment, answered = (string(draft, f"{of}.{name}") for name in ("assistant", "fragment", "answered"))
    found = _ASKED.search(said)
    query = found[0] if found else said
    if not query or fragment not in string(draft, f"{of}.user"):
        return bad(BY, "query_wrong", said)
    if match := _LEANS.search(query):
        return bad(BY, "query_leans", f"'{match[0]}' in: {query}")
    known = answered + "\n" + string(draft, f"{of}.user")
    fitting = [one for one in questions(answered, known) if squash(one.question).casefold() == squash(query).casefold()]
    if not fitting:
        return bad(BY, "query_wrong", f"no question of: {answered}")
    subject = set(content(plain(fitting[0].subject)))
    if not subject <= set(content(fragment)) or squash(query).casefold() in squash(fragment).casefold():
        return bad(BY, "query_wrong", f"{query} is not what is asked: {fragment}")
    return good(BY, query)
