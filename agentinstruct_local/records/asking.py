"""What is asked of a teacher, and what it replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


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
