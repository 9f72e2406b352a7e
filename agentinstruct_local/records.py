"""The nouns. Plain frozen values: nothing here reads a file, calls a teacher or prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Span = tuple[int, int]
"""Start and end in characters, the end not included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a reader yields: the text of one file, in Unicode NFC, with `\\n` line ends."""

    id: str
    source: str  # the path as the user wrote it, or relative to the folder that was given
    text: str
    media_type: str  # such as "application/pdf"
    title: str = ""  # from the file's own metadata or first heading; may be empty
    pages: tuple[int, ...] = ()  # where in `text` each page starts; empty where the format has no pages
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The smallest stretch that can be quoted: a sentence, a list item, a table row or a block of code."""

    span: Span  # in the document's text
    text: str  # the same characters with whitespace collapsed to single spaces
    kind: Literal["sentence", "item", "row", "code", "heading"]
    names: str = ""  # the option or parameter that it stands for, where it is one: what the units below explain


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of a document that fits a prompt and is about one thing."""

    id: str
    document: str  # Document.id
    source: str
    text: str  # document.text[span[0]:span[1]]
    span: Span
    title: str = ""  # the document's title
    headings: tuple[str, ...] = ()  # the headings it stands under, outermost first
    pages: tuple[int, int] | None = None  # first and last page, counted from 1
    units: tuple[Unit, ...] = ()  # in order, not overlapping, all inside `span`
    foci: tuple[int, ...] = ()  # indices of the units worth asking about, best first


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    name: str = ""  # of the tool whose result this is
    tool_calls: tuple[Mapping[str, Any], ...] = ()  # what an assistant calls: {"name": ..., "arguments": {...}} each


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a teacher draws its tokens. Temperature 0 is greedy."""

    temperature: float = 0.7
    top_p: float = 0.9
    top_k: int = 40
    min_p: float = 0.0
    max_tokens: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a reply must be.

    `json`: an object of `schema` (JSON Schema; a property may carry "x-substring": TEXT, which admits
    only runs of whole words of TEXT). `text`: free text. `choice`: one of `options`, and how likely each is by its
    first token. `scores`: how likely each of `options` is, as a whole, to be how the reply begins; nothing is written.
    `regex` and `lark`: a text that the pattern, or the grammar in llguidance's Lark dialect, in `grammar` matches.
    """

    kind: Literal["json", "text", "choice", "scores", "regex", "lark"] = "json"
    schema: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    grammar: str = ""
    may_be_cut: bool = False  # text only: one that reaches the limit counts as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a teacher."""

    id: str
    messages: tuple[Message, ...]
    output: Output
    sampling: Sampling
    seed: int
    group: str = ""  # requests of one group share the start of their prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A teacher's answer to the request of the same id, or the named reason why there is none."""

    id: str
    value: Any = None  # json: the parsed object; text, regex, lark: the text; choice, scores: the likeliest option
    probabilities: Mapping[str, float] = field(default_factory=dict)  # choice only; they sum to 1
    scores: Mapping[str, float] = field(default_factory=dict)  # scores only: log-probability of each option, in nats
    error: str | None = None  # snake_case: cut, refused, malformed, empty, prompt_too_long, ...
    tokens_in: int = 0  # tokens of the prompt
    tokens_cached: int = 0  # of these, how many were already in the cache
    tokens_out: int = 0
    tokens_forced: int = 0  # of these, how many the grammar left no choice about
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One prompt file: what it is asked, and what it must return."""

    name: str
    template: str  # Jinja source with the blocks `system` and `user`
    file: str  # where it was read, for messages
    line: int  # the line of `file` at which the template starts
    output: Output
    quotes: tuple[str, ...] = ()  # fields that must be one of the units of the text
    phrases: Mapping[str, str] = field(default_factory=dict)  # field -> variable whose words it must copy
    many: tuple[int, int] | None = None  # it returns {"items": [...]} of so many objects
    sets: Literal["", "item", "text"] = ""  # what the reply changes for the agents that follow
    checks: Mapping[str, str] = field(default_factory=dict)  # yes/no questions, each asked by itself
    sampling: Sampling = field(default_factory=Sampling)
    role: str = "writer"
    examples: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that a flow does with a draft."""

    kind: Literal["agent", "tool", "check", "admit", "fan_out", "call"]
    name: str  # of the agent, tool (also one that an agent calls) or verifier; the field for admit and fan_out
    options: Mapping[str, Any] = field(default_factory=dict)  # for a call: its arguments
    question: str = ""  # for an agent with checks: which of them
    sets: Literal["", "item", "text"] = ""  # for a tool: what its output changes for those that follow
    stands_for: str = ""  # for an agent that revises: the step whose place its output takes
    onward: int = 1  # how many moves further the draft is after it
    tools: tuple[str, ...] = ()  # for an agent: what it may call before it answers, at most options["most"] times
    doubt: int = 0  # for a check: how many moves further where it says no; 0: the draft is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Subskill:
    """A leaf of the taxonomy."""

    id: str
    name: str
    definition: str
    provenance: Literal["paper", "dataset", "proposed"]
    flow: str  # the name of one of the skill's flows
    forms: tuple[str, ...] = ("identity",)  # the transformations that suit it
    settings: Mapping[str, Any] = field(default_factory=dict)  # read by its templates, and by options as "$name"
    share: float = 1.0  # how often it is planned, against its siblings
    needs: Literal["small", "large"] = "small"  # the smallest teacher that it was seen to work with
    wants: tuple[str, ...] = ()  # what a passage, or the unit that is asked about, must have
    prefers: tuple[str, ...] = ()  # what that unit had better have, where there is a choice
    refinements: Mapping[str, float] = field(default_factory=dict)  # refinement -> its share of the drafts
    focused: bool = True  # each draft asks about one unit of the passage; else about the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """One folder of the taxonomy."""

    name: str
    about: str
    agents: Mapping[str, Agent]
    subskills: Mapping[str, Subskill]
    flows: Mapping[str, tuple[Move, ...]]
    transform: tuple[Move, ...]  # walked first, unless the form is "identity"
    refinements: Mapping[str, tuple[Move, ...]]  # walked last, if the plan has drawn one
    rows: Mapping[str, Mapping[str, str]]  # flow -> Jinja sources by role, or where its messages stand
    forms: Mapping[str, str] = field(default_factory=dict)  # transformation -> what its agent is told
    closed_book: bool = False  # the row's prompt does not hold the passage
    share: float = 1.0  # of the rows, against the other skills
    digest: str = ""


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
    tools: tuple[Mapping[str, Any], ...] = ()  # JSON schemas of the tools that the assistant may call
    rejected: tuple[Mapping[str, str], ...] = ()  # answers before the last: "answer", "reason", "evidence", "critique"
