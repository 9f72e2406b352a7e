"""Questions that follow from the form of a sentence, which is their answer: no word of theirs is invented.

Rule-based question generation (Heilman and Smith 2010), kept to forms that need no parser: a sentence that fits none
of them with certainty gives no question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from agentinstruct_local.words.claims import names
from agentinstruct_local.words.stems import content
from agentinstruct_local.words.verbs import third


class Asked(NamedTuple):
    """A question, what in the sentence answers it, and its form."""

    question: str
    key: str
    form: Literal["definition", "condition", "subject", "object", "use", "rule", "when", "fate"]
    subject: str  # what the sentence is about; "" in a condition


def _any(words: str) -> str:
    """A group that matches any of the words."""
    return f"(?:{'|'.join(words.split())})"


_KINDS = _any("""
option command function file field directory method parameter argument variable module class setting flag table
package program tool keyword attribute property statement clause key header filter style format type event user group
port character code operator constraint index plugin library script mode tab menu dialog button directive section
service process role rule form report protocol level signal extension driver transport router
""")
_WORD = r"[\w\"'“”‘’`$%@#./+*&-]+(?:\(\))?"
_CODE = re.compile(r"`[^`]+`|\S*[_/\\$@#]\S*|-{1,2}\w[\w-]*|\w+\(\)|[A-Z]{2,}[\w-]*|\w+\.\w+|\w*[a-z][A-Z]\w*|\w*\d\w*")
_TELLING = """
return specify indicate control determine define describe store hold represent set give print show display list mean
tell name create remove delete read write check convert sort contain enable disable select cause prevent require
replace start stop generate allow offer provide support compute measure limit keep mark add
"""
_BASES = {third(base): base for base in _TELLING.split()}
_TELLS = _any(" ".join(_BASES))
_NO_OBJECT = _any("""
is are was were be must should shall can cannot may will has have do does of for and or in on to by when if with from
at after before where as using
""")
_NO_MAIN = _any(
    "or and but nor like such unless if by in with as at for from to on even that which who when it they he she"
)
_OBJECT = re.compile(rf"^(?P<subject>.+?) (?P<verb>{_TELLS}) (?!{_NO_OBJECT} )(?P<rest>.+)$")
_USE = re.compile(r"^(?P<subject>.+?) (?P<verb>is|are|can be|may be) used (?P<rest>(?:to|for|as) .+)$")
_MUST = re.compile(r"^(?P<subject>.+?) (?P<verb>must|should|shall|cannot)(?P<no> not)? (?P<rest>[a-z]+ .+)$")
_DONE = r"is \w+(?:ed|set|run|read|kept)"
_SUBJECT = re.compile(rf"^(?P<subject>.+?) (?P<rest>(?:must|should|shall|cannot|will|{_TELLS}|{_DONE}) .+)$")
_IS = re.compile(r"^(?P<subject>.+?) (?P<verb>is|are) (?P<rest>(?:an?|the) .+)$")
_MEASURE = re.compile(r"^(?P<subject>.+?) (?P<verb>is|are) (?P<rest>(?:at (?:least|most) |about |up to )?\d[\d.,]*.*)$")
_AUXILIARY = r"(?P<verb>is|are|was|were|must|should|shall|may|can)"
_QUOTES = "\"'`“‘-$/_."
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
    word: re.compile(rf"^(?P<subject>.+?) {_AUXILIARY} (?P<rest>[a-z][^,;:()]*?) {time}")
    for word, time in _WHEN.items()
}
_NO_PREDICATE = re.compile(
    r"\b(?:and|or|not|that|which|it|they|only|always|never|even|itself|simply|simple|method|way)\b|\bto \w+$|"
    r"\b(?:than|least|most|just|still|at|in|on|to|by|for|of|with|from|the|an?|after|before|as|is|are)$"
)
_WITH = r"(?:(?!for |to |of |in )[\w-]+ )?(?:that|which|who|whose|without|with) "
_INSIDE = r"(?:(?!(?:is|are|must|may|can|shall|should|was|were)\b)[\w.,°%/-]+ )+"
_DONE_TO = r"(?:not )?(?!called|known|named|defined|used|based|required|advised|recommended)\w+(?:ed|en|wn|ept|ade)\b"
_FATE = re.compile(
    rf"^(?P<subject>(?:An?|The|Any|All|[A-Z][a-z]+s) {_WITH}{_INSIDE})(?P<verb>is|are) (?P<rest>{_DONE_TO}.*)$"
)
_NAMED_KIND = re.compile(rf"^(?:the|an?) (?P<name>{_WORD}(?: {_WORD})?) (?P<kind>{_KINDS})$", re.IGNORECASE)
_CONDITION = re.compile(
    rf"^(?P<mark>If|When|Whenever|Once) (?P<condition>[^,]+), (?:then )?(?P<main>(?!{_NO_MAIN}\b)[^,]+.*)$"
)
_POINTING = _any("""
it its this these those they them their he she his her such so one ones both either former latter following previous
next same other another here there then also too however instead example i we us our my note see section chapter
figure etc
""")
_LOOSE = re.compile(
    rf"\b{_POINTING}\b|\b(?:that is|more information|(?:above|below)(?! (?:the\b|an?\b|\d)))\b|"
    r"e\.g|i\.e|[;:?!…]|\.{3}",
    re.IGNORECASE,
)
_FAR = re.compile(
    r"(?i)\b(?:this|these|those|such|above|below|following|here|example|section|figure|chapter)\b|[;:?!…]"
)
_OPENS = _any("""
this that these those it its there here each every all any some many most no none not one two another only what which
who when where how in on at for with without within during until unless per via by from to as if using after before
because since although while you your we our i they their he she first second third next finally however also both
either neither and or but
""")
_LOOSE_START = re.compile(rf"^{_OPENS}\b", re.IGNORECASE)
_EMPTY = _any("""
same only case reason problem default result first last next main other example good bad great better best simple list
lot few number way need chance matter place point question opposite most least key easiest recommended preferred
following right wrong new common further second third
""")
_EMPTY_REST = re.compile(rf"^(?:an?|the) {_EMPTY}\b", re.IGNORECASE)
_IMPERATIVE = _any("""
use set run type enter choose open press check ensure install put take remove replace make do add print display show
return keep create write read go get look let turn try start stop click select please be specify provide consider
leave give call delete copy move
""")
_ORDER = re.compile(rf"^{_IMPERATIVE}\b", re.IGNORECASE)
_YOU = re.compile(r"(?i)\byou\b(?: (?P<modal>may|can|must|should|need|have))?")
_OPEN = re.compile(r"(?i)\b(?:allows?|can|may|could|might)\b")
_BARE = re.compile(r"[a-z]+ (?:is|was|has|contains|equals|matches)\b")
_RULE = re.compile(r"(?i)\b(?:must|shall|should|required|may not|cannot|forbidden|allowed|prohibited)\b")
_HANGING = _any("""
and or that which who how where if when is are was were be not now by because than as can may will has have used does
affects issue second few several lot most way reason example default
""")
_NO_SUBJECT = re.compile(rf",| [-–—] |\b(\w+) \1\b|\b{_HANGING}\b", re.IGNORECASE)
_NO_START = re.compile(r"(?:[A-Z]\w+(?:ed|ing)|Support|Due|Allows?|Optional) ")
_PERSON = re.compile(r"(?i)\b(?:author|founder|maintainer|director|president|person|successor)s?\b")
_VAGUE = frozenset(
    content("""
result end value number name line list output input text data user program system type option file command function
argument parameter new current part group main general
""")
)
_HAPPEN = frozenset(content("what happens rule should do used"))
_MARKS = re.compile(r"^(?:[-*•·]\s+)+|(?<![\w*])\*{1,2}(?=\w)|(?<=\w)\*{1,2}(?![\w*])")


def plain(sentence: str) -> str:
    """A sentence without the marks of lists and emphasis, and without its full stop."""
    return _MARKS.sub("", sentence).strip().rstrip(".").strip()


def is_named(asked: Asked) -> bool:
    """Whether the question says, without its document, what it is about.

    By a name, or by words that mean something: two of the subject, three of a condition.
    """
    telling = set(content(asked.subject or asked.question)) - _VAGUE - _HAPPEN
    return bool(names(f"x {asked.question}"[:-1]) or len(telling) >= (2 if asked.subject else 3))


def questions(sentence: str, known: str = "") -> tuple[Asked, ...]:
    """Every question that the form of `sentence` allows with certainty; often none.

    `known`: more text of the document, which tells whether the sentence's first word is written small elsewhere.
    """
    text = plain(sentence)
    if not 6 <= len(text.split()) <= 45 or text.count("(") != text.count(")") or text.count("`") % 2 or "|" in text:
        return ()
    return tuple(dict.fromkeys((*_conditions(text), *_about(text, known))))


def _conditions(text: str) -> Iterator[Asked]:
    found = _CONDITION.match(text)
    if not found or _LOOSE.search(found["condition"]) or _FAR.search(found["main"]):
        return
    condition, main = found["condition"].strip(), found["main"].strip()
    listed = re.match(r"(?:\S+ ){0,2}\S+, ", main)  # a list that begins before the comma
    headless = re.match(r"(?i)\w+(?:ing|ed)\b|not\b", condition) or re.search(r"\(\S+ ", condition)
    if listed or headless or not 4 <= len(condition.split()) <= 24 or len(main.split()) < 4:
        return
    if len(content(condition)) >= 2 and (asks := _asks(condition, main)):
        yield Asked(f"{asks} {found['mark'].lower()} {condition}?", main, "condition", "")


def _asks(condition: str, main: str) -> str:
    """How to ask for what is said under a condition, or ""."""
    you = bool(_YOU.search(condition))
    if advised := _YOU.match(main):
        can = advised["modal"] in ("may", "can")
        return ("What can you do" if can else "What should you do") if you else ""
    if _ORDER.match(main):  # an order to the reader, or what a program does: who knows
        return "What should you do" if you else ""
    if _OPEN.search(main) or _BARE.match(condition):  # nothing happens, and nothing names whose value it is
        return ""
    return "What is the rule" if _RULE.search(main) else "What happens"


def _about(text: str, known: str) -> Iterator[Asked]:
    if not (text[0].isalnum() or text[0] in _QUOTES) or any(one.search(text) for one in (_LOOSE_START, _ORDER, _YOU)):
        return
    yield from _timed(text, known)
    if _LOOSE.search(text):
        return
    if (found := _MEASURE.match(text)) and _told(found, 2):
        question = f"What {found['verb']} {_inside(found['subject'], known)}?"
        yield Asked(question, found["rest"], "definition", found["subject"])
    plural = text.startswith("The ") and " are the " in text
    if (found := _IS.match(text)) and not plural and _told(found, 6) and not _EMPTY_REST.match(found["rest"]):
        question = f"What {found['verb']} {_inside(found['subject'], known)}?"
        yield Asked(question, found["rest"], "definition", found["subject"])
    if (found := _OBJECT.match(text)) and _told(found, 4):
        question = f"What does {_inside(found['subject'], known)} {_BASES[found['verb']]}?"
        yield Asked(question, found["rest"], "object", found["subject"])
    if (found := _USE.match(text)) and _told(found, 4):
        subject, (verb, _, be) = _inside(found["subject"], known), found["verb"].partition(" ")
        question = f"What {verb} {subject} {'be ' if be else ''}used for?"
        yield Asked(question, found["rest"], "use", found["subject"])
    if (found := _MUST.match(text)) and _told(found, 4):
        subject, no = _inside(found["subject"], known), "not " if found["no"] else ""
        question = f"What {found['verb']} {subject} {no}do?"
        if found["rest"].startswith("be ") or found["verb"] == "cannot":
            question = f"What is the rule for {subject}?"
        yield Asked(question, found["rest"], "rule", found["subject"])
    if (found := _SUBJECT.match(text)) and _specific(found["subject"]) and not _PERSON.search(text):
        rest, named = found["rest"], _NAMED_KIND.match(found["subject"])
        hidden = not set(content(found["subject"])) & set(content(rest))
        if 6 <= len(rest.split()) <= 30 and len(content(rest)) >= 4 and hidden:
            which = f"Which {named['kind'].lower()}" if named else "What"
            yield Asked(f"{which} {rest}?", named["name"] if named else found["subject"], "subject", found["subject"])


def _timed(text: str, known: str) -> Iterator[Asked]:
    """When, how often, what happens to it: what follows may speak of the subject as "it"."""
    for word, form in _TIMED.items():
        found = form.match(text)
        if not found or not _told(found, 1) or _NO_PREDICATE.search(found["rest"]):
            continue
        question = f"{word} {found['verb']} {_inside(found['subject'], known)} {found['rest'].strip()}?"
        if not _LOOSE.search(question.rstrip("?")):
            yield Asked(question, text[found.end("rest") :].strip(), "when", found["subject"])
    found = _FATE.match(text)
    if found and len(found["subject"].split()) <= 14 and not _LOOSE.search(re.sub(r" that ", " ", found["subject"])):
        question = f"What happens to {_inside(found['subject'].strip(), known)}?"
        yield Asked(question, found["rest"], "fate", found["subject"].strip())


def _told(found: re.Match[str], words: int) -> bool:
    """The subject is a noun phrase that names something, and so much is told of it."""
    rest, subject = found["rest"], found["subject"]
    telling = content(subject)
    return (
        _is_subject(subject)
        and bool(names(f"x {subject}") or (len(telling) >= 2 and set(telling) - _VAGUE))
        and len(rest.split()) >= words
        and len(content(rest)) >= min(2, words)
        and not _PERSON.search(rest)
    )


def _is_subject(text: str) -> bool:
    """A noun phrase of a few words with nothing hanging on it."""
    return len(text.split()) <= 7 and not (_NO_SUBJECT.search(text) or _NO_START.match(text))


def _specific(text: str) -> bool:
    """A name by itself ("max_size", "`--force`") or with its kind ("the FILE option")."""
    if not _is_subject(text) or re.search(r"(?i)\b(?:of|in|for|with|from|on|to)\b", text):
        return False
    named = _NAMED_KIND.match(text)
    return bool(_CODE.fullmatch(named["name"] if named else text.removeprefix("The ").strip("\"'“”‘’")))


def _inside(subject: str, known: str) -> str:
    """The subject as it stands inside a sentence."""
    first, gap, rest = subject.partition(" ")
    if first not in ("The", "A", "An"):
        plain_word = first.isalpha() and first[1:].islower() and first[0].isupper()
        name = rest[:1].isupper() or re.search(rf"[a-z,] {re.escape(first)}\b", known)  # "Remote Procedure Call"
        if name or not plain_word:
            return subject
    return f"{first.lower()}{gap}{rest}"
