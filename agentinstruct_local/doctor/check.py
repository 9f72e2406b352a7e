"""What a look at the machine found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; `hint` says what to type where it is not ok."""

    name: str
    state: Literal["ok", "warn", "fail"]
    says: str
    hint: str = ""


def as_data(checks: Sequence[Check]) -> dict[str, Any]:
    """The checks for a script: `ok`, and a list of them."""
    return {"ok": all(check.state != "fail" for check in checks), "checks": [asdict(check) for check in checks]}
