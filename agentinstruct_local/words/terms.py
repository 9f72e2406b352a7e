"""The things that a text speaks of: nouns that stand behind an article and before what cannot be part of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from agentinstruct_local.words.tokens import CAP

_FOLLOWS = (
    "is|was|has|must|shall|should|may|can|cannot|will|does|of|for|on|at|by|with|from|before|after|when|if|which|"
    "until|unless|where|within|without|between|through|during|against|into|under|over|per"
)
_THING = re.compile(
    rf"\b(?:[Tt]he|[Aa]n?|[Ee]very|[Ee]ach) ((?:[a-z]{{3,12}}[ -])?[a-z]{{3,16}})"
    rf"(?= (?:{_FOLLOWS}|that|and (?:the|an?))\b|[.;:]|, (?:which|who)\b)"
)
_VAGUE_WORDS = (
    "same other others first second third fourth last next new old following current given whole only more most few "
    "many own such specific certain one two three use number rest case cases way time result reason example fact part "
    "amount kind sort type set lot end start beginning top bottom left right side rate purpose aim goal point moment "
    "latter former above below previous latest best worst least majority presence absence lack need needs ability "
    "possibility effect context basis form meaning sense difference relationship respective total average entire main "
    "major minor full present past future degree extent range course event process thing things situation manner "
    "various different actual original default corresponding appropriate available possible necessary important "
    "being underlying remaining existing resulting usual normal special general common single final initial very "
    "hope idea sake behalf benefit choice chance fault risk question answer problem solution issue matter subject "
    "world people person man woman reader author user users name order value size length width height "
    "provided specified named called used made required using while once like also just than then able based both "
    "each every any all some none no not yet still even else already really truly free open wrong true false bad good "
    "large small big high low long short great old young early late exact precise correct inner outer upper lower "
    "hard easy simple complex standard wide deep strong weak real public private local global internal external "
    "additional further extra separate particular individual relevant proper suitable recommended desired expected "
    "quick fast slow safe clear full empty direct indirect unlikely likely day month year week hour minute date "
    "about are but can for from has have how into its may nor off our out own per put see the too via was who why yes "
    "maximum minimum amount following purposes which that going summary data remainder "
    "overnight bacteria criteria media install together alone instead again here there twice later ahead away back "
    "forward inside outside yesterday today tomorrow always never often sometimes"
)
_VAGUE = frozenset(_VAGUE_WORDS.split())
_NO_NOUN = re.compile(r"(?:ly|ed|ous|ive|able|ible|ful|ary|less|ical|est|ish|ic|wn|[^aeiou]al)$")
_NOUN_WORDS = (
    "bed feed seed speed shed family assembly supply reply directive drive archive objective table cable variable "
    "salary library summary dictionary boundary glossary glossaries manual journal signal terminal metal logic topic "
    "fabric music traffic metric test request chest forest interest guest nest latest arrest harvest finish dish need "
    "embed thread spread bread lead read rectangle motive relative native medal pedal crystal hospital capital town "
    "crown gown clown"
)
_NOUN_STILL = frozenset(_NOUN_WORDS.split())


def terms(texts: Sequence[str]) -> list[str]:
    """The things that texts speak of as "the ..." or "a ...", in the singular, those named most often first.

    One or two words of small letters, 3 to 20 characters, such as "gearbox" and "suction valve". Without a dictionary
    this is a guess by form, made so that what it returns can stand behind "the" in a sentence.
    """
    found: Counter[str] = Counter()
    for text in texts:
        for match in _THING.finditer(text[:CAP]):
            if thing := _clean(match[1]):
                found[thing] += 1
    heads = Counter(thing.split()[-1] for thing in found)
    # "the seal" beside "the shaft seal" would be two names of one thing.
    return [one for one, _ in found.most_common() if heads[one.split()[-1]] == 1 or " " in one]


def _clean(words: str) -> str:
    """The noun and the word before it, if both can be what they must be; empty otherwise."""
    parts = words.replace("-", " ").split()
    head = parts[-1]
    plural = head.endswith("s") and not head.endswith(("ss", "us", "is"))
    no_noun = head in _VAGUE or head in _FOLLOWS.split("|") or (_NO_NOUN.search(head) and head not in _NOUN_STILL)
    if plural or no_noun or len(head) < 4:
        return ""
    kept = parts if len(parts) == 2 and _modifies(parts[0]) else parts[-1:]
    return " ".join(kept) if 3 <= len(" ".join(kept)) <= 20 else ""


def _modifies(word: str) -> bool:
    """A word that says which one, as a noun before a noun does: "suction valve"."""
    return word not in _VAGUE and not re.search(r"(?:ly|[^aeo]s)$", word) and word not in _FOLLOWS.split("|")


def listed(parts: Sequence[str], last: str = "and") -> str:
    """Parts as a list within a sentence: "a, b and c"."""
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}" if len(parts) > 1 else "".join(parts)
