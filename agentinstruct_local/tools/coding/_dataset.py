"""What a passage gives a programmer: the rows of its table, the settings of its listing, or the names that it uses."""

from __future__ import annotations

import builtins
import json
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from agentinstruct_local.passages import Table, tables, traits
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.words.terms import terms

FEWEST, MOST = 4, 8
"""Names or settings that a task shows; rows of a table: from three."""
LONGEST = 48
"""Characters of an entry."""
_COMMON_WORDS = "a an the of for and or in to on with by from your our its this that how what"
_COMMON = frozenset(_COMMON_WORDS.split())
_TAKEN = frozenset({*dir(builtins), *keyword.kwlist, *keyword.softkwlist, "rows", "names", "text", "found", "settings"})
_SETTING = re.compile(
    r"^[ \t]*([A-Za-z][\w.-]{2,40})[ \t]*=[ \t]*([^\s\"'#;<{$][^#;\"'\n]{0,46}?)[ \t]*$", re.MULTILINE
)
_WORD = re.compile(r"(?<=[\s:\[])(?:true|false|null)(?=,?$)", re.MULTILINE)
_PYTHON = {"true": "True", "false": "False", "null": "None"}
_PLACEHOLDER = re.compile(r"[A-Z_]{3,}|<.*|.*\.\.\..*|\W*")


_RULE = re.compile(
    r"\b(?:must|shall|should|may|can)\b[^.;:]*?"
    r"(?:(?P<least>\bat least|\ba minimum of|\bnot be (?:shorter|less|fewer|lower|smaller) than)"
    r"|\bat most|\ba maximum of|\bno more than|\bup to|\bnot exceed"
    r"|\bnot be (?:longer|larger|more|greater|higher|older) than)"
    r" (?P<number>\d+) (?P<unit>(?!times)[a-z]{3,}s|percent|°C|mm|km|kg|bar|Nm|NTU|V|A|W)\b"
)
_SUBJECT = re.compile(r"[A-Z][\w-]*(?: [\w-]+){1,6}? (?:must|shall|should|may|can) [^,]*\.$")
_DOUBT = re.compile(
    r"\b(?:if|unless|except|when|otherwise|usually|nor|never|or|and|but|both|because|example)\b"
    r"|not (?!exceed|be )|\"|`",
    re.IGNORECASE,
)


class Data(NamedTuple):
    """Matter for a program."""

    kind: str  # records, words, settings, limits or tree
    name: str  # of the Python variable
    label: str  # the heading that it stands under
    value: Any  # as Python writes it: a list of dicts, a list of names, or a dict
    key: str = ""  # of records: the field that names a row
    titles: Mapping[str, str] = {}  # field -> the words of its column; of limits: what the rule says
    source: str = ""  # of settings: the lines that they stand in
    quote: str = ""

    @property
    def shown(self) -> str:
        """The data as an assignment, an entry a line where it is long."""
        if self.kind == "tree":
            told = json.dumps(self.value, indent=4, ensure_ascii=False)
            # A word of JSON ends its line; within a text a quotation mark does.
            return f"{self.name} = {_WORD.sub(lambda found: _PYTHON[found[0]], told)}"
        if len(line := f"{self.name} = {self.value!r}") <= 88:
            return line
        entries = self.value.items() if isinstance(self.value, dict) else self.value
        pairs = isinstance(self.value, dict)
        lines = [f"    {one[0]!r}: {one[1]!r}," if pairs else f"    {one!r}," for one in entries]
        opening, closing = "{}" if pairs else "[]"
        return "\n".join((f"{self.name} = {opening}", *lines, closing))


def datasets(draft: Draft) -> tuple[Data, ...]:
    """Everything of the passage that a program can work on, tables first."""
    tabled = map(_records, tables(draft.passage))
    found = (*tabled, _settings(draft), _tree(draft), _limits(draft), _words(draft))
    kept = [one for one in found if one is not None and one.name]
    return tuple(one if one.quote else one._replace(quote=_quote(draft, one)) for one in kept)


def identifier(words: str, most: int = 3) -> str:
    """Words as a name of Python: "Lead time" -> "lead_time"; "" where that gives none."""
    parts = [one for one in re.findall(r"[a-z0-9]+", words.lower()) if one not in _COMMON]
    name = "_".join(parts[:most])
    if not words.isascii() or not name.isidentifier() or len(name) > 30 or len(name) < 2:
        return ""
    return f"{name}_entry" if name in _TAKEN else name


def _records(table: Table) -> Data | None:
    if _headless(table):
        return None
    columns = {}
    for at, title in enumerate(table.header):
        cells = [row[at] for row in table.rows]
        field = identifier(title)
        if field and field not in columns and all(len(cell) <= LONGEST and "`" not in cell for cell in cells):
            columns[field] = (title, _typed(cells))
        elif at == 0:
            return None
    if len(columns) < 2:
        return None
    fields = list(columns)
    size = min(MOST, len(table.rows))
    rows = [{field: columns[field][1][at] for field in fields} for at in range(size)]
    name = identifier(table.name) or "table_rows"
    return Data(
        "records", name if name not in fields else f"{name}_rows", table.name, rows, fields[0],
        {field: columns[field][0] for field in fields},
    )  # fmt: skip


def _headless(table: Table) -> bool:
    """Whether what stands as the header is a row like the others: an option name, or words in lower case."""
    first, *others = table.header
    keys = [row[0] for row in table.rows]
    alike = ("_" in first and sum("_" in key for key in keys) * 2 > len(keys)) or (
        first.isupper() and all(key.isupper() for key in keys)
    )
    return alike or any(cell[:1].islower() and " " in cell for cell in others)


def _typed(cells: Sequence[str]) -> list[Any]:
    """Whole numbers where the column has nothing else, and None where one is missing; else the texts."""
    if all(re.fullmatch(r"\d{0,9}", cell) for cell in cells) and any(cells):
        return [int(cell) if cell else None for cell in cells]
    return [cell.strip() for cell in cells]


def _settings(draft: Draft) -> Data | None:
    for raw, text in _listings(draft):
        pairs = [(one[1], one[2]) for one in _SETTING.finditer(raw) if not _PLACEHOLDER.fullmatch(one[2])]
        lines = [line for line in raw.splitlines() if line.strip()]
        if len(dict(pairs)) < len(pairs) or not 3 <= len(pairs) <= MOST or len(pairs) * 2 < len(lines):
            continue
        source = "\n".join(f"{name} = {value}" for name, value in pairs)
        return Data("settings", "options", _label(draft), dict(pairs), source=source, quote=text)
    return None


def _tree(draft: Draft) -> Data | None:
    """An object of JSON that holds another one, with the way to one of its entries."""
    for raw, text in _listings(draft):
        try:
            value = json.loads(raw.strip())
        except (ValueError, RecursionError):
            continue
        ways = [way for way in _ways(value) if len(way) > 1] if isinstance(value, dict) else []
        if not ways or len(raw) > 900 or len(repr(value)) > 700:
            continue
        draw = drawn(draft, "way")
        way = draw.choice(ways)
        said = {"steps": repr(way), "leaf": way[-1], "path": "".join(f"[{step!r}]" for step in way)}
        said["inside"] = " inside ".join(f"`{step}`" for step in reversed(way))
        other: Any = "other"
        for step in reversed(way):
            other = {step: other}
        said["changed"] = repr(other)
        return Data("tree", draw.choice(("payload", "reply", "content")), _label(draft), value, titles=said, quote=text)
    return None


def _ways(value: Mapping[str, Any], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The keys that lead to each entry of nested mappings that is none itself."""
    for key, held in value.items():
        if isinstance(held, dict):
            yield from _ways(held, (*before, key))
        elif re.fullmatch(r"[A-Za-z][\w-]*", key):
            yield (*before, key)


def _listings(draft: Draft) -> Iterator[tuple[str, str]]:
    """Each block of code of the passage, with its lines, and as a unit."""
    start = draft.passage.span[0]
    for unit in draft.passage.units:
        if unit.kind == "code":
            yield draft.passage.text[unit.span[0] - start : unit.span[1] - start], unit.text


def _limits(draft: Draft) -> Data | None:
    """A rule with one number, and values on both sides of it."""
    for place, unit in enumerate(draft.passage.units):
        text = unit.text
        found = _RULE.search(text) if unit.kind in ("sentence", "item") and len(text) <= 180 else None
        if found is None or len(re.findall(r"\d+", text)) != 1 or _DOUBT.search(text) or not _SUBJECT.match(text):
            continue
        if "named" not in traits(draft.passage, place):
            continue
        least = found["least"] is not None
        number, draw = int(found["number"]), drawn(draft, "values")
        if not 2 <= number <= 100_000 or len(identifier(found["unit"])) < 3:
            continue
        step = max(1, number // 4 if found["unit"] != "percent" else (100 - number) // 2)
        values = [number - step, number, number + step, number + 1, number - 1, number + 2 * step]
        draw.shuffle(values)
        op, opposite, words = (">=", "<", "at least") if least else ("<=", ">", "at most")
        said = {
            "limit": str(number), "op": op, "opposite": opposite, "unit": found["unit"], "rule": text.rstrip("."),
            "phrase": f"{words} {number}", "edge": "still allowed",
        }  # fmt: skip
        return Data("limits", identifier(f"{found['unit']} list"), _label(draft), values, titles=said, quote=text)
    return None


def _words(draft: Draft) -> Data | None:
    units = [unit for unit in draft.passage.units if unit.kind in ("sentence", "item")]
    found = terms([unit.text for unit in units])
    options = [unit.names for unit in draft.passage.units if unit.names]
    named = [one for one in options if re.fullmatch(r"--?[a-z][\w-]*", one)]
    if len(named) >= FEWEST:
        return Data("words", "options", _label(draft), list(dict.fromkeys(named))[:MOST])
    if len(found) < FEWEST:
        return None
    name = drawn(draft, "variable").choice(("terms", "keywords", "topics", "concepts", "index_terms", "search_terms"))
    return Data("words", name, _label(draft), found[:MOST])


def _label(draft: Draft) -> str:
    above = [one for one in (*draft.passage.headings[::-1], draft.passage.title) if one]
    plain = re.sub(r"^[\dA-Z]?[\d.]*[.):]?\s+(?=\w)", "", above[0]) if above else ""
    return " ".join(plain.replace("`", "").split())[:60]


def _quote(draft: Draft, data: Data) -> str:
    entries = [row[data.key] for row in data.value] if data.kind == "records" else list(data.value)
    units = [unit.text for unit in draft.passage.units if unit.kind != "heading"]
    return max(units, key=lambda text: sum(str(one).casefold() in text.casefold() for one in entries), default="")
