"""Two answers to one question agree."""

from __future__ import annotations

import re
from typing import Literal

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.clauses import denied, negated
from agentinstruct_local.verifiers.fields import bad, good, labels, string, strings
from agentinstruct_local.verifiers.reading_comprehension.options import find
from agentinstruct_local.words import content, f1, names, normalise, numbers, share

_YES = frozenset(("yes", "true", "correct", "right", "y", "t"))
_NO = frozenset(("no", "false", "incorrect", "wrong", "n", "f"))


def verify(  # its options are its arguments
    draft: Draft,
    *,
    one: str = "item.key",
    other: str = "answer.key",
    kind: Literal["closed", "short"] = "closed",
    threshold: float = 0.5,
    question: str = "item.question",
    options: str = "item.options",
) -> Verdict:
    """Closed answers are equal once normalised; short ones share words, numbers, names and polarity (answers_differ).

    Words of the question count for nothing. A closed answer may be an option or its letter, and yes is true.
    """
    first, second = string(draft, one), string(draft, other)
    seen = f"{first} | {second}"
    if not first.strip() or not second.strip():
        return bad("same_answer", "answers_differ", f"one is missing: {seen}")
    if kind == "closed":
        choices, marks = strings(draft, options), labels(draft, options)
        a, b = (_closed(text, choices, marks) for text in (first, second))
        return good("same_answer", seen) if a == b else bad("same_answer", "answers_differ", seen)
    if normalise(first) == normalise(second):
        return good("same_answer", seen)
    if why := _clash(first, second, string(draft, question)):
        return bad("same_answer", "answers_differ", f"{why}: {seen}")
    told = set(content(string(draft, question)))
    mine, theirs = ([word for word in content(text) if word not in told] for text in (first, second))
    if not mine or not theirs:
        mine, theirs = list(content(first)), list(content(second))
    alike = f1(mine, theirs)
    shorter, longer = sorted((mine, theirs), key=len)
    held = share(shorter, longer) == 1.0 and (len(set(shorter)) >= 2 or bool(names(first) or numbers(first)))
    if alike >= threshold or held:
        return good("same_answer", f"{alike:.2f}: {seen}")
    return bad("same_answer", "answers_differ", f"{alike:.2f}: {seen}")


def _closed(text: str, choices: list[str], marks: list[str]) -> str:
    """The one form that a closed answer is compared in."""
    place = find(text, choices, marks) if choices else None
    if place is not None:
        return f"option {place}"
    first = re.match(r"\w+", text.strip().casefold())
    if first and first.group() in _YES | _NO and not choices:
        return "yes" if first.group() in _YES else "no"
    found = numbers(text)
    if len(found) == 1 and len(content(text)) <= 2:
        return f"{found[0].value} {found[0].unit}".strip()
    return normalise(text)


def _clash(one: str, other: str, question: str) -> str:
    """What two short answers contradict each other in, or ""."""
    heads = [_closed(text, [], []) for text in (one, other)]
    if set(heads) == {"yes", "no"}:
        return "yes and no"
    a, b = ({(number.value, number.unit) for number in numbers(text)} for text in (one, other))
    if a and b and not (_inside(a, b) or _inside(b, a)):
        return "numbers differ"
    first, second = ({name.casefold().rstrip("/") for name in names(text)} for text in (one, other))
    words, more = set(content(one)), set(content(other))
    if (first - more and second - words and first and second) and not (first <= second or second <= first):
        return "names differ"
    denies = (not negated(other) and any(word in more for word in denied(one))) or (
        not negated(one) and any(word in words for word in denied(other))
    )
    return "one denies what the other says" if denies and not negated(question) else ""


def _inside(few: set[tuple[str, str]], many: set[tuple[str, str]]) -> bool:
    """True if each number of `few` stands in `many` with the same unit, or one of the two without."""
    return all(any(v == w and (not u or not x or u == x) for w, x in many) for v, u in few)
