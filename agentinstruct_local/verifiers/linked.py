"""A restatement joins its clauses as its source does: "in addition to" does not become "by"."""

from __future__ import annotations

import re
from collections.abc import Collection

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.clauses import resting
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, stem, tokens

_PASSIVE = re.compile(
    r"(?i)\b(?:is|are|was|were|be|been|being)(?: not| never| also| only)? (?P<done>\w+(?:ed|en|wn|ept|id|ut))"
    r" by (?P<doer>(?:(?:an?|the|any|some|all|each|its|their) )?[\w-]+(?: [\w-]+)?)"
)
_LINKS = {
    "in addition": r"(?:in )?addition(?:ally| to)?|as well as|also|besides|(?:along|together) with|not only|too|both",
    "instead": r"instead(?: of)?|rather than|in place of|in lieu of|in favou?r of",
    "without": r"without|lack\w*|no|not|free of",
    "except": r"except\w*|other than|apart from|but not|exclud\w+|save for|unless|only|aside from",
    "only": r"only|solely|exclusively|alone|just|except|unless|nothing but|no other|limited to|restricted to",
    "before": r"before|prior to|preced\w+|first|ahead of|until|by the time|earlier|then|after\w*",
    "after": r"after\w*|once|following|follow\w*|subsequent\w*|then|later|when|upon|as soon as|before|since",
    "until": r"until|till|up to|before|as long as|while|unless",
    "although": r"although|though|despite|even|but|however|while|whereas|yet|regardless|nevertheless|still|in spite of",
    "because": r"because|since|as|due to|so|therefore|reason\w*|thus|for|owing to|cause\w*|why|thanks to|given",
    "by": r"by|using|use\w*|through|via|with|means of",
    "or": r"or|either|any|whichever|nor|alternativ\w+|and",
    "either": r"either|or|one of|any of",
    "like": r"like|such as|similar\w*|as|example|including|e\.g|for instance",
}
"""A link, and the words that keep what it says."""
_LINK = {
    "in addition": r"in addition to|as well as|besides|not only",
    "instead": r"instead of|rather than|in place of",
    "without": r"without",
    "except": r"except(?: for)?|other than|apart from",
    "only": r"only",
    "before": r"before|prior to",
    "after": r"after",
    "until": r"until",
    "although": r"although|though|despite|even (?:if|though)",
    "because": r"because",
    "by": r"by (?=\w+ing\b)",
    "or": r"or",
    "either": r"either",
    "like": r"such as",
}
"""How a text says each of them beyond doubt."""
_LIMITING = ("instead", "without", "except", "only", "until")


def verify(
    draft: Draft,
    *,
    answer: str = "item.true_claim",
    source: str = "focus",
    question: str = "item.question",
    both: bool = True,
) -> Verdict:
    """Links that the source has stay, and none comes that it does not have (changed_link).

    All of them stay if `both`; else, in an answer, those that limit what its clause of the source says. What is done by
    something is not told as done to it (changed_voice).
    """
    said, text, asked = string(draft, answer), string(draft, source), string(draft, question)
    lost = _missing(text, said) if both else _missing(resting(text, asked, said), f"{asked} {said}", _LIMITING)
    if lost:
        return bad("linked", "changed_link", f"left out '{lost}': {said} | {text}")
    if added := _missing(said, text):
        return bad("linked", "changed_link", f"'{added}' is not in: {text}")
    if turned := _turned(text, said):
        return bad("linked", "changed_voice", f"{turned}: {said} | {text}")
    return good("linked")


def _turned(source: str, said: str) -> str:
    """A passive of the source whose doer has become what it is done to, or ""."""
    words = [stem(token.text.lower()) for token in tokens(said) if token.kind == "word"]
    plain = [token.text.lower() for token in tokens(said) if token.kind == "word"]
    for passive in _PASSIVE.finditer(source):
        done, doers = stem(passive["done"].lower()), set(content(passive["doer"]))
        for place, word in enumerate(words):
            alike = word == done or (len(done) > 5 and word[:6] == done[:6])  # overridden, override
            if alike and "by" not in plain[place : place + 3] and doers & set(words[place + 1 : place + 6]):
                return passive[0]
    return ""


def _missing(one: str, other: str, links: Collection[str] = _LINK.keys()) -> str:
    """A link of the one text that nothing in the other keeps, or ""."""
    for link in links:
        found = re.search(rf"(?i)\b(?:{_LINK[link]})", one)
        if found and not re.search(rf"(?i)\b(?:{_LINKS[link]})\b", other):
            return found[0].strip()
    return ""
