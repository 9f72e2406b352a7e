"""From rows and texts to what a student is trained on: tokens, and which of them it is to learn.

Of a chat the assistant's turns are learnt, of a text every token. Several examples share a block; each begins at
position 0 again, by which the model's attention keeps them apart.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from agentinstruct_local.records import Message, Row
from agentinstruct_local.teachers import chat_formats

IGNORED = -100
"""The label of a token that is not learnt, as torch's cross entropy has it."""


class Tokenizes(Protocol):
    """What is used of a tokenizer of transformers."""

    bos_token_id: int
    eos_token_id: int

    def __call__(self, text: str, *, add_special_tokens: bool, split_special_tokens: bool) -> Any:
        """An object with `input_ids`."""

    def decode(self, tokens: Sequence[int], *, skip_special_tokens: bool) -> str:
        """The text of the tokens."""

    def save_pretrained(self, folder: Path) -> object:
        """Its files, for whoever loads the student from there."""


@dataclass(frozen=True, slots=True)
class Example:
    """One row or text. `learnt[i]` says whether token i is to be learnt (from those before it)."""

    tokens: tuple[int, ...]
    learnt: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.tokens)


class Format:
    """A student's chat format over its tokenizer."""

    def __init__(self, tokenizer: Tokenizes, chat_format: str) -> None:
        self.tokenizer = tokenizer
        self.chat = chat_formats.named(chat_format)
        self.begins = [tokenizer.bos_token_id] if _adds_bos(tokenizer) else []

    def mark(self, text: str) -> list[int]:
        """Tokens of the format's own marks."""
        return list(self.tokenizer(text, add_special_tokens=False, split_special_tokens=False).input_ids)

    def plain(self, text: str) -> list[int]:
        """Tokens of a text in which nothing is a control token."""
        return list(self.tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids)

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens that a student wrote, without its control tokens."""
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=True))

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Tokens up to where the assistant's reply begins."""
        return [*self._chat(messages)[0], *self.mark(self.chat.reply)] if self.chat.reply else self._chat(messages)[0]

    def example(self, messages: Sequence[Message]) -> Example | None:
        """A chat whose assistant's turns are learnt, with the mark that ends them. None where a turn is of a role that
        the format does not have, such as a tool's."""
        if any(message.role not in self.chat.before or message.tool_calls for message in messages[1:]):
            return None
        tokens, learnt = self._chat(messages)
        return Example(tuple(tokens), tuple(learnt)) if any(learnt) else None

    def texts(self, text: str, longest: int) -> list[Example]:
        """A text in stretches of at most `longest` tokens, the last one with the mark that ends it."""
        tokens = [*self.plain(text), self.tokenizer.eos_token_id]
        room = longest - len(self.begins)
        parts = [(*self.begins, *tokens[at : at + room]) for at in range(0, len(tokens), room)]
        return [Example(part, (False, *[True] * (len(part) - 1))) for part in parts if len(part) > len(self.begins) + 1]

    def _chat(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        tokens, learnt = list(self.begins), [False] * len(self.begins)
        for role, content in chat_formats.turns(self.chat, messages):
            opening, body = self.mark(self.chat.before[role]), self.plain(content)
            closing = self.mark(chat_formats.ending(self.chat, role))
            if role == "assistant":  # what llama.cpp puts there before a reply is what is learnt from
                opening = self.mark(self.chat.reply)
            tokens += opening + body + closing
            # Of the marks after a reply the first one ends it; what follows, such as a line end, nobody waits for.
            ends = [role == "assistant", *[False] * (len(closing) - 1)][: len(closing)]
            learnt += [False] * len(opening) + [role == "assistant"] * len(body) + ends
        return tokens, learnt


def _adds_bos(tokenizer: Tokenizes) -> bool:
    probe = tokenizer("x", add_special_tokens=True, split_special_tokens=False).input_ids
    return bool(probe[:1] == [tokenizer.bos_token_id])


def rows(found: Iterable[Row], form: Format, longest: int) -> tuple[list[Example], dict[str, int]]:
    """The rows as examples, and how many were left out by reason: `tools`, `too_long`."""
    kept: list[Example] = []
    left = {"tools": 0, "too_long": 0}
    for row in found:
        example = None if row.tools else form.example(row.messages)
        if example is None:
            left["tools"] += 1
        elif len(example) > longest:
            left["too_long"] += 1
        else:
            kept.append(example)
    return kept, {reason: n for reason, n in left.items() if n}


def mixed(channels: Mapping[str, Sequence[Example]], shares: Mapping[str, float], seed: int) -> Iterator[Example]:
    """Examples without end: each channel is gone through in ever new orders, and next comes always the channel that is
    furthest behind its share of the tokens."""
    names = [name for name in channels if channels[name] and shares[name] > 0]
    endless = {name: _shuffled(channels[name], random.Random(f"{seed}/{name}")) for name in names}
    given = dict.fromkeys(names, 0)
    while names:
        name = min(names, key=lambda one: (given[one] / shares[one], one))
        example = next(endless[name])
        given[name] += len(example)
        yield example


def _shuffled(examples: Sequence[Example], draw: random.Random) -> Iterator[Example]:
    while True:
        order = list(range(len(examples)))
        draw.shuffle(order)
        yield from (examples[place] for place in order)


def blocks(examples: Iterator[Example], *, size: int, tokens: int) -> list[list[Example]]:
    """Blocks of at most `size` tokens, in order, until `tokens` are reached; a longer example has a block of its own.

    A block is open until an example does not fit any of the four that are open (next fit with four bins).
    """
    done: list[list[Example]] = []
    open_: list[list[Example]] = []
    total = 0
    for example in examples:
        if total >= tokens:
            break
        total += len(example)
        fitting = next((one for one in open_ if sum(map(len, one)) + len(example) <= size), None)
        if fitting is not None:
            fitting.append(example)
            continue
        if len(open_) == 4:
            fullest = max(open_, key=lambda one: sum(map(len, one)))
            open_.remove(fullest)
            done.append(fullest)
        open_.append([example])
    return done + open_


def steps(found: Sequence[Sequence[Example]], *, size: int, tokens: int) -> list[list[list[Example]]]:
    """Blocks in groups for one step of the optimiser, in order: alike in length, to some `tokens` with their padding.

    A block is counted as so many times `size` as it takes.
    """
    waiting: dict[int, list[list[Example]]] = {}
    done = []
    for block in found:
        width = padded(block, size)
        group = waiting.setdefault(width, [])
        group.append(list(block))
        if (len(group) + 1) * width > tokens:
            done.append(waiting.pop(width))
    return [*done, *(waiting[width] for width in sorted(waiting))]


def padded(block: Sequence[Example], size: int) -> int:
    """Tokens of a block, rounded up to a multiple of `size`."""
    return -(-sum(map(len, block)) // size) * size


def as_item(block: Sequence[Example], width: int = 0) -> dict[str, list[int]]:
    """A block as the model takes it: tokens, positions that begin anew with each example, and labels.

    Padding up to `width` is one more example, of token 0, of which nothing is learnt.
    """
    missing = max(0, width - sum(map(len, block)))
    block = [*block, Example((0,) * missing, (False,) * missing)] if missing else block
    pairs = [pair for one in block for pair in zip(one.tokens, one.learnt, strict=True)]
    return {
        "input_ids": [token for token, _ in pairs],
        "position_ids": [place for one in block for place in range(len(one))],
        "labels": [token if learn else IGNORED for token, learn in pairs],
    }
