"""A YAML file that a user writes, as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from agentinstruct_local.errors import RecipeError

LONGEST = 1_000_000  # bytes


def load(path: Path, *, what: str, missing: str, form: str) -> Any:
    """The values in it; None for an empty file. `what` it is called, such as "a recipe".

    Raises RecipeError for a file that cannot be read (with `missing` as the hint), is larger than LONGEST, or is no
    YAML (with the line, and `form` as the hint).
    """
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}", hint=missing) from error
    if len(data) > LONGEST:
        raise RecipeError(f"{path} is larger than {what} may be.", hint=f"At most {LONGEST:,} bytes.")
    try:
        return yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise RecipeError(f"{place}: this is not YAML: {problem}", hint=form) from error
