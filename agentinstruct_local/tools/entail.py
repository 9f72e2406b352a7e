"""A statement that follows from a text, contradicts it or is not said there: to be labelled, or to be changed."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools import falsify
from agentinstruct_local.tools._excerpts import clean, excerpts
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.words import content, share

NEAR, FAR = 0.15, 0.55
"""How much of a statement that a text does not make is in the text all the same: it speaks of the same matter."""

_PARTS = (
    re.compile(r"^(?P<part>[^()]{20,}?)\s\([^()]{8,}\)(?P<end>[^()]*\.)$"),
    re.compile(r"^(?P<part>[^,;]{25,}), which [^,;]+(?P<end>\.)$"),
    re.compile(r"^(?P<part>[^,;]{25,}), such as .+(?P<end>\.)$"),
    re.compile(r"^(?P<part>[^,;]{25,}),? (?:because|so that) .+(?P<end>\.)$"),
    re.compile(r"^(?P<part>[^,;]{25,}), (?:and|but|so) (?:the|it|they|this|you|these|an?) .+(?P<end>\.)$"),
)
_LIMITS = re.compile(r"(?i)\b(?:if|unless|except|only|not|never|no|without|otherwise|either|neither|both|whether)\b|n['’]t\b")
_OPENS = re.compile(r"(?i)^(?:if|when|while|although|because|since|as|however|for example|but|and|or|so|also)\b")
_NO_SUBJECT = re.compile(r"(?i)^(?:this|these|that|those|it|they|he|she|such|here|there|you|we)\b")
Told = Mapping[str, Sequence[str]]
_NOTHING: Told = {}


def use(draft: Draft, *, kind: str = "label", wordings: Sequence[str] = (), answers: Told = _NOTHING) -> dict[str, Any]:
    """`question`, `text`, `statement`, `label`, `answer`, `kind` and `quote`.

    `kind`: "label" (entailment, contradiction or neutral), "agree" (a false statement is corrected) or "contradict" (a
    true one is made false). `answers`: label -> wordings, with {told} for the sentence that decides. Errors: `no_text`,
    and `nothing_to_modify` where no statement can be made for certain.
    """
    draw = drawn(draft, "entail")
    found = [one for one in excerpts(draft) if len(one) > 1 or kind == "contradict"]
    if not found or not wordings:
        return {"error": "no_text"}
    labels = ["contradiction"] if kind != "label" else ["entailment", "contradiction", "neutral"]
    draw.shuffle(labels)
    for label in labels:
        for sentences in draw.sample(found, len(found)):
            made = _MAKERS[label](draft, sentences, draw)
            if made is not None:
                statement, told = made
                return {"output": _told(draft, draw, kind, label, (" ".join(sentences), statement, told), wordings, answers)}
    return {"error": "nothing_to_modify"}


Made = tuple[str, str]  # the statement, and the sentence that decides


def part_of(sentence: str) -> str:
    """A shorter sentence that follows from this one; empty where none is sure to."""
    for pattern in _PARTS:
        found = pattern.match(sentence)
        if found and not _LIMITS.search(sentence) and not _OPENS.match(sentence):
            part = f"{found['part']}{found['end']}"
            if clean(part):
                return part
    return ""


def _entailed(draft: Draft, sentences: Sequence[str], draw: random.Random) -> Made | None:
    del draft
    parts = [(part, one) for one in sentences if not _NO_SUBJECT.match(one) and (part := part_of(one))]
    return draw.choice(parts) if parts else None


def _contradicted(draft: Draft, sentences: Sequence[str], draw: random.Random) -> Made | None:
    for one in draw.sample(list(sentences), len(sentences)):
        if _NO_SUBJECT.match(one) or _OPENS.match(one):
            continue
        found = falsify.use(replace(draft, item={"true_claim": one}))
        if "output" in found:
            return str(found["output"]["false_claim"]), one
    return None


def _unsaid(draft: Draft, sentences: Sequence[str], draw: random.Random) -> Made | None:
    words = content(" ".join(sentences))
    units = draft.passage.units
    others = [
        units[at].text
        for at in draft.passage.foci
        if units[at].kind == "sentence" and clean(units[at].text) and units[at].text not in sentences
    ]
    fit = [one for one in others if NEAR <= share(content(one), words) <= FAR and not _NO_SUBJECT.match(one)]
    return (draw.choice(fit), "") if fit else None


def _told(
    draft: Draft, draw: random.Random, kind: str, label: str, made: tuple[str, str, str],
    wordings: Sequence[str], answers: Told,
) -> dict[str, Any]:  # fmt: skip
    text, statement, told = made
    if kind == "contradict":
        statement, answer = told, statement
    elif kind == "agree":
        answer = told
    else:
        answer = draw.choice(list(answers[label])).format(told=told)
    asked = draw.choice(list(wordings)).format(text=text, statement=statement)
    quote = draft.focus.text if draft.focus else ""
    return {
        "question": asked, "text": text, "statement": statement, "label": label, "answer": answer, "kind": kind,
        "quote": told or quote,
    }  # fmt: skip


_MAKERS = {"entailment": _entailed, "contradiction": _contradicted, "neutral": _unsaid}
