"""Which lines of its passage a text that was written anew still states, told by their words."""

from __future__ import annotations

from typing import Any

from agentinstruct_local import evidence
from agentinstruct_local.passages import lines_of, units_of
from agentinstruct_local.records import Draft
from agentinstruct_local.words.marks import figures, words

HELD = 0.6
"""Of the words of a line, in one stretch of the text, from which on the line is stated there. Not calibrated."""
STRETCH = 3
"""Lines or sentences of the text that are looked at together: a question and its answer, an item and its lead-in."""


def use(draft: Draft, *, field: str = "prune.text") -> dict[str, Any]:
    """`states`: the facts, each with its name (`fact`) and its line (`quote`). A line is stated where the text has all
    its figures and `HELD` of its words close together, so one that says the opposite counts too."""
    parts = [unit.text for unit in units_of(str(draft.value(field, "")))]
    near = ["\n".join(parts[at : at + STRETCH]) for at in range(len(parts))]
    said = [(figures(stretch), words(stretch)) for stretch in near]
    lines = dict.fromkeys(line.text for line in lines_of(draft.passage))
    return {
        "output": {
            "states": [
                {"fact": evidence.fact_named(draft.passage, line), "quote": line}
                for line in lines
                if any(_states(line, held, told) for held, told in said)
            ]
        }
    }


def _states(line: str, held: set[str], told: set[str]) -> bool:
    wanted = words(line)
    return figures(line) <= held and len(wanted & told) >= HELD * len(wanted) > 0
