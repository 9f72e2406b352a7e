"""A teacher without a model: it answers from a script, or makes up replies of the right shape from the prompt's words.

Drives the tests, and lets people try the tool before they have a model: its rows are well formed and mean little.
"""

from __future__ import annotations

import json
import random
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from agentinstruct_local.errors import TeacherError
from agentinstruct_local.records import Reply, Request
from agentinstruct_local.words import content, sentences

Script = Callable[[Request], Any]
QUOTED = re.compile(r'"""\n(.*?)\n"""', re.DOTALL)
FACT = re.compile(r"^Facts?:\s(.*?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
ASKED = re.compile(r"^Question: (.*)$", re.MULTILINE)


class ScriptedTeacher:
    """A `Teacher`. `script` is a list of reply values, taken in turn, or a function of the request.

    A value that is an Exception's message in the form {"error": reason} becomes a reply with that error.
    `asked` holds all requests, for tests to look at; with `notes_requests` off it stays empty.
    """

    def __init__(
        self,
        script: Iterable[Any] | Script | None = None,
        *,
        slots: int = 8,
        name: str = "scripted",
        notes_requests: bool = True,
    ) -> None:
        self.name = name
        self.slots = slots
        self.about = ""
        self.notes: list[str] = []
        self.asked: list[Request] = []
        self._notes_requests = notes_requests
        self._queue: deque[Request] = deque()
        self._cancelled: set[str] = set()
        if script is None or callable(script):
            self._script: Script = script or invent
        else:
            values = iter(script)
            self._script = lambda request: _next(values, request)

    def submit(self, request: Request) -> None:
        """Queue a request."""
        if self._notes_requests:
            self.asked.append(request)
        self._queue.append(request)

    def poll(self) -> Sequence[Reply]:
        """Answer the oldest request."""
        if not self._queue:
            return []
        request = self._queue.popleft()
        if request.id in self._cancelled:
            self._cancelled.discard(request.id)
            return [Reply(id=request.id, error="cancelled")]
        return [reply_to(request, self._script(request))]

    def cancel(self, name: str) -> None:
        """Leave a request without an answer."""
        self._cancelled |= {one.id for one in self._queue if one.id == name}

    def count_tokens(self, text: str) -> int:
        """Four characters to a token, as English text has in most vocabularies."""
        return max(1, len(text) // 4)

    def close(self) -> None:
        """Nothing to give back."""


def _next(values: Iterator[Any], request: Request) -> Any:
    for value in values:
        return value
    raise TeacherError(f"the script has no reply left for: {request.messages[-1].content[-200:]}")


def reply_to(request: Request, value: Any) -> Reply:
    """A reply with `value`, counted as if tokens were words."""
    tokens_in = sum(len(message.content.split()) for message in request.messages)
    if isinstance(value, Mapping) and set(value) == {"error"}:
        return Reply(id=request.id, error=str(value["error"]), tokens_in=tokens_in)
    if request.output.kind == "choice":
        chances = value if isinstance(value, Mapping) else {value: 1.0}
        best = max(chances, key=lambda option: chances[option])
        return Reply(id=request.id, value=best, probabilities=dict(chances), tokens_in=tokens_in)
    if request.output.kind == "scores":
        best = max(value, key=lambda option: value[option])
        return Reply(id=request.id, value=best, scores=dict(value), tokens_in=tokens_in, tokens_out=1)
    return Reply(id=request.id, value=value, tokens_in=tokens_in, tokens_out=len(json.dumps(value).split()))


def invent(request: Request) -> Any:
    """A reply of the right shape, made of the prompt's own words and decided by the request's seed."""
    draw = random.Random(request.seed)
    prompt = request.messages[-1].content
    passage = match[1] if (match := QUOTED.search(prompt)) else prompt
    fact = match[1] if (match := FACT.search(prompt)) else passage
    if request.output.kind == "choice":
        rest = 0.05 / max(1, len(request.output.options) - 1)
        return {option: 0.95 if not number else rest for number, option in enumerate(request.output.options)}
    if request.output.kind == "scores":
        return dict.fromkeys(request.output.options, -0.5)
    if request.output.kind == "text":
        return passage
    if question := ASKED.search(prompt):
        passage = fact = _answering(question[1], fact)
    return _fill(request.output.schema, "", draw, " ".join(fact.split()), " ".join(passage.split()))


def _answering(question: str, text: str) -> str:
    """The sentence of a text that shares most words with a question."""
    asked = set(content(question))
    lines = [one for line in text.split("\n") for one in sentences(line)]
    return max(lines, key=lambda one: len(asked & set(content(one))), default=text)


def _fill(shape: Mapping[str, Any], name: str, draw: random.Random, fact: str, passage: str) -> Any:
    shape = shape.get("anyOf", [shape])[-1]  # an agent in a loop: its answer stands behind the calls
    if "enum" in shape:
        wanted = set(fact.casefold().split())
        options = list(shape["enum"])
        return max(options, key=lambda one: len(wanted & set(str(one).casefold().split())))
    if shape.get("type") == "object":
        return {key: _fill(one, key, draw, fact, passage) for key, one in shape["properties"].items()}
    if shape.get("type") == "array":
        count = max(1, shape.get("minItems", 1))
        return [_fill(shape["items"], name, draw, fact, passage) for _ in range(count)]
    if shape.get("type") == "integer":
        return draw.randint(shape.get("minimum", 0), shape.get("maximum", 9))
    words = str(shape.get("x-substring", fact)).split() or ["nothing"]
    start = draw.randrange(max(1, len(words) - 6))
    some = " ".join(words[start : start + draw.randint(3, 7)])
    if "x-substring" in shape:
        return some
    made = {"answer": fact, "question": f"What is said about {some.strip('.,;:?!')}?"}.get(name, some)
    return made[: shape.get("maxLength", 300) - 1]
