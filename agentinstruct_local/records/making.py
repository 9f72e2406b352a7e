"""What is made: drafts with their steps and verdicts, and the rows that are left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agentinstruct_local.records.asking import Message
from agentinstruct_local.records.reading import Passage, Unit
from agentinstruct_local.records.skills import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One agent's or tool's output, or its error. Kept for ever, never repeated."""

    key: str
    name: str  # the agent's or tool's name, "judge.supported" for one question of a judge
    output: Any = None
    error: str | None = None
    teacher: str = ""
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    tokens_forced: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verifier says of a draft."""

    by: str
    ok: bool
    reason: str = ""  # snake_case where not ok: a column of the report
    evidence: str = ""  # what it rests on, for a person to read
    final: bool = True  # a no ends the draft; else its answer is criticised and revised
    after: int = 0  # where not final: how many steps the draft had taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One attempt at one row."""

    id: str
    order: tuple[int, int]  # place in the plan, and place among the items of one reply
    skill: str
    subskill: str
    passage: Passage
    focus: Unit | None
    choices: Mapping[str, str]  # what the plan has drawn, such as {"form": "debate"}
    seed: int
    at: int = 0  # how many moves of its flow are done
    item: Mapping[str, Any] = field(default_factory=dict)  # the question and what belongs to it
    text: str = ""  # what the reader of the row sees: the passage, or what it was turned into
    steps: tuple[Step, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings that the focus stands under: the passage's own, and the last one inside it before the focus.

        In source code the last `def` before it is such a heading, and so is an option or a name on a line of its own
        that stands at most eight units above.
        """
        start = self.focus.span[0] if self.focus else 0
        within = [unit for unit in self.passage.units if unit.span[0] < start]
        inside = [unit.text for unit in within if unit.kind == "heading"]
        code = next((unit.text for unit in reversed(within) if unit.kind == "code"), "")
        name, opens, _ = code.removeprefix("async ").removeprefix("def ").partition("(")
        if opens and code.startswith(("def ", "async def ")) and name.isidentifier():
            inside.append(f"function {name}")
        last = max((at for at, unit in enumerate(within) if unit.kind == "heading"), default=-1)
        terms = [unit.names for unit in within[last + 1 :][-8:] if unit.names]
        return (*self.passage.headings, *inside[-1:], *terms[-1:])

    @property
    def outputs(self) -> dict[str, Any]:
        """Step name -> its last output."""
        return {step.name: step.output for step in self.steps if step.error is None}

    @property
    def refusal(self) -> Verdict | None:
        """The verdict that ended it."""
        return next((verdict for verdict in self.verdicts if not verdict.ok and verdict.final), None)

    @property
    def doubts(self) -> tuple[Verdict, ...]:
        """The verdicts after which its answer was criticised and revised."""
        return tuple(verdict for verdict in self.verdicts if not verdict.final)

    def value(self, path: str, default: Any = "") -> Any:
        """What stands at a dotted path: "item.question", "answer.quote", "text", "passage"."""
        head, _, rest = path.partition(".")
        found: Any = {
            "item": self.item,
            "text": self.text,
            "passage": self.passage.text,
            "focus": self.focus.text if self.focus else "",
        }.get(head, self.outputs.get(head))
        for part in rest.split(".") if rest else ():
            found = found.get(part) if isinstance(found, Mapping) else None
        return default if found is None else found

    def with_step(self, step: Step) -> Draft:
        """The same draft after one more step."""
        return replace(self, steps=(*self.steps, step))

    def with_verdict(self, verdict: Verdict) -> Draft:
        """The same draft after one more verdict."""
        return replace(self, verdicts=(*self.verdicts, verdict))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A finished training example."""

    id: str
    messages: tuple[Message, ...]
    skill: str
    subskill: str
    provenance: Mapping[str, Any]
    channel: Channel = "chat"  # of text the one message is the text
    tools: tuple[Mapping[str, Any], ...] = ()  # JSON schemas of the tools that the assistant may call
    rejected: tuple[Mapping[str, str], ...] = ()  # answers before the last: "answer", "reason", "evidence", "critique"
