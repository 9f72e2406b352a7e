"""A text of a few sentences to work on: whole, clean sentences of one paragraph, the focus among them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from agentinstruct_local.records import Draft, Unit
from agentinstruct_local.words import sentences, tokens

LONGEST = 95
"""Words of a text at most."""

_MARKS = re.compile(r"[`*|<>{}\[\]\\#~^=•“”]|::|:\w+:|\.\.|\s--\s|https?:|www\.|\(\s|\s[,;.)]|\w\s?@\s?\w")
_POINTS = re.compile(
    r"(?i)\b(?:see|above|below|following|as follows|mentioned|described|chapter|section|appendix|figure|footnote)\b"
)
_LINKED = re.compile(r"\b\w+ \d\b(?=[,.)](?:\s|$)| and\b| or\b)")  # "debhelper 1": what a manual page was called
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|must|shall|should|may|can|cannot|will|would|might|could|isn['’]t|"
    r"don['’]t|doesn['’]t|can['’]t|won['’]t|aren['’]t)\b|"
    r"\b[a-z]{3,}s (?:an?|the|to|that|in|on|for|with|by|as|if|when|at|from|into|only|all|no|not|your|its|their|\d|"
    r"[a-z]+ly)|"
    r"\b(?:allow|apply|cause|contain|create|define|depend|describe|forget|get|give|hold|include|keep|mean|need|provide|"
    r"represent|require|return|run|show|specify|store|support|take|use|weigh|work) "
)
_WITHIN = re.compile(r"\s(?:if|when|unless|which|that|who|where|whether|because|while|until|how)\s")
_BROKEN = re.compile(r"^(?:Whether|Which|Who|Whose|Whom)\b|\b([a-z]+) \1\b")
_ORDERS = re.compile(
    r"^(?:Use|Set|Do|Add|Run|Make|Take|Remove|Keep|Check|Put|Install|Open|Close|Read|Write|Start|Stop|Ensure|Avoid|Note|"
    r"Create|Specify|Choose|Enable|Disable|Never|Always|Please|If|When|While|Unless|Because|Since|After|Before|Once|"
    r"Although|Where)\b"
)


class Change(NamedTuple):
    """What a text was made into, and what the words of the task have to say of it."""

    answer: str
    told: Mapping[str, str] = {}
    text: str = ""  # what is shown, where that is not the excerpt itself


class Source(NamedTuple):
    """An excerpt, the draft that it is of, and a source of chance."""

    sentences: tuple[str, ...]
    draft: Draft
    draw: random.Random

    @property
    def text(self) -> str:
        """The excerpt as one paragraph."""
        return " ".join(self.sentences)


Maker = Callable[[Source], Change | None]


def excerpts(draft: Draft, most: int = 4, *, anywhere: bool = False) -> list[tuple[str, ...]]:
    """Every excerpt of up to `most` sentences that begins at the focus, as sentences; none where that is not clean.

    With `anywhere`, the excerpts that begin at other units worth asking about come after them.
    """
    if draft.focus is None:
        return []
    units = draft.passage.units
    start = next((place for place, unit in enumerate(units) if unit.span == draft.focus.span), -1)
    starts = [start, *(at for at in draft.passage.foci if anywhere and at != start)]
    return [one for at in starts if at >= 0 for one in _from(draft, at, most)]


def _from(draft: Draft, at: int, most: int) -> list[tuple[str, ...]]:
    units = draft.passage.units
    if units[at].kind == "item" and len(own := sentences(units[at].text)) > 1:
        return [own] if len(own) <= most and all(map(clean, own)) else []
    if units[at].kind not in ("sentence", "item") or not clean(units[at].text):
        return []
    run = [units[at].text]
    for before, unit in zip(units[at:], units[at + 1 : at + most], strict=False):
        if unit.kind != "sentence" or not _joined(draft, before, unit) or not clean(unit.text):
            break
        run.append(unit.text)
    found = [tuple(run[:size]) for size in range(1, len(run) + 1)]
    return [one for one in found if len(" ".join(one).split()) <= LONGEST]


def clean(sentence: str) -> bool:
    """Whether a sentence is whole and holds no marks, links or hints at other places."""
    words = sentence.split()
    return (
        6 <= len(words) <= 45
        and sentence[0].isupper()
        and sentence[-1] in ".!?"
        and len(sentences(sentence)) == 1
        and sentence.count("(") == sentence.count(")")
        and sentence.count('"') % 2 == 0
        and "?" not in sentence
        and bool(_ORDERS.match(sentence) or _VERB.search(_WITHIN.split(f"{sentence} ")[0]))
        and not any(one.search(sentence) for one in (_MARKS, _POINTS, _LINKED, _BROKEN))
    )


def plain(text: str) -> bool:
    """Whether a text is made of words alone: no paths, options, identifiers or addresses."""
    return all(token.kind == "word" for token in tokens(text)) and not re.search(r"[\d_/&@]", text)


def whole(word: str) -> re.Pattern[str]:
    """A pattern that finds a word or phrase as a whole, and not as a part of a longer word or of a name."""
    return re.compile(rf"(?<![\w/.@-]){re.escape(word)}(?![\w/@-]|\.\w)", re.IGNORECASE)


def _joined(draft: Draft, before: Unit, after: Unit) -> bool:
    start = draft.passage.span[0]
    between = draft.passage.text[before.span[1] - start : after.span[0] - start]
    return not between.strip() and between.count("\n") < 2
