"""A program of `_programs.yaml` filled with a passage's data, run in the sandbox: what its calls give, twice over."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from agentinstruct_local import sandbox
from agentinstruct_local.records import Draft
from agentinstruct_local.tools.coding._dataset import Data

_RESERVED_WORDS = (
    "ADD ALL ALTER AND AS BETWEEN BY CASE CHECK COLLATE COMMIT CONSTRAINT CREATE DEFAULT DELETE DISTINCT DROP "
    "ELSE ESCAPE EXISTS FOREIGN FROM GROUP HAVING IN INDEX INSERT INTO IS JOIN KEY LIMIT NOT NULL ON OR ORDER "
    "PRIMARY REFERENCES SELECT SET TABLE THEN TO TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE"
)
_RESERVED = frozenset(_RESERVED_WORDS.split())
_FILE = Path(__file__).with_name("_programs.yaml")


class Problem(NamedTuple):
    """A function to be written, in two ways that agree, and what its calls give."""

    id: str
    data: Data
    name: str
    args: str
    words: Mapping[str, str]  # spec, doc, how, idea, goal, asks
    code: str
    short: str
    slow: str
    types: Mapping[str, str]
    calls: tuple[tuple[str, Any], ...]  # a call, and its value
    big: str
    grows: str
    sql: str
    interface: str = ""  # of a class: what its user sees
    uses: tuple[tuple[str, str], ...] = ()  # of a class: what a user wants, and how it is done

    @property
    def signature(self) -> str:
        """The name with its arguments."""
        return f"{self.name}({self.args})"


@cache
def _templates() -> tuple[Mapping[str, Any], ...]:
    return tuple(yaml.safe_load(_FILE.read_text(encoding="utf-8"))["programs"])


def problems(
    draft: Draft, draw: random.Random, data: Sequence[Data], needs: Sequence[str] = (), over: Sequence[str] = ()
) -> Iterator[Problem]:
    """Problems over the data that have all of `needs` (such as "slow"), in an order of chance; checked by being run."""
    pairs = [
        (one, template)
        for one in data
        for template in _templates()
        if template["over"] == one.kind and (not over or one.kind in over) and _fits(template, needs)
    ]
    # A table or a rule is a rare find, and what it gives is nearest to what the passage says.
    draw.shuffle(pairs)
    pairs.sort(key=lambda pair: pair[0].kind == "words")
    if len({one.kind for one, _ in pairs}) > 1 and draw.random() < 0.2:
        pairs.reverse()
    for one, template in pairs:
        slots = _slots(one, template, draw, draft)
        if slots is not None and (found := _filled(template, one, slots, draw)) is not None:
            yield found


_SYNONYMS = {
    "found": ("found", "result", "matches", "hits", "selected"),
    "item": ("item", "entry", "element", "word"),
    "names": ("names", "words", "labels", "strings"),
    "rows": ("rows", "records", "items"),
    "kept": ("kept", "allowed", "result"),
    "groups": ("groups", "grouped", "result"),
}


def _renamed(template: Mapping[str, Any], draw: random.Random) -> Mapping[str, Any]:
    """The template with other names for its variables: people do not agree on them either."""
    if "interface" in template:
        return template
    changed = dict(template)
    codes = " ".join(str(template.get(name, "")) for name in ("code", "short", "slow"))
    for name, others in _SYNONYMS.items():
        free = [one for one in others if one == name or not re.search(rf"\b{one}\b", codes)]
        other = draw.choice(free)
        codes += f" {other}"
        for part in ("code", "short", "slow", "args"):
            if part in changed:
                # What stands in braces is a slot, and what stands in quotes a field.
                changed[part] = re.sub(rf"(?<!(?<!{{){{)(?<![\"\w])\b{name}\b(?!}}(?!}})|\")", other, changed[part])
        changed["types"] = {other if one == name else one: kind for one, kind in changed["types"].items()}
    return changed


def _fits(template: Mapping[str, Any], needs: Sequence[str]) -> bool:
    """A class is no function: it is given only to whom asks for an interface."""
    return all(template.get(name) for name in needs) and ("interface" in template) == ("interface" in needs)


def _filled(template: Mapping[str, Any], data: Data, slots: Mapping[str, str], draw: random.Random) -> Problem | None:
    name = template["name"].format(**slots, Name=_class_name(data.name))
    template = _renamed(template, draw)
    full = {**slots, "name": name, "Name": _class_name(data.name)}

    def fill(text: str) -> str:
        return text.format(**full)

    codes = {one: fill(template[one]).rstrip() for one in ("code", "short", "slow") if one in template}
    args = fill(template["args"])
    parts = [one.strip() for one in args.split(",")]
    if len(name) > 40 or len(set(parts)) < len(parts) or data.name in parts:
        return None
    calls = list(dict.fromkeys(fill(one) for one in template["calls"]))
    values = _agreed(data, list(codes.values()), calls)
    if values is None:
        return None
    texts = {
        one: fill(template[one]) for one in ("spec", "doc", "result", "how", "idea", "goal", "asks") if one in template
    }
    types = {fill(one): fill(str(kind)) for one, kind in template["types"].items()}
    return Problem(
        template["id"], data, name, args, texts, codes["code"], codes["short"], codes.get("slow", ""), types,
        tuple(zip(calls, values, strict=True)), fill(template.get("big", "")), template.get("grows", ""),
        _plain_sql(fill(template.get("sql", ""))), fill(template.get("interface", "")).rstrip(),
        tuple((fill(one["goal"]), fill(one["use"]).rstrip()) for one in template.get("uses", ())),
    )  # fmt: skip


def _class_name(variable: str) -> str:
    return "".join(part.capitalize() for part in variable.split("_"))


def _plain_sql(text: str) -> str:
    """Without quotes around names that are no words of SQL."""
    return re.sub(r'"(\w+)"', lambda name: name[0] if name[1].upper() in _RESERVED else name[1], text)


def _agreed(data: Data, codes: Sequence[str], calls: Sequence[str]) -> list[Any] | None:
    """The values of the calls, if all ways of writing the function give the same ones and these differ."""
    found = []
    for code in codes:
        first, *rest = sandbox.values(f"{data.shown}\n{code}", calls)
        if first.kind != "value" or any(one.kind != "value" for one in rest):
            return None
        found.append([one.value for one in rest])
    if not all(sandbox.same(one, found[0]) for one in found[1:]) or len({repr(one) for one in found[0]}) < 2:
        return None
    # The first call is the example that is shown: one that finds nothing shows nothing.
    return found[0] if found[0][0] is True or found[0][0] not in (None, [], {}, 0, "") else None


def _slots(data: Data, template: Mapping[str, Any], draw: random.Random, draft: Draft) -> dict[str, str] | None:
    if data.kind == "records":
        return _record_slots(data, template.get("wants", ""), draw)
    if data.kind in ("limits", "tree"):
        return {"rows": data.name, **data.titles}
    entries = list(data.value)
    one, two = draw.sample(entries, 2)
    slots = {
        "rows": data.name,
        "one": repr(one),
        "two": repr(two),
        "plainone": one,
        "plaintwo": two,
        "upone": one.upper(),
    }
    if data.kind == "settings":
        return {**slots, "source": repr(data.source), "start": repr(re.split(r"[._-]", one)[0])}
    sentences = [unit.text for unit in draft.passage.units if unit.kind == "sentence" and 30 < len(unit.text) < 160]
    telling = [text for text in sentences if any(item.lower() in text.lower() for item in entries) and "`" not in text]
    if template["id"] == "mentioned" and not telling:
        return None
    phrases = [item for item in entries if " " in item or "-" in item] or entries
    if template["id"] == "slug" and not any(" " in item for item in entries):
        return None
    starts = [item[:2] for item in entries if item[:1].isalpha()] or [entries[0][:3]]
    sizes = sorted(len(item) for item in entries)
    start = draw.choice(starts)
    return {
        **slots, "start": repr(start), "plainstart": start, "phrase": repr(draw.choice(phrases)),
        "sentence": repr(draw.choice(telling)) if telling else "''", "size": str(sizes[len(sizes) // 2 - 1]),
    }  # fmt: skip


def _record_slots(data: Data, wants: str, draw: random.Random) -> dict[str, str] | None:
    rows, fields = data.value, [one for one in data.value[0] if one != data.key]
    draw.shuffle(fields)
    field = next((one for one in fields if _suits([row[one] for row in rows], wants)), None)
    if field is None:
        return None
    entries = [row[field] for row in rows]
    filled = [one for one in entries if one not in (None, "")]
    if len(set(map(type, filled))) != 1:
        return None
    value = max(filled, key=entries.count) if wants == "repeated" else draw.choice(filled)
    other = next((one for one in filled if one != value), value)
    one, two = (str(row[data.key]) for row in draw.sample(rows, 2))
    number = isinstance(value, int)
    low = sorted(filled)[len(filled) // 2] if number else 0
    word = max(re.findall(r"[^\W_]+", one) or [one], key=len)
    return {
        "rows": data.name, "key": data.key, "field": field, "type": "int" if number else "str",
        "value": repr(value), "other": repr(other), "absent": "-1" if number else "'nothing'",
        "plainvalue": str(value), "plainother": str(other), "sqlvalue": _sql(value), "one": repr(one), "two": repr(two),
        "plainone": one, "sqlone": _sql(one), "missing": "'nothing'", "low": str(low), "part": repr(word[:4].lower()),
    }  # fmt: skip


def _sql(value: Any) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _suits(entries: Sequence[Any], wants: str) -> bool:
    gaps = sum(one in (None, "") for one in entries)
    distinct = {one for one in entries if one not in (None, "")}
    if wants == "gap":
        return 0 < gaps < len(entries)
    if wants == "number":
        return not gaps and all(isinstance(one, int) for one in entries) and len(distinct) > 1
    if wants == "repeated":
        return not gaps and 1 < len(distinct) < len(entries)
    return not gaps and len(distinct) > 1
