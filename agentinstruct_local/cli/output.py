"""Words for a person: text of documents made safe for a terminal, rows in full, the funnel, spans of time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress

import click

from agentinstruct_local.cli.reasons import in_words
from agentinstruct_local.records import Row

_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # marks that reorder what a reader sees


def clean(text: str, *, line: bool = False) -> str:
    """The text without control characters, which could otherwise drive the terminal; `line`: on one line."""
    text = _TURNS.sub("", text)
    kept = "".join(c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") else "\ufffd" for c in text)
    return " ".join(kept.split()) if line else kept


def short(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters."""
    line = clean(text[: 4 * limit], line=True)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def say(text: str = "") -> None:
    """What is told along the way, on the error stream: the output of a command stays its own. Where nobody can take it
    (a log on a full disk), the work goes on."""
    with suppress(OSError):
        click.echo(text, err=True)


def span_of_time(seconds: float) -> str:
    """Such as "45 s", "12 min" or "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours < 48 else f"{hours / 24:.1f} days"


def heading(text: str) -> str:
    """A line that stands out on a terminal."""
    return click.style(text, bold=True)


def field(name: str, text: str, *, at: int = 10) -> str:
    """A name and its text; further lines of the text stand under the first."""
    lines = clean(text).rstrip().split("\n")
    return "\n".join([f"  {name:<{at}} {lines[0]}", *(f"  {'':<{at}} {line}" for line in lines[1:])])


def block(text: str) -> str:
    """Lines of clean text, set in from the margin."""
    return "\n".join(f"  {line}".rstrip() for line in text.rstrip().split("\n"))


def row_in_full(row: Row) -> str:
    """A row as a person reads it: its messages, its quote, and where that stands."""
    lines = [heading(f"row {row.id}") + f"  {row.skill} / {row.subskill}"]
    lines += [field(message.role, message.content) for message in row.messages]
    provenance = row.provenance
    if provenance.get("quote"):
        lines.append(field("quote", f"“{clean(str(provenance['quote']), line=True)}”"))
    lines.append(field("source", where(provenance)))
    return "\n".join(lines)


def where(provenance: Mapping[str, object]) -> str:
    """Such as "handbook/leave.md, page 3, characters 1204 to 1391"."""
    told = clean(str(provenance.get("source", "")), line=True)
    if provenance.get("page") is not None:
        told += f", page {provenance['page']}"
    span = provenance.get("span")
    if isinstance(span, list | tuple) and len(span) == 2:
        told += f", characters {span[0]} to {span[1]} of its text"
    return told


def funnel_lines(funnel: Mapping[str, int], *, most: int = 8) -> list[str]:
    """drafts, what took the most of them and what that means, and what is left, with shares of the drafts."""
    drafts = funnel.get("drafts", 0)
    reasons = [(name, n) for name, n in funnel.items() if name not in ("drafts", "accepted")]
    told = [("drafts", drafts), *reasons[:most]]
    if rest := sum(n for _, n in reasons[most:]):
        told.append((count(len(reasons) - most, "other reason"), rest))
    told.append(("accepted", funnel.get("accepted", 0)))
    width = max(len(name) for name, _ in told)
    return [
        f"  {name:<{width}} {n:>7,} {n / drafts if drafts else 0:>6.0%}  {in_words(name)}".rstrip() for name, n in told
    ]


def unfed_lines(unfed: Mapping[str, Sequence[str]]) -> list[str]:
    """Sub-skills that the documents cannot feed, a line for each thing that is wanting."""
    by_want: dict[str, list[str]] = {}
    for name, wants in unfed.items():
        by_want.setdefault(", ".join(wants) or "a sentence to ask about", []).append(name)
    return [f"{want}: {', '.join(names)}" for want, names in by_want.items()]


def count(n: int, one: str, many: str = "") -> str:
    """Such as "1 row" or "1,200 rows"."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
