"""Chat formats by model family: the marks round each turn. How they become tokens, each room that has a model says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentinstruct_local.errors import ModelError
from agentinstruct_local.records import Message


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """The marks before and after a turn of each role, and what opens the assistant's turn."""

    before: dict[str, str]
    after: str
    reply: str
    after_reply: str = ""  # where an assistant's turn ends in another way than the others
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
    "mistral": ChatFormat({"user": "[INST]", "assistant": ""}, "[/INST]", "", after_reply="</s>", merges_system=True),
    "phi3": ChatFormat(
        {role: f"<|{role}|>\n" for role in ("system", "user", "assistant")}, "<|end|>\n", "<|assistant|>\n"
    ),
}


def ending(chat: ChatFormat, role: str) -> str:
    """The marks after a turn of that role."""
    return chat.after_reply if role == "assistant" and chat.after_reply else chat.after


def named(name: str) -> ChatFormat:
    """The format of that name. ModelError for an unknown one."""
    chat = FORMATS.get(name)
    if chat is None:
        raise ModelError(f"unknown chat format {name!r}", hint=f"known: {', '.join(sorted(FORMATS))}")
    return chat


def turns(chat: ChatFormat, messages: Sequence[Message]) -> list[tuple[str, str]]:
    """Role and words of each turn; the system's words stand before the user's where the family has no such role."""
    found = [(message.role, message.content) for message in messages]
    if chat.merges_system and found and found[0][0] == "system":
        first = found.pop(0)[1]
        found[0] = (found[0][0], f"{first}\n\n{found[0][1]}")
    return [(str(role), content) for role, content in found]


def recognised(template: str) -> str:
    """The name of the format whose marks stand in a Jinja chat template, as GGUF files and tokenizers carry one.

    Empty where none does: then the user has to name it.
    """
    if "<think>" in template and "<|im_start|>" in template:
        return "chatml_no_think"
    marks = {"chatml": "<|im_start|>", "llama3": "<|start_header_id|>", "gemma": "<start_of_turn>",
             "mistral": "[INST]", "phi3": "<|assistant|>"}  # fmt: skip
    return next((name for name, mark in marks.items() if mark in template), "")
