"""Which stretches of a text can be quoted, which of them support an answer, and where in the document they stand."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from agentinstruct_local import ids
from agentinstruct_local.passages import units_of
from agentinstruct_local.records import Draft, Passage, Span, Unit
from agentinstruct_local.words import content

CANDIDATES = 8
"""How many stretches a teacher may choose its quote from."""
EXCERPT = 4
"""From how many it answers."""


def quotable(draft: Draft) -> tuple[Unit, ...]:
    """The units of what the reader of the row sees: the passage's own, or those of what it was turned into."""
    units = draft.passage.units if draft.text == draft.passage.text else units_of(draft.text)
    return tuple(unit for unit in units if unit.kind != "heading")


def ranked(units: Sequence[Unit], about: str) -> list[Unit]:
    """Units by how much of `about` they share, rare words counting most (inverse document frequency), best first."""
    bags, weight = _weighed(units)
    wanted = set(content(about))
    scores = [_sum(weight, wanted & bag) / math.sqrt(4 + len(bag)) for bag in bags]
    order = sorted(range(len(units)), key=lambda number: (-scores[number], number))
    return [units[number] for number in order]


def support(units: Sequence[Unit], answer: str, question: str, text: str) -> str:
    """The unit that says most of `answer`, and of `question` where several do; with its neighbour if that adds much.

    What is returned stands in `text`, which the units are from. Empty if no unit shares a word with the answer.
    """
    bags, weight = _weighed(units)
    said = set(content(answer))
    asked = set(content(question)) - said

    def score(bag: set[str]) -> float:
        mine = _sum(weight, said & bag)
        return mine + 0.5 * _sum(weight, asked & bag) - 0.02 * len(bag) if mine else 0.0

    spans: list[tuple[float, str]] = [(score(bag), unit.text) for unit, bag in zip(units, bags, strict=True)]
    best = max(spans, key=lambda one: one[0], default=(0.0, ""))
    for (one, bag), (other, more) in pairwise(zip(units, bags, strict=True)):
        both = score(bag | more)
        much_more = both > 1.35 * best[0] and both > 1.1 * max(score(bag), score(more))
        if much_more and (joined := _together(one, other, text)):
            best = (both / 1.35, joined)
    return best[1] if best[0] > 0 else ""


def _together(one: Unit, other: Unit, text: str) -> str:
    """The stretch of the text from one unit to the next, bullets and all; empty where words stand between them."""
    first = locate(one.text, text)
    second = locate(other.text, text, first[1]) if first else None
    if not first or not second or re.search(r"[^\W\d_]", text[first[1] : second[0]]):
        return ""
    return " ".join(text[first[0] : second[1]].split())


def _weighed(units: Sequence[Unit]) -> tuple[list[set[str]], Counter[str]]:
    bags = [set(content(unit.text)) for unit in units]
    frequency = Counter(word for bag in bags for word in bag)
    weight: Counter[str] = Counter()
    for word, count in frequency.items():
        weight[word] = math.log(1 + len(units) / count)  # type: ignore[assignment]
    return bags, weight


def _sum(weight: Counter[str], words: set[str]) -> float:
    # A set has another order in every process, and a plain sum of floats another last digit: enough to break a tie
    # differently when a run goes on.
    return math.fsum(weight[word] for word in words)


def candidates(draft: Draft, about: str) -> tuple[str, ...]:
    """The texts that may be quoted in a reply about `about`, in the text's order; all of them where that is empty."""
    units = quotable(draft)
    if about and len(units) > CANDIDATES:
        chosen = ranked(units, about)[:CANDIDATES]
        units = tuple(unit for unit in units if unit in chosen)
    return tuple(dict.fromkeys(unit.text for unit in units))


def excerpt(draft: Draft, about: str) -> str:
    """The few units of the text that share most with `about`, in the text's order, a line each.

    A small teacher answers from these better than from the whole passage, where it often takes the wrong sentence.
    """
    units = quotable(draft)
    best = ranked(units, about)[:EXCERPT]
    return "\n".join(unit.text for unit in units if unit in best)


def locate(quote: str, text: str, start: int = 0) -> Span | None:
    """Where `quote` stands in `text`, any whitespace matching any; None if it does not."""
    if not quote.strip():
        return None
    pattern = r"\s+".join(re.escape(part) for part in quote.split())
    match = re.compile(pattern).search(text, start)
    return match.span() if match else None


def fact_of(draft: Draft) -> str | None:
    """The name of the fact that a draft teaches; None where it teaches none by itself."""
    if known := draft.item.get("fact"):
        return str(known)
    line = draft.focus.text if draft.focus else str(draft.item.get("quote", ""))
    return fact_named(draft.passage, line) if draft.item.get("quote") else None


def fact_named(passage: Passage, line: str) -> str:
    """The name of what a line of a passage states."""
    return ids.digest("fact", passage.id, line)


def source_of(draft: Draft, quote: str) -> tuple[Span, str]:
    """The stretch of the document behind a quote: its span in the document's text, and its words.

    A quote from the passage is found where it stands. One from a transformed or edited text has no such place: the
    unit of the passage that shares most with it is taken, which is the focus where nothing shares more.
    """
    passage = draft.passage
    found = locate(quote, passage.text)
    if found:
        start, end = passage.span[0] + found[0], passage.span[0] + found[1]
        return (start, end), " ".join(passage.text[found[0] : found[1]].split())
    units = [unit for unit in passage.units if unit.kind != "heading"]
    if draft.focus is not None:
        units.insert(0, draft.focus)
    best = (
        ranked(units, quote)[0]
        if units
        else Unit(span=passage.span, text=" ".join(passage.text.split()), kind="sentence")
    )
    return best.span, best.text
