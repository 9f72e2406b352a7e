"""One sitting: a student is asked every question under one condition, and each reply is marked.

The prompt is the question and nothing else, in the student's own chat format, so that no language is favoured; material
stands before it. Options are not shown: each is told by how much likelier its text is, a token, as the reply to the
question than as the reply to nothing (domain conditional PMI: Holtzman et al. 2021, arXiv 2104.08315). Students of this
size answer letters at chance whatever they know, and so they do where the options stand in the prompt: given the right
passage, SmolLM2-135M was right 24 % of the time with the options listed in four orders (84 questions), 62 % without
them (42 others).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from agentinstruct_local.exam.marking import exact, holds
from agentinstruct_local.exam.questions import Question
from agentinstruct_local.records import Message, Output, Reply, Request, Sampling
from agentinstruct_local.teachers import Teacher

MOST = 48
"""Tokens of a short answer."""
NOTHING = "?"
"""What stands for no question at all."""
AHEAD = 4
"""Requests handed over for each that the student answers at a time."""
Tell = Callable[[int, int], None]
"""Hears how many requests are answered, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What became of one question."""

    id: str
    right: bool | None  # None where the student gave no answer, as where the prompt was too long for it
    exact: bool | None = None  # "short" only: the answer and nothing more
    likely: float = math.nan  # nats a token: the log-probability of the right answer's text
    reply: str = ""
    error: str = ""


def sit(
    student: Teacher,
    questions: Sequence[Question],
    material: Callable[[Question], str] | None = None,
    *,
    tell: Tell | None = None,
) -> list[Mark]:
    """Ask every question, in any order; the marks are in the questions' order. One without material is not asked.

    A short answer is written greedily and looked through for the right one. Of options, the one is taken that the
    question makes likelier, a token, than any other.
    """
    given = {one.id: material(one) for one in questions} if material else {}
    asked = [one for one in questions if given.get(one.id, "-")]
    wanted = [
        request
        for one in asked
        for request in _requests(one, f"{given[one.id]}\n\n{one.text}" if material else one.text)
    ]
    replies = _by_question(student, wanted, tell)
    length = _Lengths(student)
    lost = Mark(id="", right=None, error="no_material")
    return [_mark(one, replies[one.id], length) if one.id in replies else replace(lost, id=one.id) for one in questions]


def answered(student: Teacher, requests: Iterable[Request]) -> Iterator[Reply]:
    """Every reply, as it comes; so many requests are under way that the student is never idle."""
    waiting = iter(requests)
    open_ = 0
    while True:
        for request in islice(waiting, AHEAD * student.slots - open_):
            student.submit(request)
            open_ += 1
        replies = student.poll()
        if not replies and not open_:
            return
        open_ -= len(replies)
        yield from replies


def recite(
    student: Teacher, asked: Sequence[tuple[tuple[Message, ...], str]], *, tell: Tell | None = None
) -> list[Mark]:
    """What the student says to prompts that it was taught, and how likely the replies are that it was taught to give.

    `asked`: the turns before a reply, and that reply.
    """
    wanted: list[Request] = []
    for place, (turns, reply) in enumerate(asked):
        longest = student.count_tokens(reply) + 16
        wanted.append(_written(f"{place}/text", turns, longest))
        wanted.append(_scored(f"{place}/right", turns, (reply,)))
    replies = _by_question(student, wanted, tell)
    length = _Lengths(student)
    marks = []
    for place, (_, right) in enumerate(asked):
        text, scored = replies[str(place)]["text"], replies[str(place)]["right"]
        said, lost = str(text.value or ""), text.error not in (None, "empty")
        marks.append(
            Mark(
                id=str(place), right=None if lost else exact(said, [right]), reply=said,
                exact=None if lost else said.strip() == right.strip(),
                likely=length.a_token(scored, right), error=text.error or scored.error or "",
            )
        )  # fmt: skip
    return marks


def _by_question(student: Teacher, wanted: Sequence[Request], tell: Tell | None) -> Mapping[str, dict[str, Reply]]:
    """Question -> part -> reply, for requests whose ids are QUESTION/PART."""
    replies: defaultdict[str, dict[str, Reply]] = defaultdict(dict)
    for done, reply in enumerate(answered(student, wanted), 1):
        name, _, part = reply.id.rpartition("/")
        replies[name][part] = reply
        if tell:
            tell(done, len(wanted))
    return replies


def as_plain(marks: Iterable[Mark]) -> list[dict[str, Any]]:
    """Marks as JSON holds them: NaN becomes null."""
    return [
        {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in asdict(one).items()
        }
        for one in marks
    ]


def from_plain(marks: Iterable[Mapping[str, Any]]) -> list[Mark]:
    """Marks out of JSON."""
    return [Mark(**{**one, "likely": math.nan if one["likely"] is None else one["likely"]}) for one in marks]


class _Lengths:
    """Tokens of a text, counted once each."""

    def __init__(self, student: Teacher) -> None:
        self._student = student
        self._known: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        if text not in self._known:
            self._known[text] = max(1, self._student.count_tokens(text))
        return self._known[text]

    def a_token(self, reply: Reply | None, text: str) -> float:
        """The log-probability of the text a token; NaN where the reply has none."""
        score = reply.scores.get(text) if reply else None
        return math.nan if score is None else score / self(text)


def _requests(question: Question, prompt: str) -> list[Request]:
    user = (Message(role="user", content=prompt),)
    if question.type == "short":
        return [_scored(f"{question.id}/right", user, (question.right,)), _written(f"{question.id}/text", user, MOST)]
    nothing = (Message(role="user", content=NOTHING),)
    return [
        _scored(f"{question.id}/right", user, question.options),
        _scored(f"{question.id}/before", nothing, question.options),
    ]


def _written(name: str, messages: tuple[Message, ...], most: int) -> Request:
    sampling = Sampling(temperature=0.0, max_tokens=most)
    return Request(id=name, messages=messages, output=Output(kind="text", may_be_cut=True), sampling=sampling, seed=0)


def _scored(name: str, messages: tuple[Message, ...], options: tuple[str, ...]) -> Request:
    output = Output(kind="scores", options=options)
    return Request(id=name, messages=messages, output=output, sampling=Sampling(temperature=0.0), seed=0)


def _mark(question: Question, replies: Mapping[str, Reply], length: _Lengths) -> Mark:
    likely = length.a_token(replies["right"], question.right)
    error = next((reply.error for reply in replies.values() if reply.error), "") or ""
    if question.type == "short":
        text = replies["text"]
        said = str(text.value or "")
        answers = (question.right, *question.aliases)
        lost = bool(text.error) and text.error != "empty"
        return Mark(
            id=question.id, right=None if lost else holds(said, answers), likely=likely, reply=said, error=error,
            exact=None if lost else exact(said, answers),
        )  # fmt: skip
    gains = {
        one: length.a_token(replies["right"], one) - length.a_token(replies["before"], one) for one in question.options
    }
    if any(math.isnan(value) for value in gains.values()):
        return Mark(id=question.id, right=None, likely=likely, error=error)
    best = max(question.options, key=gains.__getitem__)
    return Mark(id=question.id, right=best == question.right, likely=likely, reply=best, error=error)
