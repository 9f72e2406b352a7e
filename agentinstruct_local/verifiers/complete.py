"""The answer is whole: not cut off, and with the conditions that its evidence states."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.clauses import (
    GENERIC,
    STRICT,
    affirmed,
    clauses_of,
    conditions,
    denied,
    negated,
    resting,
    told,
)
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, numbers, share

_OPEN_END = re.compile(
    r"(?i)(?:[,:;(\[{–—-]|\s(?:and|or|but|nor|the|an|of|such as|because|which|whose|than|from|into|if|when"
    r"|unless|e\.g|i\.e)"
    r"|\.\.\.|…)$"
)
_CODE = re.compile(r"```.{0,4000}?```|`[^`\n]{0,200}`|`[^`'\n]{0,80}'", re.DOTALL)
_LIST_MARK = re.compile(
    r"\((?:[a-zA-Z]|[ivx]{1,4}|\d{1,2})\)|(?:^|(?<=\s))(?:[a-zA-Z]|[ivx]{1,4}|\d{1,2})\)|[:;]-?\)", re.MULTILINE
)
_BOUND = re.compile(
    r"(?i)\b(at least|at most|up to|no more than|not more than|no less than|no fewer than|fewer than|less than"
    r"|more than|"
    r"minimum of|maximum of|within)\s(?:the\s|a\s|an\s)?(?=[\d$€£\w])"
)
_LOW = re.compile(r"(?i)\b(?:at least|minimum|or more|fewer|less|more than|lowest|over|exceed\w{0,3})\b|≥|>=")
_HIGH = re.compile(
    r"(?i)\b(?:at most|up to|maximum|or less|or fewer|(?:more|less|fewer) than|within|limit\w{0,3}|highest"
    r"|largest|below|under"
    r"|longest|exceed\w{0,3}|by|most|latest|how (?:long|soon|quickly|far))\b|≤|<="
)
_QUALIFIED = re.compile(
    r"(?i)^(?P<noun>[\w/'’-]{1,60}(?:\s[\w/'’-]{1,60}){0,5}?)\s(?:for|of|in|from|with|without|on|under|within)\s"
    r"(?P<limit>[\w/'’-]{1,60}(?:\s[\w/'’-]{1,60}){0,6}?)\s"
    r"(?=(?:must|should|shall|may|can|will|is|are|has|have|cannot)\b)"
)


def verify(
    draft: Draft, *, answer: str = "answer.answer", quote: str = "answer.quote", question: str = "item.question"
) -> Verdict:
    """The answer is not cut (answer_cut) and keeps what limits its evidence (dropped_condition, dropped_negation)."""
    said, source, asked = string(draft, answer).strip(), string(draft, quote), string(draft, question)
    if not said:
        return bad("complete", "answer_cut", "there is no answer")
    if why := _cut(said):
        return bad("complete", "answer_cut", f"{why}: ...{said[-80:]}")
    if not source:
        return good("complete")
    clause = resting(source, asked, said)
    if word := _dropped_negation(source, asked, said):
        return bad("complete", "dropped_negation", f"text and answer differ about '{word}': {clause}")
    if limit := _dropped_condition(clause, asked, said):
        return bad("complete", "dropped_condition", f"left out: {limit}")
    return good("complete")


def _cut(said: str) -> str:
    """Why an answer looks as if it stopped too early, or ""."""
    text = _LIST_MARK.sub(" x ", _CODE.sub(" x ", said)).strip()
    if _OPEN_END.search(text.rstrip(".").rstrip() if not text.endswith("...") else text):
        return "it stops in mid-sentence"
    for left, right in ("()", "[]", "{}", "“”"):
        if text.count(left) != text.count(right) and said.count(left) != said.count(right):
            return f"unbalanced {left}{right}"
    if text.count('"') % 2 and not re.search(r'\d"', text):  # 19" is an inch mark
        return "unbalanced quotes"
    return "unbalanced backticks" if text.count("`") % 2 else ""


def _dropped_negation(quote: str, asked: str, said: str) -> str:
    """A word that the text denies and that the answer affirms, or that only the answer denies."""
    if negated(asked):
        return ""
    words = set(content(said))
    near = [clause for clause in clauses_of(quote) if share(content(clause), words) >= 0.7]
    for word in dict.fromkeys(word for clause in (resting(quote, asked, said), *near) for word in denied(clause)):
        if word in words and affirmed(word, said) and not affirmed(word, quote):
            return word
    if not negated(quote) and not re.match(r"(?i)(?:no|not|false|incorrect)\b", said):
        theirs = set(content(quote))
        return next((word for word in denied(said) if word in theirs), "")
    return ""


def _dropped_condition(clause: str, asked: str, said: str) -> str:
    """A condition, bound or qualifier of the clause that neither question nor answer has, or ""."""
    known = content(f"{asked} {said}")
    for mark, body, rest in conditions(clause):
        main = content(rest)
        if share(main, known) < 0.3 and share(content(said), main) < 0.5:
            continue  # the answer does not rest on what this condition governs
        own = [word for word in content(body) if word not in main]
        if told(own, known) < (0.5 if mark in STRICT else 0.01):
            return f"{mark} {body}"
    for match in _BOUND.finditer(clause):
        after = numbers(clause[match.end() : match.end() + 40])
        if not after or after[0].value not in {number.value for number in numbers(said)}:
            continue
        low = bool(re.match(r"(?i)at least|minimum|more|no (?:less|fewer)", match.group(1)))
        if not (_LOW if low else _HIGH).search(f"{asked} {said}"):
            return f"{match.group(1)} {after[0].value}"
    qualified = _QUALIFIED.match(clause)
    noun = content(qualified["noun"]) if qualified else ()
    if qualified and len(noun) >= 2 and share(noun, content(asked)) == 1.0:
        limit = content(qualified["limit"])
        if (len(limit) >= 2 or any(word not in GENERIC for word in limit)) and share(limit, known) == 0.0:
            return qualified.group().strip()
    return ""
