"""What a passage, and a single unit of it, has to offer to a sub-skill."""

from __future__ import annotations

import re

from agentinstruct_local.passages.steps import steps
from agentinstruct_local.passages.tables import row_traits, tables
from agentinstruct_local.records import Passage
from agentinstruct_local.words.questions import is_named, is_specific, questions
from agentinstruct_local.words.terms import terms

PASSAGE = frozenset({"sequence", "steps", "numbers", "list", "code", "terms", "table"})
"""What a sub-skill may want of the passage."""
FOCUS = frozenset(
    {"prose", "named", "definition", "reason", "rule", "askable", "specific", "closing", "figure", "record", "measured"}
    | {"brief"}
)
"""What it may want of the one unit that a draft asks about."""

_ORDER = re.compile(
    r"\b(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|then|next|after (?:that|this)|afterwards|finally|lastly|step \d+)\b",
    re.IGNORECASE,
)
_STEP = re.compile(r"^\s*\(?\d{1,2}[.)]\s", re.MULTILINE)
_MEASURE = (
    r"(?:percent|[km]?[gmlvaw]|[kmgt]i?b|mm|cm|ft|oz|lbs?|min|h|hrs?|s|ms|[kmg]?hz|[km]?Ω|[µun]f|dollars|euros)\b|%|°"
)
_PLURAL = r"(?!(?:is|as|was|has|this|its|does|us)\b)[a-z][a-z-]{2,}s\b"
_AMOUNT = re.compile(
    rf"(?<![\w./-])\d[\d,]*(?:\.\d+)?(?:\s?(?:{_MEASURE})|[ -]{_PLURAL})|[$€£]\s?\d[\d,.]*|"
    rf"\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|hundred|thousand) (?:\w+ )?{_PLURAL}",
    re.IGNORECASE,
)
_DEFINITION = re.compile(
    r"^(?!(?:this|it|that|there|these|here|what|which|one|he|she|they|another|"
    r"if|when|once|while|after|before) )(?:an? |the )?[\w\"'“”‘’`./()-]+"
    r"(?: [\w\"'“”‘’`./()-]+){0,4} "
    r"(?:is an?|is the|are the|means|refers to|is defined as|denotes|stands for|is called) ",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since (?!(?:\w+ )?\d)|so that|in order (?:to|that)|therefore|due to|as a result|"
    r"to (?:avoid|prevent|ensure|make sure|protect))\b|, so ",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"\b(?:must|shall|should|may (?:only|not)|cannot|can not|required|requires|recommended|never|always|only|unless"
    r"|at (?:least|most)|forbidden|allowed|permitted|prohibited|if|when|before|after|until)\b",
    re.IGNORECASE,
)
_VAGUE_NOUN = (
    "syntax|contents?|values?|fields?|files?|programs?|packages?|commands?|options?|functions?|users?|systems?|manuals?|"
    "documents?|methods?|class(?:es)?|objects?|arguments?|parameters?|software|data|lists?|strings?|names?|numbers?|"
    "process(?:es)?|results?|versions?|lines?|entry|entries|items?|tables?|pages?|sections?|sources?|scripts?|"
    "instances?|implementations?|libraries|library|application|feature|setting|rule|author|reader|caller|authors|people|"
    "default|subtype|general concepts?|main|purpose|size|length|type|format|header|body|text|information|output|input"
)
_OF_IT = r"(?:of|for|in|from|to) (?:(?:the|an?|this|each|every|any|your|its) )?(?:\w+ )?"
_VAGUE = re.compile(
    rf"^[\W_]*(?:(?:the|an?|its|your|each|every|all|general|most|some|another) )?"
    rf"(?:(?:first|second|third|fourth|fifth|sixth|next|last|new|old) )?(?:{_VAGUE_NOUN})"
    rf"(?: {_OF_IT}(?:{_VAGUE_NOUN})\b)?"
    r"(?:,| (?:is|are|was|were|be|has|have|had|does|do|did|must|shall|should|may|can|cannot|will|would|might|could|"
    r"means|contains?|provides?|uses?|returns?|allows?|requires?|includes?|holds?|gives?|takes?|specif(?:y|ies))\b)",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"^[\W_]*(?:in (?:other words|addition|particular|short|fact|general|practice|such cases?)|as a result|"
    r"that is|even (?:though|if)|of course|by contrast|on the (?:other hand|contrary)|for (?:example|instance)|"
    r"to do so|similarly|note)\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"^[\W_]*(?:be|use|set|adjust|click|select|connect|verify|make|do|add|run|type|enter|choose|open|press|check|note|ensure|"
    r"install|put|take|remove|keep|replace|repeat|measure|observe|plot|try|see|go|get|look|let|turn|move|change|start|"
    r"stop|compare|specify|provide|create|write|read|if you|when you|you|your)\b",
    re.IGNORECASE,
)


def features(passage: Passage) -> frozenset[str]:
    """What a passage offers, of: sequence, steps (a numbered instruction), numbers, list, code, terms, table.

    `terms`: it speaks of four things or more.
    """
    kinds = [unit.kind for unit in passage.units]
    prose = [unit.text for unit in passage.units if unit.kind in ("sentence", "item")]
    words = {found[0].lower() for text in prose for found in _ORDER.finditer(text)}
    offers = {
        "sequence": len(_STEP.findall(passage.text)) >= 3 or len(words) >= 3,
        "steps": bool(steps(passage)),
        "numbers": sum(len(_AMOUNT.findall(text)) for text in prose) >= 2,
        "list": kinds.count("item") >= 3,
        "code": "code" in kinds,
        "terms": len(terms(prose)) >= 4,
        "table": bool(tables(passage, series=True)),
    }
    return frozenset(name for name, there in offers.items() if there)


def traits(passage: Passage, focus: int) -> frozenset[str]:
    """What a unit of a passage offers, of:

    prose (no row of a table), named, definition, reason, rule, askable (its form gives a question that says what it is
    about), specific (such a question that does so by a name), closing (nothing follows it in its paragraph), figure (a
    digit stands in it), record (a row of a table that can be looked up by its first cell, or what an option of a list
    does), measured (such a row of a table that has a column of amounts), brief (one that has two columns of a few words
    a cell).

    `named`: it says by itself what it is about, as "The field ..." and "Click on ..." do not.
    """
    unit = passage.units[focus]
    text = unit.text
    prose = unit.kind in ("sentence", "item")
    asked = [one for one in questions(text) if is_named(one)] if prose else []
    offers = {
        "prose": prose,
        "named": prose and not any(one.match(text) for one in (_VAGUE, _ORDERS, _GOES_ON)),
        "definition": prose and bool(_DEFINITION.match(text)),
        "reason": bool(_REASON.search(text)),
        "rule": bool(_RULE.search(text)),
        "askable": bool(asked),
        "specific": any(map(is_specific, asked)),
        "closing": followed_by(passage, focus) is None,
        "figure": any(map(str.isdigit, text)),
    }
    return frozenset(name for name, there in offers.items() if there) | row_traits(passage, focus)


def followed_by(passage: Passage, focus: int) -> str | None:
    """The sentence that comes next in the paragraph of a unit; None where there is none."""
    units = passage.units[focus : focus + 2]
    if len(units) < 2 or {unit.kind for unit in units} != {"sentence"}:
        return None
    between = passage.text[units[0].span[1] - passage.span[0] : units[1].span[0] - passage.span[0]]
    return None if "\n\n" in between else units[1].text
