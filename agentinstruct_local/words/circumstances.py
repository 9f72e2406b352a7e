"""When, how often, where, how, why and what for: questions after what a sentence tells beside its main clause."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from agentinstruct_local.words.phrases import FAR, LOOSE, any_of, inside, told
from agentinstruct_local.words.stems import content
from agentinstruct_local.words.verbs import third


class Circumstance(NamedTuple):
    """A question, what answers it, and what the sentence is about ("" where that is the reader's own purpose)."""

    question: str
    key: str
    subject: str
    form: Literal["circumstance", "object"] = "circumstance"


_AUXILIARY = r"(?P<verb>is|are|was|were|must|should|shall)"
_N = r"(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty)"
_TIME = (
    rf"(?:at (?:least|most) |up to |more than |about )?{_N}(?: [a-z]+)? (?:second|minute|hour|day|week|month|year)s?\b"
)
_WHEN = {
    "How often": rf"(?:every (?:{_N} |other )?[A-Za-z]+|(?:once|twice) (?:an?|per) \w+|daily|weekly|monthly)\b",
    "Within what time": rf"within {_TIME}",
    "For how long": rf"for {_TIME}",
    "After what time": rf"after {_TIME}",
    "When": r"(?:only )?(?:if|when|while|as long as|as soon as|provided that) (?=\w+ \w+)",
}
_TIMED = {
    word: re.compile(rf"^(?P<subject>.+?) {_AUXILIARY} (?P<rest>(?!(?:to|the|an?|one) )[a-z][^,;:()]*?) {time}")
    for word, time in _WHEN.items()
}
_NO_PREDICATE = re.compile(
    r"\b(?:and|or|not|that|which|it|they|only|always|never|even|itself|simply|simple|now|method|way)\b|\bto \w+$|"
    r"\b(?:than|least|most|just|still|at|in|on|to|by|for|of|with|from|the|an?|after|before|as|is|are|when|if|while|where)$"
)
_BEGINNINGS = "occur happen fail start stop end expire exit terminate begin return"
_BEGINS = {third(base): base for base in _BEGINNINGS.split()}
_EVENT = re.compile(
    rf"^(?P<subject>.+?) (?P<verb>{any_of(' '.join(_BEGINS))}) (?P<rest>(?:when|if|as soon as|after) \w+ .+)$"
)
_WITH = r"(?:(?!for |to |of |in )[\w-]+ )?(?:that|which|who|whose|without|with) "
_INSIDE = r"(?:(?!(?:is|are|must|may|can|shall|should|was|were)\b)[\w.,°%/-]+ )+"
_DONE_TO = r"(?:not )?(?!called|known|named|defined|used|based|required|advised|recommended)\w+(?:ed|en|wn|ept|ade)\b"
_FATE = re.compile(
    rf"^(?P<subject>(?:An?|The|Any|All|[A-Z][a-z]+s) {_WITH}{_INSIDE})(?P<verb>is|are) (?P<rest>{_DONE_TO}.*)$"
)
_DO = any_of("""
use set run type enter choose open press check install put take remove replace make do add create write call
select specify provide start stop execute edit change enable disable configure include pass define give
""")
_PURPOSE = re.compile(
    rf"^(?:In order t|T)o (?P<purpose>(?!be\b)[a-z]+ [^,]{{8,90}}), "
    rf"(?:you (?:can|must|should|need to|may|have to) |simply |just |please )?(?P<rest>{_DO}\b .+)$"
)
_BE = r"(?P<verb>is|are|can be|may be|must be|should be|will be)"
_DONE = r"\w+(?:ed|en|wn|ept|ade|set|read|run|sent|built|found|done)"
_HOW = re.compile(
    rf"^(?P<subject>.+?) {_BE} (?P<rest>{_DONE}(?: [^,;:()]*?)?) (?P<way>(?:by \w+ing|using|through (?!to )|via) .+)$"
)
_NO_WAY = re.compile(rf"{_NO_PREDICATE.pattern}|\bby\b")
"""The way belongs to something else in the sentence: "is provided by a plugin chosen via ..."."""
_WHERE = re.compile(
    rf"^(?P<subject>.+?) {_BE} (?P<done>stored|located|kept|saved|placed|installed|written|logged|recorded|created) "
    r"(?P<rest>(?:in|to|at|under|on|into) "
    r"(?!(?:run|start|boot|compile|build)|(?:\w+ )?(?:formats?|order|ways?|turn|modes?|parallel|use|case|end|time)\b)"
    r".+)$"
)
_WHY = re.compile(
    r"^(?P<subject>.+?) (?P<verb>is|are|was|were|must|should|shall|cannot|can|will) (?P<rest>(?:not )?[^,;:()]+?),? "
    r"(?P<why>because|so that|(?:in order )?to (?:avoid|prevent|ensure|make sure|protect|reduce|minimi[sz]e)) "
    r"(?P<end>.+)$"
)
_TO_BE = any_of("""
used needed required designed possible able necessary recommended best sufficient enough important easy easier hard
difficult intended meant allowed supposed available useful helpful advised advisable one going responsible a an the
""")
_DUTY = re.compile(r"\b(?:must|should|shall|ha(?:s|ve) to|needs?)\b")
"""After "so that": a consequence, no reason."""
_LETS = re.compile(r"^(?P<subject>.+?) (?P<verb>allows|lets|enables) (?P<rest>(?:you|users|the user) (?:to )?\w+ .+)$")


def circumstances(text: str, known: str) -> Iterator[Circumstance]:
    """Every question of these kinds that a sentence without marks and full stop allows with certainty."""
    yield from _purpose(text)
    yield from _timed(text, known)
    for question, key, match in (*_done(text, known), *_reason(text, known)):
        if not LOOSE.search(question.rstrip("?")):
            yield Circumstance(question, key, match["subject"])
    if (found := _LETS.match(text)) and told(found, 4) and not LOOSE.search(text):
        subject, whom = inside(found["subject"], known), re.match(r"you|users|the user", found["rest"])
        verb = {"allows": "allow", "lets": "let", "enables": "enable"}[found["verb"]]
        assert whom is not None
        to = "" if verb == "let" else "to "
        yield Circumstance(f"What does {subject} {verb} {whom[0]} {to}do?", found["rest"], found["subject"], "object")


def _purpose(text: str) -> Iterator[Circumstance]:
    """How the reader gets something done: "To do X, use Y"."""
    found = _PURPOSE.match(text)
    if not found or LOOSE.search(found["purpose"]) or FAR.search(found["rest"]):
        return
    if len(found["rest"].split()) >= 3 and len(content(found["purpose"])) >= 2:
        yield Circumstance(f"How do you {found['purpose'].strip()}?", found["rest"], "")


def _timed(text: str, known: str) -> Iterator[Circumstance]:
    """When, how often, what happens to it: what follows may speak of the subject as "it"."""
    for word, form in _TIMED.items():
        timed = form.match(text)
        if not timed or not told(timed, 1) or _NO_PREDICATE.search(timed["rest"]):
            continue
        question = f"{word} {timed['verb']} {inside(timed['subject'], known)} {timed['rest'].strip()}?"
        if not LOOSE.search(question.rstrip("?")):
            yield Circumstance(question, text[timed.end("rest") :].strip(), timed["subject"])
    found = _FATE.match(text)
    if found and len(found["subject"].split()) <= 14 and not LOOSE.search(re.sub(r" that ", " ", found["subject"])):
        question = f"What happens to {inside(found['subject'].strip(), known)}?"
        yield Circumstance(question, found["rest"], found["subject"].strip())
    if (found := _EVENT.match(text)) and told(found, 3) and not FAR.search(found["rest"]):
        yield Circumstance(
            f"When does {inside(found['subject'], known)} {_BEGINS[found['verb']]}?", found["rest"], found["subject"]
        )


def _done(text: str, known: str) -> Iterator[tuple[str, str, re.Match[str]]]:
    """How and where something is done."""
    if (found := _HOW.match(text)) and told(found, 1) and not _NO_WAY.search(found["rest"]):
        verb, _, be = found["verb"].partition(" ")
        question = f"How {verb} {inside(found['subject'], known)} {be}{' ' if be else ''}{found['rest']}?"
        if len(found["way"].split()) >= 4 and not FAR.search(found["way"]):
            yield question, found["way"], found
    if (found := _WHERE.match(text)) and told(found, 2) and not LOOSE.search(found["rest"]):
        verb, _, be = found["verb"].partition(" ")
        question = f"Where {verb} {inside(found['subject'], known)} {be}{' ' if be else ''}{found['done']}?"
        yield question, found["rest"], found


def _reason(text: str, known: str) -> Iterator[tuple[str, str, re.Match[str]]]:
    """Why something is so, or must be so."""
    found = _WHY.match(text)
    if not found or not told(found, 1) or len(found["end"].split()) < 3 or FAR.search(found["end"]):
        return
    rest = found["rest"].removeprefix("not ")
    aim = not found["why"].startswith(("because", "so"))
    if found["why"] == "so that" and _DUTY.search(found["end"]):
        return
    if (
        _NO_PREDICATE.search(rest)
        or re.search(r"\b(?:when|if|while|until)\b", rest)
        or (aim and re.match(rf"(?:be )?{_TO_BE}\b", rest))
    ):
        return
    denied = found["verb"] == "cannot" or rest != found["rest"]
    verb = "can" if found["verb"] == "cannot" else found["verb"]
    yield f"Why {verb} {inside(found['subject'], known)} {'not ' if denied else ''}{rest}?", found["why"], found
