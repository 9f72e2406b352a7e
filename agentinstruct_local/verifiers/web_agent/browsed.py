"""The actions of a web agent are allowed by the pages it saw, lead to the pages that follow, and reach the goal.

The pages are read back from the row and each step is worked out again from them; the simulator is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good
from agentinstruct_local.verifiers.web_agent._goals import Done, unreached
from agentinstruct_local.verifiers.web_agent._page_text import AGREES, Part, Seen, action, page, wish

BY = "browsed"
_ROLES = {"click": ("link", "button", "row"), "type": ("textbox", "searchbox"), "select": ("combobox",)}


def verify(draft: Draft, *, walk: str = "browse") -> Verdict:
    """The chat at `walk` (`messages`, `goal`) is sound.

    Reasons: page_unread (a page or a reply that is not in its form), action_impossible (no such element, or it cannot
    be used so), page_wrong (the page that follows is not what the action leads to), goal_missed (the last page, or what
    the agent says, is not what the user wanted), goal_unsaid (the user has not said what the goal needs).
    """
    goal: Mapping[str, Any] = draft.value(f"{walk}.goal", {})
    turns: Sequence[Mapping[str, str]] = draft.value(f"{walk}.messages", [])
    roles = [turn["role"] for turn in turns]
    if len(turns) < 3 or roles != ["system", *["user", "assistant"] * (len(turns) // 2)]:
        return bad(BY, "page_unread", " ".join(roles) or "no chat")
    pages: list[Seen] = []
    done: list[Done] = []
    for asked, reply in zip(turns[1::2], turns[2::2], strict=True):
        if reason := _shown(asked["content"], pages, done):
            return bad(BY, *reason)
        call = action(reply["content"])
        if call is None:
            return bad(BY, "page_unread", reply["content"])
        part = pages[-1].at(call[1])
        if unfit := _unfit(call, part, pages):
            return bad(BY, "action_impossible", unfit)
        done.append((call[0], part, call[2]))
    said = "\n".join(wish(turn["content"]) for turn in turns[1::2])
    lacking = _unsaid(goal, said)
    if lacking is not None:
        return bad(BY, "goal_unsaid", lacking)
    missed = "it does not end with what was reached" if done[-1][0] != "finish" else ""
    missed = missed or unreached(goal, pages, done, draft.passage.text)
    return bad(BY, "goal_missed", missed) if missed else good(BY, f"{len(done)} actions")


def _shown(message: str, pages: list[Seen], done: Sequence[Done]) -> tuple[str, str] | None:
    """Puts the page of a message to the others; why it cannot be there, as reason and evidence, if it cannot."""
    last = done[-1][0] if done else ""
    if last == "ask":
        return None
    seen = page(message)
    if seen is None or last == "finish":
        return "page_unread", message
    if done and (reason := _strange(done[-1], pages, seen)):
        return "page_wrong", reason
    pages.append(seen)
    return None


def _unfit(call: tuple[str, int, str], part: Part | None, pages: Sequence[Seen]) -> str:
    """Why the page does not allow an action; empty if it does."""
    verb, number, text = call
    if verb in _ROLES and (part is None or part.role not in _ROLES[verb]):
        return f"{verb}[{number}]: no such element to {verb}"
    name = part.name if part else ""
    wrong = {
        f"the user has not asked for this: {name}": bool(pages[-1].of("dialog") and AGREES.search(name)),
        f"{name} has no option {text}": verb == "select" and part is not None and text not in part.options,
        f"{verb} without a word": verb in ("type", "ask", "finish") and not text.strip(),
        "there is no page to go back to": verb == "back" and len({one.title for one in pages}) < 2,
        "there is nothing below": verb == "scroll" and not _more(pages[-1]),
    }
    return next((reason for reason, so in wrong.items() if so), "")


def _span(seen: Seen) -> tuple[int, int, int]:
    """Of the list: its first and last row in view, and how many it has."""
    found = re.fullmatch(r"rows (\d+) to (\d+) of (\d+)", "".join(one.value for one in seen.of("table")))
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)


def _more(seen: Seen) -> bool:
    _, last, total = _span(seen)
    return last < total


def _strange(done: Done, pages: Sequence[Seen], after: Seen) -> str:
    """Why a page cannot follow after an action; empty if it can."""
    verb, part, text = done
    before = pages[-1]
    if verb in ("type", "select"):
        assert part is not None
        wanted = [
            Part(one.number, one.role, one.name, text if one == part else one.value, one.options, one.required)
            for one in before.parts if one.role != "alert"
        ]  # fmt: skip
        return "" if list(after.parts) == wanted and after.title == before.title else f"{part.name} is not {text}"
    if verb == "back":
        known = any(one.title == after.title and one.parts == after.parts for one in pages[:-1])
        return "" if known else "back leads to no page that was there"
    if verb == "scroll":
        first, last, total = _span(after)
        right = first == _span(before)[1] + 1 and last <= total == _span(before)[2]
        return "" if right and len(after.of("row")) == last - first + 1 else "not the rows that follow"
    assert part is not None
    return _clicked(part, before, after)


def _clicked(part: Part, before: Seen, after: Seen) -> str:
    """Why a page cannot follow after a click."""
    if part.role == "row":
        shown = [after.fields().get(column) for column in before.columns]
        return "" if shown == part.cells and after.title == part.cells[0] else "not the entry of this row"
    if part.role == "link":
        lost = after.title == "Page not found" and bool(after.of("alert"))
        name = re.sub(r"^(?:Next|Previous): ", "", part.name)
        there = after.title == (f"Edit {before.title}" if name == "Edit" else name)
        home = name == "Contents" and any(one.name == name for one in after.of("heading"))
        return "" if lost or there or home else f"{part.name} leads to {after.title}"
    return {"Apply": _filtered, "Search": _searched}.get(part.name, _pressed)(before, after)


def _pressed(before: Seen, after: Seen) -> str:
    """Why a page cannot follow after a button of a form or a window."""
    empty = [one.name for one in before.parts if one.required and not one.value]
    if before.of("dialog"):
        return ""
    if after.title == before.title:
        told = " ".join(one.name for one in after.of("alert"))
        stays = after.fields() == before.fields() and bool(told) and all(one in told for one in empty)
        return "" if stays else "a form failed without a word"
    kept = {name: value for name, value in after.fields().items() if name in before.fields()}
    if before.fields() and after.of("field") and kept != before.fields():
        return "values were lost"
    return f"{empty[0]} was empty" if empty else ""


def _filtered(before: Seen, after: Seen) -> str:
    """Every row fits the filter; where all rows were in view before, none is lacking, and the order is as chosen."""
    chosen = {one.name: one.value for one in before.of("combobox")}
    rows = [one.cells for one in after.of("row")]
    columns = after.columns
    if chosen != {one.name: one.value for one in after.of("combobox")}:
        return "what was chosen has changed"
    wanted = {columns.index(one): value for one, value in chosen.items() if one in columns and value != "any"}
    if any(row[at] != value for row in rows for at, value in wanted.items()):
        return "a row that the filter should have left out"
    first, last, total = _span(before)
    whole = [one.cells for one in before.of("row") if all(one.cells[at] == value for at, value in wanted.items())]
    if (first, last) == (1, total) and sorted(whole) != sorted(rows):
        return "a row is lacking"
    order = chosen.get("Sort by", "as listed")
    keys = [_natural(row[columns.index(order)]) for row in rows] if order in columns else []
    return "" if keys == sorted(keys) else "not in the order"


def _natural(cell: str) -> list[Any]:
    parts = re.findall(r"\d+|\D+", cell.casefold())
    return [
        (0, int(one), "") if one.isdecimal() else (-1, 0, one)
        for one in (parts if cell[:1].isdecimal() else ["", *parts])
    ]


def _searched(before: Seen, after: Seen) -> str:
    query = "".join(one.value for one in before.of("searchbox"))
    told = " ".join(one.name for one in after.of("status"))
    results = [one for one in after.of("link") if one.name != "Contents"]
    right = after.title == "Search results" and told.endswith(f" for {query}") and told.startswith(f"{len(results)} ")
    return "" if right and query else "not the results of this search"


def _unsaid(goal: Mapping[str, Any], said: str) -> str | None:
    """A part of the goal that the user has not spoken of; None where all was said."""
    wanted = [str(goal.get(name, "")) for name in ("from", "words", "column", "value", "what")]
    wanted += [str(value) for value in goal.get("values", {}).values()]
    wanted += [str(goal["page"])] if goal.get("kind") == "open" and "from" not in goal else []
    wanted += [str(goal["row"])] if goal.get("kind") == "delete" else []
    return next((one for one in wanted if one and one not in said), None) if goal else "no goal"
