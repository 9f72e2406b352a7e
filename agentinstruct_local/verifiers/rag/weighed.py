"""Documents that have to be weighed: each statement stands in the one that is cited for it, and the answer says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string, strings
from agentinstruct_local.words import content, squash
from agentinstruct_local.words.questions import plain

BY = "weighed"
ALIKE = 0.6
_HEAD = re.compile(r"(?m)^\[(\d{1,2})\] (.*)\n")
_DATE = re.compile(r"\(last changed (\d{4}-\d\d-\d\d)\)$")
_CITED = re.compile(r"\[(\d{1,2})\]")

Documents = Mapping[int, tuple[str, str]]


def verify(draft: Draft, *, of: str = "weigh") -> Verdict:
    """The answer at `of` cites the documents that hold what it says (citation_wrong), and no others.

    A statement that another document may hold too is refused (citation_ambiguous), and so are two documents that do
    not disagree where they have to, a newer one that is older, and an answer that hides what is missing or that there
    are two versions (not_weighed).
    """
    listed, said, case = string(draft, f"{of}.listed"), string(draft, f"{of}.assistant"), string(draft, f"{of}.case")
    told, false = strings(draft, f"{of}.told"), string(draft, f"{of}.false")
    documents = _documents(listed)
    if not documents or not told or listed not in string(draft, f"{of}.user"):
        return bad(BY, "citation_wrong", "no document is numbered")
    holders = {one: _holders(one, documents) for one in (*told, *([false] if false else []))}
    cited = [int(one) for one in _CITED.findall(said)]
    check = {"conflict": _conflict, "newer": _newer, "verdict": _verdict}.get(case, _halves)
    reason, why = check(draft, of, documents, holders, said)
    if reason:
        return bad(BY, reason, why)
    if not set(cited) <= set(documents):
        return bad(BY, "citation_wrong", f"cited {cited} of {len(documents)}")
    return good(BY, f"{case} {cited}")


Found = tuple[str, str]
_FINE: Found = ("", "")


def _documents(listed: str) -> dict[int, tuple[str, str]]:
    """Number -> what stands above a document, and its text."""
    marks = list(_HEAD.finditer(listed))
    ends = [*(mark.start() for mark in marks[1:]), len(listed)][: len(marks)]
    return {int(mark[1]): (mark[2], listed[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)}


def _plain(text: str) -> str:
    return squash("\n".join(plain(line) for line in text.splitlines())).casefold()


def _holders(claim: str, documents: Documents) -> list[int]:
    """The documents that hold a statement word for word, marks of lists and links aside."""
    wanted = squash(claim).rstrip(".").casefold()
    return [
        number
        for number, (_, text) in documents.items()
        if wanted in _plain(text)
        or wanted in squash(text).casefold()
        or wanted in squash(plain(squash(text))).casefold()
    ]


def _near(claim: str, documents: Documents) -> list[int]:
    """The documents that may hold a statement in other words."""
    wanted = set(content(claim))
    return [number for number, (_, text) in documents.items() if len(wanted & set(content(text))) > ALIKE * len(wanted)]


def _cites(said: str, claim: str, number: int) -> bool:
    """Whether the answer has the statement, and the number is the nearest to it."""
    start = squash(said).casefold().find(squash(claim).rstrip(".").casefold())
    if start < 0:
        return False
    text, end = squash(said), start + len(squash(claim).rstrip("."))
    marks = [(one.start(), int(one[1])) for one in _CITED.finditer(text)]
    before = [one for one in marks if one[0] < start]
    after = [one for one in marks if one[0] >= end]
    return (bool(after) and after[0][1] == number) or (bool(before) and before[-1][1] == number)


def _halves(draft: Draft, of: str, documents: Documents, holders: Mapping[str, Sequence[int]], said: str) -> Found:
    """Each statement stands in one document, which is cited for it; what is missing is named and stands in none."""
    missing = string(draft, f"{of}.missing")
    for claim, found in holders.items():
        if len(found) != 1 or not _cites(said, claim, found[0]):
            return "citation_wrong", f"held by {found}: {claim}"
        if set(_near(claim, documents)) - set(found):
            return "citation_ambiguous", claim
    numbers = [found[0] for found in holders.values()]
    if missing:
        if squash(missing).rstrip("?").casefold()[1:] not in squash(said).casefold():
            return "not_weighed", f"it does not say that this is missing: {missing}"
        return _FINE
    if len(set(numbers)) < 2:
        return "not_weighed", f"one document would do: {numbers}"
    return _FINE


def _pair(documents: Documents, holders: Mapping[str, Sequence[int]]) -> tuple[str, str, int, int] | Found:
    """What is told, what is false, and the one document of each."""
    if len(holders) != 2:
        return "not_weighed", "there are not two versions"
    (told, true), (false, wrong) = holders.items()
    if len(true) != 1 or len(wrong) != 1 or true == wrong:
        return "citation_wrong", f"held by {true} and {wrong}"
    if squash(told).casefold() == squash(false).casefold():
        return "not_weighed", "the two versions say the same"
    return told, false, true[0], wrong[0]


def _conflict(draft: Draft, of: str, documents: Documents, holders: Mapping[str, Sequence[int]], said: str) -> Found:
    """Both versions are told, each with its document."""
    pair = _pair(documents, holders)
    if len(pair) == 2:
        return pair
    told, false, true, wrong = pair
    if not _cites(said, told, true) or not _cites(said, false, wrong):
        return "citation_wrong", said
    return _FINE


def _newer(draft: Draft, of: str, documents: Documents, holders: Mapping[str, Sequence[int]], said: str) -> Found:
    """The newer version is told with its document, and the older one is named as such."""
    pair = _pair(documents, holders)
    if len(pair) == 2:
        return pair
    told, _, true, wrong = pair
    days = [_DATE.search(documents[number][0]) for number in (true, wrong)]
    if not days[0] or not days[1] or days[0][1] <= days[1][1]:
        return "not_weighed", "the version that is told is not the newer one"
    if not _cites(said, told, true):
        return "citation_wrong", said
    return _FINE if f"[{wrong}]" in said else ("not_weighed", "the older version is not named")


def _verdict(draft: Draft, of: str, documents: Documents, holders: Mapping[str, Sequence[int]], said: str) -> Found:
    """Yes: a document has the statement. No: it has the true one instead. Maybe: none has anything like it."""
    verdict, told = string(draft, f"{of}.verdict"), strings(draft, f"{of}.told")[0]
    asked = squash(string(draft, f"{of}.user").replace(string(draft, f"{of}.listed"), " "))
    if not said.casefold().startswith(verdict):
        return "not_weighed", f"the verdict is {verdict}"
    if verdict == "maybe":
        close = _near(told, documents)
        return ("citation_wrong", f"{close} may hold it") if close or _CITED.search(said) else _FINE
    claim = string(draft, f"{of}.false") if verdict == "no" else told
    if not claim or squash(claim).rstrip(".") not in asked:
        return "not_weighed", "the statement is not the one that was asked about"
    if len(holders[told]) != 1 or not _cites(said, told, holders[told][0]):
        return "citation_wrong", f"held by {holders[told]}"
    return ("not_weighed", "a document says so") if verdict == "no" and holders[claim] else _FINE
