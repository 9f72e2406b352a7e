"""Noun phrases that a question may be about, and what points out of a sentence. For the rules of questions."""

from __future__ import annotations

import re

from agentinstruct_local.words.claims import names
from agentinstruct_local.words.stems import content


def any_of(words: str) -> str:
    """A group that matches any of the words."""
    return f"(?:{'|'.join(words.split())})"


_POINTING = any_of("""
it its this these those they them their he she his her such so one ones both either former latter following previous
next same other another here there then therefore thus hence also too however instead example i we us our my note see
section chapter figure etc
""")
_THAT = (
    r"\bthat (?:issue|problem|case|purpose|reason|way|situation|point|effect|behaviou?r|task|goal)\b(?! (?:is|are|was))"
)
LOOSE = re.compile(
    rf"{_THAT}|\b{_POINTING}\b|"
    r"\b(?:in|during|at|on|for|from|to|of|with|by|after|before|until|since|under|within) that \w|"
    r"\b(?:that is|more information|(?:above|below)(?! (?:the\b|an?\b|\d)))\b|"
    r"e\.g|i\.e|[;:?!…]|\.{3}",
    re.IGNORECASE,
)
"""What points out of a question, or breaks it up."""
FAR = re.compile(
    rf"(?i){_THAT}|\b(?:this|these|those|such|above|below|following|here|example|section|figure|chapter|accordingly|"
    r"appropriately)\b|[;:?!…]"
)
"""What points out of an answer that has its question before it."""
_HANGING = any_of("""
and or that which who how what whether where if when is are was were be not now by because than as can may will has
have used does affects issue second few several lot most way reason example default
""")
_NO_SUBJECT = re.compile(rf",| [-–—](?: |$)|\b(\w+) \1\b|\b{_HANGING}\b", re.IGNORECASE)
_PLURAL = re.compile(r"[^\Wsuiao]s$")
_INNER = re.compile(
    r"[.!?] \w|\b(?:first|second|third|fourth|fifth|sixth|last|resulting|corresponding|specified|given|possible|"
    r"various|several|certain|other)\b|^(?:two|three|four|five|six|seven|eight|nine|ten)\b|"
    r"\b(?:purpose|point|goal|aim|reason|idea|rationale|trick|set) of\b",
    re.IGNORECASE,
)
"""Two sentences in one, or what only an order or a list makes out."""
_NO_START = re.compile(
    r"^(?:[A-Z]\w+(?:ed|ing)|Support|Due|Allows?|Optional|(?:The|An?) (?:new|old|current|existing)) "
)
_NO_END = re.compile(r"^(?:NULL|None|True|False|Nothing|Zero)$|\b(?:given|specified|shown|listed|\w+ly)$")
PERSON = re.compile(r"(?i)\b(?:author|founder|maintainer|director|president|person|successor)s?\b")
VAGUE = frozenset(
    content("""
result end value number name line list output input text data user program system type option file command function
argument parameter new current part group main general
""")
)
"""Words that name nothing by themselves."""


_SLIPS = re.compile(
    r"\b([a-z]+) \1\b|\b[Aa] (?!one\b|uni|us[aeu]|eu|u[brtiud]i)[aeiou][a-z]+|\b[Aa]n [bcdfgjkpqtvwz][a-z]+|"
    r"^[A-Z][a-z]+s (?:the|an?|whether|if|how|all|any|this|which|what|to)\b|"
    r"\[[^\[\] ]+\.(?:txt|html?|md|rst|php)\]|<\w+> \[|\bis set\b.*\bis set\b|\[\[|:\w+:`|[a-z,] > [a-z]"
)


def slips(text: str) -> bool:
    """A sentence that its document words badly ("the the", "a error"), begins with its verb or leaves marked up."""
    return bool(_SLIPS.search(text))


def told(found: re.Match[str], words: int) -> bool:
    """The subject of a match is a noun phrase that names something, and its rest tells at least so many words of it."""
    rest, subject = found["rest"], found["subject"]
    telling = content(subject)
    return (
        is_subject(subject)
        and agrees(subject, found["verb"].split()[0])
        and bool(names(f"x {subject}") or (len(telling) >= 2 and set(telling) - VAGUE))
        and len(rest.split()) >= words
        and len(content(rest)) >= min(2, words)
        and not PERSON.search(rest)
    )


def is_subject(text: str) -> bool:
    """A noun phrase of a few words with nothing hanging on it."""
    whole = len(text.split()) <= 7 and text.count("(") == text.count(")")
    return whole and not any(one.search(text) for one in (_NO_SUBJECT, _INNER, _NO_START, _NO_END))


def agrees(subject: str, verb: str) -> bool:
    """Whether a verb of the third person has a subject of one, as far as endings tell: "the rules is" does not."""
    head = re.split(r" (?:of|in|for|on|to|from|with|by|at) ", re.sub(r"\s*\(.*?\)", "", subject))[0].split()[-1:]
    plural = bool(head) and head[0].isalpha() and head[0].islower() and bool(_PLURAL.search(head[0]))
    return not plural or not (verb in ("is", "was", "has") or verb.endswith("s"))


def inside(subject: str, known: str) -> str:
    """The subject as it stands inside a sentence; `known`: text that tells whether its first word is a name."""
    first, gap, rest = subject.partition(" ")
    if first not in ("The", "A", "An"):
        plain_word = first.isalpha() and first[1:].islower() and first[0].isupper()
        name = rest[:1].isupper() or re.search(rf"[a-z,] {re.escape(first)}\b", known)  # "Remote Procedure Call"
        if name or not plain_word:
            return subject
    return f"{first.lower()}{gap}{rest}"
