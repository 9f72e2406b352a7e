"""The answer is as strong as its evidence: no duty becomes advice, and nothing usual becomes a rule."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.clauses import resting
from agentinstruct_local.verifiers.fields import bad, context, good, string
from agentinstruct_local.words import content, share

_DUTY = re.compile(r"(?i)\b(?:must|shall|has to|have to|required to|mandatory|cannot|can not|may not)\b")
_ADVICE = re.compile(r"(?i)\b(?:should|ought to|recommended|advis(?:ed|able)|encouraged)\b")
_RULED = re.compile(
    r"(?i)\b(?:rules?|requir\w+|policy requires|allowed|forbidden|permitted|need(?:s|ed)? to|can(?:not)?|may)\b"
)
_IS = re.compile(r"(?i)\b(?:is|are)\b")
_LEAVE = re.compile(r"(?i)\b(?:may(?! not\b)|might|optional(?:ly)?|possibl[ey]|perhaps)\b")
_OPTION = re.compile(
    r"(?i)\b(?:may|might|can|could|optional(?:ly)?|possibl[ey]|possibility|perhaps|allow\w*|permit\w*)\b"
)
_OFTEN = re.compile(
    r"(?i)\b(?:commonly|usually|typically|often|widely|frequently|normally|generally|mostly|common|usual|typical|mainly|"
    r"tends?)\b"
)
_PURPOSE = re.compile(
    r"(?i)\bto (?P<verb>ensure|avoid|prevent|facilitate|improve|enhance|maintain|guarantee|simplify|protect|enable|"
    r"optimi[sz]e|reduce|manage)\b"
)
_RANKS = {
    "only": r"only|sole(?:ly)?|exclusive(?:ly)?|alone|just|except|unless|no other|nothing else",
    "first": r"first(?:ly)?|earliest|initial(?:ly)?|begin\w*|start\w*|original(?:ly)?|1st?|before",
    "last": r"last|final(?:ly)?|latest|end\w*|eventual(?:ly)?|ultimate(?:ly)?",
    "best": r"best|recommend\w*|prefer\w*|ideal(?:ly)?|optimal(?:ly)?|better|most",
    "always": r"always|every\w*|each|all|any|never|invariably|no matter|at all times|must|whenever",
    "never": r"never|not|no|cannot|none|nor|neither|n['’]t|always",
    "minimum": r"min\w*|at least|least|smallest|lowest|no (?:less|fewer)|or (?:more|higher|greater)",
    "maximum": r"max\w*|at most|most|up to|no more|limit\w*|largest|highest|or (?:less|lower|fewer)",
    "recommended": r"recommend\w*|suggest\w*|advis\w*|should|ought|prefer\w*|best|better|good|encourag\w*|want to",
    "required": r"requir\w*|must|shall|need\w*|mandatory|ha(?:s|ve) to|necessar\w*|should|essential|only",
    "all": r"all|every\w*|each|any|whole|entire(?:ly)?|complete(?:ly)?|both|always|no|none",
}
"""Words that set one thing over all others, and the words by which a text says so."""
_HEDGES = {
    "usually": r"usual(?:ly)?|normally|generally|typically|commonly|often|mostly|in most cases|most of the time|mainly|"
    r"tends? to|by convention|as a rule|in general|normal|typical|common",
    "sometimes": r"sometimes|occasionally|rarely|seldom|in some cases|at times|now and then",
    "may": r"may|might|can|could|possib\w+|sometimes|optional\w*|potential\w*|allow\w*|permit\w*|perhaps|(?:un)?likely",
    "about": r"about|around|approximately|roughly|nearly|almost|some|circa|approx",
    "by default": r"by default|defaults?",
    "currently": r"currently|at present|at the time of writing|as of|now|presently|at the moment|for now|so far",
}
_HEDGED = {
    "usually": r"usually|normally|generally|typically|commonly|often|in most cases",
    "sometimes": r"sometimes|occasionally|rarely|seldom|in some cases",
    "may": r"(?:may|might|could)(?= (?:also |only |then )?[a-z]+)(?! not\b)",
    "about": r"(?:about|around|approximately|roughly|nearly|almost) (?=[\d$€£]|one|two|three|four|five|half|all|every)",
    "by default": r"by default",
    "currently": r"currently|at present|at the time of writing|presently|at the moment",
}


def verify(
    draft: Draft, *, answer: str = "answer.answer", quote: str = "cite.quote", question: str = "item.question"
) -> Verdict:
    """A "must" is not told as "should", nor the other way round (changed_modal); "usually" stays (dropped_hedge).

    Nothing becomes common that the quote does not call so (added_hedge), has an aim that it does not tell
    (added_purpose), or comes first, last, alone or always where it does not (added_rank).
    """
    said, source, asked = string(draft, answer), string(draft, quote), string(draft, question)
    clause = resting(source, asked, said) or source
    told, above = f"{string(draft, 'item.asked') or asked} {said}", f"{source}\n{context(draft)}"
    if why := _changed(clause, said, asked):
        return bad("as_strong", "changed_modal", f"{why}: {said} | {clause}")
    if (added := _OFTEN.search(said)) and not _OFTEN.search(source):
        return bad("as_strong", "added_hedge", f"'{added[0]}' is not in: {source}")
    for purpose in _PURPOSE.finditer(said):
        if not share(content(purpose["verb"]), content(source)):
            return bad("as_strong", "added_purpose", f"'{purpose[0]}' is not in: {source}")
    for rank, pattern in _RANKS.items():
        ranked = re.search(rf"(?i)\b{rank}\b(?! (?:name|time))", told)
        if ranked and not re.search(rf"(?i)(?:\b(?:{pattern}))\b", above):
            return bad("as_strong", "added_rank", f"'{rank}' is not in: {source}")
    for hedge, pattern in _HEDGED.items():
        found = re.search(rf"(?i)\b(?:{pattern})", clause)
        if found and not re.search(rf"(?i)\b(?:{_HEDGES[hedge]})\b", f"{asked} {said}"):
            return bad("as_strong", "dropped_hedge", f"left out '{found[0].strip()}': {said} | {clause}")
    return good("as_strong")


def _changed(clause: str, said: str, asked: str) -> str:
    """How the answer is weaker or stronger than the clause that it rests on, or ""."""
    duty, advice, leave = (bool(pattern.search(clause)) for pattern in (_DUTY, _ADVICE, _LEAVE))
    if duty and not advice and _ADVICE.search(said) and not _DUTY.search(said):
        return "a duty became advice"
    if advice and not duty and _DUTY.search(said) and not _ADVICE.search(said):
        return "advice became a duty"
    told = f"{asked} {said}"
    if (
        (duty or advice)
        and _IS.search(said)
        and not (_DUTY.search(told) or _ADVICE.search(told) or _RULED.search(told))
    ):
        return "a rule became a fact"
    if leave and not (duty or advice) and (_DUTY.search(told) or _ADVICE.search(told)) and not _OPTION.search(said):
        return "an option became a duty"
    return ""
