"""The quote holds the kind of thing that the question asks for."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, names, numbers, stem

_ASKS_WHY = re.compile(r"(?i)\bwhy\b|\bwhat (?:is|are|was) the (?:reasons?|cause|rationale)\b")
_SAYS_WHY = re.compile(
    r"(?i)\b(?:because|since (?!(?:\w+ )?\d)|so that|so as|in order|therefore|thus|hence|due to|as a result|otherwise"
    r"|reasons?|causes?"
    r"|leads?|prevents?|avoids?|ensures?|enables?|allows?|helps?|makes?|keeps?|protects?)\b|,? so\b"
    r"|\bto (?:avoid|prevent|ensure|allow|keep|make|help|reduce|save|protect|enable|be able)\b"
)
_ASKS_FOR = re.compile(
    r"(?i)\b(?:purpose|benefits?|advantages?|goal|aim|significance|importance|function|role)\b (?:of|for)"
    r"|\bhow (?:does|do|can|is|are)\b.{0,80}\b(?:affect|help|benefit)"
)
_SAYS_FOR = re.compile(
    r"(?i)\b(?:purposes?|intended|serves?|useful|used|provides?|means|lets|saves?|reduces?|contains?|holds?|describes?"
    r"|defines?|specif(?:y|ies)|shows?|tells?|gives?|stores?|represents?)\b|\bto [a-z]{3,}|\bfor \w+ing\b|\bby \w+ing\b"
)
_ASKS_WHEN = re.compile(r"(?i)^when\b|\bwhat time\b|\bhow (?:long|often|soon|late|early)\b")
_SAYS_WHEN = re.compile(
    r"(?i)\d|\b(?:when(?:ever)?|if|after|before|during|until|while|once|each|every|as soon as|at|on|in|by|daily|weekly"
    r"|monthly|yearly|hours?|minutes?|seconds?|days?|weeks?|months?|years?|always|never|often|usually|upon"
    r"|immediately)\b"
)
_ASKS_NAME = re.compile(
    r"(?i)\b(?:what|which)(?: is| are)?(?: the)?(?: name of the)? (?:term|name|command|option|file|path|directory"
    r"|program|tool|package|function|keyword|parameter|variable|version|format|extension|address)s?\b"
)
_ASKS_COUNT = re.compile(r"(?i)\bhow (?:many|much)\b|\bwhat (?:is|are) the (?:\w+ ){0,2}(?:number|amount) of\b")
_ASKS_MEANS = re.compile(
    r"(?i)\bwhat (?:do|does|did|must|should|can|has to|needs to|is)\b.{0,60}?"
    r"\b(?:do|done)\b (?:in order )?to (?P<aim>\w+)"
)
_TELLS_MEANS = re.compile(r"(?i)\b(?:by|using|via|through|with)\b")
_AIM = re.compile(r"(?i)\b(?:to|for|when|if|before|after)\s(?:\w+ly\s)?\w+")
_ASKS_LIST = re.compile(
    r"(?i)\bwhat are (?:some|(?:the )?(?:different|various|possible|available|main|several|two|three|four|five))\b"
)
_SOME = re.compile(r"(?i)\b(?:there are|a number of|several|various|many|different)\b")
_LISTED = re.compile(r":|,[^,]*,")
_COUNTS = re.compile(r"(?i)\b(?:no|none|all|any|one)\b")


def verify(
    draft: Draft, *, question: str = "item.question", answer: str = "answer.answer", quote: str = "answer.quote"
) -> Verdict:
    """The quote tells why or when if that is asked (asks_why, asks_when); the answer how many (asks_count).

    What is done to reach an aim is not the aim again (asks_means), and "some" names none of them (asks_list).
    """
    asked, said, found = string(draft, question), string(draft, answer), string(draft, quote)
    why, when, count = _ASKS_WHY.search(asked), _ASKS_WHEN.search(asked), _ASKS_COUNT.search(asked)
    means, tells_why = _ASKS_MEANS.search(asked), _SAYS_WHY.search(found)
    wrong = {
        "asks_why": (why and not tells_why) or (_ASKS_FOR.search(asked) and not (_SAYS_FOR.search(found) or tells_why)),
        "asks_when": when and not _SAYS_WHEN.search(found),
        "asks_count": count and not numbers(said, loose=True) and not _COUNTS.search(said),
        "asks_means": means
        and not _TELLS_MEANS.search(found)
        and stem(means["aim"].lower()) in content(_AIM.sub(" ", said)),
        "asks_list": _ASKS_LIST.search(asked) and _SOME.search(said) and not _LISTED.search(said),
        "asks_name": _ASKS_NAME.search(asked) and not _named(said, asked),
    }
    for reason, fails in wrong.items():
        if fails:
            return bad("question_fits", reason, f"{asked} | {said} | {found}")
    return good("question_fits")


def _named(said: str, asked: str) -> bool:
    """Whether a short answer, or a name that the question does not have, is there."""
    known = asked.casefold()
    return len(said.split()) <= 6 or any(name.casefold() not in known for name in names(said))
