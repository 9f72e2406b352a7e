"""Messages as one prompt of tokens.

Only the format's own marks are tokenized as control tokens. What the messages say, document text above all, is
tokenized as plain text, so that `<|im_end|>` in a document stays seven characters that mean nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from agentinstruct_local.records import Message
from agentinstruct_local.teachers import chat_formats
from agentinstruct_local.teachers.llamacpp.library import Library


def tokens_of(messages: Sequence[Message], name: str, library: Library) -> list[int]:
    """The prompt for `messages`, ending where the assistant's reply begins. ModelError for an unknown format."""
    chat = chat_formats.named(name)
    tokens = library.bos
    for role, content in chat_formats.turns(chat, messages):
        tokens += library.tokenize(chat.before[role], special=True)
        tokens += library.tokenize(content, special=False)
        tokens += library.tokenize(chat_formats.ending(chat, role), special=True)
    return tokens + library.tokenize(chat.reply, special=True) if chat.reply else tokens
