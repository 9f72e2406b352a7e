"""Look over the questions of bench/knowledge: are they sound, and does a student that read nothing guess them?

    STUDENT=NAME make knowledge-check     another student; STUDENT= asks none

Prints a table; exit code 1 where a rule does not hold. The rules that need no student are also tests.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

from agentinstruct_local.exam.material import Material
from agentinstruct_local.exam.questions import LETTERS, Question, read
from agentinstruct_local.exam.report import values
from agentinstruct_local.exam.sitting import sit
from agentinstruct_local.exam.statistics import mean
from agentinstruct_local.readers.collect import collect

BENCH = Path(__file__).parent / "knowledge"
CHANCE = 0.25
MOST_KEYS = 0.3  # of the questions with options that one letter may be the key of, or the longest option
GUESSED = 0.1  # short answers that an untaught student may get


def problems(org: str, questions: list[Question]) -> list[str]:
    """What is wrong with an organisation's questions, one line each."""
    documents = collect([BENCH / org / "documents"]).documents
    found = [f"{one.id}: its evidence stands in no document" for one in Material(documents, ()).lost(questions)]
    choices = [one for one in questions if one.type == "mc"]
    letters = Counter(LETTERS[one.options.index(one.right)] for one in choices)
    found += [
        f"{letter} is the key {n} times of {len(choices)}"
        for letter, n in letters.items()
        if n > MOST_KEYS * len(choices)
    ]
    longest = [
        one for one in choices if all(len(one.right) > len(other) for other in one.options if other != one.right)
    ]
    if len(longest) > MOST_KEYS * len(choices):
        found.append(f"the longest option is the key {len(longest)} times of {len(choices)}")
    share = len(choices) / len(questions)
    if not 0.45 <= share <= 0.55:
        found.append(f"{share:.0%} of the questions have options, not half of them")
    return found


def guessed(questions: list[Question], name: str) -> list[str]:
    """What an untaught student knows that it should not."""
    from agentinstruct_local.student import examined, students

    with closing(examined.opened(students.find(name))) as student:
        marks = sit(student, questions)
    options, short = (mean(values(questions, marks, measure)) for measure in ("mc", "short"))
    print(f"  {name}: options {options.value:.2f} [{options.low:.2f}, {options.high:.2f}], short {short.value:.2f}")
    found = []
    if (options.low or 0) > CHANCE:  # below it nothing is known: other options are likelier by themselves
        found.append(f"{name} is above chance: {options.value:.2f} of the options")
    if (short.value or 0) > GUESSED:
        found.append(f"{name} gets {short.value:.2f} of the short answers")
    return found


def main() -> int:
    """All organisations."""
    wrong = 0
    for org in sorted(one.name for one in BENCH.iterdir() if (one / "questions.jsonl").is_file()):
        questions = read(BENCH / org / "questions.jsonl")
        print(f"{org}: {len(questions)} questions, {dict(Counter(one.skill for one in questions))}")
        found = problems(org, questions)
        name = os.environ.get("STUDENT", "smollm2-135m-instruct-q4_1")
        found += guessed(questions, name) if name else []
        for one in found:
            print(f"  {one}")
        wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
