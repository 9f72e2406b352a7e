"""What a person sees while a run works: a live view on a terminal, one line a minute elsewhere; and how to stop it."""

from __future__ import annotations

import errno
import os
import signal
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agentinstruct_local.cli.output import say, short, span_of_time

if TYPE_CHECKING:
    from agentinstruct_local.runner import Progress

EVERY = 60.0  # seconds between two lines on a pipe
STOPPING = "Stopping: the steps in flight are being finished. Ctrl-C again stops at once; nothing finished is lost."


class Stop:
    """Counts the wishes to stop: the first asks the work to end, the second ends it. Where there is no work that could
    be finished, the first one does."""

    def __init__(self) -> None:
        self.count = 0
        self._at_work = False

    def __call__(self) -> bool:
        """Whether the run is to end."""
        return self.count > 0

    def _wish(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if number == signal.SIGHUP:
            _forget_lost_terminals()
        if self.count > 1 or not self._at_work:
            raise KeyboardInterrupt

    @contextmanager
    def listening(self) -> Iterator[Self]:
        """While it lasts, Ctrl-C, SIGTERM and, unless nohup says otherwise, a lost terminal are wishes to stop."""
        heard = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            heard.append(signal.SIGHUP)
        before: dict[int, Any] = {number: signal.signal(number, self._wish) for number in heard}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While it lasts, there is something under way that can be finished."""
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False


def _forget_lost_terminals() -> None:
    """Words to a terminal that is gone would be an error each, and end the run before its rows are written."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            number = stream.fileno()
            try:
                termios.tcgetattr(number)
            except termios.error as error:
                if error.args[0] == errno.EIO:
                    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


class Pace:
    """What the numbers of a sitting say about its speed."""

    def __init__(self, progress: Progress, before: int) -> None:
        made = max(0, progress.accepted - before)  # less while a run that goes on recalls what it had
        self.rows_an_hour = made * 3600 / progress.seconds if progress.seconds > 0 else 0.0
        self.tokens_a_second = progress.tokens_out / progress.seconds if progress.seconds > 0 else 0.0
        missing = max(0, progress.asked - progress.accepted)
        self.ending = progress.in_flight if not missing else 0  # drafts that may still come before the last row
        self.left = missing * 3600 / self.rows_an_hour if self.rows_an_hour > 0 else None  # seconds

    @property
    def eta(self) -> str:
        """How long it will still take, in words."""
        if self.ending:
            return f"ending what was begun before the last row: {self.ending} in work"
        return "time left unknown" if self.left is None else f"{span_of_time(self.left)} left"


def line(progress: Progress, before: int) -> str:
    """All that matters, in one line."""
    if progress.doing:
        return progress.doing
    pace = Pace(progress, before)
    told = (
        f"{progress.accepted}/{progress.asked} rows, {progress.drafts} drafts, {pace.rows_an_hour:.0f} rows/hour,"
        f" {pace.tokens_a_second:.0f} tokens/s, {pace.eta}"
    )
    worst = ", ".join(f"{reason} {n}" for reason, n in progress.refused.most_common(3))
    return f"{told}; refused: {worst}" if worst else told


class Lines:
    """One line at the start, one a minute, one at the end."""

    def __init__(self, stop: Stop, before: int) -> None:
        self._stop, self._before = stop, before
        self._last: Progress | None = None
        self._due = 0.0
        self._noted = 0
        self._told_to_stop = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._last:
            say(line(self._last, self._before))

    def __call__(self, progress: Progress) -> None:
        """Takes note of how far the run is."""
        self._last = progress
        for note in progress.notes[self._noted :]:
            say(note)
        self._noted = len(progress.notes)
        if self._stop() and not self._told_to_stop:
            self._told_to_stop = True
            say(STOPPING)
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + EVERY
            say(line(progress, self._before))


class Screen:
    """A view that is drawn anew four times a second, and goes away at the end."""

    def __init__(self, stop: Stop, before: int, console: Console | None = None) -> None:
        self._stop, self._before = stop, before
        self._last: Progress | None = None
        console = console or Console(stderr=True)
        self._live = Live(get_renderable=self.draw, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        for note in self._last.notes if self._last else ():
            say(note)

    def __call__(self, progress: Progress) -> None:
        """Takes note of how far the run is."""
        self._last = progress

    def draw(self) -> Group | Text:
        """The view as it is now."""
        progress = self._last
        if progress is None:
            return Text(STOPPING if self._stop() else "Starting ...")
        if progress.doing:
            return Text(STOPPING if self._stop() else progress.doing)
        pace = Pace(progress, self._before)
        top = Table.grid(padding=(0, 2))
        top.add_row(
            Text(f"{progress.accepted}/{progress.asked} rows", style="bold"),
            ProgressBar(total=progress.asked, completed=min(progress.accepted, progress.asked), width=30),
            Text(f"{pace.rows_an_hour:.0f} rows/hour"),
            Text(f"{pace.tokens_a_second:.0f} tokens/s"),
            Text(pace.eta),
        )
        known = f", {progress.resumed} steps known from before" if progress.resumed else ""
        parts: list[Table | Text] = [
            top,
            Text(f"{progress.drafts} drafts, {progress.in_flight} in work{known}", style="dim"),
        ]
        if progress.refused:
            told = "   ".join(f"{reason} {n}" for reason, n in progress.refused.most_common(6))
            parts.append(Text(f"refused  {told}"))
        if progress.last_question:
            parts.append(Text(f"latest   {short(progress.last_question, 160)}", style="green"))
        parts += [Text(note, style="yellow") for note in progress.notes[-1:]]
        if self._stop():
            parts.append(Text(STOPPING, style="yellow"))
        return Group(*parts)


def view(stop: Stop, before: int) -> Screen | Lines:
    """The view that suits where the error stream goes. `before`: rows that were there when this sitting began."""
    return Screen(stop, before) if sys.stderr.isatty() else Lines(stop, before)
