"""How far a long piece of work is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agentinstruct_local.cli.output import say, span_of_time

EVERY = 30.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A function to be told how much is done, and of how much."""
    console = Console(stderr=True, highlight=False)
    began = time.monotonic()
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task(label, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)
    else:
        last = [began]

        def tell(done: int, total: int) -> None:
            now = time.monotonic()
            if now - last[0] >= EVERY and done:
                last[0] = now
                say(f"{label}: {done:,} of {total:,}, {span_of_time((now - began) * (total - done) / done)} left")

        yield tell
    say(f"{label}: {span_of_time(time.monotonic() - began)}")
