"""Forms of English verbs."""

from __future__ import annotations

import re


def third(base: str) -> str:
    """The third person of a regular verb, and of "have": "specify" gives "specifies"."""
    if base == "have":
        return "has"
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        return f"{base}es"
    return f"{base[:-1]}ies" if re.search(r"[^aeiou]y$", base) else f"{base}s"
