"""Everything that can go wrong and that a user can put right.

    AgentInstructError          message, and a hint: what to type next (exit code 2)
    |-- SourceError             no document could be read
    |-- TaxonomyError           a skill, an agent or an example is not well formed
    |-- RecipeError             the recipe or an option does not make sense
    |-- ModelError              a model file is missing, damaged or cannot be loaded
    |-- BundleError             a bundle for another machine cannot be made
    |-- TeacherError            the teacher cannot do what is asked of it
    |-- ExamError               a file of questions is not well formed, or does not fit the documents
    |-- StudentError            a student cannot be taught or examined as it was asked for
    |-- RunError                the run folder is missing, damaged or belongs to something else
    |   |-- RunDamaged          its database cannot be trusted; `export` saves what can be read
    |   `-- RunLocked           another process is writing to it (exit code 75)
    `-- PlugNotFound            no verifier, reader, tool or exporter of that name

A draft that goes wrong is not an exception: it ends with a `Verdict` that says why.
"""

from __future__ import annotations

import os
import traceback

WORDS = "AGENTINSTRUCT_LOG_TEXT"
"""The environment variable by which a user asks for an error's own words in a traceback."""


def without_words(error: BaseException) -> str:
    """A traceback for a log: where it happened and of which kind each error was, but not its words, which may hold text
    of a document. With $AGENTINSTRUCT_LOG_TEXT, the words too."""
    if os.environ.get(WORDS):
        return "".join(traceback.format_exception(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [without_words(before), "\n"] if before else []
    lines += ["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__)]
    return "".join([*lines, f"{type(error).__name__} (its words: {WORDS}=1)\n"])


class AgentInstructError(Exception):
    """Something the user can fix; `hint` says what to type."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class SourceError(AgentInstructError):
    """The documents cannot be read, or there are none."""


class TaxonomyError(AgentInstructError):
    """A skill folder is not well formed."""


class RecipeError(AgentInstructError):
    """A recipe or an option does not make sense."""


class ModelError(AgentInstructError):
    """A model file is missing, damaged or cannot be loaded."""


class BundleError(AgentInstructError):
    """A bundle for a machine without a network cannot be made."""


class TeacherError(AgentInstructError):
    """The teacher cannot do what is asked of it."""


class ExamError(AgentInstructError):
    """A file of questions is not well formed, or does not fit the documents."""


class StudentError(AgentInstructError):
    """A student cannot be taught or examined as it was asked for."""


class RunError(AgentInstructError):
    """The run folder is missing, damaged or belongs to something else."""


class RunDamaged(RunError):
    """The run's database is damaged."""


class RunLocked(RunError):
    """Another process is writing to the run folder."""

    exit_code = 75


class PlugNotFound(AgentInstructError):
    """No plug of that name in that room."""
