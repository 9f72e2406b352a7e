"""The work that every contender does: prompts over passages, and what each reply must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agentinstruct_local.records import Message, Output, Request, Sampling

ROOT = Path(__file__).parent.parent
SYSTEM = "You write training data from documents. You keep to what the text says."
AGENTS = (
    "Write a question about one fact of the text.",
    "Write a question that asks for a number or a name of the text.",
    "Write a question that asks what must be done.",
    "Write a question that asks why something is so.",
    "Write a question that asks what happens when a condition is met.",
    "Write a question about the last sentences of the text.",
    "Write a question about the first sentences of the text.",
    "Write a question that a newcomer would ask.",
)
JUDGED = (
    "a duty",
    "a number",
    "a person",
    "a machine",
    "a reason",
    "a deadline",
    "money",
    "water",
    "a danger",
    "a place",
)


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


FIELDS = _object(
    topic=_text(30),
    question=_text(110),
    answer=_text(110),
    kind={"enum": ["fact", "rule", "reason"]},
    sure={"type": "boolean"},
)


@dataclass(frozen=True)
class Work:
    """Requests, and how many of them slower contenders are given, the first ones.

    Replies differ in length, so a few rows tell a rate only roughly: two of eight made Outlines a fifth faster.
    """

    requests: list[Request]
    alone: int  # to one that answers them one at a time
    served: int  # to a server with slots


def corpus() -> str:
    """The project's own documents, one after the other."""
    files = ["examples/handbook/pump-maintenance.md", "README.md", "ARCHITECTURE.md", "docs/skills.md", "LICENSE"]
    return "\n\n".join((ROOT / name).read_text() for name in files)


def passages(count: int, tokens: int, count_tokens: Callable[[str], int]) -> list[str]:
    """`count` different stretches of the corpus with about so many tokens each."""
    lines, found, stretch = corpus().splitlines(), [], []
    for line in lines * 4:
        stretch.append(line)
        if count_tokens("\n".join(stretch)) >= tokens:
            found.append("\n".join(stretch))
            stretch = []
        if len(found) == count:
            return found
    raise ValueError("the corpus is too short")


def work(name: str, count_tokens: Callable[[str], int], *, length: int = 600, rows: int = 0) -> Work:
    """The work of one letter: see the table that `run.py` prints."""

    def request(number: int, passage: str, task: str, output: Output, most: int) -> Request:
        messages = (
            Message(role="system", content=SYSTEM),
            Message(role="user", content=f"{passage}\n\n{task}"),
        )
        sampling = Sampling(temperature=0.0, max_tokens=most)
        return Request(id=f"{name}{number}", messages=messages, output=output, sampling=sampling, seed=number)

    fields = Output(schema=FIELDS)
    if name == "rows":
        texts = passages(4, 300, count_tokens)
        asked = [request(n, texts[n // 8], f"{AGENTS[n % 8]} Reply as JSON.", fields, 120) for n in range(rows or 32)]
        return Work(asked, 3, 8)
    if name == "agents":
        (text,) = passages(1, length, count_tokens)
        return Work([request(n, text, f"{one} Reply as JSON.", fields, 120) for n, one in enumerate(AGENTS)], 3, 8)
    if name == "quote":
        text = passages(2, 300, count_tokens)[1]
        schema = _object(quote={**_text(300), "x-substring": " ".join(text.split())}, answer=_text(110))
        task = "Quote the sentence of the text that says it, then answer. Reply as JSON."
        asked = [request(n, text, f"{one} {task}", Output(schema=schema), 140) for n, one in enumerate(AGENTS)]
        return Work(asked, 3, 8)
    if name == "text":
        (text,) = passages(1, 300, count_tokens)
        asked = [
            request(n, text, f"{one} Then answer it in two sentences.", Output(kind="text"), 80)
            for n, one in enumerate(AGENTS)
        ]
        return Work(asked, 3, 8)
    texts = passages(100, 40, count_tokens)
    judge = Output(kind="choice", options=("yes", "no"))
    asked = [
        request(n, texts[n // 10], f"Does this speak of {JUDGED[n % 10]}? Reply with yes or no.", judge, 3)
        for n in range(rows or 1000)
    ]
    return Work(asked, 8, 32)


def plain(output: Output) -> Output:
    """What other tools can be held to: copied words are a text there."""
    properties = output.schema.get("properties", {})
    bare = {
        key: {name: value for name, value in one.items() if name != "x-substring"} for key, one in properties.items()
    }
    return replace(output, schema={**output.schema, "properties": bare}) if properties else output
