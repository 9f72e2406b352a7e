"""What the rows of a run teach, fact by fact, for those who read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentinstruct_local.cli.output import clean, count, short

if TYPE_CHECKING:
    from agentinstruct_local.records import Row

MANY = 4
"""Times from which on they are counted together."""


@dataclass
class Taught:
    """One fact: where it stands, and the kinds of the rows that teach it."""

    fact: str
    source: str
    quote: str
    kinds: list[str] = field(default_factory=list)


def taught(rows: Iterable[Row]) -> list[Taught]:
    """The facts that the rows teach, in the order in which they first do."""
    found: dict[str, Taught] = {}
    for row in rows:
        told = row.provenance
        if name := str(told.get("fact") or ""):
            one = found.setdefault(name, Taught(name, str(told["source"]), str(told.get("quote") or "")))
            one.kinds.append(row.subskill)
        for stated in told.get("states") or ():
            one = found.setdefault(stated["fact"], Taught(stated["fact"], str(told["source"]), stated["quote"]))
            one.kinds.append(row.subskill)
    return list(found.values())


def counted(found: Iterable[Taught]) -> dict[str, int]:
    """How many facts are taught once, twice and so on: {"1": n, "2": n, "3": n, "4+": n}."""
    times = Counter(min(MANY, len(one.kinds)) for one in found)
    return {f"{n}+" if n == MANY else str(n): times[n] for n in range(1, MANY + 1) if times[n]}


def in_a_line(times: dict[str, int]) -> str:
    """Such as "187 taught: 40 once, 60 2 times, 87 4 times or more"."""
    words = {"1": "once", f"{MANY}+": f"{MANY} times or more"}
    told = ", ".join(f"{n} {words.get(name, f'{name} times')}" for name, n in times.items())
    return f"{count(sum(times.values()), 'fact')} taught: {told}"


def as_plain(one: Taught) -> dict[str, Any]:
    """A fact for JSON."""
    return {"fact": one.fact, "source": one.source, "quote": one.quote, "kinds": one.kinds}


def briefly(one: Taught) -> str:
    """A fact in one line: how often it is taught, and the line that states it."""
    return f"  {len(one.kinds):>3}  {short(one.quote, 110)}"


def in_full(one: Taught) -> str:
    """A fact for a person, in two lines."""
    kinds = ", ".join(f"{kind} {n}" if n > 1 else kind for kind, n in Counter(one.kinds).items())
    return f"{len(one.kinds):>3}  {clean(one.quote, line=True)}\n     {clean(one.source, line=True)}: {kinds}"
