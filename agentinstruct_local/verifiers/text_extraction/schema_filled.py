"""A JSON object fits the schema in its question, and every field has what its text has of that kind, or null."""

from __future__ import annotations

import json
import re

from agentinstruct_local import schema
from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.verifiers.text_extraction._scan import KINDS, scan, traces
from agentinstruct_local.words import squash

BY = "schema_filled"
_PLACE = {"date": 1, "identifier": 1}
"""Kind -> which of its values the field has, where it is not the first."""


def verify(draft: Draft, *, of: str = "item") -> Verdict:  # noqa: PLR0911  # one for each thing that can be wrong
    """`of`.answer is JSON that fits the schema in `of`.question; `of`.fields says of each field which kind it has.

    Reasons: form_wrong, text_strange (the text is not the passage's), not_all_found, disputed (null where the text
    has what may be taken for one).
    """
    question, text = string(draft, f"{of}.question"), string(draft, f"{of}.text")
    told = re.search(r"(?ms)^\{.*^\}", question)
    try:
        answer, wanted = json.loads(string(draft, f"{of}.answer")), json.loads(told.group() if told else "")
    except ValueError:
        return bad(BY, "form_wrong", string(draft, f"{of}.answer") or "no answer")
    if found := schema.problems(answer, wanted):
        return bad(BY, "form_wrong", found[0])
    passage = squash(draft.passage.text)
    strange = [line for line in text.split("\n") if line and squash(line.removeprefix("- ")) not in passage]
    if strange or not text or text not in question:
        return bad(BY, "text_strange", strange[0] if strange else "no text")
    for name, (kind, _) in draft.value(f"{of}.fields", {}).items():
        if kind not in KINDS or name not in answer:
            return bad(BY, "form_wrong", f"{name}: {kind}")
        there = [one[_PLACE.get(kind, 0)] for one in scan(kind, text)]
        if (answer[name] or []) != there or answer[name] == []:
            return bad(BY, "not_all_found", f"{name}: {there}, not {answer[name]}")
        if not there and (seen := traces(kind, text)):
            return bad(BY, "disputed", f"{seen} looks like {kind}")
    empty = [name for name, value in answer.items() if value is None]
    return good(BY, f"{len(answer) - len(empty)} filled, null: {', '.join(empty)}")
