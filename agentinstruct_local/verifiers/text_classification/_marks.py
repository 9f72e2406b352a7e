"""The label that a sentence's own words give it, read from the list of its words: a second way beside the tool's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

Words = Sequence[str]
_MODALS = {"must": "duty", "shall": "duty", "should": "advice", "may": "option"}
_CLOSE_WORDS = """
might can cannot could would ought need needs needed required recommended advised allowed permitted forbidden
prohibited mandatory obligatory encouraged discouraged suggested supposed please imperative
"""
_CLOSE = frozenset(_CLOSE_WORDS.split())
"""Words that come near to a duty, a permission or a piece of advice without the modal verb."""
_CONDITION = frozenset(["if", "unless", "when"])
_NEAR_CONDITION_WORDS = "whenever whether once provided otherwise depending depends depend assuming"
_NEAR_CONDITION = frozenset(_NEAR_CONDITION_WORDS.split())
_REASON = frozenset(["because", "so that", "in order to"])
_NEAR_REASON = frozenset(["since", "therefore", "thus", "hence", "due", "why"])
_NEGATION = frozenset(["not", "no", "never", "cannot"])
_NEAR_NEGATION = frozenset(["without", "neither", "nor", "none", "nothing", "hardly", "except", "unless"])
_ARTICLES = frozenset(["the", "a", "an", "each", "every", "all"])
_ORDER_WORDS = """
use set run type enter choose open press check ensure install put remove replace make add create restart specify
configure enable disable do edit copy keep select click verify
"""
_ORDERS = frozenset(_ORDER_WORDS.split())


def words_of(text: str) -> list[str]:
    """Its words in small letters, in order."""
    return re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text.lower())


def _strength(text: str, words: Words) -> list[str]:
    places = [at for at, word in enumerate(words) if word in _MODALS]
    if len(places) > 1 or _CLOSE & set(words):
        return []
    if not places:
        return [] if words[0] in _ORDERS or {"you", "your"} & set(words) else ["statement"]
    if words[0] in ("only", "no", "none", "neither", "nothing", "nobody", "few"):
        return []
    modal, after = words[places[0]], words[places[0] + 1 : places[0] + 2]
    if after == ["not"] and modal != "should":
        return ["prohibition"] if _MODALS[modal] == "duty" else []
    return [_MODALS[modal]]


def _amounts(text: str) -> int | None:
    """How many numbers with a unit or a counted thing there are; None where digits stand alone."""
    parts = text.split()
    there = [at for at, one in enumerate(parts) if any(map(str.isdigit, one))]
    for at in there:
        after = parts[at + 1].strip(".,;:()") if at + 1 < len(parts) else ""
        bare = parts[at].strip(".,;:()")
        unit = re.fullmatch(r"[A-Za-z%°]+", after) or re.fullmatch(r"[\d.,]+(?:%|[A-Za-z°]+)", bare)
        if not re.fullmatch(r"[\d.,]+(?:%|[A-Za-z°]+)?", bare) or not unit or (at and parts[at - 1][0].isupper()):
            return None
    return len(there)


def _features(text: str, words: Words) -> list[str] | None:
    """The features in the order of their definitions; None where one of them is open."""
    flat, have = f" {' '.join(words)} ", set(words)
    amounts = _amounts(text)
    near = (_NEAR_CONDITION | _NEAR_REASON) & have or (_NEAR_NEGATION - {"unless"}) & have
    if amounts is None or near or any(re.search(r"n['’]t$", one) for one in words):
        return None
    shown = {
        "condition": bool(_CONDITION & have), "duty": bool({"must", "shall"} & have),
        "reason": any(f" {one} " in flat for one in _REASON), "negation": bool(_NEGATION & have), "amount": amounts > 0,
    }  # fmt: skip
    return [name for name, there in shown.items() if there]


def _condition(text: str, words: Words) -> list[str]:
    if _NEAR_CONDITION & set(words) or re.search(r"(?i)\b(?:when|if) \w+ing\b", text):
        return []
    return ["yes" if _CONDITION & set(words) else "no"]


def _kind(text: str, words: Words) -> list[str]:
    flat = f" {' '.join(words)} "
    amounts = _amounts(text)
    if words[0] in _ORDERS or re.search(
        r"(?i)\bwhen \w+ing\b|\b(?:how|that|which|what|who) (?:[\w-]+ ){0,4}(?:must|shall)\b", text
    ):
        return []
    found = [
        name for name, there in (
            ("reason", any(f" {one} " in flat for one in _REASON)), ("rule", bool({"must", "shall"} & set(words))),
            ("condition", bool(_CONDITION & set(words))), ("figure", bool(amounts)),
            ("definition", bool(re.match(r"[^,]{2,70}? (?:is|are) an? \w", text))),
        ) if there
    ]  # fmt: skip
    return [] if amounts is None else found


def _address(text: str, words: Words) -> list[str]:
    del text
    you = {"you", "your", "yourself"} & set(words)
    if words[0] in _ORDERS:
        return [] if you else ["command"]
    return ["direct"] if you else ["impersonal"] if words[0] in _ARTICLES else []


_TREE = {"duty": "binding", "prohibition": "binding", "advice": "non-binding", "option": "non-binding"}


def _tree(text: str, words: Words) -> list[str]:
    leaf = (_strength(text, words) or [""])[0]
    if leaf in _TREE:
        return [f"{_TREE[leaf]} > {leaf}"]
    kinds = _kind(text, words) if leaf else []
    return [f"informative > {kinds[0]}"] if len(kinds) == 1 else []


def _intent(text: str, words: Words) -> list[str]:
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first == "what" and text.endswith(" for?"):
        return ["purpose"]
    if (first == "how" and second == "often") or first in ("when", "within", "after", "for"):
        return ["occasion"]
    if first == "what":
        case = {"happens", "should", "can"}
        return ["case"] if second in case else ["definition"] if second in ("is", "are") else []
    return {"why": ["reason"], "how": ["method"], "where": ["place"]}.get(first, [])


MARKS: Mapping[str, Callable[[str, Words], list[str] | None]] = {
    "strength": _strength, "features": _features, "condition": _condition, "kind": _kind, "address": _address,
    "tree": _tree, "intent": _intent,
}  # fmt: skip
"""Scheme -> the labels of a text; none, or None, where they are open."""
