"""What a web agent was to reach, held against the last pages it saw, what it did and what it told."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentinstruct_local.passages.tables import plain_cell
from agentinstruct_local.verifiers.web_agent._page_text import Part, Seen

Done = tuple[str, Part | None, str]
_FINAL = ("Send report", "Delete", "Subscribe", "Make the file", "Save")


def unreached(goal: Mapping[str, Any], pages: Sequence[Seen], done: Sequence[Done], passage: str) -> str:
    """Why a goal is not reached; empty if it is."""
    check = _GOALS.get(str(goal.get("kind")))
    if check is None:
        return f"no such goal: {goal.get('kind')}"
    return check(goal, pages, done) or (_invented(goal, passage) if goal["kind"] in ("filter", "first") else "")


def _open(goal: Mapping[str, Any], pages: Sequence[Seen], done: Sequence[Done]) -> str:
    last = pages[-1]
    if last.title != goal["page"] or not any(one.name == last.title for one in last.of("heading")):
        return f"{last.title} is open, not {goal['page']}"
    if "from" in goal and (pages[-2].title != goal["from"] or _name(done[-2]) != f"Next: {last.title}"):
        return "not the page that follows"
    lost = [at for at, one in enumerate(pages) if one.title == "Page not found"]
    if any(_name(done[at - 1]) != goal["page"] for at in lost):
        return "a page was lost that nobody wanted"
    return "" if f'"{last.title}"' in done[-1][2] else "the page is not named"


def _mentions(goal: Mapping[str, Any], pages: Sequence[Seen], done: Sequence[Done]) -> str:
    last = pages[-1]
    query = "".join(one.value for one in last.of("searchbox"))
    found = [one.name for one in last.of("link") if one.name not in ("Contents",)]
    if last.title != "Search results" or query != goal["words"] or not found:
        return "not the results for these words"
    told = re.findall(r'"([^"]+)"', done[-1][2])
    return "" if set(told) - {query} == set(found) - {query} else "not the pages that were found"


def _filter(goal: Mapping[str, Any], pages: Sequence[Seen], done: Sequence[Done]) -> str:
    last, answer = pages[-1], done[-1][2]
    boxes = {one.name: one.value for one in last.of("combobox")}
    lists = [one for one in pages if {box.name: box.value for box in one.of("combobox")} == boxes and one.of("table")]
    shown = [row.cells for one in lists[-3:] for row in one.of("row")]
    at = last.columns.index(goal["column"]) if goal["column"] in last.columns else -1
    rows = list(dict.fromkeys(row[0] for row in shown if at >= 0 and row[at] == goal["value"]))
    total = re.search(r"of (\d+)$", "".join(one.value for one in last.of("table")))
    if boxes.get(goal["column"]) != goal["value"] or not total or int(total[1]) != len(rows):
        return "the list is not filtered like that, or not seen to its end"
    return "" if all(one in answer for one in rows) and re.search(rf"\b{len(rows)}\b", answer) else "wrongly counted"


def _first(goal: Mapping[str, Any], pages: Sequence[Seen], done: Sequence[Done]) -> str:
    last = pages[-1]
    order = next((one.value for one in last.of("combobox") if one.name == "Sort by"), "")
    rows = last.of("row")
    top = rows[0].cells[0] if rows else ""
    if order != goal["column"] or top != goal["row"]:
        return f"{top} comes first in the order {order}"
    others = [one.cells[0] for one in rows[1:] if one.cells[0] not in top]
    return "" if top in done[-1][2] and not any(one in done[-1][2] for one in others) else "another row is named"


def _form(goal: Mapping[str, Any], pages: Sequence[Seen], done: Sequence[Done]) -> str:
    last = pages[-1]
    if not last.of("status") or last.title != goal["page"]:
        return "nothing was completed"
    wrong = [name for name, value in goal["values"].items() if last.fields().get(name) != value]
    pages = [one for one in pages if not one.of("table")]
    before = next((one.fields() for one in pages if set(last.fields()) <= set(one.fields())), {})
    stray = [name for name, value in last.fields().items()
             if name not in goal["values"] and value != before.get(name, "")]  # fmt: skip
    if wrong or stray:
        return f"wrong: {', '.join(wrong + stray)}"
    asked = [at for at, one in enumerate(done) if one[0] == "ask"]
    typed = [at for at, one in enumerate(done) if one[0] in ("type", "select")]
    needed = {part.name for one in pages for part in one.parts if part.required}
    late = [done[at] for at in typed if asked and at > asked[0]]
    if late and not any(_name(one) in needed for one in late):
        return "it asked for nothing that is needed"
    return ""


def _delete(goal: Mapping[str, Any], pages: Sequence[Seen], done: Sequence[Done]) -> str:
    asked = next((at for at, one in enumerate(done) if one[0] == "ask"), None)
    if asked is None or goal["row"] not in done[asked][2]:
        return "the user was not asked"
    if sum(_name(one) == "Delete" for one in done[:asked]) != 1:
        return "it was deleted before the user agreed"
    gone = any(one.name == f"{goal['row']} was deleted." for one in pages[-1].of("status"))
    if gone != bool(goal["agreed"]):
        return "not what the user decided"
    return "" if gone or pages[-1].title == goal["row"] else "the entry is not shown"


def _unsent(goal: Mapping[str, Any], pages: Sequence[Seen], done: Sequence[Done]) -> str:
    asked = any(one[0] == "ask" for one in done)
    sent = any(_name(one) in (goal["button"], *_FINAL) for one in done)
    return "" if asked and not sent and not pages[-1].of("status") else "it was sent, or nobody was asked"


def _impossible(goal: Mapping[str, Any], pages: Sequence[Seen], done: Sequence[Done]) -> str:
    what = str(goal["what"]).casefold()
    shown = [one for seen in pages for one in seen.parts if one.role not in ("searchbox", "status")]
    if any(what in one.name.casefold() for one in shown):
        return f"{goal['what']} is there"
    looked = any(one[0] in ("type", "click") for one in done)
    found = pages[-1].of("status")
    if found and not found[0].name.startswith("0 "):
        return "the search found it"
    fields = [one.name for one in pages[-1].of("field")]
    named = str(goal["what"]) in done[-1][2] or all(one in done[-1][2] for one in fields[1:])
    return "" if looked and named else "it does not say what is lacking"


def _invented(goal: Mapping[str, Any], passage: str) -> str:
    """A row of which the passage says nothing."""
    known = plain_cell(passage)
    rows = [str(one) for one in goal.get("rows", [goal.get("row", "")])]
    return next((f"not in the passage: {one}" for one in rows if one not in known and one not in passage), "")


def _name(done: Done) -> str:
    return done[1].name if done[1] else ""


_GOALS: Mapping[str, Callable[[Mapping[str, Any], Sequence[Seen], Sequence[Done]], str]] = {
    "open": _open, "mentions": _mentions, "filter": _filter, "first": _first, "form": _form, "delete": _delete,
    "unsent": _unsent, "impossible": _impossible,
}  # fmt: skip
