"""A statement that follows from a text, contradicts it or is not said there: to be labelled, or to be changed."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools import falsify
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools.text_modification._excerpts import clean, excerpts
from agentinstruct_local.words import content, share

NEAR, FAR = 0.15, 0.45
"""How much of a statement that a text does not make is in the text all the same: it speaks of the same matter."""

_HELPS = "is|are|must|should|can|may|will|has|have|contains|provides|uses|allows"
_PARTS = (
    re.compile(r"^(?P<part>[^()]{20,}?)\s(?P<cut>\([^()]{8,}\))(?P<end>[^()]*\.)$"),
    re.compile(r"^(?P<part>[^,;]{25,})(?P<cut>, (?:which|where|whose) [^,;]+)(?P<end>\.)$"),
    re.compile(r"^(?P<part>[^,;]{25,})(?P<cut>, (?:such as|including|for example|e\.g\.) .+)(?P<end>\.)$"),
    re.compile(r"^(?P<part>[^,;]{25,})(?P<cut>,? (?:because|so that|in order to|although|even though) .+)(?P<end>\.)$"),
    re.compile(r"^(?P<part>[^,;]{25,})(?P<cut> to (?:avoid|ensure|prevent|make sure) .+)(?P<end>\.)$"),
    re.compile(
        r"^(?P<part>[^,;]{25,})(?P<cut>[,;] (?:and |but |so )?(?:the|it|they|this|you|these|an?) .+)(?P<end>\.)$"
    ),
    re.compile(rf"^(?P<part>[^,;]{{20,}} (?:{_HELPS}) [^,;]{{8,}}?)(?P<cut>,? and (?:{_HELPS}) .+)(?P<end>\.)$"),
)
_SECOND = re.compile(
    rf"^(?P<part>(?:The|An?|Every|Each|[A-Z]\w+) [^,;:()]{{3,60}}?)(?P<cut> (?:{_HELPS}) [^,;]+? and)"
    rf"(?P<end> (?:{_HELPS}) [^,;]+\.)$"
)
_LIMITS = re.compile(r"(?i)\b(?:if|unless|except|only|when|until|otherwise|provided|as long as|without)\b")
_DENIES = re.compile(r"(?i)\b(?:no|not|never|cannot|none|hardly)\b|n['’]t\b")
_JOINS = re.compile(r"[,;]? (?:and|but|so|which|where|because|although|even though)\b")
_LEANS = re.compile(r"(?i)\b(?:either|neither|both|whether|not only|that|who)\b")
_OPENS = re.compile(
    r"(?i)^(?:if|when|whenever|after|before|once|until|unless|where|provided|even|in order|while|although|because|"
    r"since|as|however|for example|but|and|or|so|also)\b"
)
_NO_SUBJECT = re.compile(r"(?i)^(?:this|these|that|those|it|they|he|she|such|here|there|you|we)\b")
_WITHIN = re.compile(r"(?i)\b(?:if|when|unless|where|which|that|who|while|because|whether|until|once)\b")
_SOME = re.compile(
    r"(?i)\b(?:sometimes|often|usually|normally|typically|some|many|most|any\w*|every\w*|may|might|few|rarely)\b|"
    r", (?:which|who)\b"
)
Told = Mapping[str, Sequence[str]]
_NOTHING: Told = {}


def use(draft: Draft, *, kind: str = "label", wordings: Sequence[str] = (), answers: Told = _NOTHING) -> dict[str, Any]:
    """`question`, `text`, `statement`, `label`, `answer`, `kind` and `quote`.

    `kind`: "label" (entailment, contradiction or neutral), "agree" (a false statement is corrected) or "contradict" (a
    true one is made false). `answers`: label -> wordings, with {told} for the sentence that decides. Errors: `no_text`,
    and `nothing_to_modify` where no statement can be made for certain.
    """
    draw = drawn(draft, "entail")
    found = [one for one in excerpts(draft, anywhere=kind != "contradict") if len(one) > 1 or kind == "contradict"]
    if not found or not wordings:
        return {"error": "no_text"}
    labels = ["contradiction"] if kind != "label" else ["entailment", "contradiction", "neutral"]
    draw.shuffle(labels)
    labels.sort(key=lambda one: one != "entailment" and draw.random() < 0.5)  # it is the one that can seldom be made
    for label in labels:
        for sentences in draw.sample(found, len(found)):
            made = _MAKERS[label](draft, sentences, draw)
            if made is not None:
                statement, told = made
                return {
                    "output": _told(draft, draw, kind, label, (" ".join(sentences), statement, told), wordings, answers)
                }
    return {"error": "nothing_to_modify"}


Made = tuple[str, str]  # the statement, and the sentence that decides


def part_of(sentence: str) -> str:
    """A shorter sentence that follows from this one; empty where none is sure to."""
    for pattern in (_SECOND, *_PARTS):
        found = pattern.match(sentence)
        denied = found and _DENIES.search(found["cut"]) and not _JOINS.match(found["cut"])
        limited = found and (denied or _LIMITS.search(found["cut"]))
        if found and not limited and not _OPENS.match(sentence) and not _LEANS.search(sentence):
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
        if "output" in found and _sure(one, str(found["output"]["false_claim"])):
            return str(found["output"]["false_claim"]), one
    return None


def _sure(true: str, false: str) -> bool:
    """Whether the change stands in what the sentence says of all that it speaks of, and not in a clause within it."""
    at = next((place for place, (one, two) in enumerate(zip(true, false, strict=False)) if one != two), 0)
    opening = re.match(r"(?i)(?:if|when|while|once|after|before|where|as|since|unless|because)\b[^,]*,", true)
    return not _WITHIN.search(true[opening.end() if opening else 0 : at]) and not _SOME.search(true)


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
