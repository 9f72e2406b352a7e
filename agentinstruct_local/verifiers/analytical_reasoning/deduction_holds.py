"""What a deduction says of its statements, counts or links is so, reckoned anew from the sentences of the question."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string, strings

BY = "deduction_holds"
_ANSWER = re.compile(r"^Answer: (.+)\.$", re.MULTILINE)
_STATEMENTS: Mapping[str, Callable[[str, str, Sequence[frozenset[str]]], bool]] = {
    r"Every note that mentions (.+?) also mentions (.+)\.": lambda one, other, notes: all(
        other in note for note in notes if one in note
    ),
    r"No note that mentions (.+?) mentions (.+)\.": lambda one, other, notes: (
        not any(one in note and other in note for note in notes)
    ),
    r"At least one note that mentions (.+?) also mentions (.+)\.": lambda one, other, notes: any(
        one in note and other in note for note in notes
    ),
    r"At least one note that mentions (.+?) does not mention (.+)\.": lambda one, other, notes: any(
        one in note and other not in note for note in notes
    ),
}
Notes = Sequence[frozenset[str]]


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: puzzle_unread, puzzle_wrong (the answer), step_unfounded (what it is drawn from)."""
    question, answer = string(draft, f"{of}.question"), string(draft, f"{of}.answer")
    given = _ANSWER.search(answer)
    check = {"syllogism": _syllogism, "venn": _venn, "links": _links}.get(string(draft, f"{of}.kind"))
    names = [f"the {one}" for one in strings(draft, f"{of}.things")]
    if check is None or not given or not names or not all(name in question for name in names):
        return bad(BY, "puzzle_unread", question)
    reason = check(question, answer, given[1])
    return bad(BY, reason, answer) if reason else good(BY, given[1])


def _read(sentence: str) -> Callable[[Notes], bool] | None:
    for pattern, holds in _STATEMENTS.items():
        if found := re.fullmatch(pattern, sentence.strip()):
            one, other = found.groups()
            return partial(holds, one, other)
    return None


def _syllogism(question: str, answer: str, given: str) -> str:
    """Every collection of notes is tried: what matters of it is which of the eight kinds of note it holds."""
    lines = question.strip().splitlines()
    said = [line[3:] for line in lines if re.match(r"[12]\. ", line)] + [lines[-1]]
    first, second, last = ([_read(line) for line in said] + [None] * 3)[:3]
    if first is None or second is None or last is None or len(said) != 3:
        return "puzzle_unread"
    named = sorted(set(re.findall(r"(the [a-z -]+?)(?= also| mentions| does|\.)", " ".join(said))))
    kinds = [frozenset(name for name, there in zip(named, one, strict=True) if there)
             for one in product((False, True), repeat=len(named))]  # fmt: skip
    follows = True
    for there in product((False, True), repeat=len(kinds)):
        notes = [kind for kind, is_there in zip(kinds, there, strict=True) if is_there]
        if first(notes) and second(notes) and not last(notes):
            follows = False
            break
    if given != ("yes, it follows" if follows else "no, it does not follow"):
        return "puzzle_wrong"
    if not follows:
        shown = [frozenset(re.findall("|".join(map(re.escape, sorted(named, key=len, reverse=True))), part))
                 for part in re.findall(r"one that mentions only ([^;.]+)", answer)]  # fmt: skip
        if not shown or not first(shown) or not second(shown) or last(shown):
            return "step_unfounded"
    return ""


def _venn(question: str, answer: str, given: str) -> str:
    told = re.search(r"Of these, (\d+) mention .+? and (\d+) mention .+?; (\d+) mention both\.", question)
    total = re.search(r"\d+", question)
    if not told or not total:
        return "puzzle_unread"
    first, second, both = map(int, told.groups())
    members = [(at < first, first - both <= at < first - both + second) for at in range(int(total[0]))]
    if min(first, second, int(total[0]) - first - second + both) < 0 or both > min(first, second):
        return "puzzle_wrong"
    wanted: dict[str, Callable[[bool, bool], bool]] = {
        "neither": lambda one, other: not one and not other,
        "exactly one": lambda one, other: one != other,
        "at least one": lambda one, other: one or other,
        "but not": lambda one, other: one and not other,
    }
    asked = question.rpartition("How many")[2]
    which = next((holds for words, holds in wanted.items() if words in asked), None)
    if which is None:
        return "puzzle_unread"
    if given != str(sum(which(*one) for one in members)):
        return "puzzle_wrong"
    sums = re.findall(r": ([\d+ -]+) = (\d+)$", answer, re.MULTILINE)
    right = all(
        sum(int(part.replace(" ", "")) for part in re.findall(r"[+-]? ?\d+", left)) == int(value)
        for left, value in sums
    )
    return "" if sums and right and sums[-1][1] == given else "step_unfounded"


def _links(question: str, answer: str, given: str) -> str:
    links = {
        one: set(re.split(r", | and ", to))
        for one, to in re.findall(r"^- The page on (.+?) links to the pages? on (.+)\.$", question, re.MULTILINE)
    }
    asked = re.search(r"from the page on (.+?) to the page on (.+)\?", question)
    if not asked or not links:
        return "puzzle_unread"
    told = re.findall(r"^- New after \w+ clicks?: (.+)\.$", answer, re.MULTILINE)
    near, edge = {asked[1]}, {asked[1]}
    for number in range(1, len(links) + 1):
        edge = {to for one in edge for to in links.get(one, ())} - near
        near |= edge
        if number > len(told) or set(re.split(r", | and ", told[number - 1])) != edge:
            return "step_unfounded"
        if asked[2] in edge:
            return "" if given == str(number) and number == len(told) else "puzzle_wrong"
    return "puzzle_wrong"
