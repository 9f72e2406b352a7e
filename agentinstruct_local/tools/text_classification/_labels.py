"""Which label a sentence gets by its own words, and the words that decide; None where a strict reader could doubt."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from agentinstruct_local.words.conditions import ORDER
from agentinstruct_local.words.questions import plain, questions
from agentinstruct_local.words.tokens import UNITS


class Labelled(NamedTuple):
    """The labels of a sentence (one, or several of a scheme with many), and the words that decide, if there are any."""

    labels: tuple[str, ...]
    words: tuple[str, ...] = ()


Scheme = Callable[[str], Labelled | None]

_MODAL = re.compile(r"(?i)\b(must|shall|should|may)\b(?: (not)\b)?")
_DOUBTFUL = re.compile(
    r"(?i)\b(?:might|can|cannot|could|would|ought|need(?:s|ed)?|ha(?:s|ve) to|had to|requir\w+|recommend\w*|advis\w+|"
    r"allow\w*|permit\w*|permission|forbid\w*|forbidden|prohibit\w*|mandatory|optional\w*|obligat\w+|never|encouraged|"
    r"discouraged|suggest\w*|please|let's|better|best|responsib\w+|important|necessary|essential|may be|supposed)\b|"
    r"n['’]t\b"
)
_LEADING = re.compile(r"^(?:If|When|Whenever|Once|Unless|After|Before|For|In|By|As|To) [^,]+, ")
_DEEPER = re.compile(
    r"(?i)\b(?:that|which|who|whose|if|when|whenever|whether|how|what|why|where|as|because|since|unless|until|while|"
    r"although|though|than|so|and|but|or)\b|[;:()\"“]"
)


def strength(sentence: str) -> Labelled | None:
    """prohibition, duty, advice, option or statement, by the one modal verb of its main clause."""
    found = list(_MODAL.finditer(sentence))
    if not found:
        return None if _DOUBTFUL.search(sentence) or _orders(sentence) else Labelled(("statement",))
    modal, no = found[0][1].lower(), bool(found[0][2])
    before = _LEADING.sub("", sentence[: found[0].start()])
    rest = sentence.replace(found[0].group(), "", 1)
    if (
        len(found) > 1
        or found[0][1][0].isupper()
        or _DEEPER.search(before)
        or not before.strip()
        or _DOUBTFUL.search(rest.replace(" be ", " "))
        or (modal == "may" and no)
        or ", but " in sentence
        or re.match(r"(?:Only|No|None|Neither|Nothing|Nobody|Few)\b", sentence)  # "no package may" forbids
        or (modal == "may" and re.search(r"\bonly\b", sentence))
        or ORDER.match(sentence)
    ):
        return None
    label = {"must": "duty", "shall": "duty", "should": "advice", "may": "option"}[modal]
    return Labelled(("prohibition" if no and label == "duty" else label,), (found[0].group(),))


def _orders(sentence: str) -> bool:
    """An order to the reader, which is a duty without its verb."""
    main = _LEADING.sub("", sentence)
    begins = ORDER.match(main) or ORDER.match(sentence) or re.match(r"(?:[A-Z]?[a-z]+) (?:the|an?|your|all|it) ", main)
    return bool(begins or re.search(r"(?i)\byou(?:r|rs)?\b", sentence))


def _feature(yes: str, doubt: str) -> Callable[[str], str | None]:
    """The words that show a feature, "" where it is surely not there, None where that is open."""
    shown, open_ = re.compile(rf"(?i)\b(?:{yes})\b"), re.compile(rf"(?i)\b(?:{doubt})\b")

    def find(sentence: str) -> str | None:
        found = shown.search(sentence)
        return None if open_.search(sentence) else found.group() if found else ""

    return find


_AMOUNT = re.compile(r"(?<![\w.,:/-])(\d[\d,]*(?:\.\d+)?)(?: ?%| ?°C| [a-z]+)(?![\w/-])")
_NAMED = re.compile(
    r"\b(?i:version|section|chapter|table|figure|step|rfc|port|number|type|level|release|page|code|class|format|part|"
    r"appendix|bug|line|value) $|\b[A-Z][\w-]* $"
)
_SPELLED = re.compile(
    r"(?i)\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|hundred|thousand|million|first|second|third|"
    r"once|twice|both|half|double|single|dozen|zero|pair)\b"
)
_COUNTED = re.compile(r"(?!(?:is|as|was|has|this|its|does|us|always|less)\b)[a-z]{3,}s")


def _amount(sentence: str) -> str | None:
    """A number in digits with its unit or with what is counted."""
    found = _AMOUNT.search(sentence)
    if _SPELLED.search(sentence) or len(re.findall(r"\S*\d\S*", sentence)) != bool(found):
        return None
    if found and (_NAMED.search(sentence[: found.start()]) or not _is_unit(found.group())):
        return None
    return found.group() if found else ""


def _is_unit(amount: str) -> bool:
    unit = re.sub(r"[\d.,\s]", "", amount)
    return unit.lower() in UNITS or bool(_COUNTED.fullmatch(unit))


FEATURES: Mapping[str, Callable[[str], str | None]] = {
    "condition": _feature(
        "if|unless|when", "even if|as if|only if|if any|if not|whenever|whether|once|provided|in case|as long as|"
        "otherwise|depend\\w*|where|until|assuming|except|when \\w+ing"
    ),
    "duty": _feature(
        "must|shall", "should|need(?:s|ed)?|ha(?:s|ve) to|requir\\w+|oblig\\w+|mandatory|necessary|essential|forbidden|"
        "prohibited|never|may not|cannot|supposed|imperative"
    ),
    "reason": _feature(
        "because|so that|in order to", "because of this|since|as|so|thus|hence|therefore|due|reason\\w*|why|to avoid|"
        "to prevent|to ensure|causes?|purpose|means"
    ),
    "negation": _feature(
        "not|no|never|cannot", "\\w+n['’]t|without|neither|nor|none|nothing|hardly|except|unless|only|but|"
        "non|instead|rather"
    ),
    "amount": _amount,
}  # fmt: skip
"""Feature -> the words that show it, or a doubt."""


def features(sentence: str) -> Labelled | None:
    """All of condition, duty, reason, negation and amount that it has; perhaps none."""
    found = {name: find(sentence) for name, find in FEATURES.items()}
    if None in found.values() or _orders(sentence):
        return None
    names = [name for name, words in found.items() if words]
    return Labelled(tuple(names), tuple(str(found[name]) for name in names))


def condition(sentence: str) -> Labelled | None:
    """yes or no: whether it names a condition."""
    found = FEATURES["condition"](sentence)
    if found is None or (not found and re.search(r"(?i)\b(?:after|before|while|without|for any|any)\b", sentence)):
        return None
    return Labelled(("yes" if found else "no",), (found,) if found else ())


_NO_DEFINITION = re.compile(
    r"an? (?:\w+ ){0,2}(?:way|name|value|example|part|string|result|idea|reason|problem|list|number|member)\b|"
    r"an? (?:very |more )?(?:excellent|good|obsolete|simple|sorted|easy|hard|bad|great|important|useful)\b"
)
"""What is told of a thing without saying what it is."""


def kind(sentence: str) -> Labelled | None:
    """definition, reason, rule, condition or figure: the only one of them that it is."""
    found = {name: FEATURES[name](sentence) for name in ("reason", "duty", "condition", "amount")}
    defined = [
        one for one in questions(sentence)
        if one.form == "definition" and re.match(r"an? ", one.key) and not _NO_DEFINITION.match(one.key)
    ]  # fmt: skip
    is_like = re.search(r"(?i)\b(?:is|are|means|refers to|denotes) (?:an?|the|any)\b", sentence)
    if None in found.values() or (is_like and not defined) or _orders(sentence):
        return None
    main = strength(sentence) if found["duty"] else None
    if found["duty"] and (main is None or main.words[0].lower().split()[0] not in ("must", "shall")):
        return None  # "how it shall be used" demands nothing
    names = [name for name, words in found.items() if words] + (["definition"] if defined else [])
    if len(names) != 1:
        return None
    words = "is" if defined else main.words[0] if main else str(found[names[0]])
    name = {"duty": "rule", "amount": "figure"}.get(names[0], names[0])
    return Labelled((name,), (words,))


def address(sentence: str) -> Labelled | None:
    """command (an order), direct (it speaks to you) or impersonal (of things alone)."""
    you = re.search(r"(?i)\byou(?:r|rs|rself)?\b", sentence)
    order = re.match(
        r"(?:Use|Set|Run|Type|Enter|Choose|Open|Press|Check|Ensure|Install|Put|Remove|Replace|Make|Add|Create|Restart|"
        r"Specify|Configure|Enable|Disable|Do not|Edit|Copy|Keep|Select|Click|Verify) \S+ ", sentence
    )  # fmt: skip
    if re.search(r"(?i)\b(?:we|our|us|I|my|me|one|users?|let's|please|reader)\b|[\"“:;]", sentence):
        return None
    if order and not you:
        return Labelled(("command",), (order.group().split()[0] if "not" not in order.group() else "Do not",))
    if you and not re.search(r"(?i)\byou", _LEADING.sub("", sentence)):
        return None  # "When you are done, close it" is an order too
    if you and not order and not _DEEPER.search(sentence[: you.start()].removeprefix("If ").removeprefix("When ")):
        return Labelled(("direct",), (you.group(),))
    things = re.match(r"(?:The|An?|Each|Every|All) [a-z]", sentence)
    return Labelled(("impersonal",)) if things and not you and not order else None


TREE = {
    "duty": "binding > duty", "prohibition": "binding > prohibition", "advice": "non-binding > advice",
    "option": "non-binding > option", "definition": "informative > definition", "reason": "informative > reason",
    "figure": "informative > figure",
}  # fmt: skip
"""Leaf -> its path in the tree of labels."""


def tree(sentence: str) -> Labelled | None:
    """A path: binding, non-binding or informative, and below it what the sentence is."""
    first, second = strength(sentence), kind(sentence)
    if first is None:
        return None
    leaf = first.labels[0]
    if leaf == "statement":
        if second is None or second.labels[0] not in TREE:
            return None
        return Labelled((TREE[second.labels[0]],), second.words)
    return Labelled((TREE[leaf],), first.words)


def intent(question: str) -> Labelled | None:
    """What someone who asks like this wants to know, by how the question begins."""
    for label, opening in _INTENTS.items():
        if found := re.match(opening, question):
            return Labelled((label,), (found.group(),))
    return None


_INTENTS = {
    "purpose": r"What (?:is|are|can|may) .* for\?$", "reason": r"Why\b",
    "method": r"How (?:do you|is|are|can|must|should)\b",
    "occasion": r"(?:How often|When|Within what time|After what time|For how long)\b", "place": r"Where\b",
    "case": r"What (?:happens|should you do|can you do)\b",
    "definition": r"What (?:is|are) (?!the rule|\w+(?:ed|en|wn|put|set) )",
}  # fmt: skip

SCHEMES: Mapping[str, Scheme] = {
    "strength": strength, "features": features, "condition": condition, "kind": kind, "address": address, "tree": tree,
    "intent": intent,
}  # fmt: skip


_VERBS = """
provides uses contains allows requires supports returns specifies means includes creates runs makes takes
consists gives holds sets keeps works starts stops defines describes shows reads writes sends accepts
checks controls determines depends represents refers ensures enables causes indicates affects applies
belongs comes goes needs lets calls selects passes enters opens closes leaves begins ends remains becomes
exists offers adds removes
"""
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|must|shall|should|may|can|cannot|will|does|do|did|consist|provide|use|"
    rf"support|contain|allow|require|{'|'.join(_VERBS.split())})\b"
)


def whole(sentence: str) -> bool:
    """A full sentence, not a title or a description without a verb: its main clause has one."""
    main = _LEADING.sub("", sentence)
    head = re.split(r",? (?:which|that|who|whose|if|when|because|unless|where|how|what)\b", main)[0]
    return bool(_FINITE.search(f"{head} ") or ORDER.match(main))


def own(sentence: str) -> str:
    """The sentence as it is shown: without marks, with its full stop."""
    return f"{plain(sentence)}."
