"""A value that the text marks as old is not given as current."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.clauses import resting
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content

_OLD = re.compile(
    r"(?i)\b(?:formerly|previously|historically|originally|traditionally|"
    r"(?<!is )(?<!are )(?<!be )(?<!was )(?<!were )(?<!been )used to (?!(?:be )?\w+(?:e|ed"
    r"|ing)?\s(?:the|a|an|to)\b)|no longer"
    r"|deprecated|obsole\w{2,5}|superseded|was (?:removed|replaced|dropped|renamed|withdrawn)|were (?:removed"
    r"|replaced|dropped|withdrawn)"
    r"|has been (?:removed|replaced|dropped|renamed|superseded|withdrawn)|have been (?:removed|replaced|dropped"
    r"|superseded)"
    r"|(?:prior to|before|until|up to) (?:the )?(?:version|release|edition|python|debian|\d{4}|v?\d+\.\d+)"
    r"|in (?:earlier|older|previous|prior|past) (?:version|release|edition|year|standard)s?|(?:older|earlier"
    r"|previous) (?:version|release|edition)s?"
    r"|legacy|in the past|old (?:location|name|default|value|behaviou?r))\b"
)
_TOLD = re.compile(
    r"(?i)\b(?:former\w{0,2}|previous\w{0,2}|histor\w{2,7}|original\w{0,2}|tradition\w{0,4}|used to|no longer"
    r"|deprecat\w{1,4}|obsole\w{2,5}"
    r"|supersed\w{1,3}|remov\w{1,3}|replac\w{1,5}|dropped|renamed|withdrawn|prior|before|until|earlier|older"
    r"|old|past|legacy|once|was|were|had"
    r"|did|instead|not|never|cannot|avoid\w{0,3}|discourag\w{1,4}|changed?|since|version|release|edition|now)\b"
    r"|n['’]t\b"
)
_NEW = re.compile(
    r"(?i)\b(?:use|now|instead|replaced (?:by|with)|in favou?r of|superseded by|renamed to|by the new|current\w{0,2})\b"
)


def verify(
    draft: Draft, *, answer: str = "answer.answer", quote: str = "answer.quote", question: str = "item.question"
) -> Verdict:
    """Where the quote calls its value old, question or answer say so too (superseded)."""
    said, source, asked = string(draft, answer), string(draft, quote), string(draft, question)
    clause = resting(source, asked, said)
    match = _OLD.search(clause)
    if not match or _TOLD.search(f"{asked} {said}"):
        return good("superseded")
    newer = _NEW.search(clause, match.end())
    if newer and _behind(said, clause[newer.start() :], clause[: newer.start()]):
        return good("superseded", "the answer gives the newer value")
    return bad("superseded", "superseded", f"'{match.group()}' in: {clause}")


def _behind(said: str, after: str, before: str) -> bool:
    """True if what the answer says stands after the word that brings in the new value, and not before it."""
    words = set(content(said))
    return len(words & set(content(after))) > len(words & (set(content(before)) - set(content(after))))
