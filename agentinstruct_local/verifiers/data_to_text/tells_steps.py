"""A paragraph tells the steps of its question, all of them, in their order, and no others."""

from __future__ import annotations

import csv
import json
import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import squash
from agentinstruct_local.words.questions import plain

BY = "tells_steps"
_LINK = re.compile(
    r"(?i)^(?:(?:first|second|third|next|then|now|finally|lastly|afterwards)\b,? ?|(?:after that|when that is done|"
    r"to begin with|last of all|as the last step|start with this|begin by|once done)[,:]? )+"
)


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: data_unread, data_not_in_text (a step that the passage does not have at that place), step_missing,
    wrong_order, step_added.
    """
    question, answer, shown = (string(draft, f"{of}.{one}") for one in ("question", "answer", "data"))
    wanted = [_bare(one) for one in _read(shown)] if shown and shown in question else []
    if len(wanted) < 2:
        return bad(BY, "data_unread", question)
    passage = squash(plain(draft.passage.text)).casefold()
    places = [passage.find(squash(one).rstrip(".")) for one in wanted]
    if -1 in places or places != sorted(places):
        return bad(BY, "data_not_in_text", wanted[max(0, places.index(-1) if -1 in places else 0)])
    told = [_bare(_LINK.sub("", one)) for one in re.split(r"(?<=\.)\s+(?=[A-Z])|\n+", answer) if one.strip()]
    if missing := [one for one in wanted if one not in told]:
        return bad(BY, "step_missing", missing[0])
    if len(told) > len(wanted):
        return bad(BY, "step_added", next((one for one in told if one not in wanted), told[-1]))
    return good(BY, f"{len(told)} steps") if told == wanted else bad(BY, "wrong_order", " / ".join(told))


def _read(text: str) -> list[str]:
    body = text.strip()
    if body.startswith("["):
        try:
            return [str(one["do"]) for one in json.loads(body)]
        except (ValueError, KeyError, TypeError):
            return []
    if re.match(r"1[.)] ", body):
        return [re.sub(r"^\d{1,2}[.)] ", "", line) for line in body.splitlines()]
    return [row[1] for row in list(csv.reader(body.splitlines()))[1:] if len(row) == 2]


def _bare(text: str) -> str:
    return squash(text).rstrip(". ").casefold()
