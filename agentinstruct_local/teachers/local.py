"""A model on this machine as a teacher: its card, settings that fit, and a process of its own."""

from __future__ import annotations

from functools import partial

from agentinstruct_local import cards
from agentinstruct_local.teachers import llamacpp
from agentinstruct_local.teachers.worker import Worker


def start(name: str = "", **asked: int | None) -> Worker:
    """The teacher of that name (a model card or a GGUF file; empty: the default one), loaded and ready.

    `asked`: fields of `llamacpp.Settings`; what is None or left out is chosen. Raises ModelError or TeacherError.
    """
    card = cards.find(name) if name else cards.default_teacher()
    cards.verify(card)
    path = cards.path_of(card)
    settings, about = llamacpp.choose(path, name=card.name, **asked)
    load = partial(llamacpp.load, path, chat_format=card.chat_format, name=card.name, settings=settings)
    return Worker(load, name=card.name, about=about)
