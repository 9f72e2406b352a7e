"""The parts that a sentence was taken into are its own words, and put together again they are the sentence."""

from __future__ import annotations

import json
import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import squash

BY = "parts_hold"
_NAMES = {"triple": ["subject", "relation", "object"], "purpose": ["concept", "purpose"]}
_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|has|have|had|must|shall|should|may|might|can|could|will|would|do|does|did|which|that|who|"
    r"if|when|because)\b"
)
_FOR = re.compile(
    r"(?P<concept>[^.;:]+?) (?:is|are|can be|may be) (?:\w+ly )?(?:used|intended|designed|meant) "
    r"(?P<purpose>(?:to|for) .+)"
)


def verify(draft: Draft, *, of: str = "item") -> Verdict:  # noqa: PLR0911  # one for each thing that can be wrong
    """Reads `of`.answer anew. Reasons: form_wrong (other keys than asked for), text_strange (not the passage's text),
    parts_wrong (put together they are not the sentence, or the subject holds a verb), purpose_elsewhere.
    """
    kind, text, answer = (string(draft, f"{of}.{name}") for name in ("kind", "text", "answer"))
    try:
        made = (
            json.loads(answer) if answer.startswith("{") else dict(line.split(": ", 1) for line in answer.split("\n"))
        )
    except ValueError:
        return bad(BY, "form_wrong", answer)
    if list(made) != _NAMES.get(kind) or not all(isinstance(one, str) and one for one in made.values()):
        return bad(BY, "form_wrong", answer or kind or "no answer")
    question = string(draft, f"{of}.question")
    if text not in question or _plain(string(draft, "focus")) not in _plain(text):
        return bad(BY, "text_strange", text)
    sentence = _plain(string(draft, "focus")).rstrip(".")
    if kind == "triple":
        whole = " ".join(made.values()) == sentence and len(made["relation"].split()) == 1
        if not whole or _FINITE.search(made["subject"]) or not re.fullmatch(r"are|[a-z]+s", made["relation"]):
            return bad(BY, "parts_wrong", answer)
        return good(BY, made["relation"])
    told = _FOR.fullmatch(sentence)
    if not told or told["purpose"] != made["purpose"] or not told["concept"].endswith(made["concept"]):
        return bad(BY, "parts_wrong", f"{answer} of {sentence}")
    others = [one for one in _FOR.finditer(_plain(text)) if made["concept"] in one["concept"]]
    if len(others) > 1 or made["concept"] not in question.replace(text, ""):
        return bad(BY, "purpose_elsewhere", made["concept"])
    return good(BY, made["purpose"])


def _plain(text: str) -> str:
    """Without marks of emphasis, links and bullets."""
    return squash(
        re.sub(r"(?m)^- |\*\*|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)", "", re.sub(r"\[([^\[\]]+)\]\([^()\s]+\)", r"\1", text))
    )
