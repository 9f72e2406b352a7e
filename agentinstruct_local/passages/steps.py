"""The numbered steps of a passage."""

from __future__ import annotations

import re
from typing import NamedTuple

from agentinstruct_local.records import Passage

FEWEST = 3
"""Steps of an instruction that is worth a question."""
_STATES = re.compile(
    r"(?:The|An?|This|That|These|It|If|There|You|We|They|All|Each|Every|No|Some|Any|Is|Are|Does|Do|What|How|Why)\b"
    r"(?! not )"
)
_NUMBER = re.compile(r"\n[ \t]*\(?(\d{1,2})[.)][ \t]+$")


class Steps(NamedTuple):
    """Steps 1 to n of one instruction, with nothing between them."""

    heading: str  # the heading that they stand under
    units: tuple[int, ...]  # of the passage, in order


def steps(passage: Passage) -> tuple[Steps, ...]:
    """Every numbered list of a passage that begins at 1 and has no gap; a step is one unit."""
    found: list[list[int]] = []
    for place, unit in enumerate(passage.units):
        number = _number(passage, place) if unit.kind == "item" else 0
        if number == 1:
            found.append([place])
        elif found and number == len(found[-1]) + 1 and found[-1][-1] == place - 1:
            found[-1].append(place)
        elif found and found[-1][-1] == place - 1:
            found[-1].append(-1)  # something else follows: a picture's caption, a command, a step within a step
    whole = [[one for one in run if one >= 0] for run in found if -1 not in run[:-1]]
    return tuple(Steps(_above(passage, run[0]), tuple(run)) for run in whole if _told(passage, run))


def _told(passage: Passage, run: list[int]) -> bool:
    """Enough steps, each a short sentence of its own that says what is done, not what something is."""
    texts = [passage.units[one].text for one in run]
    short = all(3 <= len(text.split()) <= 45 and text[:1].isupper() for text in texts)
    return len(run) >= FEWEST and len(set(texts)) == len(texts) and short and not any(map(_STATES.match, texts))


def _number(passage: Passage, place: int) -> int:
    start = passage.units[place].span[0] - passage.span[0]
    found = _NUMBER.search(f"\n{passage.text[max(0, start - 12) : start]}")
    return int(found[1]) if found else 0


def _above(passage: Passage, place: int) -> str:
    inside = [unit.text for unit in passage.units[:place] if unit.kind == "heading"]
    return [*passage.headings[-1:], passage.title, *inside][-1] if inside else "".join(passage.headings[-1:])
