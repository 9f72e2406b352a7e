"""An extraction holds all that its text has of one kind and nothing else, word for word, in the form that was asked."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.verifiers.text_extraction._scan import KINDS, Found, scan, traces
from agentinstruct_local.words import squash

BY = "extracted"
_DERIVED: Mapping[str, int] = {"duration": 1, "date": 1, "keyword": 1, "duty": 1}
"""Kind -> the place of a field that is worked out and need not stand in the text."""
_NONE = re.compile(r"(?:There is no|None: the text contains no|No) [\w, -]{3,60}\.")
"""A sentence that says that nothing is there, and nothing else."""
_LABELS = frozenset({"RFC", "CVE", "IPv4 address"})


def verify(draft: Draft, *, of: str = "item") -> Verdict:  # noqa: PLR0911  # one for each thing that can be wrong
    """The answer at `of`.answer is what a second search of `of`.text finds of the kind.

    Reasons: text_strange (the text is not the passage's), form_wrong (the answer is not in its form),
    not_all_found (something is missing, or is there that does not belong), not_verbatim, none_is_said (nothing is
    there, and the answer does not say so), disputed (nothing was found, but something looks like one).
    """
    text, answer, kind, form = (string(draft, f"{of}.{name}") for name in ("text", "answer", "kind", "form"))
    if kind not in KINDS or form not in _READ:
        return bad(BY, "form_wrong", f"{kind} as {form}")
    passage = squash(draft.passage.text)
    lost = [line for line in _lines(text) if not _stands(line, passage)]
    if lost or not text or text not in string(draft, f"{of}.question"):
        return bad(BY, "text_strange", lost[0] if lost else text)
    wanted = scan(kind, text)
    if not wanted:
        return _nothing(kind, form, text, answer, string(draft, f"{of}.question"))
    try:
        given = _READ[form](answer)
    except (ValueError, KeyError, AttributeError, IndexError, TypeError):
        return bad(BY, "form_wrong", answer)
    if given != wanted:
        odd = [one for one in [*wanted, *given] if (one in wanted) != (one in given)]
        return bad(BY, "not_all_found", f"{odd[:2] or 'another order'} of {kind}")
    spans = [one for row in given for at, one in enumerate(row) if at != _DERIVED.get(kind, -1) and one not in _LABELS]
    strange = [one for one in spans if squash(one) not in squash(text)]
    glued = [row for row in given if kind == "quantity" and f"{row[0]}{row[1]}" not in "".join(text.split())]
    if strange or glued:
        return bad(BY, "not_verbatim", f"{(strange or glued)[0]}")
    return good(BY, f"{len(given)} of {kind}")


def _lines(text: str) -> list[str]:
    return [line.removeprefix("- ") for line in text.split("\n") if line]


def _stands(line: str, passage: str) -> bool:
    return squash(line) in passage


def _nothing(kind: str, form: str, text: str, answer: str, question: str) -> Verdict:
    """Nothing is there: the answer must say just that, and nothing may look like one."""
    if seen := traces(kind, text):
        return bad(BY, "disputed", f"{seen} looks like {kind}")
    if form in ("json_list", "json_objects"):
        empty = answer == "[]"
    elif form == "csv":
        empty = bool(answer) and all(f'"{name}"' in question for name in answer.split(","))
    else:
        empty = bool(_NONE.fullmatch(answer))
    return good(BY, f"no {kind}") if empty else bad(BY, "none_is_said", answer)


def _rows(value: Any) -> Found:
    """A JSON array of texts, or of objects with the same keys in the same order."""
    if not isinstance(value, list) or not value:
        raise ValueError("no array")
    if all(isinstance(one, str) for one in value):
        return [(one,) for one in value]
    if len({tuple(one) for one in value}) != 1 or not all(isinstance(x, str) for one in value for x in one.values()):
        raise ValueError("objects that differ")
    return [tuple(one.values()) for one in value]


def _bullets(answer: str) -> Found:
    lines = answer.split("\n")
    if not all(line.startswith("- ") for line in lines):
        raise ValueError("no bullets")
    return [(line[2:],) for line in lines]


def _table(answer: str) -> Found:
    lines = answer.split("\n")
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    if (
        not all(re.fullmatch(r"\| .* \|", line) for line in lines)
        or len({len(row) for row in rows}) != 1
        or not all(cell.strip() == "---" for cell in rows[1])
    ):
        raise ValueError("no table")
    return [tuple(cell.strip().replace("\\|", "|") for cell in row) for row in rows[2:]]


def _csv(answer: str) -> Found:
    rows = list(csv.reader(answer.splitlines(), strict=True))
    if len({len(row) for row in rows}) != 1:
        raise ValueError("lines of different lengths")
    return [tuple(row) for row in rows[1:]]


_READ: Mapping[str, Callable[[str], Found]] = {
    "lines": lambda answer: [(line,) for line in answer.split("\n")],
    "bullets": _bullets,
    "commas": lambda answer: [(one,) for one in answer.split(", ")],
    "json_list": lambda answer: _rows(json.loads(answer)),
    "json_objects": lambda answer: _rows(json.loads(answer)),
    "table": _table,
    "csv": _csv,
}
