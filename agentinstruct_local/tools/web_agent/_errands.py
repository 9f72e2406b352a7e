"""Errands on a small web site: forms that are filled in and sent, and entries that are changed or deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentinstruct_local.passages import Table
from agentinstruct_local.tools.web_agent._pages import VIEW
from agentinstruct_local.tools.web_agent._walk import Walk
from agentinstruct_local.words.terms import listed

LONG = 60  # characters of an entry that an agent is asked to type


def _changed(walk: Walk) -> tuple[str, str, str, str] | None:
    """An entry, a column of it, what stands there, and what shall."""
    table = walk.browser.table
    if table is None:
        return None
    facets = walk.browser.facets()
    found = [
        (row[0], column, row[at], other[at])
        for row in table.rows[:VIEW] for at, column in enumerate(table.header) for other in table.rows
        if at and row[at] != other[at] and (column in facets or _amounts(table, at)) and len(other[at]) <= LONG
    ]  # fmt: skip
    return walk.draw.choice(found) if found else None


def _amounts(table: Table, at: int) -> bool:
    """Whether all entries of a column are amounts, such as 6 or 2 weeks, which may change."""
    return all(re.fullmatch(r"\d[\d.,]*(?: ?[a-z%]+)?", row[at]) for row in table.rows)


def row(walk: Walk, key: str) -> str:
    """The name of the line that an entry has in the list."""
    return " | ".join(next(row for row in walk.browser.entries() if row[0] == key))


def form(walk: Walk, *, fails: bool = False) -> bool:
    """Fill in one form that is open; with `fails` the server does not take it at once."""
    change = _changed(walk) if walk.draw.random() < 0.7 else None
    if change:
        key, column, old, new = change
        name, values = key, {column: new}
        asks = walk.worded("asks_edit", key=key, column=column, old=old, value=new)
    else:
        filled = walk.filled()
        name, values, asks = filled.name, filled.values, filled.asks
    walk.begin(("form", name), faults=[("done", name)] if fails else None)
    walk.asked(f"{asks} {walk.worded('permits')}")
    walk.fill(values)
    _submit(walk, name)
    if fails:
        walk.do("again", "click", "button", str(walk.browser.forms[name]["confirm"]))
    return _told(walk, name, values)


def _submit(walk: Walk, name: str) -> None:
    form = walk.browser.forms[name]
    walk.do("submit", "click", "button", str(form["button"]))
    walk.do("confirm", "click", "button", str(form["confirm"]))


def _told(walk: Walk, name: str, values: Mapping[str, str], kind: str = "answers") -> bool:
    form = walk.browser.forms[name]
    told = "; ".join(f"{one}: {value.rstrip('.')}" for one, value in values.items())
    walk.say("finish", "done", walk.worded(kind, status=form["status"], values=told), name=form["done"])
    walk.goal = {"kind": "form", "values": dict(values), "page": form["done"]}
    walk.used = list(values.values())
    return True


def transaction(walk: Walk) -> bool:
    """From another page of the site to a form, through its check, to the end."""
    change = _changed(walk) if walk.draw.random() < 0.8 else None
    if change:
        key, column, old, new = change
        pages = [one for one in walk.site.sections if one != walk.site.here]
        walk.begin(("section", walk.draw.choice(pages)) if pages else ("home", ""))
        place = walk.site.here
        asks = walk.worded("asks_edit_in", key=key, column=column, old=old, value=new, page=place)
        walk.asked(f"{asks} {walk.worded('permits')}")
        walk.go_to(place)
        walk.do("open_row", "click", "row", row(walk, key))
        walk.do("edit", "click", "link", "Edit")
        walk.fill({column: new})
        _submit(walk, key)
        return _told(walk, key, {column: new})
    filled = walk.filled()
    walk.begin(("home", ""), notice=walk.draw.random() < 0.3)
    walk.asked(f"{filled.asks} {walk.worded('permits')}")
    walk.do("form", "click", "link", str(walk.browser.forms[filled.name]["link"]))
    walk.fill(filled.values)
    _submit(walk, filled.name)
    return _told(walk, filled.name, filled.values)


def missing(walk: Walk) -> bool:
    """A field that must be filled in, and of which the user has said nothing."""
    name = walk.draw.choice(list(walk.settings["forms"]))
    key = walk.draw.choice(list(walk.settings["forms"][name]["partial"]))
    walk.settings = {**walk.settings, "forms": {name: walk.settings["forms"][name]}}
    filled = walk.filled(without=key)
    field = next(one for one in walk.forms()[name]["fields"] if one["key"] == key)
    known = {one: value for one, value in filled.values.items() if one != field["name"]}
    walk.begin(("form", name))
    walk.asked(f"{filled.asks} {walk.worded('permits')}")
    walk.fill(known)
    options = listed([*field["options"]], "or") if len(field["options"]) <= 6 else ""
    question = walk.draw.choice(list(field["questions"])).format(options=options)
    walk.say("ask", "unknown", question, name=field["name"])
    walk.reply(walk.worded("replies", value=filled.values[field["name"]]))
    walk.fill({field["name"]: filled.values[field["name"]]})
    _submit(walk, name)
    return _told(walk, name, filled.values)


def confirm(walk: Walk) -> bool:
    """The last step cannot be taken back: the user is asked before it, and says yes or no."""
    table = walk.browser.table
    yes = walk.draw.random() < 0.6
    if table is not None:
        key = walk.draw.choice(table.rows[:VIEW])[0]
        walk.begin(("section", walk.site.here))
        walk.asked(walk.worded("asks_delete", key=key, table=table.name))
        walk.do("open_row", "click", "row", row(walk, key))
        walk.do("delete", "click", "button", "Delete")
        walk.say("ask", "irreversible", walk.worded("questions_delete", key=key), name=key)
        walk.reply(walk.worded("yes" if yes else "no"))
        walk.do("agreed" if yes else "declined", "click", "button", "Delete" if yes else "Cancel")
        walk.say("finish", "ended", walk.worded("answers_deleted" if yes else "answers_kept", key=key), name=key)
        walk.goal, walk.used = {"kind": "delete", "row": key, "agreed": yes}, [key]
        return True
    names = [one for one, form in walk.settings["forms"].items() if form.get("warning")]
    walk.settings = {**walk.settings, "forms": {one: walk.settings["forms"][one] for one in names}}
    filled = walk.filled()
    form = walk.forms()[filled.name]
    walk.begin(("form", filled.name))
    walk.asked(filled.asks)
    walk.fill(filled.values)
    walk.do("submit", "click", "button", str(form["button"]))
    told = "; ".join(f"{one}: {value.rstrip('.')}" for one, value in filled.values.items())
    walk.say("ask", "irreversible", walk.worded("questions_send", values=told), name=str(form["confirm"]))
    walk.reply(walk.worded("yes" if yes else "no"))
    if yes:
        walk.do("agreed", "click", "button", str(form["confirm"]))
        return _told(walk, filled.name, filled.values, "answers_sent")
    walk.say("finish", "ended", walk.worded("answers_unsent"), name=filled.name)
    walk.goal, walk.used = {"kind": "unsent", "button": form["confirm"]}, list(filled.values.values())
    return True
