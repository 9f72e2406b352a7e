"""A chat in which an agent reaches a goal on a small web site made of the document, an action for each page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.passages import Table
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import quote
from agentinstruct_local.tools.web_agent._browser import UnclearError
from agentinstruct_local.tools.web_agent._errands import confirm, form, missing, row, transaction
from agentinstruct_local.tools.web_agent._pages import VIEW
from agentinstruct_local.tools.web_agent._walk import NONE, Walk, walk_of
from agentinstruct_local.words.terms import listed, terms


def use(
    draft: Draft, *, corpus: Library | None = None, case: str = "navigate", words: Mapping[str, Any] = NONE
) -> dict[str, Any]:
    """`messages`, the `question` (the first of them), the `goal` that was reached, the `case`, and a `quote`.

    `words` hold the wordings, the forms and the notices of the site. Errors: no_pages where the document has no site
    of enough pages, no_path where its pages do not allow such a task, or name two things alike.
    """
    walk = walk_of(draft, corpus, words)
    if walk is None or (len(walk.site.sections) < 3 and not walk.browser.table):
        return {"error": "no_pages"}
    try:
        made = _CASES[case](walk)
    except UnclearError:
        made = False
    if not made:
        return {"error": "no_path"}
    question = walk.turns[1]["content"]
    return {"output": {
        "messages": walk.turns, "question": question, "goal": walk.goal, "case": case,
        "quote": quote(draft, [*walk.used, walk.site.here]),
    }}  # fmt: skip


def _navigate(walk: Walk) -> bool:
    pages = [one for one in walk.site.sections if one != walk.site.here]
    if len(pages) < 3:
        return False
    target = walk.site.here if walk.draw.random() < 0.5 else walk.draw.choice(pages)
    start = walk.draw.choice([one for one in walk.site.sections if one != target])
    deep = len(walk.site.way(target)) > 1
    if deep and walk.draw.random() < 0.5:
        walk.begin(("home", ""), notice=walk.draw.random() < 0.4)
    else:
        walk.begin(("section", start))
    walk.asked(walk.worded("asks", page=target))
    walk.go_to(target)
    walk.say("finish", "reached", walk.worded("answers", page=target), page=target)
    walk.goal = {"kind": "open", "page": target}
    return len(walk.turns) > 4


def _find(walk: Walk) -> bool:
    """Search for words, or filter a list."""
    table, facets = walk.browser.table, walk.browser.facets()
    if table is not None and facets and walk.draw.random() < 0.8:
        return _filter(walk, table)
    if table is not None and len(table.rows) >= 4 and walk.draw.random() < 0.8:
        return _sorted(walk, table)
    found = [one for one in terms(walk.site.sections[walk.site.here].texts) if len(one) > 4]
    found = [one for one in found if len(walk.site.mentioning(one)) in (1, 2, 3)][:6]
    if not found or len(walk.site.sections) < 4:
        return False
    words = walk.draw.choice(found)
    pages = walk.site.mentioning(words)
    walk.begin(("home", ""), notice=walk.draw.random() < 0.3)
    walk.asked(walk.worded("asks", words=words))
    walk.do("search", "type", "searchbox", "Search", words)
    walk.do("go", "click", "button", "Search")
    told = listed([f'"{one}"' for one in pages])
    kind = "answers" if len(pages) > 1 else "answers_one"
    walk.say("finish", "found", walk.worded(kind, words=words, pages=told), name=words)
    walk.goal, walk.used = {"kind": "mentions", "words": words, "pages": pages}, [words]
    return True


def _filter(walk: Walk, table: Table) -> bool:
    column = walk.draw.choice(sorted(walk.browser.facets()))
    value = walk.draw.choice(walk.browser.facets()[column])
    rows = [row for row in table.rows if row[table.header.index(column)] == value]
    walk.begin(("section", walk.site.here))
    walk.asked(walk.worded("asks_filter", kind=table.header[0], column=column, value=value, table=table.name))
    walk.do("filter", "select", "combobox", column, value)
    walk.do("apply", "click", "button", "Apply")
    if len(rows) > VIEW:
        walk.do("scroll", "scroll")
    if len(rows) > 2 * VIEW:
        return False
    told = listed([row[0] for row in rows])
    kind = "answers_filter" if len(rows) > 1 else "answers_filter_one"
    words = {"count": str(len(rows)), "rows": told, "column": column, "value": value}
    walk.say("finish", "counted", walk.worded(kind, **words), name=column, text=value)
    walk.goal = {"kind": "filter", "column": column, "value": value, "rows": [row[0] for row in rows]}
    walk.used = [*(row[0] for row in rows), value]
    return True


def _sorted(walk: Walk, table: Table) -> bool:
    """The first entry of a list in an order of its own."""
    columns = [
        one for at, one in enumerate(table.header)
        if one in walk.browser.orders() and len({row[at] for row in table.rows}) == len(table.rows)
    ]  # fmt: skip
    if not columns:
        return False
    column = walk.draw.choice(columns)
    walk.begin(("section", walk.site.here))
    before = walk.browser.entries()
    walk.asked(walk.worded("asks_sort", kind=table.header[0], column=column, table=table.name))
    walk.do("sort", "select", "combobox", "Sort by", column)
    walk.do("apply", "click", "button", "Apply")
    first = walk.browser.entries()[0]
    told = first[0]
    walk.say("finish", "read", walk.worded("answers_sort", column=column, key=told), name=column)
    walk.goal, walk.used = {"kind": "first", "column": column, "row": told}, first
    return before != walk.browser.entries()


def _recover(walk: Walk) -> bool:
    """A link that leads nowhere, or a server that does not answer."""
    if walk.draw.random() < 0.4:
        return form(walk, fails=True)
    top = [one for one in walk.site.below("") if one in walk.site.mentioning(one)]
    if len(walk.site.sections) < 4 or not top:
        return False
    target = walk.draw.choice(top)
    walk.begin(("home", ""), faults=[("section", target)])
    walk.asked(walk.worded("asks", page=target))
    walk.do("open", "click", "link", target)
    walk.do("lost", "back")
    walk.do("search_instead", "type", "searchbox", "Search", target)
    walk.do("go", "click", "button", "Search")
    walk.do("open", "click", "link", target)
    walk.say("finish", "reached", walk.worded("answers_found", page=target), page=target)
    walk.goal = {"kind": "open", "page": target}
    return True


def _impossible(walk: Walk) -> bool:
    """What the user wants is not on the site."""
    table = walk.browser.table
    wanted = walk.draw.choice(list(walk.settings["absent"]))
    if len(walk.site.sections) < 3 or walk.site.mentioning(wanted):
        return False
    if table is not None and walk.draw.random() < 0.5:
        other = walk.draw.choice(list(walk.settings["absent_columns"]))
        if other.casefold() in " ".join((*table.header, *walk.site.sections[walk.site.here].texts)).casefold():
            return False
        key = walk.draw.choice(table.rows[:VIEW])[0]
        walk.begin(("section", walk.site.here))
        walk.asked(walk.worded("asks_column", key=key, column=other))
        walk.do("open_row", "click", "row", row(walk, key))
        told = listed([f'"{one}"' for one in table.header[1:]])
        walk.say("finish", "no_column", walk.worded("answers_column", key=key, column=other, columns=told), name=other)
        walk.goal, walk.used = {"kind": "impossible", "what": other}, [key]
        return True
    walk.begin(("home", ""))
    walk.asked(walk.worded("asks", page=wanted))
    walk.do("search_absent", "type", "searchbox", "Search", wanted)
    walk.do("go", "click", "button", "Search")
    walk.say("finish", "no_page", walk.worded("answers", page=wanted), name=wanted)
    walk.goal = {"kind": "impossible", "what": wanted}
    return True


def _planted(walk: Walk) -> bool:
    """A text on the page gives orders to agents: the agent tells the user of it and goes on with what it was asked."""
    section = walk.site.sections[walk.site.here]
    pages = [one for one in walk.site.sections if one != walk.site.here]
    if not pages or not section.texts:
        return False
    order = list(walk.site.sections)
    at = order.index(walk.site.here)
    after = order[at + 1] if at + 1 < len(order) else ""
    walk.begin(("section", walk.draw.choice(pages)), planted=walk.draw.choice(list(walk.settings["planted"])))
    if not after:
        return False
    walk.asked(walk.worded("asks", page=walk.site.here))
    walk.go_to(walk.site.here)
    walk.do("not_obeyed", "click", "link", f"Next: {after}")
    walk.say("finish", "reached", walk.worded("answers", page=after), page=after)
    walk.goal = {"kind": "open", "page": after, "from": walk.site.here}
    return True


_CASES: Mapping[str, Callable[[Walk], bool]] = {
    "navigate": _navigate, "find": _find, "form": form, "transaction": transaction, "recover": _recover,
    "missing": missing, "impossible": _impossible, "confirm": confirm, "planted": _planted,
}  # fmt: skip
