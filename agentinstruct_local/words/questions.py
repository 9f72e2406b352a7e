"""Questions that follow from the form of a sentence, which is their answer: no word of theirs is invented.

Rule-based question generation (Heilman and Smith 2010), kept to forms that need no parser: a sentence that fits none
of them with certainty gives no question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from agentinstruct_local.words.circumstances import circumstances
from agentinstruct_local.words.claims import names
from agentinstruct_local.words.conditions import ORDER, YOU, condition
from agentinstruct_local.words.phrases import LOOSE, PERSON, VAGUE, any_of, inside, is_subject, slips, told
from agentinstruct_local.words.stems import content
from agentinstruct_local.words.verbs import third


class Asked(NamedTuple):
    """A question, what in the sentence answers it, and its form."""

    question: str
    key: str
    form: Literal["definition", "condition", "subject", "object", "use", "rule", "circumstance"]
    subject: str  # what the sentence is about; "" in a condition


_KINDS = any_of("""
option command function file field directory method parameter argument variable module class setting flag table
package program tool keyword attribute property statement clause key header filter style format type event user group
port character code operator constraint index plugin library script mode tab menu dialog button directive section
service process role rule form report protocol level signal extension driver transport router
""")
_WORD = r"[\w\"'“”‘’`$%@#./+*&-]+(?:\(\))?"
_CODE = re.compile(r"`[^`]+`|\S*[_/\\$@#]\S*|-{1,2}\w[\w-]*|\w+\(\)|[A-Z]{2,}[\w-]*|\w+\.\w+|\w*[a-z][A-Z]\w*|\w*\d\w*")
_TELLING = """
return specify indicate control determine define describe store hold represent set give print show display list mean
tell create remove delete read write check convert sort contain enable disable select cause prevent require
replace start stop generate allow offer provide support compute measure limit mark add override handle accept
expand ignore inherit restore skip validate verify reject restrict maintain implement configure send
"""
_BASES = {third(base): base for base in _TELLING.split()}
_TELLS = any_of(" ".join(_BASES))
_NO_OBJECT = any_of("""
is are was were be must should shall can cannot may will has have do does of for and or in on to by when if with from
at after before where as using
contain include specify describe provide require define determine represent
""")
_OBJECT = re.compile(rf"^(?P<subject>.+?) (?P<verb>{_TELLS}) (?!{_NO_OBJECT} )(?P<rest>.+)$")
_USE = re.compile(
    r"^(?P<subject>.+?) (?P<verb>is|are|can be|may be) (?P<done>used|needed|intended|designed|meant|required(?= for )) "
    r"(?P<rest>(?:to|for|as (?:an?|the|part)) .+)$"
)
_MUST = re.compile(r"^(?P<subject>.+?) (?P<verb>must|should|shall|cannot)(?P<no> not)? (?P<rest>[a-z]+ .+)$")
_DONE = r"is \w+(?:ed|set|run|read|kept)"
_SUBJECT = re.compile(rf"^(?P<subject>.+?) (?P<rest>(?P<verb>must|should|shall|cannot|{_TELLS}|{_DONE}) .+)$")
_ANOTHER = re.compile(
    rf", (?:but|while)\b|,? (?:and|but|while) [\w`'\"-]+ (?:is|are|{_TELLS}|\w+s (?:an?|the|all|its))\b|"
    r" and (?:should|must|is|are)\b"
)
"""Another subject follows: what is told of it is no part of the question."""
_IS = re.compile(r"^(?P<subject>.+?) (?P<verb>is|are) (?P<rest>(?:an?|the) .+)$")
_MEASURE = re.compile(r"^(?P<subject>.+?) (?P<verb>is|are) (?P<rest>(?:at (?:least|most) |about |up to )?\d[\d.,]*.*)$")
_QUOTES = "\"'`“‘-$/_."
_NAMED_KIND = re.compile(rf"^(?:the|an?) (?P<name>{_WORD}(?: {_WORD})?) (?P<kind>{_KINDS})$", re.IGNORECASE)
_SENTENCES = re.compile(r"\w{2}[.!?][\"'”’)]* [A-Z]|\w\. (?:The|An?|If|It|This) ")
"""Two sentences in one unit."""
_NO_OBJECT_OF = re.compile(
    r"(?i)(?:\b(?:manual .*|(?:man)?page|manual|guide|section|chapter|document|documentation|table|figure|appendix|"
    r"tutorial|ticket)s?|ly)\||"
    r"\|(?:an? |the )?(?:lot|lots|number|few)\b"
)
"""Where something is told, not what is told of it; or a verb that is another one's; or nothing told."""
_PLACEHOLDER = re.compile(
    r"[A-Z][A-Z_-]+ is (?:the|an?) (?:name|path|number|port|value|id|address|size)\b|"
    r"(?P<name>[A-Z][A-Z_-]+) is (?:the|an?) .*\b(?i:(?P=name))\b"
)
"""What a command's synopsis calls its argument."""
_OPENS = any_of("""
this that these those it its there here each every all any some many most no none not one two another only what which
who when where how in on at for with without within during until unless per via by from to as if using after before
because since although while you your we our i they their he she first second third next finally however also whether
whenever both either neither and or but typically usually normally generally often sometimes currently
""")
_LOOSE_START = re.compile(rf"^{_OPENS}\b", re.IGNORECASE)
_EMPTY = any_of("""
same only case reason problem default result first last next main other example good bad great better best simple list
lot few number way need chance matter place point question opposite most least key easiest recommended preferred
following right wrong new common further second third work
integral part very fundamental important essential crucial
""")
_EMPTY_REST = re.compile(rf"^(?:an?|the) {_EMPTY}\b", re.IGNORECASE)
_HAPPEN = frozenset(content("what happens rule should do used"))
_LINK = re.compile(r"\[([^\[\]]+)\](?:\([^()\s]+\)|\[[^\[\]]*\])")  # of Markdown
_ROLE = re.compile(r"`([^`<>]+?)(?: <[^<>`]*>)?`__?(?!\w)")  # a link of reStructuredText
_ESCAPED = re.compile(r"\\([@_*#<>\[\]])")
_BULLET = re.compile(r"^(?:[-*•·]\s+)+")
_EMPHASIS = re.compile(
    r"(?<![\w*])(\*{1,2})(?=[^\s*])(.+?)(?<=[^\s*])\1(?![\w*])"
)  # in pairs only: "Q* UPS" keeps its star


def plain(sentence: str) -> str:
    """A sentence without the marks of lists, emphasis and links, and without its full stop."""
    return (
        _BULLET.sub("", _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", _ROLE.sub(r"\1", _ESCAPED.sub(r"\1", sentence)))))
        .strip()
        .rstrip(".")
        .strip()
    )


def is_named(asked: Asked) -> bool:
    """Whether the question says, without its document, what it is about.

    By a name, or by words that mean something: two of the subject, three of a condition.
    """
    telling = set(content(asked.subject or asked.question)) - VAGUE - _HAPPEN
    return bool(names(f"x {asked.question}"[:-1]) or len(telling) >= (2 if asked.subject else 3))


def is_specific(asked: Asked) -> bool:
    """Whether it names what it is about: of what happens under a condition much depends on where it is told."""
    return is_named(asked) and (asked.form != "condition" or bool(names(f"x {asked.question}"[:-1])))


def questions(sentence: str, known: str = "") -> tuple[Asked, ...]:
    """Every question that the form of `sentence` allows with certainty; often none.

    `known`: more text of the document, which tells whether the sentence's first word is written small elsewhere.
    """
    text = plain(sentence)
    if not 6 <= len(text.split()) <= 45 or text.count("(") != text.count(")") or text.count("`") % 2 or "|" in text:
        return ()
    if _SENTENCES.search(text) or slips(text):
        return ()
    asked = [*_about(text, known)]
    if found := condition(text):
        asked.insert(0, Asked(*found, "condition", ""))
    if _starts_well(text):
        asked += (Asked(one.question, one.key, one.form, one.subject) for one in circumstances(text, known))
    return tuple(dict.fromkeys(asked))


def _starts_well(text: str) -> bool:
    """It may begin with what it is about, or with a purpose."""
    purpose = text.startswith(("To ", "In order to "))
    return purpose or (
        (text[0].isalnum() or text[0] in _QUOTES) and not (_LOOSE_START.match(text) or ORDER.match(text))
    )


def _about(text: str, known: str) -> Iterator[Asked]:
    if not _starts_well(text) or YOU.search(text):
        return
    if LOOSE.search(text):
        return
    if (found := _MEASURE.match(text)) and told(found, 2):
        question = f"What {found['verb']} {inside(found['subject'], known)}?"
        yield Asked(question, found["rest"], "definition", found["subject"])
    plural = text.startswith("The ") and " are the " in text
    if (found := _IS.match(text)) and not plural and told(found, 6) and not _EMPTY_REST.match(found["rest"]):
        if _PLACEHOLDER.match(text):
            return
        question = f"What {found['verb']} {inside(found['subject'], known)}?"
        yield Asked(question, found["rest"], "definition", found["subject"])
    found = _OBJECT.match(text)
    if found and told(found, 4) and not _NO_OBJECT_OF.search(f"{found['subject']}|{found['rest']}"):
        question = f"What does {inside(found['subject'], known)} {_BASES[found['verb']]}?"
        yield Asked(question, found["rest"], "object", found["subject"])
    if (found := _USE.match(text)) and told(found, 4):
        subject, (verb, _, be) = inside(found["subject"], known), found["verb"].partition(" ")
        question = f"What {verb} {subject} {'be ' if be else ''}{found['done']} for?"
        yield Asked(question, found["rest"], "use", found["subject"])
    if (found := _MUST.match(text)) and told(found, 4):
        subject, no = inside(found["subject"], known), "not " if found["no"] else ""
        question = f"What {found['verb']} {subject} {no}do?"
        if re.match(r"(?:\w+ )?be ", found["rest"]) or found["verb"] == "cannot":
            question = f"What is the rule for {subject}?"
        yield Asked(question, found["rest"], "rule", found["subject"])
    if (found := _SUBJECT.match(text)) and _specific(found["subject"]) and not PERSON.search(text):
        rest, named = found["rest"], _NAMED_KIND.match(found["subject"])
        hidden = not set(content(found["subject"])) & set(content(rest))
        if not _ANOTHER.search(rest) and 6 <= len(rest.split()) <= 30 and len(content(rest)) >= 4 and hidden:
            which = f"Which {named['kind'].lower()}" if named else "What"
            yield Asked(f"{which} {rest}?", named["name"] if named else found["subject"], "subject", found["subject"])


def _specific(text: str) -> bool:
    """A name by itself ("max_size", "`--force`") or with its kind ("the FILE option")."""
    if not is_subject(text) or re.search(r"(?i)\b(?:of|in|for|with|from|on|to)\b", text):
        return False
    named = _NAMED_KIND.match(text)
    return bool(_CODE.fullmatch(named["name"] if named else text.removeprefix("The ").strip("\"'“”‘’")))
