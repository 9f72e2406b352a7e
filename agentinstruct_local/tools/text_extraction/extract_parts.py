"""Take one sentence of the passage apart: subject, relation and object, or a thing and what it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools import ask
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools._paragraphs import excerpts, sentences
from agentinstruct_local.words.questions import Asked, plain

LONGEST = 24
"""Words of an object."""
_MORE = re.compile(
    r", (?:and|but|or|which|who|whose|so|while)\b|[;:]|^(?:that|as|so|not)\b|"
    r"(?:,| and| but) (?:[\w-]+ ){1,3}(?:is|are|was|were|has|have|must|will|can|should|may)\b"
)
"""What follows is told of something else, or is no thing."""
_VAGUE = re.compile(r"(?i)\b(?:described|later|above|below|following|this|these|that|it|its|same|other)\b")
FORMS: Mapping[str, Sequence[str]] = {"json": ("Answer in JSON.",)}


def use(
    draft: Draft,
    *,
    parts: str = "triple",
    asks: Sequence[str] = ("{text}\n\n{form}",),
    forms: Mapping[str, Sequence[str]] = FORMS,
) -> dict[str, Any]:
    """`question`, `answer`, `text`, `parts` (by name), `kind` and `quote` for the focus.

    `parts`: triple (subject, relation, object of the sentence) or purpose (what a thing of a longer text is for).
    `asks` may hold {text}, {form} and {concept}; `forms` are the wordings of json and of lines.
    Error: nothing_to_ask where the sentence has not that form.
    """
    if draft.focus is None or draft.focus.text not in [one.text for one in sentences(draft.passage)]:
        return {"error": "nothing_to_ask"}
    draw = drawn(draft, "extract_parts")
    made = (_triple if parts == "triple" else _purpose)(draft.focus.text, ask.askable(draft, draft.focus.text))
    text = f"{plain(draft.focus.text)}."
    if made and parts == "purpose":
        around = [one.text for one in excerpts(draft.passage) if draft.focus in one.units]
        text = draw.choice(around) if around else ""  # one sentence alone leaves nothing to find
    if not made or not text:
        return {"error": "nothing_to_ask"}
    form = draw.choice(list(forms))
    if form == "json":
        answer = json.dumps(made, ensure_ascii=False)
    else:
        answer = "\n".join(f"{name}: {one}" for name, one in made.items())
    told = {"text": text, "form": draw.choice(list(forms[form])), "concept": made.get("concept", "")}
    question = draw.choice(list(asks))
    for name in ("form", "concept", "text"):
        question = question.replace(f"{{{name}}}", told[name])
    return {
        "output": {
            "question": question, "answer": answer, "text": text, "parts": made, "kind": parts, "form": form,
            "quote": draft.focus.text,
        }
    }  # fmt: skip


def _triple(text: str, found: Sequence[Asked]) -> Mapping[str, str] | None:
    sentence = plain(text)
    for one in found:
        rest = sentence.removeprefix(one.subject).strip()
        relation, _, tail = rest.partition(" ")
        short = len(tail.split()) <= LONGEST and not _MORE.search(tail)
        if one.form in ("object", "definition") and sentence.startswith(one.subject) and tail == one.key and short:
            return {"subject": one.subject, "relation": relation, "object": tail}
    return None


def _purpose(text: str, found: Sequence[Asked]) -> Mapping[str, str] | None:
    sentence = plain(text)
    for one in found:
        whole = sentence.startswith(one.subject) and sentence.endswith(one.key)
        used = re.search(r"\b(?:used|intended|designed|meant) $", sentence.removesuffix(one.key))
        if (
            one.form == "use"
            and whole
            and used
            and one.key.startswith(("to ", "for "))
            and not (_MORE.search(one.key) or _VAGUE.search(one.subject))
        ):
            return {"concept": re.sub(r"^(?:The|An?) ", "", one.subject), "purpose": one.key}
    return None
