"""Polarity, conditions and qualifiers: which part of a sentence an answer rests on, and what limits it."""

from __future__ import annotations

import re
from collections.abc import Collection

from agentinstruct_local.words import content, sentences, share, stem, tokens

_GENERIC_TEXT = """
system file user value process method function section package directory folder data program application software
command option name type number example information purpose way thing part item set list default result return case time
order use work support requirement condition change problem step object class parameter argument possible need want
person people team company organisation organization employee member customer document page table field element entry
line text string word code level point area place location version feature tool service task action rule policy
difference reason role goal benefit advantage mean main general special specific certain particular different new old
follow include contain provide require allow make give take call happen do occur cause exist apply refer describe define
state good bad important common typical key first last next main kind sort form operation operate perform create add
remove require recommend necessary available current
"""
GENERIC = frozenset(stem(word) for word in _GENERIC_TEXT.split())
"""Stems that say nothing about which system, rule or person is meant."""

_NEGATION = re.compile(
    r"(?i)\b(?:not|never|no|none|nothing|nobody|nor|neither|cannot|without|unless|except|avoid\w{0,4}"
    r"|prohibit\w{0,4}|forbid\w{0,5}"
    r"|forbade|prevent\w{0,4}|refus\w{1,4}|disallow\w{0,3}|unable|fail\w{0,3}|lack\w{0,3}|instead|rather than"
    r"|absen\w{1,4}"
    r"|exclu\w{2,6}|reject\w{0,3}|den(?:y|ied|ies)|ignor\w{1,4}|only|false|incorrect|untrue|stop\w{0,4}"
    r"|omit\w{0,4}|skip\w{0,4}"
    r"|disabl\w{1,4}|illegal|invalid|un(?!i|der|til|less)\w{5,14}|in(?:valid|capable|accessible|compatible"
    r"|dependent)\w{0,4})\b|n['’]t\b|\bnon-"
)
_DENIAL = re.compile(
    r"(?i)\b(?:not|never|no|none|nor|neither|cannot|avoid\w{0,4}|prohibit\w{0,4}|forbid\w{0,5}|prevent\w{0,4}|disallow\w{0,3}"
    r"|unable|lack\w{0,3}|without|false|incorrect|refus\w{1,4}|exclu\w{2,6}|fail\w{0,3}|instead|rather than)\b|n['’]t\b"
)
_DIRECT = re.compile(
    r"(?i)(?:\b(?:not|never|cannot)|n['’]t)\s(?!only\b|just\b|necessarily\b|merely\b|exactly\b|least\b|more\b"
    r"|less\b|limited\b)"
    r"(?:(?:be|been|have|to|use|being|yet|also|by|the|a|an|any|in|on|ever|normally|usually"
    r"|generally)\s){0,3}([\w/.-]{2,40})"
)
_CLAUSE = re.compile(r"(?i);\s|\s[-–—]{1,2}\s|:\s|,\s(?=(?:but|while|whereas|and then|although|though|however)\b)")
_CONDITION = re.compile(
    r"(?i)\b(?P<mark>unless|except(?:\s(?:when|if|for|that|in|where))?|excluding|apart from|only\s(?:if|when"
    r"|where|after|for|in|with)"
    r"|provided(?:\sthat)|as long as|so long as|if|when|whenever|before|after|until|once)\s"
)
_COMMA = re.compile(r",(?!\d)")  # not the one in 8,000
STRICT = frozenset(("unless", "except", "excluding", "apart", "only", "provided", "as", "so", "if"))


def negated(text: str) -> bool:
    """True if the text says no to something, in whatever words."""
    return bool(_NEGATION.search(text))


def denied(text: str) -> list[str]:
    """The stems of the words that stand right behind a "not", "never" or "cannot"."""
    return [stem(match.group(1).rstrip(".,")) for match in _DIRECT.finditer(text[:20_000])]


def affirmed(word: str, text: str) -> bool:
    """True if the text has a word of that stem with nothing that says no close to it."""
    for token in tokens(text):
        if word in content(token.text) and not _DENIAL.search(text[max(0, token.start - 50) : token.end + 50]):
            return True
    return False


def clauses_of(text: str) -> list[str]:
    """The clauses of a text, roughly: cut at semicolons, colons, dashes and before "but", "while" and the like."""
    return [clause for sentence in sentences(text) for clause in _CLAUSE.split(sentence) if clause.strip()]


def resting(quote: str, question: str, answer: str) -> str:
    """The clause of the quote that the answer rests on: the one that shares most words with answer and question."""
    mine, asked = set(content(answer)), set(content(question))

    def weight(clause: str) -> float:
        words = set(content(clause))
        return 2 * len(words & mine) + len(words & asked) + 0.001 * len(words)

    return max(clauses_of(quote), key=weight, default=quote)


def conditions(clause: str) -> list[tuple[str, str, str]]:
    """Each condition of a clause: its first word, the condition, and the clause without it."""
    found = []
    for match in _CONDITION.finditer(clause[:4_000]):
        comma = _COMMA.search(clause, match.end())
        end = comma.start() if comma else -1
        inside = end if end >= 0 else len(clause)
        if end < 0 and match.start() == 0:
            inside = len(clause)
        body = clause[match.end() : inside]
        rest = clause[: match.start()] + " " + clause[inside:]
        found.append((match.group("mark").split()[0].casefold(), body.strip(" .,"), rest.strip()))
    return found


def told(words: Collection[str], said: Collection[str]) -> float:
    """How much of what is worth telling among `words` occurs in `said`; 1 where nothing is."""
    telling = [word for word in dict.fromkeys(words) if word not in GENERIC]
    return share(telling, said) if telling else 1.0
