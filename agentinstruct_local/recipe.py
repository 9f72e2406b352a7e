"""What a run is asked for: a YAML file, options of the command line, or both. Frozen in the run once it has begun."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentinstruct_local import yaml_file
from agentinstruct_local.errors import RecipeError

MOST_ROWS = 10_000_000
DRAFTS_PER_ROW = 40  # how many drafts a row may cost before a run gives up

Share = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Score = Annotated[float, Field(gt=0, le=1)]

# What a run that goes on may be asked for anew; everything else decides which rows come out.
FREE = frozenset(
    {"rows", "budget_drafts", "budget_hours", "window", "n_seq", "context", "threads", "gpu_layers", "test_share"}
)


class Recipe(BaseModel):
    """Everything that decides what a run makes. Every field has a default but the sources."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: tuple[str, ...] = Field(default=(), description="files and folders to read")
    rows: int = Field(default=12, ge=1, le=MOST_ROWS, description="how many accepted rows are wanted")
    per_fact: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="end when each fact was taught so many times; empty: as often as `rows` takes",
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="the same seed gives the same plan")
    teacher: str = Field(default="", description="the name of a model card, or a GGUF file; empty: the default teacher")
    skills: dict[str, Share] = Field(
        default={}, description="a skill or skill/subskill and its share; empty: the default mix"
    )
    taxonomy: str = Field(default="", description="a folder of skills of your own, beside those of the program")
    language: str = Field(
        default="en", pattern=r"^[a-z]{2,3}$", description="language of the rows, as an ISO 639 code such as en or de"
    )
    privacy: Literal["keep", "mask", "skip"] = Field(
        default="keep",
        description="personal data and secrets: keep and tell them, mask them, or skip the passages that hold some",
    )
    privacy_rules: str = Field(
        default="", description="a file of rules of your own for what counts as such, beside those of the program"
    )
    budget_drafts: int | None = Field(default=None, ge=1, description="stop after so many drafts")
    budget_hours: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="stop after so many hours")
    passage_tokens: int = Field(default=420, ge=60, le=8000, description="size of a passage, in tokens of the teacher")
    window: int | None = Field(default=None, ge=1, le=4096, description="how many drafts are in work at a time")
    n_seq: int | None = Field(default=None, ge=1, le=256, description="how many sequences the teacher decodes together")
    context: int | None = Field(default=None, ge=512, description="tokens of context, for all sequences together")
    threads: int | None = Field(default=None, ge=1, le=1024, description="processor threads for the teacher")
    gpu_layers: int | None = Field(default=None, ge=-1, description="layers kept on the GPU; -1: all of them")
    near: Score = Field(default=0.97, description="questions this alike are duplicates")
    similar: Score = Field(default=0.90, description="from here on, names and numbers decide whether it is a duplicate")
    test_share: float = Field(
        default=0.1, ge=0, lt=1, description="share of the rows, by document, that is for testing"
    )

    def drafts_allowed(self) -> int:
        """How many drafts may be spent."""
        return self.budget_drafts or DRAFTS_PER_ROW * self.rows

    @property
    def open_ended(self) -> bool:
        """Whether the run ends with the facts and not with a number of rows."""
        return self.per_fact is not None and self.rows == MOST_ROWS


def load(path: Path) -> Recipe:
    """The recipe in a YAML file. Sources, taxonomy and rules in it are relative to the file. Raises RecipeError."""
    fields = yaml_file.load(
        path, what="a recipe", missing="Give a YAML file with --recipe.", form="Write lines such as: rows: 100"
    )
    fields = {} if fields is None else fields
    if not isinstance(fields, dict):
        raise RecipeError(f"{path}: a recipe is a list of `field: value` lines.", hint=_allowed())
    recipe = from_fields(fields, str(path))
    near: dict[str, Any] = {"sources": tuple(str(path.parent / source) for source in recipe.sources)}
    for name in ("taxonomy", "privacy_rules"):
        if place := getattr(recipe, name):
            near[name] = str(path.parent / place)
    return recipe.model_copy(update=near)


def merge(recipe: Recipe, **options: Any) -> Recipe:
    """The recipe with the options that were given; None and empty ones are left out. Raises RecipeError."""
    given = {name: value for name, value in options.items() if value not in (None, (), [], {}, "")}
    return from_fields({**recipe.model_dump(), **given}, "options")


def from_fields(fields: Mapping[Any, Any], where: str) -> Recipe:
    """A recipe from plain values. Raises RecipeError, which names `where`, the fields, and what they may be."""
    try:
        return Recipe.model_validate(dict(fields))
    except ValidationError as error:
        troubles = error.errors(include_url=False)
    names = [str(trouble["loc"][0]) if trouble["loc"] else "" for trouble in troubles]
    told = [f"{where}: {_told(trouble)}" for trouble in troubles]
    known = [name for name in names if name in Recipe.model_fields]
    hint = _meaning(known) if known else _allowed()
    raise RecipeError("\n".join(told), hint=hint)


def differences(frozen: Recipe, wanted: Recipe, *, given: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """Field -> (as the run has it, as it is wanted), for those of the `given` fields that a run may not change."""
    return {
        name: (getattr(frozen, name), getattr(wanted, name))
        for name in sorted(given)
        if name not in FREE and getattr(frozen, name) != getattr(wanted, name)
    }


def _told(trouble: Any) -> str:
    path = ".".join(str(part) for part in trouble["loc"])
    if trouble["type"] == "extra_forbidden":
        near = difflib.get_close_matches(path, Recipe.model_fields, n=1)
        return f"there is no field {path!r}" + (f"; did you mean {near[0]!r}?" if near else ".")
    if trouble["type"] == "string_pattern_mismatch":
        return f"{path} cannot be {str(trouble['input'])[:60]!r}."
    text = trouble["msg"].removeprefix("Input ")
    return f"{path} {text}, not {str(trouble['input'])[:60]!r}."


def _meaning(names: Iterable[str]) -> str:
    return "; ".join(f"{name} is: {Recipe.model_fields[name].description}" for name in dict.fromkeys(names)) + "."


def _allowed() -> str:
    return "A recipe may have: " + ", ".join(Recipe.model_fields) + "."
