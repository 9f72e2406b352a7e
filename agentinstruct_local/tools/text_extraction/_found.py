"""What a text holds of one kind, every one of them, as records of named fields; None where that is open to dispute."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

from agentinstruct_local.tools.calculator import calculate
from agentinstruct_local.words.claims import dates
from agentinstruct_local.words.stems import STOP
from agentinstruct_local.words.tokens import UNITS, Token, sentences, tokens

Record = dict[str, str]
Finder = Callable[[str], list[Record] | None]

_WORDED = frozenset(["percent", "second", "minute", "hour", "day", "week", "month", "year", "bit", "byte"])
_TIMES = {"millisecond": 0.001, "second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?)[\s\u00a0]?(%|[^\W\d_°]+|°[CF])")
_SPELLED = re.compile(
    r"(?i)\b(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|few|several|half|many|couple of|dozen|"
    r"hundred|thousand|million)[ -](?:more |full |working |business )?"
    r"(?:milli)?(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|bytes?|(?:kilo|mega|giga)bytes?|percent|bits?)\b"
)
_RANGE = re.compile(r"\d,\d{1,2}(?!\d)|\d\s?(?:-|–|—|to|or|and|/|x|×)\s?\d[\d.,]*\s?[A-Za-z%°]")
_SHORT = re.compile(
    r"\b\d+(?:\.\d+)?[A-Za-z]{1,3}\b(?![.\w/-])|"
    r"\b\d+-(?:bit|byte|day|hour|minute|second|week|month|year)|\b(?:0x\w+)|\d %"
)


def quantities(text: str) -> list[Record] | None:
    """Numbers in digits with a unit of measurement behind them: {value, unit}."""
    found = []
    for token in tokens(text):
        if token.kind != "number":
            continue
        match = _NUMBER.fullmatch(token.text)
        if match and match[2].lower() in UNITS:
            if text[token.end : token.end + 1] in ("/", "²", "³", "-"):
                return None
            found.append({"value": match[1], "unit": match[2]})
    joined = {f"{one['value']}{one['unit']}" for one in found}
    odd = [one for one in _SHORT.findall(text) if one not in joined]
    return None if odd or _RANGE.search(text) or _SPELLED.search(text) else _unique(found)


def durations(text: str) -> list[Record] | None:
    """Lengths of time in digits, each also in seconds: {duration, seconds}."""
    found = quantities(text)
    if found is None:
        return None
    kept = []
    for one in found:
        name = UNITS[one["unit"].lower()]
        if name in ("month", "year"):  # not always the same number of seconds
            return None
        if name in ("ms", "second", "minute", "hour", "day", "week"):
            made = calculate(f"{one['value']} {'millisecond' if name == 'ms' else name}", "second")
            if "output" not in made:
                return None
            told = made["output"]["value"]
            kept.append(
                {"duration": f"{one['value']} {one['unit']}", "seconds": f"{told:g}" if told % 1 else str(int(told))}
            )
    return kept if all(one["duration"] in text for one in kept) else None


def calendar(text: str) -> list[Record] | None:
    """Dates with month and year: {date, iso}, the second as YYYY-MM-DD, or YYYY-MM where there is no day."""
    found = []
    for token in tokens(text):
        if token.kind != "date":
            continue
        parts = set(dates(token.text))
        year, month, day = next(iter(parts), (None, None, None))
        if len(parts) != 1 or year is None or month is None or re.search(r"[/.]\d", token.text):
            return None  # 05/03/2024 has two readings, and "4 May" no year
        written = " ".join(token.text.split())
        found.append({"date": written, "iso": f"{year:04}-{month:02}" + (f"-{day:02}" if day else "")})
    return _unique(found) if all(one["date"] in text for one in found) else None


def _of_kind(kind: str, name: str, fits: Callable[[Token, str], bool | None]) -> Finder:
    """Tokens of a kind; `fits` says None of one that is open to dispute."""

    def find(text: str) -> list[Record] | None:
        found = []
        for token in tokens(text):
            if token.kind != kind:
                continue
            said = fits(token, text)
            if said is None:
                return None
            if said:
                found.append({name: token.text})
        return _unique(found)

    return find


def _is_path(token: Token, text: str) -> bool | None:
    before = text[token.start - 1 : token.start]
    rooted = re.fullmatch(r"~?(?:/[A-Za-z0-9_.+-]+)+/?", token.text)
    whole = text[token.end : token.end + 1] not in ("<", "*", "$", "{", "[", "…")
    return True if rooted and whole and len(token.text) > 3 and not before.isalnum() else None


def _is_option(token: Token, text: str) -> bool | None:
    if not re.fullmatch(r"-[A-Za-z]|--[a-z][a-z0-9-]+", token.text):
        return None
    return None if text[token.end : token.end + 1] in "=[<" and text[token.end : token.end + 1] else True


def _is_address(token: Token, text: str) -> bool | None:
    del text
    return token.text.startswith(("http://", "https://", "ftp://")) or None


_VERSIONED = re.compile(r"(?i)\b(?:version|release|releases|versions|v)\s$")


def versions(text: str) -> list[Record] | None:
    """Version numbers of two parts or more that follow the word "version" or "release": {version}."""
    found = re.findall(r"(?i)(?<![\w-])(?:versions?|releases?) v?(\d+(?:\.\d+){1,3})(?![\w.-]*\w)", text)
    spare = re.findall(r"(?<![\w.])v?\d+(?:\.\d+)+(?:[\w~+-]*\w)?", text)
    known = set(found)
    return None if any(one not in known for one in spare) else _unique([{"version": one} for one in found])


_VARIABLE = re.compile(r"(?<![\w$/.-])\$?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w(*-])")


def variables(text: str) -> list[Record] | None:
    """Names in capitals with an underscore, such as MAX_SIZE: {name}."""
    found = [token.text for token in tokens(text) if token.kind == "code" and "_" in token.text]
    capitals = [one for one in found if re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", one)]
    odd = [one for one in found if one not in capitals and re.search(r"[A-Z]{2}", one)]
    return (
        None if odd or re.search(r"[$*<{]\{?[A-Z]+_|[A-Z]_\*", text) else _unique([{"name": one} for one in capitals])
    )


_PAIR = re.compile(
    r"((?:[A-Za-z][\w-]* ){1,6}[A-Za-z][\w-]*) \(([A-Z]{2,6})\)|\b([A-Z]{2,6}) \(((?:[A-Z][\w-]* ){1,6}[\w-]+)\)"
)


def acronyms(text: str) -> list[Record] | None:
    """Abbreviations that the text spells out, as "Access Control List (ACL)": {short, long}."""
    found = []
    for match in _PAIR.finditer(text):
        short, long = match[2] or match[3], match[1] or match[4]
        words = re.split(r"[ -]", long)[-len(short) :]
        if [one[0].upper() for one in words] != list(short):
            return None
        told = " ".join(long.split()[-len(words) :])
        if "-" in long or any(word.lower() in STOP for word in words):
            return None
        found.append({"short": short, "long": told})
    return _unique(found)


def quoted(text: str) -> list[Record] | None:
    """What stands between double quotation marks: {words}."""
    folded = text.replace("“", '"').replace("”", '"')
    if folded.count('"') % 2 or re.search(r'\w"\w|["] ["]', folded):
        return None
    found = folded.split('"')[1::2]
    clean = all(re.fullmatch(r"\S(?:.*\S)?", one) and len(one) < 90 and any(map(str.isalnum, one)) for one in found)
    return _unique([{"words": one.rstrip(".,")} for one in found]) if clean else None


_IDENTIFIER = re.compile(
    r"\bRFC ?\d{3,5}\b|\bCVE-\d{4}-\d{4,7}\b|(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?![\w.]*\d)"
)


def identifiers(text: str) -> list[Record] | None:
    """RFC and CVE numbers and IPv4 addresses: {kind, identifier}."""
    found = []
    for one in _IDENTIFIER.findall(text):
        kind = "RFC" if one.startswith("RFC") else "CVE" if one.startswith("CVE") else "IPv4 address"
        found.append({"kind": kind, "identifier": one})
    several = re.search(r"RFCs|RFC ?\d+ ?(?:,|and|or) \d{3,5}\b(?!\.)|rfc\d|#RFC|(?<!\d)\d+\.\d+\.\d+\.\d*x", text)
    return None if several else _unique(found)


_DUTY = re.compile(r"\b(?:must|shall)(?: not)?\b")
_OTHER_DUTY = re.compile(
    r"(?i)\b(?:required to|have to|has to|needs? to|obliged|mandatory|forbidden|prohibited|is required|are required|"
    r"MUST|SHALL|may not)\b"
)


def duties(text: str) -> list[Record] | None:
    """Every sentence with "must" or "shall": {duty, kind}."""
    found = []
    for line in text.split("\n"):
        for sentence in sentences(line.removeprefix("- ")):
            marks = [one.group() for one in _DUTY.finditer(sentence)]
            if marks:
                if len({one.endswith("not") for one in marks}) > 1 or not sentence.endswith((".", "!")):
                    return None
                found.append({"duty": sentence, "kind": "forbidden" if marks[0].endswith("not") else "required"})
            elif _OTHER_DUTY.search(sentence):
                return None
    return _unique(found)


_EVENT = re.compile(r"^(If|When|Whenever|Once) ([^,()]+), (?:then )?([^,:()]+)\.$")
_ANY_CONDITION = re.compile(r"(?i)\b(?:if|when|whenever|once|unless|after|before|while|until|as soon as|provided)\b")


def events(text: str) -> list[Record] | None:
    """Sentences "If ..., ...": {condition, result}; None where a condition stands in another place too."""
    found = []
    for line in text.split("\n"):
        for sentence in sentences(line.removeprefix("- ")):
            match = _EVENT.match(sentence)
            if match and not _ANY_CONDITION.search(f"{match[2]} {match[3]}"):
                found.append({"when": match[2].strip(), "then": match[3].strip()})
            elif _ANY_CONDITION.search(sentence):
                return None
    return found


def keywords(text: str) -> list[Record] | None:
    """Words of six letters or more that come three times or more: {word, count}."""
    words = [token.text.lower() for token in tokens(text) if token.kind == "word"]
    counts = Counter(one for one in words if len(one) >= 6 and one.isalpha())
    found = [(word, count) for word, count in counts.items() if count >= 3]
    doubtful = any(
        word in STOP or word.endswith("ly") or (other != word and other.startswith(word.rstrip("s")))
        for word, _ in found
        for other in counts
    )
    split = any(re.search(rf"(?i)(?:\w[-/_.]{word}|{word}[-/_]\w)", text) for word, _ in found)
    return None if doubtful or split else [{"word": word, "count": str(count)} for word, count in found]


_SHOUTED_WORDS = "MUST SHOULD SHALL MAY NOT NO YES AND OR ONLY TRUE FALSE NEVER ALWAYS ALL ANY NOTE WARNING"
_SHOUTED = frozenset(_SHOUTED_WORDS.split())


def abbreviations(text: str) -> list[Record] | None:
    """Words of two to six capitals, such as TLS: {abbreviation}."""
    words = [token.text for token in tokens(text) if token.kind == "word"]
    found = [one for one in words if re.fullmatch(r"[A-Z]{2,6}", one)]
    mixed = re.search(r"[A-Z]{2,}(?:[-_/.*\d]|[a-z]|['’])|[-_/.\d$<{][A-Z]{2,}|\b[A-Z]{7,}\b", text)
    return None if mixed or _SHOUTED & set(found) else _unique([{"abbreviation": one} for one in found])


_ENTRY = re.compile(r"^- ([^\s:](?:[^:.]{0,40}[^\s:])?): ([A-Z][^:]{15,220}\.)$")


def entries(text: str) -> list[Record] | None:
    """Items "name: what it is": {name, description}; every item of the list must be one."""
    lines = [line for line in text.split("\n") if line.startswith("- ")]
    found = [match for line in lines if (match := _ENTRY.match(line))]
    if len(found) != len(lines):
        return None
    return [{"name": one[1], "description": one[2]} for one in found]


def _unique(found: list[Record]) -> list[Record]:
    return [one for at, one in enumerate(found) if one not in found[:at]]


FINDERS: Mapping[str, Finder] = {
    "quantity": quantities,
    "duration": durations,
    "date": calendar,
    "path": _of_kind("path", "path", _is_path),
    "option": _of_kind("option", "option", _is_option),
    "address": _of_kind("url", "address", _is_address),
    "version": versions,
    "variable": variables,
    "acronym": acronyms,
    "abbreviation": abbreviations,
    "quoted": quoted,
    "identifier": identifiers,
    "duty": duties,
    "event": events,
    "keyword": keywords,
    "entry": entries,
}
"""Kind -> what finds all of it, by the tokens and the form of the text."""
