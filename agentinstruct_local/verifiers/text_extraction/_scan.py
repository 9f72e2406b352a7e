"""What a text holds of one kind, found word by word: a second way beside that of the tool which set the task.

Where a text is written so that the two ways could differ, they do, and the draft is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

Found = list[tuple[str, ...]]
_TIME = {"ms": 0.001, "milliseconds": 0.001, "millisecond": 0.001}
_TIME |= {f"{name}{s}": size for name, size in (
    ("second", 1), ("minute", 60), ("hour", 3600), ("day", 86_400), ("week", 604_800)) for s in ("", "s")}  # fmt: skip
_TIME |= {"s": 1, "min": 60, "h": 3600, "sec": 1, "secs": 1, "mins": 60, "hr": 3600, "hrs": 3600}
_UNIT_WORDS = """
% percent ms s sec secs min mins h hr hrs bit bits byte bytes kb mb gb tb kib mib gib tib hz khz mhz ghz mm cm m km g
mg kg l w kw kwh v mv kv a ma bar rpm psi nm °c °f month months year years kilobyte kilobytes megabyte megabytes
gigabyte gigabytes terabyte terabytes metre metres meter meters kilometre kilometres kilometer kilometers kilogram
kilograms litre litres liter liters dollar dollars euro euros eur usd yr yrs
"""
_UNITS = {*_UNIT_WORDS.split(), *_TIME}
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_AROUND = "\"'“”‘’()[],;:!?"
_MONTH_NAMES = "January February March April May June July August September October November December"
_MONTHS = _MONTH_NAMES.split()


def words(text: str) -> list[str]:
    """The text cut at white space, without the punctuation around each word."""
    return [bare for one in text.split() if (bare := one.lstrip(_AROUND).rstrip(f"{_AROUND}."))]


def _quantities(text: str) -> Iterator[tuple[str, ...]]:
    cut = words(text)
    for at, word in enumerate(cut):
        after = cut[at + 1] if at + 1 < len(cut) else ""
        if _DIGITS.fullmatch(word) and after.lower() in _UNITS:
            yield word, after
        elif (glued := re.fullmatch(rf"({_DIGITS.pattern})([^\d\W]+|%|°[CF])", word)) and glued[2].lower() in _UNITS:
            yield glued[1], glued[2]


def _durations(text: str) -> Iterator[tuple[str, ...]]:
    for value, unit in _quantities(text):
        if unit.lower() in _TIME:
            seconds = round(float(value.replace(",", "")) * _TIME[unit.lower()], 6)
            yield f"{value} {unit}", f"{seconds:g}" if seconds % 1 else str(int(seconds))


def _dates(text: str) -> Iterator[tuple[str, ...]]:
    month = rf"(?:{'|'.join(_MONTHS)})"
    forms = {
        rf"{month} \d{{1,2}}, \d{{4}}": ("%B %d, %Y", "%Y-%m-%d"),
        rf"\d{{1,2}} {month} \d{{4}}": ("%d %B %Y", "%Y-%m-%d"),
        rf"{month} \d{{4}}": ("%B %Y", "%Y-%m"), rf"{month}, \d{{4}}": ("%B, %Y", "%Y-%m"),
        r"\d{4}-\d\d-\d\d": ("%Y-%m-%d", "%Y-%m-%d"),
    }  # fmt: skip
    flat = " ".join(text.split())
    for match in re.finditer("|".join(rf"(?<![\w-]){one}(?![\w-])" for one in forms), flat):
        for form, (read, write) in forms.items():
            if re.fullmatch(form, match.group()):
                yield match.group(), datetime.strptime(match.group(), read).strftime(write)


def _paths(text: str) -> Iterator[tuple[str, ...]]:
    for word in words(text):
        if re.match(r"~?/[A-Za-z0-9_.]", word) and len(word) > 3:
            yield (word,)


def _options(text: str) -> Iterator[tuple[str, ...]]:
    for word in words(text):
        for part in re.split("[/|]", word) if word.startswith("-") else ():
            if part.startswith("-") and part.strip("-"):
                yield (part,)


def _addresses(text: str) -> Iterator[tuple[str, ...]]:
    for word in words(text):
        if "://" in word:
            yield (word.strip("<>"),)


def _versions(text: str) -> Iterator[tuple[str, ...]]:
    cut = words(text)
    for at, word in enumerate(cut[1:], 1):
        if re.fullmatch(r"v?\d+(?:\.\d+)+", word) and cut[at - 1].lower().rstrip("s") in ("version", "release"):
            yield (word.lstrip("v"),)


def _variables(text: str) -> Iterator[tuple[str, ...]]:
    for word in words(text):
        head = word.lstrip("$").partition("=")[0]
        if "_" in head and head.isupper():
            yield (head,)


def _acronyms(text: str) -> Iterator[tuple[str, ...]]:
    flat = " ".join(text.split())
    for match in re.finditer(r"\(([^()]+)\)", flat):
        inside, before = match[1], flat[: match.start()].split()
        if inside.isalpha() and inside.isupper() and len(inside) > 1 and len(before) >= len(inside):
            yield inside, " ".join(before[-len(inside) :])
        elif before and re.fullmatch(r"[A-Z]{2,6}", before[-1]) and len(inside.split()) == len(before[-1]):
            yield before[-1], inside


def _abbreviations(text: str) -> Iterator[tuple[str, ...]]:
    for word in words(text):
        if word.isalpha() and word.isupper() and 2 <= len(word) <= 6:
            yield (word,)


def _quoted(text: str) -> Iterator[tuple[str, ...]]:
    for match in re.finditer(r"“([^“”\"]*)”|\"([^“”\"]*)\"", text):
        yield ((match[1] or match[2] or "").rstrip(".,"),)


def _identifiers(text: str) -> Iterator[tuple[str, ...]]:
    cut = words(text)
    for at, word in enumerate(cut):
        after = cut[at + 1] if at + 1 < len(cut) else ""
        if word == "RFC" and after.isdigit():
            yield "RFC", f"RFC {after}"
        elif word.startswith("RFC") and word[3:].isdigit():
            yield "RFC", word
        elif word.startswith("CVE-"):
            yield "CVE", word
        elif word.partition("/")[0].count(".") == 3 and word.partition("/")[0].replace(".", "").isdigit():
            yield "IPv4 address", word


def _sentences(text: str) -> list[str]:
    lines = [line.removeprefix("- ") for line in text.split("\n") if line]
    return [one for line in lines for one in re.split(r"(?<=[.!?])\s+(?=[A-Z\"“(/-])", line)]


def _duties(text: str) -> Iterator[tuple[str, ...]]:
    for one in _sentences(text):
        modals = {"must", "shall"} & {word.lower() for word in words(one)}
        if modals:
            no = re.search(rf"(?i)\b(?:{'|'.join(modals)})\s+not\b", one)
            yield one, "forbidden" if no else "required"


def _events(text: str) -> Iterator[tuple[str, ...]]:
    for one in _sentences(text):
        first, _, rest = one.partition(" ")
        if first in ("If", "When", "Whenever", "Once") and rest.count(",") == 1:
            when, _, then = rest.rstrip(".").partition(", ")
            yield when, then.removeprefix("then ")


def _keywords(text: str) -> Iterator[tuple[str, ...]]:
    split = re.findall(r"[^\W\d_]+", text.lower())
    for word in dict.fromkeys(split):
        if len(word) >= 6 and split.count(word) >= 3:
            yield word, str(split.count(word))


def _entries(text: str) -> Iterator[tuple[str, ...]]:
    for line in text.split("\n"):
        name, colon, rest = line.removeprefix("- ").partition(": ")
        if line.startswith("- ") and colon:
            yield name, rest


_SCANS: Mapping[str, Callable[[str], Iterator[tuple[str, ...]]]] = {
    "quantity": _quantities, "duration": _durations, "date": _dates, "path": _paths, "option": _options,
    "address": _addresses, "version": _versions, "variable": _variables, "acronym": _acronyms,
    "abbreviation": _abbreviations, "quoted": _quoted, "identifier": _identifiers, "duty": _duties, "event": _events,
    "keyword": _keywords, "entry": _entries,
}  # fmt: skip
KINDS = frozenset(_SCANS)

_TRACES: Mapping[str, str] = {
    "quantity": r"\d", "duration": r"(?i)\d+.?(?:ms|m?s|h|d)\b|second|minute|hour|\bday|week|month|year",
    "date": r"(?i)\b(?:19|20)\d\d\b|\b(?:jan|feb|mar|apr|june?|july?|aug|sep|oct|nov|dec)|\d\d?[./]\d\d?[./]\d|"
    r"\bMay \d",
    "path": r"[/\\~]", "option": r"(?<!\w)[-–]{1,2}\w", "address": r"(?i)://|www\.|\.(?:com|org|net|io)\b|@",
    "version": r"\d\.\d|(?i:version|release)", "variable": r"[A-Z]_|_[A-Z]|[A-Z]{7}",
    "acronym": r"\([^()]*[A-Z]{2}|[A-Z]{2} \(",
    "abbreviation": r"[A-Z]{2}", "quoted": r"[\"“”‘«]|(?<!\w)'", "identifier": r"(?i)\d|rfc|cve",
    "duty": r"(?i)\b(?:must|shall|should|ought|recommend|have to|has to|need|requir|mandatory|oblig|may not|cannot|"
    r"never|forbid|prohibit)",
    "event": r"(?i)\b(?:if|when|whenever|once|unless)\b", "entry": r"(?m)^- ", "keyword": r"^",
}  # fmt: skip
"""What may look like one of the kind: where nothing is to be found, not even this may stand there."""


def scan(kind: str, text: str) -> Found:
    """Everything of a kind, each once, in the order of the text."""
    return list(dict.fromkeys(_SCANS[kind](text)))


def traces(kind: str, text: str) -> str:
    """The first stretch that a reader might take for one of the kind; empty where there is none."""
    found = re.search(_TRACES[kind], text)
    return (found.group() or "-") if found else ""
