"""The one seam to whatever answers: `submit` a request, `poll` for finished replies, `cancel` what is not wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agentinstruct_local.records import Reply, Request


class Teacher(Protocol):
    """What the runner knows of a teacher. Replies come in any order; every request gets exactly one."""

    name: str
    about: str  # how it was set up, in one line; may be empty
    slots: int  # how many requests it answers at the same time
    notes: list[str]  # what a person should be told of its troubles, in the order it happened

    def submit(self, request: Request) -> None:
        """Take a request; returns at once."""

    def poll(self) -> Sequence[Reply]:
        """Work until at least one reply is finished, and return all that are. Empty when nothing is under way."""

    def cancel(self, name: str) -> None:
        """Give up the request of that id. Unless it has been answered, `cancelled` is its reply's error."""

    def count_tokens(self, text: str) -> int:
        """How many tokens `text` has, without any chat format round it."""

    def close(self) -> None:
        """Give back memory. No reply comes after this."""
