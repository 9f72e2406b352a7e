"""Of the options of a question about the rows that it shows, the key names all that are right, and only those."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers._claims import number
from agentinstruct_local.verifiers._mentions import Mention, mentions
from agentinstruct_local.verifiers._shown import Data, read, strange
from agentinstruct_local.verifiers.fields import bad, good, string, strings

BY = "right_options"
_OPTION = re.compile(r"(?m)^([A-F])\) (.+)$")
_LEAST, _MOST = (
    re.compile(r"\b(?:fewest|lowest|shortest|smallest)\b"),
    re.compile(r"\b(?:most|highest|longest|largest)\b"),
)
_ADDED = re.compile(r"\b(?:total|together|sum|combined|add up|added)\b")
_APART = re.compile(r"\b(?:difference|apart|exceeds?|how much (?:higher|longer|more)|differ)\b")
_ABOVE = re.compile(r"\b(?:above|more than|over|exceed)\b")
_NEEDS = re.compile(r"\b(at least|at most) (\S[^§]*?) in §(\d+)§")
_NONE = "none of the above"
Solved = Callable[[str], bool]


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: data_unread, data_not_in_text, question_unread, duplicate_options, key_wrong.

    The options are read from the question as it stands, and what is asked is worked out from the rows in it.
    """
    question, asked, reply, shown = (string(draft, f"{of}.{one}") for one in ("question", "asked", "reply", "data"))
    data = read(shown) if shown and shown in question else None
    if data is None or not asked or asked not in question:
        return bad(BY, "data_unread", question)
    if lost := strange(data, draft):
        return bad(BY, "data_not_in_text", lost)
    options = dict(_OPTION.findall(question))
    plain = [text.casefold() for text in options.values()]
    if len(options) < 4 or len(set(plain)) < len(plain):
        return bad(BY, "duplicate_options", " / ".join(plain))
    solved = _solved(asked, data)
    return _judge(asked, reply, strings(draft, f"{of}.keys"), options, data, solved)


def _judge(
    asked: str, reply: str, keys: list[str], options: dict[str, str], data: Data, solved: Solved | None
) -> Verdict:
    if solved is None:
        return bad(BY, "question_unread", asked)
    right = [letter for letter, text in options.items() if solved(text)]
    none = [letter for letter, text in options.items() if text.casefold() == _NONE]
    right = right or none
    named = re.findall(r"\b[A-F]\b", mentions(reply, data)[1])
    if not right or right != keys or set(named) - set(right) or not set(right) <= set(named):
        return bad(BY, "key_wrong", f"right: {right}, key: {keys}, reply: {reply}")
    several = re.search(r"\b(?:two|both \w+s|mark both)\b", asked.casefold())
    if (len(right) == 2) != bool(several):
        return bad(BY, "key_wrong", f"{len(right)} right: {asked}")
    return good(BY, ", ".join(right))


def _solved(asked: str, data: Data) -> Solved | None:
    """What makes an option right; None where the question cannot be worked out."""
    found, left = mentions(asked, data)
    keys, headings = (list(dict.fromkeys(_of(found, kind))) for kind in ("key", "heading"))
    if needs := _needs(asked, found, data):
        keeping = [one[data.head] for one in data.records if all(keeps(one) for keeps in needs)]
        return (lambda text: _named(text, data) == keeping) if len(keeping) == 1 else None
    if len(headings) != 1:
        return None
    column = {record[data.head]: record.get(headings[0], "") for record in data.records}
    values = {key: value for key, cell in column.items() if (value := number(cell)) is not None}
    if len(values) == len(column) and (counted := _counted(asked, left, keys, values, data)):
        return counted
    if len(keys) == 1:
        cell = column[keys[0]]
        return lambda text: cell in _of(mentions(text, data)[0], "cell")
    return _pairing(headings[0], data) if not keys else None


def _counted(asked: str, left: str, keys: Sequence[str], values: dict[str, Fraction], data: Data) -> Solved | None:
    """What makes an option right where a sum, a difference, a limit or an extreme is asked for."""
    if len(keys) == 2 and (_ADDED.search(left) or _APART.search(left)):
        one, other = (values[key] for key in keys)
        wanted = one + other if _ADDED.search(left) else abs(one - other)
        return lambda text: number(text) == wanted
    if not keys and _ABOVE.search(asked) and (limit := _last(asked)) is not None:
        over = {key for key, value in values.items() if value > limit}
        return lambda text: bool(named := _named(text, data)) and set(named) <= over
    if not keys and (_MOST.search(asked) or _LEAST.search(asked)):
        best = max(values.values()) if _MOST.search(asked) else min(values.values())
        return lambda text: [values[key] for key in _named(text, data)] == [best]
    return None


def _pairing(heading: str, data: Data) -> Solved:
    def right(text: str) -> bool:
        found, _ = mentions(text, data)
        keys, cells = _of(found, "key"), _of(found, "cell")
        entries = {record[data.head]: record.get(heading, "") for record in data.records}
        return len(keys) == len(cells) == 1 and entries[keys[0]] == cells[0]

    return right


def _needs(asked: str, found: Sequence[Mention], data: Data) -> list[Callable[[dict[str, str]], bool]]:
    """The limits that a question sets, each as a test of a row."""
    places = [one for one in found if one.kind == "heading"]
    marked = asked
    for at in range(len(places) - 1, -1, -1):
        start = places[at].place
        words = len(places[at].what.replace("_", " ").split("(")[0].split())
        rest = re.sub(rf"^[\w-]+(?: [\w-]+){{{words - 1}}}", "", marked[start:])
        marked = f"{marked[:start]}§{at}§{rest}"
    tests = []
    for word, amount, at in _NEEDS.findall(marked):
        limit, heading = number(amount), places[int(at)].what
        if limit is not None:
            tests.append(_test(heading, limit, word == "at least"))
    return tests if len(tests) == 2 else []


def _test(heading: str, limit: Fraction, least: bool) -> Callable[[dict[str, str]], bool]:
    def keeps(record: dict[str, str]) -> bool:
        value = number(record.get(heading, ""))
        return value is not None and (value >= limit if least else value <= limit)

    return keeps


def _of(found: Sequence[Mention], kind: str) -> list[str]:
    return [one.what for one in found if one.kind == kind]


def _named(text: str, data: Data) -> list[str]:
    return _of(mentions(text, data)[0], "key")


def _last(text: str) -> Fraction | None:
    found = re.findall(r"-?\d[\d,]*(?:\.\d+)?", text)
    return number(found[-1]) if found else None
