"""Everything of one kind that stands in a text, in a given form: paths, amounts, dates, duties and the like."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools._paragraphs import Excerpt, excerpts
from agentinstruct_local.tools.text_extraction._found import FINDERS, Record

MOST = 9
"""Records of an answer: more are a list to copy, not a task."""
Wordings = Mapping[str, Sequence[str]]
FRAMES = ("{text}\n\n{task}",)


def use(  # noqa: PLR0913  # its options are its arguments
    draft: Draft,
    *,
    asks: Wordings | None = None,
    rules: Wordings | None = None,
    forms: Wordings | None = None,
    none: Wordings | None = None,
    frames: Sequence[str] = FRAMES,
    least: int = 2,
    absent: bool = False,
) -> dict[str, Any]:
    """`question` (an excerpt of the passage and the task), `answer`, `text`, `kind`, `form`, `records` and `quote`.

    `asks` has the wordings of each kind that may be asked for, `rules` what counts as one, `forms` those of each form
    of the answer, `none` what is said where nothing is found, by form. At least `least` records are found, or none
    at all as `absent`.
    Errors: nothing_to_extract where the passage has no such text.
    """
    draw = drawn(draft, "extract")
    kinds = list(asks or {})
    draw.shuffle(kinds)
    found = excerpts(draft.passage)
    for kind in kinds:
        fitting = [(one, records) for one in found if _fits(records := FINDERS[kind](one.text), least, absent)]
        if fitting:
            break
    else:
        return {"error": "nothing_to_extract"}
    excerpt, records = _drawn(fitting, draw)
    assert records is not None
    form = draw.choice(_suited(list(forms or {"lines": []}), kind, records))
    fields = list(records[0]) if records else list(FIELDS[kind])
    parts = [draw.choice(list(some)) for some in ((asks or {})[kind], (rules or {}).get(kind, [""]))]
    told = draw.choice(list((forms or {}).get(form, ("One per line.",)))).format(fields=_quoted(fields))
    task = " ".join(part for part in (*parts, told) if part)
    answer = FORMS[form](records, fields)
    if not records and form in (none or {}):
        answer = draw.choice(list((none or {})[form])).format(kind=NAMES[kind])
    return {
        "output": {
            "question": draw.choice(list(frames)).format(text=excerpt.text, task=task),
            "answer": answer,
            "text": excerpt.text,
            "kind": kind,
            "form": form,
            "records": records,
            "quote": _quote(excerpt, records),
        }
    }


def _fits(records: list[Record] | None, least: int, absent: bool) -> bool:
    if records is None:
        return False
    return not records if absent else least <= len(records) <= MOST


def _drawn(
    fitting: Sequence[tuple[Excerpt, list[Record] | None]], draw: random.Random
) -> tuple[Excerpt, list[Record] | None]:
    """One of the excerpts that hold most: they are the ones that are worth the work."""
    most = max(len(records or ()) for _, records in fitting)
    return draw.choice([one for one in fitting if len(one[1] or ()) == most])


FIELDS: Mapping[str, Sequence[str]] = {
    "quantity": ("value", "unit"), "duration": ("duration", "seconds"), "date": ("date", "iso"), "path": ("path",),
    "option": ("option",), "address": ("address",), "version": ("version",), "variable": ("name",),
    "acronym": ("short", "long"), "abbreviation": ("abbreviation",), "quoted": ("words",),
    "identifier": ("kind", "identifier"), "duty": ("duty", "kind"), "event": ("when", "then"),
    "keyword": ("word", "count"), "entry": ("name", "description"),
}  # fmt: skip
"""Kind -> the fields of its records."""
NAMES: Mapping[str, str] = {
    "quantity": "amount with a unit", "duration": "duration", "date": "date", "path": "file path",
    "option": "command-line option", "address": "web address", "version": "version number",
    "variable": "name in capitals with underscores", "acronym": "spelled-out abbreviation",
    "abbreviation": "abbreviation", "quoted": "text in quotation marks",
    "identifier": "RFC number, CVE number or IP address",
    "duty": "duty", "event": "condition", "keyword": "repeated word", "entry": "list entry",
}  # fmt: skip
LONG = frozenset({"duty", "event", "entry"})
"""Kinds whose records are sentences: too long for a line of CSV that a person reads."""
BARE = frozenset({"lines", "bullets", "json_list", "commas"})


def _suited(forms: list[str], kind: str, records: Sequence[Record]) -> list[str]:
    single = len(FIELDS[kind]) == 1
    commas = any("," in value for one in records for value in one.values())
    return [one for one in forms if (one in BARE) == single and not (one == "commas" and commas)
            and not (one == "csv" and kind in LONG)]  # fmt: skip


def _quoted(fields: Sequence[str]) -> str:
    names = [f'"{one}"' for one in fields]
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def _values(records: Sequence[Record]) -> list[str]:
    return [next(iter(one.values())) for one in records]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _table(records: Sequence[Record], fields: Sequence[str]) -> str:
    cells = [[one[name].replace("|", "\\|") for name in fields] for one in records]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(fields), ["---"] * len(fields), *cells])


def _csv(records: Sequence[Record], fields: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([list(fields), *([one[name] for name in fields] for one in records)])
    return out.getvalue().rstrip("\n")


FORMS: Mapping[str, Callable[[Sequence[Record], Sequence[str]], str]] = {
    "lines": lambda records, fields: "\n".join(_values(records)),
    "bullets": lambda records, fields: "\n".join(f"- {one}" for one in _values(records)),
    "commas": lambda records, fields: ", ".join(_values(records)),
    "json_list": lambda records, fields: _json(_values(records)),
    "json_objects": lambda records, fields: _json(records),
    "table": _table,
    "csv": _csv,
}
"""Form -> how records are written in it."""


def _quote(excerpt: Excerpt, records: Sequence[Record]) -> str:
    """The unit that holds most of what was found."""
    values = [value for one in records for value in one.values()]
    return max((unit.text for unit in excerpt.units), key=lambda text: sum(one in text for one in values))
