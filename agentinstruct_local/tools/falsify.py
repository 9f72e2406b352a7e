"""Make a true sentence false by one exact change: its number, its polarity or one word."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.records import Draft
from agentinstruct_local.words import content
from agentinstruct_local.words.phrases import slips
from agentinstruct_local.words.verbs import third

_SUBORDINATE = (
    r"(?:if|when|whenever|while|where|unless|although|though|because|since|before|after|until|once|as|in case)"
)
_OPENS = re.compile(rf"^\W*{_SUBORDINATE}\b[^,]*,", re.IGNORECASE)
_HEADLESS = re.compile(
    r"\W*(?:if|when|once|where) (?:not|set|given|\w+ed)\b|"
    r".*\b(?:will|can|may|must|should) (?:use|have|need|contain|specify|take|get|set|create|support|require)\W*$|"
    r".*, (?:it|they|this|these) ",
    re.IGNORECASE,
)
"""A condition that does not say whose it is ("When not provided, ..."), a noun phrase ("The file it will use."), or an
"it" that a restatement may take for something else."""
_TURNS = re.compile(
    rf"\b(?:{_SUBORDINATE}|that|which|who|whose|whom|how|what|whether|than|and|or|but)\b|[;:()]", re.IGNORECASE
)
_BASES_TEXT = """
allow apply begin check come contain create define depend describe determine do enable ensure exist give go have hold
ignore include indicate keep know let make open prevent provide refer refuse remain remove replace represent require
return say see send serve specify support take use write
"""
"""Verbs whose third person is hardly ever a noun: \"changes\" may be the subject."""


_BASE_OF = {third(base): base for base in _BASES_TEXT.split()}
_AUXILIARY = "must|shall|should|may|might|can|could|will|would|is|are|was|were"
_VERB = re.compile(rf"\b({_AUXILIARY}|{'|'.join(_BASE_OF)})\b(?!['’])")
_DENIES = re.compile(
    r"\b(?:no|not|none|neither|nor|never|nothing|cannot|only|hardly|without|n['’]t)\b|n['’]t\b", re.IGNORECASE
)
_DENIED = re.compile(
    r"\b(must|shall|should|may|might|can|could|will|would|is|are|was|were|does|do|did) not (?!only\b)", re.IGNORECASE
)
_NEEDS_NO = re.compile(r"\b(?:any(?:more|thing|one|body|where)?|either|at all|ever)\b", re.IGNORECASE)
_NO_SUBJECT = re.compile(
    r"^\W*(?:all|every|any|both|either|even|more|most|less|here|there|only|just|equally)\b", re.IGNORECASE
)
"""What "not" would leave open ("all of them are not"), or what is no subject."""
_DONE = re.compile(r" (?:been|become|\w{3,}(?:ed|en|wn))\b")
_SOME = re.compile(r"\b(?:some|several|many|most|few|certain|various|numbers? of|lots? of)\b", re.IGNORECASE)
_ALSO = re.compile(r"( also\b)|,? (?:and|or)\b|,")
_NUMBER = re.compile(r"(?<![\w.,/$€£:*#-])(\d{1,3}(?:,\d{3})+|\d{1,6})(?![\w/:*#-]|[.,]\w)")
_SMALL = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_WORD = re.compile(rf"\b({'|'.join(_SMALL)})\b")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_BOUNDED = re.compile(
    rf"(?:\b(?:at least|at most|up to|(?:more|less|fewer|greater) than|over|under|about|around|approximately|within|"
    rf"minimum of|maximum of|section|chapter|figure|table|page|version|step|item)|\b(?!(?:{_MONTHS})\b)[A-Z]\w*) $"
)
_OR_MORE = re.compile(r" or (?:more|less|fewer)\b|\)")
_PAIRS = (
    "always/never", "at least/at most", "more than/less than", "minimum/maximum", "largest/smallest",
    "increases/decreases", "enabled/disabled", "allowed/forbidden", "required/optional", "succeeds/fails",
    "higher/lower", "faster/slower", "longer/shorter",
)  # fmt: skip
_OTHER = {one: other for pair in _PAIRS for one, other in (pair.split("/"), pair.split("/")[::-1])}
_AFTER_BE = ("enabled", "disabled", "allowed", "forbidden", "required", "optional")
_BE = re.compile(r"\b(?:is|are|was|were|be|been)(?: \w+ly| not| also)? $")
_TURNED = re.compile(rf"\b({'|'.join(_OTHER)})\b")


def use(draft: Draft, *, claim: str = "item.true_claim") -> dict[str, Any]:
    """`false_claim`: `claim` with one change that makes it false; error `nothing_to_change` where none is sure to.

    Done here rather than by a teacher: asked for a false statement, a small one repeated the true one, or spoke of its
    task, in 12 of 14 refused drafts. What is done is drawn with the draft's seed; only the main clause is touched,
    since "if it is not installed" contradicts nothing.
    """
    sentence = str(draft.value(claim)).strip()
    found = [] if _HEADLESS.match(sentence) or slips(sentence) else list(dict.fromkeys(_changes(sentence)))
    if not found:
        return {"error": "nothing_to_change"}
    return {"output": {"false_claim": random.Random(seed_from(draft.seed, "falsify")).choice(found)}}


def _changes(sentence: str) -> Iterator[str]:
    """Every way to make a sentence false; those of one kind may be several."""
    opening = _OPENS.match(sentence)
    start = opening.end() if opening else 0
    main = sentence[start:]
    if _DENIES.search(main):  # "not above" and "not below" contradict nothing: only the denial itself can go
        denied = list(_DENIED.finditer(main))
        if len(denied) == 1 and len(_DENIES.findall(main)) == 1 and not _NEEDS_NO.search(main):
            plain = _with(sentence, start + denied[0].end(1), start + denied[0].end(), " ")
            yield re.sub(r"\s+yet\b", "", plain)
    elif verb := _VERB.search(main):  # a number may stand before a verb that is not known here
        changed = False
        if verb[1] not in ("may", "might", "can", "could"):  # what may be so may be otherwise too
            for place, end, word in _other_values(main, verb.end()):
                changed = True
                yield _with(sentence, start + place, start + end, word)
        if not changed and (denial := _denial(main, verb)):  # another value says more than a denial
            place, end, word = denial
            yield _with(sentence, start + place, start + end, word)


def _other_values(main: str, said: int) -> Iterator[tuple[int, int, str]]:
    """Where a number or an opposite stands behind the verb, and what to put there.

    What stands before the verb says what is meant, not what is told of it.
    """
    for number in _NUMBER.finditer(main, said):
        if not _BOUNDED.search(main[: number.start()]) and not _OR_MORE.match(main[number.end() :]):
            yield number.start(1), number.end(1), _another(number[1])
    for word in _WORD.finditer(main, said):
        if not _BOUNDED.search(main[: word.start()]) and not _OR_MORE.match(main[word.end() :]):
            yield word.start(), word.end(), _SMALL[(_SMALL.index(word[1]) + 3) % len(_SMALL)]
    for turned in _TURNED.finditer(main, said):
        if turned[1] not in _AFTER_BE or _BE.search(main[: turned.start()]):  # "what allowed it" is a verb
            yield turned.start(), turned.end(), _OTHER[turned[1]]


def _denial(main: str, verb: re.Match[str]) -> tuple[int, int, str] | None:
    """Where the main verb stands, and its denial; None where that is not sure to contradict."""
    also, after = _ALSO.match(main, verb.end()), main[verb.end() :]
    if (
        verb[1] in ("may", "might", "could", "would")  # what may be may also not be
        or _NO_SUBJECT.match(main)
        or (
            verb[1] in _BASE_OF and re.search(rf"^[^,;:]*?\b(?:{_AUXILIARY})\b", _TURNS.split(after)[0])
        )  # "checks are"
        or _SOME.search(main[: verb.end() + 12])  # some may and others not
        or re.search(r", (?:and|but|so|or) ", after)  # what follows would still be told
        or _turned_round(main[: verb.start()], after)
        or _TURNS.search(main[: verb.start()].lstrip())
        or (also and not also[1])  # "is and will be": one denial is not enough
    ):
        return None
    no = "cannot" if verb[1] == "can" else f"{verb[1]} not"
    if verb[1] in _BASE_OF and not (verb[1] == "has" and _DONE.match(after)):
        no = f"does not {_BASE_OF[verb[1]]}"
    return verb.start(), also.end(1) if also else verb.end(), no


def _turned_round(before: str, after: str) -> bool:
    """Hardly more is told of the subject than its own words: "The files of a set are the members of that set"."""
    subject, told = set(content(before)), set(content(after))
    return bool(subject & told) and len(told - subject) < 2


def _with(sentence: str, start: int, end: int, word: str) -> str:
    return sentence[:start] + word + sentence[end:]


def _another(number: str) -> str:
    value = int(number.replace(",", ""))
    other = value + 4 if 1900 <= value <= 2100 else value * 2 if value > 1 else value + 2
    return f"{other:,}" if "," in number else str(other)
