"""Stretches of passages as a search shows them."""

from __future__ import annotations

from collections.abc import Sequence

from agentinstruct_local.evidence import ranked
from agentinstruct_local.library import Library
from agentinstruct_local.passages import Table
from agentinstruct_local.records import Passage
from agentinstruct_local.words import content
from agentinstruct_local.words.questions import plain

AROUND = 2  # units before and after the one that fits
ABSENT = 0.45  # the same, where the answer must be in no document, not even in other words
ALIKE = 0.6  # of the words of an answer: a document that has more of them may hold it too


def titled(passage: Passage) -> str:
    """What stands above a stretch: its document, and the heading."""
    return " > ".join(dict.fromkeys([passage.title or passage.source, *passage.headings[-1:]]))


def window(passage: Passage, question: str) -> str:
    """The stretch of a passage that fits a question best."""
    units = [unit for unit in passage.units if unit.kind != "heading"]
    return around(passage, ranked(units, question)[0].text) if units else passage.text


def around(passage: Passage, quote: str) -> str:
    """The unit with those before and after it, up to the next heading."""
    units = passage.units
    place = next(number for number, unit in enumerate(units) if unit.text == quote)
    first, last = place, place
    while first > max(0, place - AROUND) and units[first - 1].kind != "heading":
        first -= 1
    while last < min(len(units) - 1, place + AROUND) and units[last + 1].kind != "heading":
        last += 1
    text = passage.text[units[first].span[0] - passage.span[0] : units[last].span[1] - passage.span[0]]
    return f"{text}\n```" if text.count("```") % 2 else text


def headed(table: Table) -> bool:
    """Whether the first row of a table is a header, and not one more row of a list that has none."""
    cells = [one for one in table.header if one]
    small = [one for one in cells if one[0].islower()]
    phrase = any(len(one.split()) > (1 if len(small) == len(cells) else 2) for one in small)
    return not phrase and not any("_" in one or "@" in one or len(one.split()) > 4 for one in cells[:2])


def others(
    corpus: Library, question: str, told: Sequence[str], most: int, without: set[str], share: float = ALIKE
) -> dict[str, Passage]:
    """Stretches of passages that a search for the question finds and that hold no answer; by their text.

    `told` are the answers, of whose words a stretch has at most `share`; `without` the ids of passages that are not
    wanted.
    """
    found: dict[str, Passage] = {}
    for one in corpus.search(" ".join([question, *told]), most):
        text = window(one, question)
        if one.id not in without and text not in found and not any(alike(text, answer, share) for answer in told):
            found[text] = one
    return found


def alike(text: str, told: str, share: float = ALIKE) -> bool:
    """Whether a text may hold an answer: it has more than so much of its words."""
    wanted = set(content(told))
    return len(wanted & set(content(text))) > share * len(wanted)


def numbered(titles: Sequence[str], texts: Sequence[str]) -> str:
    """Documents as a prompt lists them: [1], what stands above it, and its text."""
    return "\n\n".join(
        f"[{place}] {title}\n{text}" for place, (title, text) in enumerate(zip(titles, texts, strict=True), 1)
    )


def brief(key: str) -> str:
    """The part of a sentence that answers, as a reply of its own without its full stop."""
    short = plain(key).strip(" ,;")
    return f"{short[0].upper()}{short[1:]}" if short[:1].islower() and short.split()[0].isalpha() else short
