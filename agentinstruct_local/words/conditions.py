"""What happens, or is to be done, under a condition: questions after sentences that begin with one."""

from __future__ import annotations

import re

from agentinstruct_local.words.phrases import FAR, LOOSE, any_of
from agentinstruct_local.words.stems import content

_NO_MAIN = any_of(
    "e i or and but nor like such especially unless if by in with as at for from to on even that which who when it "
    "they he she"
)
_CONDITION = re.compile(
    rf"^(?P<mark>If|When|Whenever|Once) (?P<condition>[^,]+), (?:then )?(?P<main>(?!{_NO_MAIN}\b)[^,]+.*)$"
)
_HEADLESS = re.compile(
    r"(?i)(?:\w+(?:ing|ed)|not|set|given|run|used|left|true|false|on|off|in|at|empty|possible|needed) "
)
"""A condition that does not say whose it is: "if set to yes"."""
_NO_CONDITION = re.compile(
    r"(?i)^(?:that|those|you (?:notice|see|find|get)|(?:no|some|any)(?:body|one)|no one)\b|"
    r"\bthat (?:old|new|big|small|far|many|much)\b|\w+ \w+ \w+ (?:you|it|we) (?:will|must|should|can|may|need)\b"
)
"""What is meant stands before, or the comma that ends the condition is missing."""
_ELSEWHERE = re.compile(
    r"(?i)^(?:see|consult|refer|there (?:is|are))\b|\bfollow the (?:\w+ )?(?:instructions?|steps?|procedures?)\b|"
    r"\b(?:tutorial|wiki|web ?(?:site|page)|home ?page|page|manual|guide|howto|faq|appendix)s?\b"
)
"""The main clause tells where to read on, not what happens."""
_ORDERS = any_of("""
don't do never use set run type enter choose open press check ensure install put take remove replace make add print
display show return keep create write read go get look let turn try start stop click select please be specify provide
consider leave give call delete copy move file contact ask send report upload wait verify build edit change execute
apply pass log sign follow begin define configure enable disable place retry raise assume prefer avoid switch
""")
ORDER = re.compile(rf"^{_ORDERS}\b", re.IGNORECASE)
"""An order to the reader."""
YOU = re.compile(r"(?i)\byou\b")
_SOFT = re.compile(r"(?i)^(?:just|simply|please|also|first|then) ")
_WISH = re.compile(r"(?i)\byou(?:'d| would)? (?:want|wish|need|like|prefer|intend|plan|have to)\b")
"""Nothing happens because the reader wants something."""
_STEP = re.compile(r"\b(?:step|thing|task|solution) is to\b")
_COMMANDS = re.compile(
    r"(?!(?:in|on|at|for|with|by|to|of|from|as|all|both|only|even|what|that|this|these|each|any|no|some|such|not|if) )"
    r"[a-z]{2,}(?<!ed)(?<!ing)(?<!ly) (?:the|an?|it|your|their|its|this|these|any|all|one) "
)
"""A verb at once with its object: an order, to the reader or to a program."""
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|must|shall|should|may|can|cannot|will|would|might|could|need|become|"
    r"get|remain|stop|fail|\w{2,}(?:ed|[^\Wsu]s))\b"
)
_ADVICE = re.compile(
    r"(?i)(?:please )?you (?P<modal>may|can|must|should|need to|have to|could)"
    r"(?! (?:\w+ly )?(?:be|get|see|receive|find|have|notice)\b)"
)
_OPEN = re.compile(r"(?i)\b(?:allows?|can|may|could|might)\b")
_BARE = re.compile(r"[a-z]+ (?:is|was|has|contains|equals|matches)\b")
_RULE = re.compile(r"(?i)\b(?:must|shall|should|required|may not|cannot|forbidden|allowed|prohibited)\b")


def condition(text: str) -> tuple[str, str] | None:
    """A question after what happens, or is to be done, under the condition that begins a sentence, and what answers it.

    None where a sentence without marks and full stop does not begin with one, or it is not certain how to ask.
    """
    found = _CONDITION.match(text)
    if not found or LOOSE.search(found["condition"]) or FAR.search(found["main"]):
        return None
    given, main = found["condition"].strip(), found["main"].strip()
    listed = re.match(r"(?:\S+ ){0,2}\S+, |[^,]* (?:and|or) [^,]*, ", main)  # a list that begins before the comma
    headless = _HEADLESS.match(given) or re.search(r"\(\S+ ", given)
    if (
        listed
        or headless
        or _NO_CONDITION.search(given)
        or _ELSEWHERE.search(main)
        or not 4 <= len(given.split()) <= 24
        or len(main.split()) < 4
    ):
        return None
    asks = _asks(given, main) if len(content(given)) >= 2 else ""
    return (f"{asks} {found['mark'].lower()} {given}?", main) if asks else None


def parted(question: str) -> tuple[str, str]:
    """How such a question asks, and the condition: ("What happens", "the pump fails"); ("", "") for any other."""
    found = re.match(
        r"(What (?:happens|is the rule|should you do|can you do)) (?:if|when|whenever|once) (.+)\?$", question
    )
    return (found[1], found[2]) if found else ("", "")


def _asks(given: str, main: str) -> str:
    """How to ask for what is said under a condition, or ""."""
    you, main = bool(YOU.search(given)), _SOFT.sub("", main)
    if advised := _ADVICE.match(main):
        can = advised["modal"].lower() in ("may", "can", "could")
        return ("What can you do" if can else "What should you do") if you else ""
    if ORDER.match(main) or _COMMANDS.match(main):  # an order to the reader, or what a program does: who knows
        return "What should you do" if you else ""
    if (
        not _FINITE.search(main)
        or _OPEN.search(main)
        or YOU.match(main)
        or _BARE.match(given)
        or _WISH.search(given)
        or _STEP.search(main)
    ):  # nothing happens, and nothing names whose value it is
        return ""
    return "What is the rule" if _RULE.search(main) else "What happens"
