"""A few rows and columns of a table that can be told in prose: its headings are nouns, its cells short."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from agentinstruct_local.passages import Table
from agentinstruct_local.words.tokens import UNITS

GAPS = frozenset(("", "-", "–", "—", "n/a", "na", "null", "?", "tbd"))
"""What a cell holds, in lower case, where it says nothing."""

LONGEST = 6  # words of a cell or key
_UNIT = re.compile(r"^(.*?)\s*\(([^()]{1,14})\)$")
_SCALES = {
    "$b": ("$", " billion"), "billions usd": ("$", " billion"), "$m": ("$", " million"),
    "millions usd": ("$", " million"), "$": ("$", ""), "usd": ("$", ""), "€": ("€", ""), "%": ("", "%"),
}  # fmt: skip
_SYMBOLS_TEXT = """
km m m2 m3 m² m³ cm mm kg g mg l ml ms s h min kW MW V A Hz kHz MHz GHz KiB MiB GiB KB MB GB TB °C °F bar Nm
"""
_SYMBOLS = frozenset(_SYMBOLS_TEXT.split())
_AMOUNT = re.compile(
    r"([$€£]?)(-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,9})?)(\s?(?:[^\W\d_]{1,9}(?:/[a-z]{1,5})?|[%°][CF]?))?"
)
_NO_START = re.compile(
    r"(?:is|are|has|have|can|does|uses?d?|how|what|when|why|where|who|which|to|in|on|at|by|for|with|per|not|no|if|from|"
    r"see|also|max|min|avg|default)\b"
)
_NO_HEAD = re.compile(
    r"(?:ed|ly|able|ible|ing|ful|ous|ive|wn)$|^(?:required|optional|default|yes|no|true|false|lat|lon|lng|avg|num|qty|desc|"
    r"addr|msg|pct|amt|descriptions?|meanings?|notes?|comments?|remarks?|examples?|details|explanations?|actions?|"
    r"purposes?|effects?|usages?|use|uses|syntax|evidence|claim|verdict|total|low|high|new|old|first|last|more|text)$"
)
_STILL_NOUNS_TEXT = """
building ceiling rating ranking setting reading heading spacing timing bearing housing string ring objective
directive drive archive native crown town variable table speed feed need seed bed shed family assembly supply reply
funding spending earning
"""
_STILL_NOUNS = frozenset(_STILL_NOUNS_TEXT.split())
_NO_PLURAL = re.compile(r"(?:ss|us|is|as|os)$|^(?:series|news|species|lens)$")
_LABELS_TEXT = """
date year version code id number port phone key month day release edition since model
"""
_LABELS = frozenset(_LABELS_TEXT.split())
_MARKS_TEXT = """
yes no true false x ✓ ✔ ✗ ✘ ✅ ❌ y n on off
"""
_MARKS = frozenset(_MARKS_TEXT.split())
TIMES = frozenset(["year", "month", "quarter", "week", "day", "date", "period", "season"])
"""What a row stands for where it is "in" it that things are so."""

_THE = re.compile(
    r"(?:United |USA?$|UK$|EU$|UAE$|Netherlands$|Philippines$|Maldives$|Bahamas$)|.* (?:Republic|Islands|Union)$"
)
_PROPER = re.compile(r"[A-Z0-9][\w.'’-]*(?: (?:[A-Z0-9(&][\w.'’)-]*|of|the|and|de|/|&))*")


class Column(NamedTuple):
    """One column: its heading as it stands, as a noun inside a sentence, and how its amounts are written there."""

    header: str
    noun: str
    plural: bool
    before: str = ""  # what the heading puts before an amount: "$" of "Revenue ($B)"
    after: str = ""
    amounts: bool = False  # its cells are amounts

    def said(self, cell: str) -> str:
        """A cell as it stands in a sentence, quoted where it would not stand out."""
        if self.amounts:
            bare = _apart(cell.removeprefix(self.before) if self.before else cell)
            return f"{self.before}{bare}{self.after}"
        if _THE.match(cell):
            return f"the {cell}"
        return f'"{cell}"' if len(cell.split()) > 2 or re.search(r"[,;:]| and | or ", cell) else cell


class Sheet(NamedTuple):
    """What is shown: rows named by a key, and the columns beside it."""

    name: str
    head: str  # the heading of the keys
    kind: str  # what a key names, as a noun in the singular; "" where that is not known
    proper: bool  # the keys are names, which stand in a sentence by themselves
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]

    def subject(self, row: int) -> str:
        """A row's key as the subject of a sentence: `the part "Shaft seal"`, `Brazil`."""
        key = self.keys[row]
        if self.proper or self.kind in TIMES:
            return f"the {key}" if _THE.match(key) else key
        plain = all(re.fullmatch(r"[A-Z0-9][\w.-]*", one) for one in self.keys)
        return (
            f"the {self.kind} {key}" if self.kind and plain else f'the {self.kind} "{key}"' if self.kind else f'"{key}"'
        )

    def label(self, row: int) -> str:
        """A row's key as a name in a list or a caption."""
        key = self.keys[row]
        quoted = re.search(r"[,;:]| and | or ", key)
        return f'"{key}"' if quoted else f"the {key}" if self.proper and _THE.match(key) else key

    def amount(self, row: int, column: int) -> Decimal:
        """A cell of a column of amounts as a number."""
        return amount(self.rows[row][column]) or Decimal(0)


def _apart(cell: str) -> str:
    """An amount of five digits and more with its thousands apart."""
    whole, dot, rest = cell.partition(".")
    return f"{int(whole):,}{dot}{rest}" if re.fullmatch(r"-?\d{5,}", whole) else cell


def amount(cell: str) -> Decimal | None:
    """The number of a cell such as "1,200", "$5" or "12 weeks"; None where it is no amount."""
    found = _AMOUNT.fullmatch(cell.strip())
    return Decimal(found[2].replace(",", "")) if found else None


def unit(cell: str) -> tuple[str, str]:
    """What stands before and behind the number of a cell, units in one spelling: ("$", ""), ("", "week")."""
    found = _AMOUNT.fullmatch(cell.strip())
    behind = (found[3] or "").strip() if found else ""
    return (found[1] if found else "", UNITS.get(behind.casefold(), behind))


def gap(cell: str) -> bool:
    """Whether a cell says nothing."""
    return cell.strip().casefold() in GAPS


def column_of(header: str, cells: Sequence[str]) -> Column | None:
    """A column that can be told; None where its heading is no noun or a cell is no short word or amount."""
    text, before, after = header, "", ""
    if cut := _UNIT.match(header):
        text, inside = cut[1], cut[2].strip()
        if inside.casefold() in _SCALES:
            before, after = _SCALES[inside.casefold()]
        elif inside in _SYMBOLS or inside.casefold() in UNITS:
            after = f" {inside}"
        else:
            return None
    noun = noun_of(text)
    filled = [cell for cell in cells if not gap(cell)]
    if not noun or not filled or any(cell.casefold() in _MARKS for cell in filled):
        return None
    head = _head(noun)
    numeric = [amount(cell) is not None for cell in filled]
    label = head in _LABELS or any(re.match(r"0\d", cell) for cell in filled)
    if all(numeric) and not label:
        if len({unit(cell) for cell in filled}) > 1 or (after and any(unit(cell)[1] for cell in filled)):
            return None
        return Column(header, noun, is_plural(head), before, after, True)
    if (any(numeric) and not label) or after or before or is_plural(head) or not all(map(_short, filled)):
        return None
    return Column(header, noun, False)


def noun_of(text: str) -> str:
    """A heading as a noun inside a sentence: "Lead time" is "lead time"; "" where it is none."""
    words = text.replace("_", " ").split()
    if not 1 <= len(words) <= 4 or any(not re.fullmatch(r"[^\W\d_][^\W\d_'’-]*", word) for word in words):
        return ""
    noun = " ".join(word.lower() if word[1:].islower() or len(word) == 1 else word for word in words)
    head = _head(noun)
    adjective = _NO_HEAD.search(head) and head not in _STILL_NOUNS
    if _NO_START.match(noun) or adjective or len(head) < 3 or not re.search(r"[aeiouyAEIOU]", head):
        return ""
    return noun


def _head(noun: str) -> str:
    return re.split(r" (?:of|per|in|for|from|to|by) ", noun)[0].split()[-1]


def is_plural(head: str) -> bool:
    """Whether a noun is a plural, by its end."""
    return head.endswith("s") and not _NO_PLURAL.search(head) and not head.isupper()


def singular(noun: str) -> str:
    """A noun of one thing: "parts" is "part", "entries" "entry"."""
    head = _head(noun)
    if not is_plural(head):
        return noun
    one = re.sub(r"ies$", "y", head) if len(head) > 4 else head
    one = re.sub(r"(ch|sh|x)es$", r"\1", one) if one == head else one
    one = one[:-1] if one == head else one
    return noun.replace(head, one, 1)


def _short(cell: str) -> bool:
    """A name, code or few words: no sentence, no list of things."""
    return (
        len(cell.split()) <= LONGEST
        and len(cell) <= 48
        and bool(re.search(r"\w", cell))
        and not re.search(r"[.!?]$|[.!?;] |[\"“”|~{}<>\[\]]|https?:|\\", cell)
        and cell.count("(") == cell.count(")")
    )


def sheet_of(
    table: Table, row: int, draw: random.Random, rows: tuple[int, int], columns: tuple[int, int], amounts: int = 0
) -> Sheet | None:
    """So many rows around `row` and so many columns that can be told, `amounts` of them amounts at least.

    None where the table has not that.
    """
    last = min(rows[1], len(table.rows))
    if last < rows[0]:
        return None
    count = draw.randint(rows[0], last)
    start = draw.randint(max(0, row - count + 1), min(row, len(table.rows) - count))
    chosen = table.rows[start : start + count]
    keys = tuple(one[0] for one in chosen)
    if not all(_short(key) and not gap(key) for key in keys):
        return None
    found = [column_of(table.header[at], [one[at] for one in chosen]) for at in range(1, len(table.header))]
    places = [at for at, one in enumerate(found) if one]
    counted = [at for at in places if (one := found[at]) and one.amounts]
    if len(places) < columns[0] or len(counted) < amounts:
        return None
    kept = set(draw.sample(counted, amounts))
    others = [at for at in places if at not in kept]
    more = draw.randint(max(columns[0], amounts), max(amounts, min(columns[1], len(places)))) - amounts
    kept |= set(draw.sample(others, min(more, len(others))))
    order = sorted(kept)
    nouns = [one.noun for at in order if (one := found[at])]
    if len(set(nouns)) < len(nouns):
        return None
    return Sheet(
        table.name, table.header[0], _kind(table.header[0]), _are_names([one[0] for one in table.rows]), keys,
        tuple(one for at in order if (one := found[at])),
        tuple(tuple("" if gap(one[at + 1]) else one[at + 1] for at in order) for one in chosen),
    )  # fmt: skip


def _kind(header: str) -> str:
    named = noun_of(_UNIT.sub(r"\1", header))
    noun = singular(named) if named else ""
    return "" if noun in ("name", "id", "key", "index", "label") else noun


def _are_names(keys: Sequence[str]) -> bool:
    """Names of people, places and the like: each with capitals, and one of several words at least."""
    return all(_PROPER.fullmatch(key) for key in keys) and any(
        sum(word[:1].isupper() for word in key.split()) > 1 for key in keys
    )
