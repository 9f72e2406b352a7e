"""What the pages of a small site show: the lines of an accessibility tree, those that can be acted on with a number."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentinstruct_local.passages import Table
from agentinstruct_local.tools._site import Site

CLICKABLE = ("link", "button", "row")
FIELDS = ("textbox", "searchbox", "combobox")
VIEW = 6  # rows of a list that are seen at once
ANY, AS_LISTED = "any", "as listed"
MOST_FACETS = 7  # different entries of a column that can be filtered by

Place = tuple[str, str]  # what kind of page, and which: ("section", title), ("record", entry), ("form", name) ...


@dataclass(frozen=True, slots=True)
class Node:
    """One line of a page; those that can be acted on get a number."""

    role: str
    name: str
    value: str | None = None
    options: tuple[str, ...] = ()
    required: bool = False
    go: Place = ("", "")  # where a click leads

    @property
    def active(self) -> bool:
        """Whether it can be clicked, typed into or selected from."""
        return self.role in CLICKABLE or self.role in FIELDS

    def line(self, number: int) -> str:
        """The line as it is shown."""
        parts = [f"[{number}]" if self.active else "-", self.role, said(self.name)]
        parts += [] if self.value is None else [f"value={said(self.value)}"]
        parts += [f"options=[{', '.join(map(said, self.options))}]"] if self.options else []
        return " ".join(parts + (["required"] if self.required else []))


def said(text: str) -> str:
    """A text in double quotes."""
    return json.dumps(text, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class State:
    """What a browser shows: a page, what was typed into it, and what lies over it."""

    place: Place
    typed: Mapping[str, str] = field(default_factory=dict)
    applied: Mapping[str, str] = field(default_factory=dict)  # of a list: the filter in force, and the order
    first: int = 0  # of a list: the first row in view
    alert: str = ""
    notice: str = ""


class Pages:
    """The pages of a site in their present state. `forms` are what can be filled in, by name; `notice` is what lies
    over the first page; `planted` is a text that somebody has put on the page of the draft."""

    def __init__(
        self, site: Site, forms: Mapping[str, Mapping[str, Any]], *, notice: Mapping[str, Any] | None = None,
        planted: str = "",
    ) -> None:  # fmt: skip
        self.site, self.forms, self.notice, self.planted = site, forms, notice, planted
        self.state = State(("home", ""), notice=str(notice["text"]) if notice else "")
        self.changed: dict[str, dict[str, str]] = {}  # entries as they were saved
        self.gone: set[str] = set()

    @property
    def table(self) -> Table | None:
        """The list that the site has for the draft."""
        return self.site.sections[self.site.here].table

    def observe(self) -> str:
        """The page as text."""
        number, lines = 0, [f"Page: {self.title()}"]
        for node in self.nodes():
            number += node.active
            lines.append(node.line(number))
        return "\n".join(lines)

    def title(self) -> str:
        """What the page is called."""
        kind, name = self.state.place
        if kind in ("form", "review", "done"):
            return str(self.forms[name][kind])
        if kind == "delete":
            return f"Delete {name}"
        return {"home": self.site.name, "missing": "Page not found", "results": "Search results",
                "gone": "Entry deleted"}.get(kind, name)  # fmt: skip

    def values(self, name: str) -> dict[str, str]:
        """What the fields of a form hold."""
        typed = self.state.typed
        return {str(one["name"]): typed.get(one["name"], one.get("value", "")) for one in self.forms[name]["fields"]}

    def nodes(self) -> list[Node]:
        """The lines of the page that is shown; what lies over it hides it."""
        if self.state.notice and self.notice:
            buttons = [Node("button", one, go=("dismiss", "")) for one in self.notice["buttons"]]
            return [Node("dialog", str(self.notice["title"])), Node("text", self.state.notice), *buttons]
        kind, name = self.state.place
        alert = [Node("alert", self.state.alert)] if self.state.alert else []
        top = [
            Node("link", "Contents", go=("home", "")),
            Node("searchbox", "Search", value=self.state.typed.get("Search", "")),
            Node("button", "Search", go=("results", "")),
        ]
        return [*alert, *(top if kind != "delete" else []), *getattr(self, f"_{kind}")(name)]

    def _home(self, name: str) -> list[Node]:
        del name
        return [Node("heading", "Contents"), *self._links(self.site.below("")), *self._services()]

    def _links(self, titles: Sequence[str]) -> list[Node]:
        return [Node("link", one, go=("section", one)) for one in titles]

    def _services(self) -> list[Node]:
        return [
            Node("link", str(one["link"]), go=("form", name)) for name, one in self.forms.items() if one.get("link")
        ]

    def _section(self, name: str) -> list[Node]:
        section = self.site.sections[name]
        texts = [Node("text", one) for one in section.texts]
        if self.planted and name == self.site.here:
            texts.insert(len(texts) // 2, Node("text", self.planted))
        found = [Node("heading", name), *texts, *self._links(self.site.below(name))]
        if section.table and name == self.site.here:
            found += self._list(section.table)
        order = list(self.site.sections)
        at = order.index(name)
        found += [Node("link", f"Previous: {order[at - 1]}", go=("section", order[at - 1]))] if at else []
        after = order[at + 1 : at + 2]
        found += [Node("link", f"Next: {one}", go=("section", one)) for one in after]
        return [*found, *self._services()]

    def entries(self) -> list[list[str]]:
        """The rows of the list that the filter lets through, in the order that is in force."""
        table = self.table
        if table is None:
            return []
        rows = [
            [self.changed.get(row[0], {}).get(column, cell) for column, cell in zip(table.header, row, strict=True)]
            for row in table.rows
            if row[0] not in self.gone
        ]
        applied = self.state.applied
        for at, column in enumerate(table.header):
            wanted = applied.get(column, ANY)
            rows = [row for row in rows if wanted in (ANY, row[at])]
        order = applied.get("Sort by", AS_LISTED)
        return sorted(rows, key=lambda row: _rank(row[table.header.index(order)])) if order != AS_LISTED else rows

    def facets(self) -> dict[str, tuple[str, ...]]:
        """The columns that can be filtered by, with their entries."""
        table = self.table
        if table is None:
            return {}
        columns = {column: [row[at] for row in table.rows] for at, column in enumerate(table.header) if at}
        return {
            column: tuple(dict.fromkeys(entries))
            for column, entries in columns.items()
            if all(entries) and 1 < len(set(entries)) < min(len(entries), MOST_FACETS + 1)
            and all(map(short, entries))
        }  # fmt: skip

    def orders(self) -> list[str]:
        """The columns that a list can be sorted by: short entries that differ."""
        table = self.table
        columns = {column: [row[at] for row in table.rows] for at, column in enumerate(table.header)} if table else {}
        return [one for one, cells in columns.items() if len(set(cells)) > 1 and all(map(short, cells))]

    def _list(self, table: Table) -> list[Node]:
        typed = self.state.typed
        boxes = [
            Node("combobox", column, value=typed.get(column, ANY), options=(ANY, *entries))
            for column, entries in self.facets().items()
        ]
        order = (AS_LISTED, *self.orders())
        if order[1:]:
            boxes.append(Node("combobox", "Sort by", value=typed.get("Sort by", AS_LISTED), options=order))
        rows = self.entries()
        seen = rows[self.state.first : self.state.first + VIEW]
        spanned = f"{self.state.first + 1} to {self.state.first + len(seen)} of {len(rows)}" if rows else "none"
        return [
            *boxes,
            *([Node("button", "Apply", go=("apply", ""))] if boxes else []),
            Node("table", table.name, value=f"rows {spanned}" if rows else "no rows"),
            Node("header", " | ".join(table.header)),
            *(Node("row", " | ".join(row), go=("record", row[0])) for row in seen),
        ]

    def _record(self, name: str) -> list[Node]:
        table = self.table
        assert table is not None
        row = next(one for one in table.rows if one[0] == name)
        own = self.changed.get(name, {})
        shown = [
            Node("field", column, value=own.get(column, cell)) for column, cell in zip(table.header, row, strict=True)
        ]
        edit = [Node("link", "Edit", go=("form", name))] if name in self.forms else []
        return [Node("heading", name), *shown, *edit, Node("button", "Delete", go=("delete", name))]

    def _delete(self, name: str) -> list[Node]:
        return [
            Node("dialog", f"Delete {name}?"),
            Node("text", "The entry is deleted for good. This cannot be undone."),
            Node("button", "Delete", go=("gone", name)),
            Node("button", "Cancel", go=("record", name)),
        ]

    def _gone(self, name: str) -> list[Node]:
        return [Node("heading", "Entry deleted"), Node("status", f"{name} was deleted.")]

    def _form(self, name: str) -> list[Node]:
        form = self.forms[name]
        values = self.values(name)
        boxes = [
            Node(
                "combobox" if one.get("options") else "textbox",
                one["name"],
                value=values[one["name"]],
                options=tuple(one.get("options", ())),
                required=bool(one.get("required")),
            )
            for one in form["fields"]
        ]
        return [Node("heading", str(form["form"])), *boxes, Node("button", str(form["button"]), go=("review", name))]

    def _review(self, name: str) -> list[Node]:
        form = self.forms[name]
        shown = [Node("field", one, value=value) for one, value in self.values(name).items()]
        shown += [Node("text", str(form["warning"]))] if form.get("warning") else []
        return [
            Node("heading", str(form["review"])), *shown,
            Node("button", str(form["confirm"]), go=("done", name)), Node("button", "Change", go=("form", name)),
        ]  # fmt: skip

    def _done(self, name: str) -> list[Node]:
        shown = [Node("field", one, value=value) for one, value in self.values(name).items()]
        return [Node("heading", str(self.forms[name]["done"])), Node("status", str(self.forms[name]["status"])), *shown]

    def _results(self, query: str) -> list[Node]:
        found = self.site.mentioning(query) if query else []
        told = f"{len(found)} page{'' if len(found) == 1 else 's'} found for {query}"
        return [Node("heading", "Search results"), Node("status", told), *self._links(found)]

    def _missing(self, name: str) -> list[Node]:
        return [
            Node("heading", "Page not found"),
            Node("alert", f"The page {name} could not be loaded from this address. It may have moved."),
        ]


def short(cell: str) -> bool:
    """Whether a cell says something in a few words."""
    return len(cell) <= 40 and any(map(str.isalnum, cell))


def _rank(cell: str) -> list[tuple[int, str]]:
    """Sorts 4 before 10, and small letters with capitals."""
    return [(int(one), "") if one.isdecimal() else (-1, one) for one in re.split(r"(\d+)", cell.casefold())]
