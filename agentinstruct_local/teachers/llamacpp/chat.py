"""Chat formats by model family: how messages become one prompt of tokens.

Only the format's own marks are tokenized as control tokens. What the messages say, document text above all, is
tokenized as plain text, so that `<|im_end|>` in a document stays seven characters that mean nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentinstruct_local.errors import ModelError
from agentinstruct_local.records import Message
from agentinstruct_local.teachers.llamacpp.library import Library


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """The marks before and after a turn of each role, and what opens the assistant's turn."""

    before: dict[str, str]
    after: str
    reply: str
    merges_system: bool = False  # the family has no system role: its words go before the user's


FORMATS = {
    "chatml": ChatFormat(
        {role: f"<|im_start|>{role}\n" for role in ("system", "user", "assistant")},
        "<|im_end|>\n",
        "<|im_start|>assistant\n",
    ),
    # Qwen3 and its like: an empty think block is closed before the reply, so that no thought reaches a row.
    "chatml_no_think": ChatFormat(
        {role: f"<|im_start|>{role}\n" for role in ("system", "user", "assistant")},
        "<|im_end|>\n",
        "<|im_start|>assistant\n<think>\n\n</think>\n\n",
    ),
    "llama3": ChatFormat(
        {r: f"<|start_header_id|>{r}<|end_header_id|>\n\n" for r in ("system", "user", "assistant")},
        "<|eot_id|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
    "gemma": ChatFormat(
        {"user": "<start_of_turn>user\n", "assistant": "<start_of_turn>model\n"},
        "<end_of_turn>\n",
        "<start_of_turn>model\n",
        merges_system=True,
    ),
    "mistral": ChatFormat({"user": "[INST]", "assistant": ""}, "[/INST]", "", merges_system=True),
    "phi3": ChatFormat(
        {role: f"<|{role}|>\n" for role in ("system", "user", "assistant")}, "<|end|>\n", "<|assistant|>\n"
    ),
}


def tokens_of(messages: Sequence[Message], name: str, library: Library) -> list[int]:
    """The prompt for `messages`, ending where the assistant's reply begins. ModelError for an unknown format."""
    chat = FORMATS.get(name)
    if chat is None:
        raise ModelError(f"unknown chat format {name!r}", hint=f"known: {', '.join(sorted(FORMATS))}")
    turns = [(message.role, message.content) for message in messages]
    if chat.merges_system and turns and turns[0][0] == "system":
        first = turns.pop(0)[1]
        turns[0] = (turns[0][0], f"{first}\n\n{turns[0][1]}")
    tokens = library.bos
    for role, content in turns:
        tokens += library.tokenize(chat.before[role], special=True)
        tokens += library.tokenize(content, special=False)
        tokens += library.tokenize(chat.after, special=True)
    return tokens + library.tokenize(chat.reply, special=True) if chat.reply else tokens
