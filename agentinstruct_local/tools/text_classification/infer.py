"""A text and a statement: the text says it, contradicts it, or leaves it open."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft, Unit
from agentinstruct_local.tools import falsify
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools._paragraphs import excerpts, sentences
from agentinstruct_local.tools.text_classification._labels import own, whole
from agentinstruct_local.words import content, share

_FIRST = re.compile(r"^(If|When) ([^,]+), (?:then )?([a-z][^,;:]+)\.$")
FAR, NEAR = 0.5, 0.15
"""How much of a statement one sentence of the text may hold that leaves it open, and how much the nearest must hold."""


def use(
    draft: Draft,
    *,
    corpus: Library | None = None,
    labels: Mapping[str, str] | None = None,
    asks: Sequence[str] = ("{text}\n\n{claim}\n\n{labels}\n\n{form}",),
    forms: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """`question`, `answer`, `text`, `claim`, `label` (entailment, contradiction or neutral), `form` and `quote`.

    `labels` maps each of them to its definition. A statement that the text leaves open is one of another passage on
    the same matter. Errors: nothing_to_extract (no text around the focus), nothing_to_change, no_documents.
    """
    draw, focus = drawn(draft, "infer"), draft.focus
    around = [one for one in excerpts(draft.passage) if focus in one.units]
    if focus is None or not around or focus not in sentences(draft.passage) or not _alone(focus.text):
        return {"error": "nothing_to_extract"}
    text, label = draw.choice(around).text, draw.choice(("entailment", "contradiction", "neutral"))
    claim = _turned(own(focus.text))
    if label == "entailment" and claim == own(focus.text) and draw.random() < 0.6:  # word for word is too easy
        label = "contradiction"
    if label == "entailment":
        pass
    elif label == "contradiction":
        made = falsify.use(
            replace(draft, focus=Unit(span=focus.span, text=own(focus.text), kind=focus.kind)), claim="focus"
        )
        if "output" not in made:
            return {"error": "nothing_to_change"}
        claim = _turned(made["output"]["false_claim"])
    else:
        claim = _open(draft, text, corpus, draw)
    if not claim:
        return {"error": "no_documents"}
    told = dict(labels or {})
    shown = draw.sample(sorted(told), len(told))
    form = draw.choice(sorted(forms or {"label": ()}))
    because = (
        "nothing in the text says whether it is so" if label == "neutral" else f'the text says: "{own(focus.text)}"'
    )
    answer = {
        "label": label,
        "json": json.dumps({"label": label}),
        "reason": f"{label}: {because}{'.' if label == 'neutral' else ''}",
    }[form]
    question = draw.choice(list(asks))
    parts = {
        "labels": "\n".join(f"- {one}: {told[one]}" for one in shown), "claim": claim,
        "form": draw.choice(list((forms or {}).get(form, ("",)))), "text": text,
    }  # fmt: skip
    for name, words in parts.items():
        question = question.replace(f"{{{name}}}", words)
    return {
        "output": {
            "question": question, "answer": answer, "text": text, "claim": claim, "label": label, "form": form,
            "gate": f"{claim} {focus.text}", "quote": focus.text,
        }
    }  # fmt: skip


_SAME = (
    (r"\b[Ii]n order to\b", "to"), (r"\b(does|do|is|are|was|were) not\b", r"\1n't"), (r"\bcannot\b", "can't"),
    (r"\bhowever, |\bfor example, ", ""), (r"\bcontains\b", "holds"), (r"\bspecifies\b", "states"),
    (r"\bprovides\b", "offers"), (r"\brequires\b", "needs"), (r"\bautomatically\b", "by itself"),
    (r"^((?:The|An?|Every|Each) (?:(?!of|in|for|on|to|with|from|at|by|and|or)[\w-]+ ){0,2}(?!\w*s must)[\w-]+) "
     r"must (?!not)",
     r"\1 has to "),
    (r"\bimmediately\b", "at once"), (r"\bmultiple\b", "several"), (r"\butilized?\b", "use"),
)  # fmt: skip
"""What can be said in other words without a change of meaning."""

_LESS = (
    (r" \((?![^()]*\b(?:if|unless|not|only|except|or)\b)[^()]+\)", ""),
    (r", (?:which|such as|including|for example|e\.g\.) (?![^,]*\b(?:not|only)\b)[^,;()]+\.$", "."),
)
"""What can be left out: the rest is still said."""


def _alone(text: str) -> bool:
    """A whole sentence that is understood by itself, without a range whose one end cannot be changed alone."""
    leans = re.search(r"(?i)^(?:others?\b|(?:\S+ ){0,4}(?:it|its|they|their|them)\b)|\bthan that\b", text)
    return whole(own(text)) and not leans and not re.search(r"\d (?:to|and|or) \d", text)


def _turned(sentence: str) -> str:
    """The same in other words or in fewer: a condition or "by default" goes to the end, a word gives way to another."""
    found = _FIRST.match(sentence)
    if found and not re.search(r"\b(?:it|they|its|their|this|that|then)\b", found[3]):
        sentence = f"{found[3][0].upper()}{found[3][1:]} {found[1].lower()} {found[2]}."
    elif default := re.match(r"By default, ((?:the|an?) [^,;:]+)\.$", sentence):
        sentence = f"{default[1][0].upper()}{default[1][1:]} by default."
    for old, new in (*_LESS, *_SAME):
        sentence = re.sub(old, new, sentence)
    return sentence[:1].upper() + sentence[1:]


def _open(draft: Draft, text: str, corpus: Library | None, draw: random.Random) -> str:
    """A sentence of another passage that speaks of the same matter and of which the text tells nothing."""
    lines = [content(one.text) for one in draft.passage.units]
    known = content(text)
    found = []
    for passage in corpus.search(draft.focus.text if draft.focus else "", 12) if corpus else ():
        if passage.id == draft.passage.id:
            continue
        prose = sentences(passage)
        for place in passage.foci[:4]:
            claim, unit = own(passage.units[place].text), passage.units[place]
            words = content(claim)
            if unit not in prose or unit.kind != "sentence" or not unit.text.endswith(".") or not _alone(unit.text):
                continue
            if max((share(words, one) for one in lines), default=0) <= FAR and NEAR <= share(words, known) <= 1.3 * FAR:
                found.append(claim)
    return draw.choice(found[:6]) if found else ""
