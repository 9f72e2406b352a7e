"""Where a text speaks of the keys, headings and cells of data, and what is left of it beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentinstruct_local.verifiers._shown import Data, empty
from agentinstruct_local.words import content
from agentinstruct_local.words.stems import akin

_NOT_GIVEN = r"(?:is|are) (?:not (?:given|stated|known|listed)|missing|unknown|left (?:blank|empty))"
_SCALE = (("b", "billion"), ("billions usd", "billion"), ("m", "million"), ("millions usd", "million"))
_PLAIN = (
    "have has is are of for its the with while both in it given listed table entry record row show list data also "
    "which whereas by and as there at to from this that on all column value stands"
)


class Mention(NamedTuple):
    """One mention: of what kind (key, heading, cell or gap), and of which key, heading or cell."""

    kind: str
    what: str
    place: int


def noun(heading: str) -> str:
    """A heading without its unit and underscores, in small letters."""
    return " ".join(re.sub(r"\s*\([^()]*\)$", "", heading).replace("_", " ").split()).casefold()


def forms_of(heading: str) -> list[str]:
    """How a heading may stand in a sentence: as it is, and its last word in the singular."""
    name = noun(heading)
    one = re.sub(r"(?<=[a-z]{3})ies\b", "y", name), re.sub(r"(?<=[a-z]{2})s\b", "", name)
    return list(dict.fromkeys((name, *one, re.sub(r"(ch|sh|x)es$", r"\1", name))))


def written(cell: str, heading: str) -> list[str]:
    """How a cell may be written: as it stands, with thousands apart, and with the unit of its heading."""
    found = [cell]
    if re.fullmatch(r"-?\d{4,}(?:\.\d+)?", cell):
        whole, dot, rest = cell.partition(".")
        found.append(f"{int(whole):,}{dot}{rest}")
    if inside := re.search(r"\(([^()]*)\)$", heading):
        bare, name = cell.lstrip("$€£"), inside[1].strip()
        folded = name.casefold().lstrip("$")
        scale = next((word for short, word in _SCALE if short == folded), "")
        if name.startswith("$") or "usd" in folded:
            found += [f"${bare} {scale}".strip(), f"{bare} {scale} dollars"]
        elif name == "€":
            found.append(f"€{bare}")
        else:
            found += [f"{one}{gap}{name}" for one in found[:2] for gap in ("", " ")]
    return found


def mentions(text: str, data: Data) -> tuple[list[Mention], str]:
    """Every mention in order, and the text with each of them blanked out. The longest reading of a place counts."""
    readings: list[tuple[str, str, str]] = []
    for record in data.records:
        key, *cells = record.items()
        readings.append((key[1], "key", key[1]))
        for name, cell in cells:
            readings += [(one, "cell", cell) for one in written(cell, name) if not empty(cell)]
    for name in data.headings:
        readings += [(one, "heading", name) for one in forms_of(name)]
    found, left = [], text
    ways = {one.casefold(): [] for one, _, _ in readings}  # type: dict[str, list[tuple[str, str]]]
    for one, kind, what in readings:
        if (kind, what) not in ways[one.casefold()]:
            ways[one.casefold()].append((kind, what))
    patterns = [re.escape(one) for one in sorted(ways, key=len, reverse=True)]
    whole = re.compile(rf"(?<![\w.-])(?:{'|'.join(patterns)}|(?P<gap>{_NOT_GIVEN}))(?![\w-]|[.,]\d)", re.IGNORECASE)
    for match in whole.finditer(text):
        left = f"{left[: match.start()]}{' ' * len(match[0])}{left[match.end() :]}"
        if match["gap"]:
            found.append(Mention("gap", "", match.start()))
            continue
        kind, what = ways[match[0].casefold()][0]
        found.append(Mention(kind, what, match.start()))
    return found, left


def sentences(text: str, left: str) -> list[tuple[int, int]]:
    """Where the sentences of a text stand; a stop inside a mention, blanked out in `left`, ends none."""
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s|$)|\n+", left)]
    starts = [0, *ends]
    return [(start, end) for start, end in zip(starts, [*ends, len(text)], strict=True) if text[start:end].strip()]


def unknown(left: str, known: Iterable[str]) -> list[str]:
    """Words and numbers of what is left that are neither usual in a description nor known."""
    basis = set(content(" ".join(known))) | set(content(_PLAIN))
    return [word for word in content(left) if word not in basis and not any(akin(word, one) for one in basis)]


def pairs(found: Sequence[Mention]) -> list[tuple[str, str]] | None:
    """Headings with the cells beside them, two mentions at a time: None where they do not go together in pairs."""
    rest = [one for one in found if one.kind != "key"]
    made = []
    for one, other in zip(rest[::2], rest[1::2], strict=False):
        kinds = {one.kind, other.kind}
        if kinds not in ({"heading", "cell"}, {"heading", "gap"}):
            return None
        heading, cell = (one, other) if one.kind == "heading" else (other, one)
        made.append((heading.what, cell.what))
    return made if len(rest) % 2 == 0 else None
