"""Names that are the same on every machine: canonical JSON, digests of it, and seeds made from digests."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(*values: Any, length: int = 16) -> str:
    """The first `length` hex digits of the SHA-256 of the values' canonical JSON."""
    return hashlib.sha256(canonical(values).encode("utf-8", "surrogatepass")).hexdigest()[:length]


def seed_from(*values: Any) -> int:
    """A seed of 31 bits, decided by the values alone."""
    return int(digest(*values, length=8), 16) & 0x7FFFFFFF


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
