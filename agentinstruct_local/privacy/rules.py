"""The rules: what counts as personal data and as a secret. A YAML file with ours, and over it one of the user's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agentinstruct_local import yaml_file
from agentinstruct_local.errors import RecipeError
from agentinstruct_local.privacy.checks import CHECKS

FORM = "Each rule has a name and a pattern; see docs/privacy.md."


class RuleFile(BaseModel):
    """One entry under `rules:`."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    about: str = ""
    pattern: str = Field(min_length=1)
    check: str = ""
    but: str = Field(default="", alias="except")
    secret: bool = False
    spaced: bool = False

    @field_validator("pattern", "but")
    @classmethod
    def _compiles(cls, text: str) -> str:
        try:
            found = re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"no regular expression: {error}") from error
        if text and found.fullmatch(""):
            raise ValueError("it finds nothing at all, everywhere")
        return text

    @field_validator("check")
    @classmethod
    def _known(cls, name: str) -> str:
        if name and name not in CHECKS:
            raise ValueError(f"no check {name!r}; there are: {', '.join(CHECKS)}")
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of value: what it looks like and what else must hold."""

    name: str
    pattern: re.Pattern[str]
    check: str = ""  # a name in CHECKS
    but: re.Pattern[str] | None = None  # a value in which this is found does not count
    secret: bool = False
    spaced: bool = False  # spaces, dots, hyphens and brackets make no other value of it

    def key(self, value: str) -> str:
        """Equal for two writings of the same value."""
        value = "".join(value.split())
        if self.spaced:
            value = "".join(filter(str.isalnum, value))
        return value if self.secret else value.casefold()


Rules = tuple[Rule, ...]


@cache
def packaged() -> tuple[dict[str, Any], ...]:
    """The program's own rules as plain values."""
    return tuple(read(Path(__file__).with_name("rules.yaml")))


def wanted(file: Path | None) -> list[dict[str, Any]]:
    """The program's rules as plain values, those of a file over them: a name in the file takes the place of ours.

    Raises RecipeError for a file that cannot be read or holds what is no rule.
    """
    own = read(file) if file else []
    names = {rule["name"] for rule in own}
    return [*(rule for rule in packaged() if rule["name"] not in names), *own]


def read(file: Path) -> list[dict[str, Any]]:
    """The rules of a file as plain values, which JSON can keep. Raises RecipeError, which names the file."""
    found = yaml_file.load(
        file,
        what="a file of rules",
        missing="privacy_rules names a YAML file of rules.",
        form="Put patterns between single quotes.",
    )
    if not isinstance(found, dict) or set(found) != {"rules"} or not isinstance(found["rules"], list):
        raise RecipeError(f"{file}: a file of rules holds one list, `rules:`.", hint=FORM)
    return [_checked(one, number, str(file)) for number, one in enumerate(found["rules"], 1)]


def _checked(fields: Any, number: int, where: str) -> dict[str, Any]:
    try:
        rule = RuleFile.model_validate(fields)
    except ValidationError as error:
        trouble = error.errors(include_url=False)[0]
        name = fields.get("name") if isinstance(fields, Mapping) else None
        at = ".".join(str(part) for part in trouble["loc"]) or "it"
        told = trouble["msg"].removeprefix("Value error, ")
        raise RecipeError(f"{where}: rule {name or number}: {at}: {told}", hint=FORM) from error
    return rule.model_dump(by_alias=True)


def made(plain: Iterable[Mapping[str, Any]] | None) -> Rules:
    """Rules out of plain values, as a run keeps them; None gives the program's own."""
    found = []
    for fields in packaged() if plain is None else plain:
        one = RuleFile.model_validate(fields)
        but = re.compile(one.but) if one.but else None
        found.append(
            Rule(name=one.name, pattern=re.compile(one.pattern), check=one.check, but=but, secret=one.secret,
                 spaced=one.spaced)
        )  # fmt: skip
    return tuple(found)
