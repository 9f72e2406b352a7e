"""What the sittings of one student say together: shares with intervals, the gap closed, by kind of question.

Sittings by name: "base" is the student before it was taught, closed book; "taught" after; "gold" and "search" are the
base with the right passage, or with what a search found, in its prompt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agentinstruct_local.exam.questions import Question
from agentinstruct_local.exam.sitting import Mark
from agentinstruct_local.exam.statistics import Estimate, difference, gap_closed, mean

Sittings = Mapping[str, Sequence[Mark]]
MEASURES = ("short", "exact", "mc", "likely")
"""Short answers right; those right and nothing more; options right; nats a token of the right answer."""


def values(questions: Sequence[Question], marks: Sequence[Mark], measure: str) -> list[float]:
    """One value a question, NaN where the measure does not apply to it or it was not answered."""
    take: dict[str, Callable[[Question, Mark], float | None]] = {
        "short": lambda question, mark: mark.right if question.type == "short" else None,
        "exact": lambda question, mark: mark.exact if question.type == "short" else None,
        "mc": lambda question, mark: mark.right if question.type == "mc" else None,
        "likely": lambda _, mark: mark.likely,
    }
    found = (take[measure](question, mark) for question, mark in zip(questions, marks, strict=True))
    return [math.nan if value is None else float(value) for value in found]


def report(questions: Sequence[Question], sittings: Sittings) -> dict[str, Any]:
    """Everything in one JSON object; an estimate is {"value", "low", "high", "n"}."""
    told: dict[str, Any] = {
        "questions": {kind: sum(one.type == kind for one in questions) for kind in ("short", "mc")},
        "scores": {name: _scores(questions, marks) for name, marks in sittings.items()},
        "unanswered": {name: sum(mark.right is None for mark in marks) for name, marks in sittings.items()},
    }
    if "base" in sittings and "taught" in sittings:
        told["gained"] = {
            measure: asdict(difference(*(values(questions, sittings[name], measure) for name in ("taught", "base"))))
            for measure in MEASURES
        }
        if "gold" in sittings:
            told["gap_closed"] = gap(questions, sittings)
    told["by"] = {
        field: _by(questions, sittings, [getattr(one, field) or "-" for one in questions]) for field in ("skill", "doc")
    }
    if "base" in sittings:
        told["by"]["known"] = _by(questions, sittings, known(sittings["base"]))
    return told


def recited(marks: Sequence[Mark]) -> dict[str, Any]:
    """How much of what it was taught a student says word for word, and how likely it finds those replies."""
    right = [_number(mark.right) for mark in marks]
    return {"right": asdict(mean(right)), "likely": asdict(mean([mark.likely for mark in marks]))}


def known(base: Sequence[Mark]) -> list[str]:
    """Of each question, whether the student answered it right before it was taught."""
    return ["known" if mark.right else "unknown" for mark in base]


def gap(questions: Sequence[Question], sittings: Sittings) -> dict[str, Any]:
    """Gap closed: of short answers over the questions that the base did not answer, of options and nats over all.

    Among options that were guessed wrong, another guess is right one time in four, and would count as learnt.
    """
    unknown = [name == "unknown" for name in known(sittings["base"])]
    found = {}
    for measure in MEASURES:
        three = [values(questions, sittings[name], measure) for name in ("taught", "base", "gold")]
        if measure in ("short", "exact"):
            three = [[v if new else math.nan for v, new in zip(one, unknown, strict=True)] for one in three]
        found[measure] = asdict(gap_closed(*three))
    return found


def _scores(questions: Sequence[Question], marks: Sequence[Mark]) -> dict[str, Any]:
    return {measure: asdict(mean(values(questions, marks, measure))) for measure in MEASURES}


def _by(questions: Sequence[Question], sittings: Sittings, names: Sequence[str]) -> dict[str, Any]:
    """Shares right of each group of questions, all types together, in each sitting."""
    table: dict[str, Any] = {}
    for name in sorted(set(names)):
        places = [at for at, one in enumerate(names) if one == name]
        table[name] = {"n": len(places)} | {
            sitting: {
                "right": _plain(mean([_number(marks[at].right) for at in places])),
                "likely": _plain(mean([marks[at].likely for at in places])),
            }
            for sitting, marks in sittings.items()
        }
    return table


def _number(right: bool | None) -> float:
    return math.nan if right is None else float(right)


def _plain(estimate: Estimate) -> float | None:
    return None if estimate.value is None else round(estimate.value, 4)
