"""One page of a small web site made of the document, and what is to be said or done about it at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft, Unit
from agentinstruct_local.tools import ask
from agentinstruct_local.tools._matter import quote
from agentinstruct_local.tools.web_agent._browser import UnclearError
from agentinstruct_local.tools.web_agent._pages import VIEW, said, short
from agentinstruct_local.tools.web_agent._walk import NONE, Walk, walk_of
from agentinstruct_local.words.questions import plain
from agentinstruct_local.words.terms import listed, terms


def use(
    draft: Draft, *, corpus: Library | None = None, case: str = "ground", words: Mapping[str, Any] = NONE
) -> dict[str, Any]:
    """`question` (a wish and a page), `answer`, `goal` (what is meant by the wish), `case`, and a `quote`.

    `case`: "ground" asks for the number of an element, "act" for an action, "read" for what the page tells, "describe"
    for what it offers, "changed" for what an action has changed. `words` are its wordings.
    Errors: no_pages and no_path, as for the tool browse.
    """
    walk = walk_of(draft, corpus, words)
    if walk is None or (len(walk.site.sections) < 3 and not walk.browser.table):
        return {"error": "no_pages"}
    try:
        made = _CASES[case](walk)
    except UnclearError:
        made = None
    if made is None:
        return {"error": "no_path"}
    question, answer = made
    return {"output": {
        "question": question, "answer": answer, "goal": walk.goal, "case": case, "system": walk.worded("system"),
        "quote": quote(draft, [*walk.used, walk.site.here]),
    }}  # fmt: skip


Made = tuple[str, str] | None


def _wish(walk: Walk) -> tuple[str, str, str, str] | None:
    """What is wished for on the page that is opened: its kind, the role and name of the element, and what to put in."""
    site, table = walk.site, walk.browser.table
    kinds = ["open", "search", "service", "dismiss", "next"]
    kinds += ["open_entry", "sort", "filter", "entry_by"] if table is not None else []
    kind = walk.draw.choice(kinds)
    at_list = table is not None and kind in ("open_entry", "sort", "filter", "entry_by", "search")
    walk.begin(("section", site.here) if at_list or kind == "next" else ("home", ""), notice=kind == "dismiss")
    if kind == "search":
        found = terms(site.sections[site.here].texts) or [site.here]
        walk.goal = {"kind": kind, "text": (words := walk.draw.choice(found[:5]))}
        return kind, "searchbox", "Search", words
    if kind in ("open", "service", "dismiss"):
        form = walk.draw.choice(list(walk.settings["forms"]))
        refuse = str(walk.browser.notice["refuse"]) if walk.browser.notice else ""
        link = str(walk.settings["forms"][form]["link"])
        name = {"open": walk.draw.choice(site.below("")), "service": link, "dismiss": refuse}[kind]
        walk.goal = {"kind": kind, "name": name}
        wish = f"service_{form}" if kind == "service" else kind
        return wish, "button" if kind == "dismiss" else "link", name, ""
    if kind == "next":
        found = [one.name for one in walk.browser.nodes() if one.name.startswith(("Next: ", "Previous: "))]
        if not found:
            return None
        walk.goal = {"kind": kind, "name": (name := walk.draw.choice(found))}
        return name.partition(":")[0].casefold(), "link", name, ""
    return _wish_of_list(walk, kind)


def _wish_of_list(walk: Walk, kind: str) -> tuple[str, str, str, str] | None:
    table = walk.browser.table
    assert table is not None
    shown = walk.browser.entries()[:VIEW]
    chosen = walk.draw.choice(shown)
    if kind == "open_entry":
        walk.goal = {"kind": kind, "key": chosen[0]}
        return kind, "row", " | ".join(chosen), chosen[0]
    if kind == "entry_by":
        columns = [at for at in range(1, len(chosen)) if short(chosen[at])]
        columns = [at for at in columns if [row[at] for row in shown].count(chosen[at]) == 1]
        if not columns:
            return None
        at = walk.draw.choice(columns)
        walk.goal = {"kind": kind, "column": table.header[at], "value": chosen[at]}
        walk.used = chosen
        return kind, "row", " | ".join(chosen), chosen[at]
    if kind == "sort":
        column = walk.draw.choice(walk.browser.orders() or [table.header[0]])
        walk.goal = {"kind": kind, "column": column}
        return kind, "combobox", "Sort by", column
    facets = walk.browser.facets()
    if not facets:
        return None
    column = walk.draw.choice(sorted(facets))
    value = walk.draw.choice(facets[column])
    walk.goal = {"kind": kind, "column": column, "value": value}
    return kind, "combobox", column, value


def _asked(walk: Walk, wish: str, name: str, text: str) -> str:
    table = walk.browser.table
    words = {"name": name, "text": text, "column": str(walk.goal.get("column", "")),
             "table": table.name if table else "", "kind": table.header[0] if table else ""}  # fmt: skip
    return str(walk.draw.choice(list(walk.settings["wishes"][wish]))).format(**words)


def _ground(walk: Walk) -> Made:
    found = _wish(walk)
    if found is None:
        return None
    wish, role, name, text = found
    number = walk.browser.number(role, name)
    asked = walk.worded("asks", wish=_asked(walk, wish, name, text))
    shown = name if role != "row" else name.partition(" | ")[0]
    return f"{asked}\n\n{walk.browser.observe()}", walk.worded("answers", number=str(number), role=role, name=shown)


def _act(walk: Walk) -> Made:
    found = _wish(walk)
    if found is None:
        return None
    wish, role, name, text = found
    verb = {"searchbox": "type", "combobox": "select"}.get(role, "click")
    action = f"{verb}[{walk.browser.number(role, name)}]" + (f"[{said(text)}]" if verb != "click" else "")
    asked = walk.worded("asks", wish=_asked(walk, wish, name, text))
    shown = name if role != "row" else name.partition(" | ")[0]
    kind = {"type": "search", "select": "select"}.get(verb, "dismiss" if wish == "dismiss" else "click")
    thought = walk.think(kind, name=shown, text=text)
    return f"{asked}\n\n{walk.browser.observe()}", f"Thought: {thought}\nAction: {action}"


def _read(walk: Walk) -> Made:
    """An entry of a list, or what a sentence of the page tells."""
    table = walk.browser.table
    walk.begin(("section", walk.site.here))
    if table is not None and walk.draw.random() < 0.8:
        chosen = walk.draw.choice(walk.browser.entries()[:VIEW])
        columns = [at for at in range(1, len(chosen)) if any(map(str.isalnum, chosen[at]))]
        if not columns:
            return None
        at = walk.draw.choice(columns)
        words = {"key": chosen[0], "column": table.header[at], "value": chosen[at].rstrip(".")}
        walk.goal, walk.used = {"kind": "entry", "key": chosen[0], "column": table.header[at]}, chosen
        return f"{walk.worded('asks_entry', **words)}\n\n{walk.browser.observe()}", walk.worded("answers", **words)
    found = list(_sentences(walk))
    if not found:
        return None
    unit, question = walk.draw.choice(found)
    walk.goal, walk.used = {"kind": "sentence"}, [unit.text]
    asked = walk.worded("asks_sentence", question=question)
    return f"{asked}\n\n{walk.browser.observe()}", ask.as_reply(unit.text)


def _sentences(walk: Walk) -> list[tuple[Unit, str]]:
    """The sentences of the page that can be asked about, each with a question."""
    texts = set(walk.site.sections[walk.site.here].texts)
    found = []
    for place in walk.draft.passage.foci:
        unit = walk.draft.passage.units[place]
        if unit.kind == "sentence" and f"{plain(unit.text)}." in texts:
            asked = ask.askable(replace(walk.draft, focus=unit), unit.text, named=True)
            found += [(unit, walk.draw.choice(asked).question)] if asked else []
    return found


def _describe(walk: Walk) -> Made:
    """What a page offers."""
    place = walk.draw.choice(["home", "section", "form"] if walk.browser.table is None else ["section"])
    name = {"home": "", "section": walk.site.here, "form": walk.draw.choice(list(walk.settings["forms"]))}[place]
    walk.begin((place, name))
    question = f"{walk.worded('asks')}\n\n{walk.browser.observe()}"
    table = walk.browser.table
    nodes = walk.browser.nodes()
    told = [walk.think("page", name=walk.browser.title())]
    fields = [one for one in nodes if one.role in ("textbox", "combobox") and place == "form"]
    if fields:
        told.append(walk.think("fields", count=_count(fields, "field"), names=_named([one.name for one in fields])))
        needed = [one.name for one in fields if one.required]
        told += [walk.think("needed", names=_named(needed))] if needed else []
    elif table is not None and place == "section":
        shown, total = len(walk.browser.entries()[:VIEW]), len(table.rows)
        words = {"table": table.name, "count": _count(table.rows, "row"), "columns": _named(table.header)}
        told.append(walk.think("table", shown=str(shown), **words) if shown < total else walk.think("whole", **words))
        if facets := sorted(walk.browser.facets()):
            told.append(walk.think("filters", names=_named(facets)))
        elif walk.browser.orders():
            told.append(walk.think("sortable"))
    else:
        links = walk.site.below(name)
        texts = [one for one in nodes if one.role == "text"]
        told += [walk.think("text", count=_count(texts, "paragraph"))] if texts else []
        told += [walk.think("links", count=_count(links, "page"), names=_named(links))] if links else []
    if not fields:
        told.append(walk.think("services", names=_named(one["link"] for one in walk.settings["forms"].values())))
    walk.goal = {"kind": "describe"}
    return question, " ".join([*told, walk.think("search")])


def _count(some: object, word: str) -> str:
    number = len(some)  # type: ignore[arg-type]
    return f"{number} {word}{'' if number == 1 else 's'}"


def _named(names: object) -> str:
    return listed([f'"{one}"' for one in names])  # type: ignore[attr-defined]


def _changed(walk: Walk) -> Made:
    """What is different after an action."""
    facets, table = walk.browser.facets(), walk.browser.table
    walk.begin(("section", walk.site.here))
    if table is not None and facets and walk.draw.random() < 0.9:
        column = walk.draw.choice(sorted(facets))
        value = walk.draw.choice(facets[column])
        walk.browser.act(f"select[{walk.browser.number('combobox', column)}][{said(value)}]")
        before = walk.browser.observe()
        action = f"click[{walk.browser.number('button', 'Apply')}]"
        walk.browser.act(action)
        rows = walk.browser.entries()
        words = {"column": column, "value": value, "total": str(len(table.rows)), "count": _count(rows, "row")}
        answer = walk.worded("answers_filter", **words, rows=listed([row[0] for row in rows[:VIEW]]))
        answer += "" if len(rows) <= VIEW else f" {walk.think('more')}"
        walk.goal = {"kind": "filtered", "rows": [row[0] for row in rows[:VIEW]]}
    else:
        name = walk.draw.choice(list(walk.settings["forms"]))
        form = walk.browser.forms[name]
        walk.begin(("form", name))
        given = walk.draw.choice([one for one in form["fields"] if one.get("required") and one["options"]])
        value = walk.draw.choice(list(given["options"]))
        walk.browser.act(f"select[{walk.browser.number('combobox', given['name'])}][{said(value)}]")
        before = walk.browser.observe()
        action = f"click[{walk.browser.number('button', form['button'])}]"
        walk.browser.act(action)
        lacking = [one["name"] for one in form["fields"] if one.get("required") and one is not given]
        if not lacking:
            return None
        words = {"button": form["button"], "fields": _named(lacking), "kept": given["name"], "value": value}
        answer = walk.worded("answers_alert" if len(lacking) > 1 else "answers_alert_one", **words)
        walk.goal = {"kind": "alert", "fields": lacking, "kept": given["name"], "value": value}
    asked = walk.worded("asks")
    return f"{asked}\n\nBefore:\n{before}\n\nAction: {action}\n\nAfter:\n{walk.browser.observe()}", answer


_CASES: Mapping[str, Callable[[Walk], Made]] = {
    "ground": _ground, "act": _act, "read": _read, "describe": _describe, "changed": _changed,
}  # fmt: skip
