"""The question can be understood by someone who does not have the document."""

from __future__ import annotations

import re
from itertools import pairwise

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.clauses import GENERIC
from agentinstruct_local.verifiers.fields import bad, context, good, string, strings
from agentinstruct_local.words import content, names, sentences, squash, stem, tokens
from agentinstruct_local.words.stems import STOP

LONGEST = 2_000
"""Characters of a question that are looked at."""

_NOUNS = (
    "passage excerpt text document section paragraph sentence article chapter page quote snippet table figure extract "
    "fact"
)
_NOUN = f"(?:{'|'.join(_NOUNS.split())})"
_TOLD = r"(?:described|discussed|stated|listed|given|shown|provided|explained|noted|outlined|presented|specified)"
_ALWAYS = re.compile(
    r"(?i)\b(?:the|this|that|given|provided|above|these|first|second|last)\s(?:above\s|given\s|provided\s|following\s)?"
    r"(?:passages?|excerpts?|paragraphs?|snippets?|authors?|extracts?|speakers?|writer|narrator|reading)\b"
    rf"|\b(?:according to|based on|in|from)\s(?:the|this)\s(?:given\s|provided\s|above\s)?{_NOUN}\b"
    r"(?!\s(?:of|that|named|called|section|segment|field|file|area|box|column|mode)\b)"
    r"|\bas\s(?:\w{3,12}ed|shown|given)\s(?:above|here|earlier|below|previously|in the)\b|\b(?:described|listed"
    r"|given|shown) here\b"
    rf"|\b(?:{_TOLD}|mentioned|discussed)\s(?:above|earlier|below|previously)\b"
    rf"|\b(?:mentioned|outlined)(?=\s?[?.!]?$)"
    rf"|(?<!\bis)(?<!\bnot)(?<!\bare)(?<!\bbe)(?<!\bwas)(?<!\w\w\wed)\s{_TOLD}(?=\s?[?.!]?$)"
    r"|\bin the [\"'`‘“]?[\w./-]+[\"'`’”]? (?:document|file\'s document)\b"
    r"|\b(?:question|point|item|step|case|answer) (?:#|no\.? |number )?\d+\b"
    r"|\babove[- ]mentioned\b|\baforementioned\b"
    r"|\bthe (?:provided|given) (?:text|information|context|code|data|facts?)\b"
    rf"|\bin (?:this|the) (?:{_NOUN}|context)\s?[?,.]"
)
_FOLLOWING = re.compile(
    r"(?i)\bthe following\b|\bwhich of (?:these|the following|the above)\b|\b(?:these|the) (?:options|statements)\b"
)
_DOCUMENT = re.compile(
    r"(?i)\b(?:the|this)\s(text|document|section|article|chapter|page|manual|guide|table|figure|statement"
    r"|quote)\b\s?(\S*)"
)
_AFTER_OWN = frozenset(("of", "that", "which", "named", "called", "for", "where", "with", "whose", "titled", "about"))
_WORDING = re.compile(
    r"(?i)\bwhat (?:do|does|did|is) (?:the |this |that )?(?:\w+ )?(?:sentence|statement|phrase|paragraph"
    r"|heading|title|passage|text)\b"
    r".{0,300}?\b(?:mean|say|imply|refer|about|state|suggest|indicate)"
    r"|\bwhat (?:do|does|did) (?!(?:the |this )?(?:document|text|manual|guide|section|passage)\b)"
    r".{2,90}?\b(?:state|say|mention|describe)s? about\b"
    r"|\b(?:section|chapter|appendix|figure|table|paragraph|page|footnote)\s(?:no\.?\s|number\s)?(?:\d[\d.]*"
    r"|[IVX]+)\b.{0,60}\b"
    r"(?:about|discuss|cover|describe|title|called|named|contain|say|deal)"
    r"|\bwhat (?:is|are|does)\s.{0,40}\b(?:section|chapter|appendix|figure|table|paragraph|page)s?\s(?:\d[\d.]*"
    r"|[IVX]+)\b\s?\??$"
    r"|\b(?:which|what) (?:section|chapter|page|paragraph|heading|sentence)s?\s(?:number|of the (?:document"
    r"|manual|guide|policy|handbook"
    r"|standard|text)|\w{4,12}s\b|is|are|does)"
    r"|\bhow many (?:sentences|paragraphs|sections|chapters|words|headings)\b"
    r"|\bwhat is the (?:title|heading|topic|subject|main idea|first word|last word|first sentence) of the "
    r"(?:document|section|text|chapter|passage|page)"
)
_JUDGED = (
    r"(?:not |very |more |most )?(?:(?:im)?possible|(?:un)?important|(?:un)?necessary|(?:un)?safe|recommended"
    r"|advis\w{2,4}|useful|allowed|permitted"
    r"|required|better|best|good|wise|legal|mandatory|sufficient|enough|common|acceptable|appropriate|essential"
    r"|crucial|critical"
    r"|helpful|difficult|easy|desirable|preferable|forbidden|prohibited|beneficial|vital|feasible)"
)
_EXPLETIVE = re.compile(
    rf"(?i)\b(?:is|was|be|would|will|makes?|can|it) (?:it |be |it be )?{_JUDGED}\b.{{0,60}}?\b(?:to|that|for|if|when)\b"
    r"|\b(?:does|did|would|will|can|should) it (?:take|matter|make sense|help|follow|mean (?:to|for|that|when|if))\b"
)
_PRONOUN = re.compile(r"(?i)\b(?:it|its|they|their|theirs|them|he|she|his|her|him|this|these|those)\b")
_THAT = re.compile(r"(?i)^(?:what|who|why|how|when|where|which)\s(?:is|was|does|did|are|were|do)\s(?:that|those)\b")
_BARE = re.compile(
    r"(?i)(?<!\ball )\bthe (?P<noun>problem|process|issue|view|interface|list|item|entry|time|moment|interval|period|"
    r"trace|procedure|step|operation|action|approach|change|feature|option|setting|parameter|argument|flag|variable|value|"
    r"result|string|field|table|file|count|number|request|condition|test|check|case)s?"
    r"(?=[?,.]|$| (?:is|are|was|were|has|have|had|be|must|should|can|cannot|may|will|does|do|after|before|when|if|"
    r"contains|holds|exists|matches|fails|succeeds|returns|\w+s (?:an?|the|no|any|all))\b)"
)
"""One thing among many that nothing before it tells apart."""
_ADJECTIVE = re.compile(r"(?:[sfrcqlut]ent|[tdv]ant|iv|ful|less|ous|ibl|abl|est)$")


def verify(
    draft: Draft,
    *,
    question: str = "item.question",
    answer: str = "answer.answer",
    given: tuple[str, ...] = ("item.options", "item.statement", "item.statements", "item.items", "item.sentence"),
) -> Verdict:
    """The question does not lean on a text (leans_on_passage), names what it asks about (names_nothing).

    Nor does it ask about wording and numbering (about_wording). `given` are the fields that the reader of the row
    sees with the question: with one of them filled, "the following" has something to point at.
    """
    asked, said = squash(string(draft, question)[:LONGEST]), string(draft, answer)[:LONGEST]
    if match := _WORDING.search(asked):
        return bad("standalone", "about_wording", match.group())
    beside = any(strings(draft, path) or string(draft, path) for path in given)
    if leaning := _leaning(asked, beside):
        return bad("standalone", "leans_on_passage", f"'{leaning}' in: {asked}")
    if match := _ALWAYS.search(sentences(said)[0] if said.strip() else ""):
        return bad("standalone", "leans_on_passage", f"'{match.group()}' in the answer: {said}")
    for where, before in ((asked, ""), (string(draft, "item.told"), asked)):
        if not beside and (bare := _bare(where, before)):
            return bad("standalone", "names_nothing", f"'{bare}' in: {where}")
    named = _named(draft, asked) or next(
        (term for path in given for term in [_named(draft, string(draft, path))] if term), ""
    )
    if not named:
        return bad("standalone", "names_nothing", asked)
    return good("standalone", f"names {named}")


def _bare(text: str, before: str) -> str:
    """One thing among many, such as "the problem", that nothing before it tells apart; or ""."""
    found = _BARE.search(text)
    return found.group() if found and stem(found["noun"]) not in content(f"{before} {text[: found.start()]}") else ""


def _leaning(asked: str, beside: bool) -> str:
    """The words by which a question points outside itself, or ""."""
    if match := _ALWAYS.search(asked) or _THAT.search(asked):
        return match.group()
    if not beside and (match := _FOLLOWING.search(asked)):
        return match.group()
    for match in _DOCUMENT.finditer(asked):
        noun, after = match.group(1).casefold(), match.group(2).strip(".,?!").casefold()
        before = asked[: match.start()].casefold()
        stands_alone = not after or after in STOP or stem(after) in _SAYING or match.group(2)[:1] in ("?", ",")
        if stands_alone and after not in _AFTER_OWN and stem(noun) not in content(before) and not beside:
            return match.group().strip()
    for match in _PRONOUN.finditer(asked):
        if why := _loose(asked, match, beside):
            return why
    return ""


_SAYING = frozenset(
    stem(word)
    for word in (
        *("say", "state", "mention", "describe", "mean", "suggest", "explain", "define", "recommend", "refer"),
        *("provide", "discuss", "list", "show", "specify", "imply", "indicate", "give", "claim", "argue"),
    )
)


def _loose(asked: str, match: re.Match[str], beside: bool) -> str:
    """A pronoun that nothing in the question stands for, or ""."""
    word, before = match.group().casefold(), asked[: match.start()]
    if word == "it" and _EXPLETIVE.search(asked[max(0, match.start() - 9) :]):
        return ""
    if content(before) and any(stemmed not in ("happen", "mean") for stemmed in content(before)):
        if word not in ("this", "these", "those"):
            return ""
        following = next((token.text for token in tokens(asked[match.end() :])), "")
        if "," in before or stem(following) in content(before) or (word == "those" and following in _RELATIVE):
            return ""
    if beside or (word == "those" and next((t.text for t in tokens(asked[match.end() :])), "") in _RELATIVE):
        return ""
    return match.group()


_RELATIVE = frozenset(("who", "that", "which", "of", "in", "with", "whose", "for", "from"))


def _named(draft: Draft, asked: str) -> str:
    """Something specific that a question names, or ""."""
    found = [name for name in names(asked) if len(name) > 1]
    if found:
        return found[0]
    for token in tokens(asked):
        if token.kind in ("version", "date", "number", "time") and len(token.text) > 1:
            return token.text
    words, known = content(asked), content(f"{context(draft)}\n{draft.passage.text}\n{draft.text}")
    pairs = set(pairwise(known))
    for one, other in pairwise(words):
        if (one, other) in pairs and not (one in GENERIC and other in GENERIC):
            return f"{one} {other}"
    headings = set(content(context(draft)))
    telling = [word for word in dict.fromkeys(words) if word not in GENERIC and word in known]
    if len(telling) >= 3:
        return " ".join(telling)
    nouns = (word for word in telling if word in headings or (known.count(word) >= 2 and not _ADJECTIVE.search(word)))
    return next(nouns, "")
