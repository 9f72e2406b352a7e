"""Numbered documents that have to be weighed: two that answer a half each, two that disagree, an old and a new one."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from agentinstruct_local import registry
from agentinstruct_local.evidence import locate
from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft, Passage
from agentinstruct_local.tools import ask, falsify
from agentinstruct_local.tools._listing import ABSENT, ALIKE, alike, around, numbered, others, titled
from agentinstruct_local.tools._matter import drawn

LONGEST = 16
"""Words of a second question: the two become one sentence."""
TRIED = 12
"""Passages that are looked through for a second question."""
_FIRST, _LAST = date(2015, 1, 5), date(2025, 6, 30)
_HELPERS = frozenset(("is", "are", "was", "were", "must", "shall", "should", "can", "will", "does", "has", "have"))

_DENIED = re.compile(r"\b(?:not|cannot)\b")
_ASKS_WHAT = re.compile(r"(?:What (?:is|are|does|do|can|may)|Why)\b")

Checks = Sequence[str | Mapping[str, Any]]


class _Shown(NamedTuple):
    """A document of the list: what it is here for, its text, and the passage behind it."""

    role: str  # told, other, false, or nothing
    text: str
    passage: Passage


def use(
    draft: Draft,
    *,
    corpus: Library | None = None,
    case: str = "two",
    documents: int = 4,
    checks: Checks = (),
    asks: Sequence[str] = (),
    answers: Sequence[str] = (),
    **wordings: Sequence[str],
) -> dict[str, Any]:
    """`user` (documents and question), `assistant`, `told` (all that is true), `false`, `case` and `quote`.

    `case`: "two" asks two things that two documents answer; "half" too, but one answer is missing; "conflict" shows a
    document twice, one with a changed statement, and a label for each; "newer" too, with dates; "verdict"
    asks whether a statement is right: yes, no, or maybe where no document says. `wordings` are `labels`, and `on_yes`,
    `on_no` and `on_maybe`. A second question passes `checks`. Errors: no_documents, nothing_to_change,
    too_few_questions.
    """
    quote = draft.focus.text if draft.focus else ""
    if not corpus or not quote or not asks:
        return {"error": "no_documents"}
    play = _Play(draft, corpus, quote, documents)
    made = {"two": play.two, "half": play.half, "verdict": play.verdict}.get(case, play.changed)(checks)
    if isinstance(made, str):
        return {"error": made}
    if len(play.shown) < max(2, documents - 1):
        return {"error": "no_documents"}
    play.draw.shuffle(play.shown)
    titles = [titled(one.passage) for one in play.shown]
    numbers = {one.role: place for place, one in enumerate(play.shown, 1) if one.role}
    words = {**made, **{f"{role}_number": str(number) for role, number in numbers.items()}}
    if case == "conflict":
        marks = play.draw.sample(list(wordings["labels"]), len(titles))
        titles = [f"{title} ({mark})" for title, mark in zip(titles, marks, strict=True)]
        words |= {f"{role}_label": marks[number - 1] for role, number in numbers.items()}
    elif case == "newer":
        days = play.dates()
        titles = [f"{title} (last changed {day})" for title, day in zip(titles, days, strict=True)]
        words |= {f"{role}_date": days[number - 1] for role, number in numbers.items()}
    listed = numbered(titles, [one.text for one in play.shown])
    user = play.draw.choice(list(asks)).format(documents=listed, **words)
    assistant = play.draw.choice(list(wordings.get(f"on_{made.get('verdict')}", answers))).format(**words)
    return {"output": {
        "user": user, "assistant": assistant, "case": case, "quote": quote, "false": made.get("false", ""),
        "told": [made[name] for name in ("told", "other") if name in made], "verdict": made.get("verdict", ""),
        "listed": listed, "missing": made.get("missing", ""), "passages": [one.passage.id for one in play.shown],
    }}  # fmt: skip


def _plain(question: str) -> bool:
    """Whether a question can be the second half of another: short, and of a form that is seldom garbled."""
    return len(question.split()) <= LONGEST and not question.startswith("Why ") and not question.endswith(" do?")


class _Play:
    """The documents of one list as they are chosen."""

    def __init__(self, draft: Draft, corpus: Library, quote: str, documents: int) -> None:
        self.draft, self.corpus, self.quote, self.documents = draft, corpus, quote, documents
        self.draw: random.Random = drawn(draft, "weigh")
        self.question, self.told = str(draft.value("item.question")), str(draft.value("item.told"))
        self.shown: list[_Shown] = []

    def own(self) -> _Shown:
        return _Shown("told", around(self.draft.passage, self.quote), self.draft.passage)

    def fill(self, question: str, told: Sequence[str], *more: Passage, share: float = ALIKE) -> None:
        """Further documents, up to the number that is wanted, which answer nothing."""
        without = {one.id for one in (self.draft.passage, *more)}
        found = others(self.corpus, question, told, 8 * self.documents, without, share)
        left = self.documents - len(self.shown)
        self.shown += [_Shown("", text, one) for text, one in list(found.items())[:left]]

    def second(self, checks: Checks) -> tuple[Draft, str, str] | None:
        """A sentence of another passage that can be asked about: a draft of it, its question and what it tells."""
        named = [(one, {}) if isinstance(one, str) else next(iter(one.items())) for one in checks]
        near = self.corpus.search(f"{self.question} {self.told}", TRIED + 1)
        for passage in [one for one in near if one.id != self.draft.passage.id][:TRIED]:
            for place in sorted(passage.foci):
                one = replace(self.draft, passage=passage, focus=passage.units[place], text=passage.text)
                asked = ask.use(one, named=True).get("output")
                if (
                    asked is None
                    or not _plain(asked["question"])
                    or alike(asked["told"], self.told)
                    or alike(self.told, asked["told"])
                ):
                    continue
                one = replace(one, item=asked)
                if all(registry.find("verifiers", name)(one, **options).ok for name, options in named):
                    return one, asked["question"], asked["told"]
        return None

    def two(self, checks: Checks) -> dict[str, str] | str:
        found = self.second(checks)
        if found is None:
            return "too_few_questions"
        other, question, told = found
        assert other.focus
        mine, theirs = self.own(), _Shown("other", around(other.passage, other.focus.text), other.passage)
        if alike(mine.text, told) or alike(theirs.text, self.told):
            return "too_few_questions"  # one document would do
        self.shown = [mine, theirs]
        both = f"{self.question[:-1]}, and {question[0].lower()}{question[1:]}"
        self.fill(both, [self.told, told], other.passage, share=ABSENT)
        return {"question": both, "told": self.told.rstrip("."), "other": told.rstrip(".")}

    def half(self, checks: Checks) -> dict[str, str] | str:
        made = self.two(checks)
        if isinstance(made, str):
            return made
        missing = self.second(checks)
        assert missing
        self.shown = [one for one in self.shown if one.role != "other"]
        return {"question": made["question"], "told": made["told"], "missing": missing[1]}

    def false(self) -> str:
        """The sentence with one change that its question does not give away; empty where there is none."""
        turned = falsify.use(self.draft, claim="focus").get("output")
        if turned is None:
            return ""
        lost = set(self.quote.casefold().split()) - set(turned["false_claim"].casefold().split()) - _HELPERS
        told_of = set(self.question.casefold().rstrip("?").split())
        return "" if lost & told_of else str(turned["false_claim"])

    def changed(self, _: Checks) -> dict[str, str] | str:
        """The document, and the same one with another statement in the place of what is asked about."""
        false, own = self.false(), self.own()
        place = locate(self.quote, own.text)
        bare = _DENIED.search(false) and not _DENIED.search(self.quote) and _ASKS_WHAT.match(self.question)
        if not false or place is None or bare:  # "X is not a tool" is no second answer to "What is X?"
            return "nothing_to_change"
        text = own.text[: place[0]] + false + own.text[place[1] :]
        self.shown = [own, _Shown("false", text, own.passage)]
        self.fill(self.question, [self.told])
        said = ask.as_reply(false).rstrip(".")
        return {"question": self.question, "told": self.told.rstrip("."), "false": said}

    def verdict(self, _: Checks) -> dict[str, str] | str:
        """A statement that is right, or wrong, or that no document speaks of."""
        verdict = self.draw.choice(("yes", "no", "maybe"))
        false = self.false()
        if verdict == "no" and not false:
            return "nothing_to_change"
        self.shown = [] if verdict == "maybe" else [self.own()]
        self.fill(self.question, [self.told], share=ABSENT if verdict == "maybe" else ALIKE)
        told, said = self.told.rstrip("."), ask.as_reply(false).rstrip(".") if verdict == "no" else ""
        claim = said or (
            ask.as_reply(false).rstrip(".") if verdict == "maybe" and false and self.draw.random() < 0.5 else told
        )
        return {"question": self.question, "told": told, "claim": claim, "verdict": verdict, "false": said}

    def dates(self) -> list[str]:
        """A day for each document; the one that was changed is at least a year older than the one that holds."""
        span = (_LAST - _FIRST).days
        old = self.draw.randrange(span - 800)
        drawn_days = {"false": old, "told": old + self.draw.randrange(400, min(span - old, 1500))}
        days = [drawn_days.get(one.role, self.draw.randrange(span)) for one in self.shown]
        return [(_FIRST + timedelta(days=one)).isoformat() for one in days]
