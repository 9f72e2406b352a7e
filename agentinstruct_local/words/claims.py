"""What can be checked one by one: numbers, dates and names that a text states, and whether another text has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from agentinstruct_local.words.stems import SPELLED, STOP, bare, content, split_number, stem
from agentinstruct_local.words.tokens import FOLD, MONTHS, UNITS, tokens


class Number(NamedTuple):
    """A number: the value that it is compared by, its unit or "", and whether it was written as a word."""

    value: str
    unit: str = ""
    spelled: bool = False


Date = tuple[int | None, int | None, int | None]
"""Year, month and day, as far as they are given."""

_SCALE = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_LOOSE_TEXT = """
a:1 an:1 one:1 once:1 single:1 first:1 twice:2 both:2 pair:2 second:2 double:2 third:3 triple:3 fourth:4 fifth:5
sixth:6 seventh:7 eighth:8 ninth:9 tenth:10 half:50 quarter:25 dozen:12 no:0 none:0
"""
_LOOSE = dict(pair.split(":") for pair in _LOOSE_TEXT.split())
_MARKER = re.compile(r"(?m)^[ \t]{0,20}\(?\d{1,2}[.)]\s|\(\d{1,2}\)(?=\s)")
_SHOUTED = """
MUST SHOULD SHALL MAY NOT NO YES AND OR ONLY TRUE FALSE NEVER ALWAYS ALL ANY NOTE WARNING
"""
_NOT_NAMES = frozenset(("i", "yes", "no", "true", "false", "ok", "okay")) | frozenset(MONTHS)
_BACKTICKED = re.compile(r"`([^`\n]{1,80})`")


@lru_cache(maxsize=512)
def numbers(text: str, *, loose: bool = False) -> tuple[Number, ...]:
    """The numbers that a text states, list markers and dates aside.

    With `loose`, also what may be taken for a number: "both", "first", "no", the parts of dates and versions.
    """
    read = text if loose else _MARKER.sub(lambda match: " " * len(match.group()), text)
    found: list[Number] = []
    sum_so_far, end = 0, 0  # of a number that is spelled over several words
    for token in tokens(read):
        word = token.text.casefold()
        if sum_so_far > 1 and read[end : token.start].strip():
            found.append(Number(str(sum_so_far), spelled=True))
            sum_so_far = 0
        end = token.end
        if token.kind == "word" and (value := _spelled(word)) is not None:
            sum_so_far += value
            continue
        if word in _SCALE and sum_so_far:
            sum_so_far *= _SCALE[word]
            continue
        if sum_so_far > 1 or (sum_so_far == 1 and word in UNITS):  # "one" alone is a pronoun
            found.append(Number(str(sum_so_far), UNITS.get(word, ""), spelled=True))
        sum_so_far = 0
        if token.kind == "number":
            found.append(Number(*split_number(token.text)))
        elif token.kind in ("version", "time"):
            found.append(Number(bare(token.text).replace(" ", "")))
        if loose and token.kind != "number":
            found += [Number(part) for part in re.findall(r"\d{1,30}", token.text)]
            found += [Number(_LOOSE[word])] if word in _LOOSE else []
    if sum_so_far > 1:
        found.append(Number(str(sum_so_far), spelled=True))
    return tuple(found)


def _spelled(word: str) -> int | None:
    """The value of "two" or "twenty-five"."""
    head, _, tail = word.partition("-")
    if head in SPELLED and not tail:
        return SPELLED[head]
    if head in SPELLED and tail in SPELLED:
        return SPELLED[head] + SPELLED[tail]
    return None


def strange_numbers(text: str, source: str) -> list[str]:
    """Numbers that `text` states and `source` does not have, or has only with another unit."""
    known: dict[str, set[str]] = {}
    for number in numbers(source, loose=True):
        known.setdefault(number.value, set()).add(number.unit)
    listed = len(re.findall(r"[,;]|\band\b|\bor\b|\n", text)) + 1
    strange = []
    for number in numbers(text):
        units = known.get(number.value)
        if units is None and number.spelled and not number.unit and int(number.value) <= listed:
            continue  # "the two directories are A and B": the answer counts what it lists
        if units is None or (number.unit and "" not in units and number.unit not in units):
            strange.append(f"{number.value} {number.unit}".strip())
    return strange


@lru_cache(maxsize=512)
def dates(text: str) -> tuple[Date, ...]:
    """The dates that a text states; 05/03/2024 gives both readings."""
    found: list[Date] = []
    for token in tokens(text):
        if token.kind != "date":
            continue
        figures = [int(figure) for figure in re.findall(r"\d+", token.text)]
        month = next((MONTHS[word] for word in re.findall(r"[a-z]+", token.text.casefold()) if word in MONTHS), None)
        if month is None:
            year = next((figure for figure in figures if figure > 31), None)
            a, b = [figure for figure in figures if figure != year][-2:] if len(figures) == 3 else (None, None)
            found += [(year, a, b)] if figures[0] == year else [(year, a, b), (year, b, a)]
        else:
            year = next((figure for figure in figures if figure > 31), None)
            found.append((year, month, next((figure for figure in figures if figure <= 31), None)))
    return tuple(found)


def date_supported(date: Date, source: Iterable[Date]) -> bool:
    """True if a date of the source says everything that `date` says."""
    return any(all(mine in (None, theirs) for mine, theirs in zip(date, known, strict=True)) for known in source)


@lru_cache(maxsize=512)
def names(text: str) -> tuple[str, ...]:
    """Proper names, identifiers, paths, options and addresses, each once, in order.

    A capital at the start of a sentence or line says nothing, so such a word counts only if it has more of them.
    """
    found: dict[str, None] = {}
    for match in _BACKTICKED.finditer(text):
        if " " not in match.group(1).strip():
            found[match.group(1).strip()] = None
    for token in tokens(text):
        if token.kind in ("url", "path", "option", "code"):
            found[token.text] = None
        elif token.kind == "word":
            word = token.text.replace("’", "'").removesuffix("'s")
            if not word[0].isupper() or word in _SHOUTED or word.casefold() in _NOT_NAMES or word.casefold() in STOP:
                continue
            if (len(word) > 1 and word.isupper()) or not _starts_sentence(text, token.start):
                found[word] = None
    return tuple(found)


def _starts_sentence(text: str, at: int) -> bool:
    before = text[max(0, at - 12) : at]
    if "\n" in before[len(before.rstrip()) :]:
        return True
    before = before.rstrip().rstrip("\"'“‘(*_-•`").rstrip()
    return not before or before[-1] in ".!?:;|"


def name_supported(name: str, source: str) -> bool:
    """True if the source has the name: as it stands, as a form of the same word, or spelled out (FHS)."""
    wanted, have = bare(name.strip("`'\"*")).translate(FOLD).removesuffix("'s"), source.casefold().translate(FOLD)
    if re.search(rf"(?<![^\W_]){re.escape(wanted)}(?![^\W_])", have):
        return True
    words = set(content(source))
    parts = [part for part in re.split(r"[\s_-]", wanted) if part and part not in STOP]
    if parts and all(part.isalpha() and stem(part) in words for part in parts):
        return True
    if name.isupper() and name.isalpha() and 2 <= len(name) <= 6:
        initials = "".join(
            token.text[0] for token in tokens(source) if token.kind == "word" and token.text[0].isupper()
        )
        return name.casefold() in initials.casefold()
    return False
