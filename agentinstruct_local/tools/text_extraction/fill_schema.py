"""A JSON schema with a field for each kind of thing, to be filled from a text; null where the text has none of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools._paragraphs import Excerpt, excerpts
from agentinstruct_local.tools.text_extraction._found import FINDERS

FIELDS: Mapping[str, tuple[str, str]] = {
    "path": ("file_paths", "path"), "option": ("command_line_options", "option"), "address": ("urls", "address"),
    "variable": ("upper_case_names", "name"), "version": ("versions", "version"), "date": ("dates", "iso"),
    "identifier": ("standards_and_hosts", "identifier"), "abbreviation": ("abbreviations", "abbreviation"),
    "quoted": ("quoted_words", "words"), "duty": ("requirements", "duty"),
}  # fmt: skip
"""Kind -> what its field of the schema is called, and which field of a record stands there."""
MOST = 8


def use(
    draft: Draft,
    *,
    asks: Sequence[str] = ("{text}\n\n{schema}",),
    rules: Mapping[str, str] | None = None,
    size: int = 4,
) -> dict[str, Any]:
    """`question` (a text and a schema of `size` fields), `answer` (a JSON object), `text`, `fields` and `quote`.

    `rules` says of each kind what counts as one. At least one field has something and at least one is null.
    Error: nothing_to_extract where the passage has no text with two kinds of things.
    """
    draw = drawn(draft, "fill_schema")
    best: list[tuple[Excerpt, dict[str, list[str]]]] = []
    for one in excerpts(draft.passage):
        found = {kind: records for kind in rules or {} if (records := FINDERS[kind](one.text)) is not None}
        values = {kind: [record[FIELDS[kind][1]] for record in records] for kind, records in found.items()}
        full = [kind for kind, some in values.items() if 0 < len(some) <= MOST]
        if len(full) >= 2 and len(values) > len(full):
            best.append((one, {kind: some for kind, some in values.items() if len(some) <= MOST}))
    if not best:
        return {"error": "nothing_to_extract"}
    excerpt, values = draw.choice(best)
    full = [kind for kind, some in values.items() if some]
    empty = [kind for kind, some in values.items() if not some]
    inside = draw.sample(full, min(len(full), size - 1))
    kinds = [*inside, *draw.sample(empty, min(len(empty), size - len(inside)))]
    draw.shuffle(kinds)
    answer = {FIELDS[kind][0]: values[kind] or None for kind in kinds}
    ask = draw.choice(list(asks))
    return {
        "output": {
            "question": ask.replace("{schema}", _schema(kinds, rules or {})).replace("{text}", excerpt.text),
            "answer": json.dumps(answer, indent=2, ensure_ascii=False),
            "text": excerpt.text,
            "fields": {FIELDS[kind][0]: [kind, FIELDS[kind][1]] for kind in kinds},
            "quote": max((one.text for one in excerpt.units), key=lambda one: _hits(one, values)),
        }
    }


def _schema(kinds: Sequence[str], rules: Mapping[str, str]) -> str:
    """The schema as JSON with a line for each field."""
    names = [FIELDS[kind][0] for kind in kinds]
    shape = {"type": ["array", "null"], "items": {"type": "string"}}
    lines = [f'    "{FIELDS[one][0]}": {json.dumps({**shape, "description": rules[one]})}' for one in kinds]
    fields = ",\n".join(lines)
    return (
        f'{{\n  "type": "object",\n  "properties": {{\n{fields}\n  }},\n'
        f'  "required": {json.dumps(names)},\n  "additionalProperties": false\n}}'
    )


def _hits(text: str, values: Mapping[str, Sequence[str]]) -> int:
    return sum(value in text for some in values.values() for value in some)
