"""The turns of an agent that walks through a site: what it sees, what it thinks, and what it does."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools._site import Site, site_of
from agentinstruct_local.tools.web_agent._browser import Browser
from agentinstruct_local.tools.web_agent._pages import Place, said
from agentinstruct_local.words.terms import terms

NONE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Filled:
    """What a user wants to be in a form: field -> value, and the words of the request."""

    name: str
    values: dict[str, str]
    asks: str


class Walk:
    """A browser, the turns so far, and the wordings that turns are drawn from."""

    def __init__(self, draft: Draft, site: Site, settings: Mapping[str, Any]) -> None:
        self.draft, self.site, self.settings = draft, site, settings
        self.draw: random.Random = drawn(draft, "browse")
        self.turns: list[dict[str, str]] = []
        self.goal: dict[str, Any] = {}
        self.used: list[str] = []
        self.browser = Browser(site, self.forms())

    def forms(self) -> dict[str, dict[str, Any]]:
        """The site's forms, with its pages to choose from, and one for each entry of its list."""
        pages = list(self.site.sections)
        made: dict[str, dict[str, Any]] = {}
        for name, form in self.settings.get("forms", {}).items():
            fields = [{**one, "options": pages if one.get("options") == "pages" else one.get("options", ())}
                      for one in form["fields"]]  # fmt: skip
            made[name] = {**form, "fields": fields}
        table = self.site.sections[self.site.here].table
        for row in table.rows if table else ():
            fields = [{"name": column, "value": cell} for column, cell in zip(table.header, row, strict=True)][1:]  # type: ignore[union-attr]
            made[row[0]] = {
                "form": f"Edit {row[0]}", "review": "Check the changes", "done": "Changes saved", "button": "Continue",
                "confirm": "Save", "status": f"{row[0]} was updated.", "fields": fields, "record": row[0],
            }  # fmt: skip
        return made

    def begin(
        self, place: Place, *, faults: list[Place] | None = None, planted: str = "", notice: bool = False
    ) -> None:
        """Open the browser at a place of the site."""
        over = self.draw.choice(self.settings["notices"]) if notice else None
        self.browser = Browser(self.site, self.forms(), faults=faults or [], planted=planted, notice=over)
        if not notice:
            self.browser.state = type(self.browser.state)(place)

    def worded(self, kind: str, /, **words: str) -> str:
        """One of the wordings of a kind, filled in."""
        return str(self.draw.choice(list(self.settings[kind]))).format(**words)

    def asked(self, text: str) -> None:
        """The user's request, with the first page."""
        self.turns = [
            {"role": "system", "content": self.worded("system")},
            {"role": "user", "content": f"{text}\n\n{self.browser.observe()}"},
        ]
        if self.browser.state.notice:
            button = str(self.browser.notice["refuse"]) if self.browser.notice else ""
            self.do("dismiss", "click", "button", button)

    def do(self, thought: str, verb: str, role: str = "", name: str = "", text: str | None = None) -> None:
        """One action, with the thought before it and the page after it."""
        target = f"[{self.browser.number(role, name)}]" if role else ""
        action = f"{verb}{target}" + (f"[{said(text)}]" if text is not None else "")
        title = self.browser.title()
        shown = name.removeprefix("Next: ").removeprefix("Previous: ")
        self._act(self.think(thought, name=shown, text=text or "", page=title), action)
        self.browser.act(action)
        self.turns.append({"role": "user", "content": self.browser.observe()})

    def think(self, thought: str, /, **words: str) -> str:
        """One of the wordings of a thought."""
        return str(self.draw.choice(list(self.settings["thoughts"][thought]))).format(**words)

    def _act(self, thought: str, action: str) -> None:
        self.turns.append({"role": "assistant", "content": f"Thought: {thought}\nAction: {action}"})

    def say(self, verb: str, thought: str, answer: str, /, **words: str) -> None:
        """What the agent tells or asks the user."""
        self._act(self.think(thought, **words), f"{verb}[{said(answer)}]")

    def reply(self, text: str) -> None:
        """What the user replies."""
        self.turns.append({"role": "user", "content": text})

    def go_to(self, title: str) -> None:
        """Click to a section of the site: at once where a link leads there, else down from the contents."""
        names = [one.name for one in self.browser.nodes() if one.role == "link"]
        for near in (title, f"Next: {title}", f"Previous: {title}"):
            if near in names:
                self.do("open", "click", "link", near)
                return
        way = self.site.way(title)
        if self.browser.state.place[0] != "home":
            self.do("contents", "click", "link", "Contents")
        for one in way:
            self.do("open" if one == title else "open_above", "click", "link", one)

    def fill(self, values: Mapping[str, str]) -> None:
        """Put values into the fields of the form that is open."""
        for node in self.browser.nodes():
            if node.name in values and node.role in ("textbox", "combobox"):
                verb = "type" if node.role == "textbox" else "select"
                self.do(verb, verb, node.role, node.name, values[node.name])

    def filled(self, *, without: str = "") -> Filled:
        """A form of the site and what the user wants in it; with the key of a field that the user leaves out."""
        name = self.draw.choice(list(self.settings["forms"]))
        form = self.forms()[name]
        values: dict[str, str] = {}
        words: dict[str, str] = {}
        for one in form["fields"]:
            page = values.get("Page") or self.site.here
            pool = list(one.get("values") or one["options"])
            term = self.term()
            pool = [text for text in pool if term or "{term}" not in text]
            text = self.draw.choice(pool) if one["key"] != "page" else self.site.here
            values[one["name"]] = words[one["key"]] = str(text).format(page=page, term=term, slug=_slug(page))
        asks = form["partial"][without] if without else form["asks"]
        return Filled(name, values, str(self.draw.choice(list(asks))).format(**words))

    def term(self) -> str:
        """A thing that the page of the draft speaks of; empty where it names none."""
        found = terms(self.site.sections[self.site.here].texts)
        return found[0] if found else ""


def _slug(text: str) -> str:
    return "-".join("".join(one if one.isalnum() else " " for one in text.casefold()).split())[:40].strip("-")


def walk_of(draft: Draft, corpus: Library | None, settings: Mapping[str, Any]) -> Walk | None:
    """A walk through the site of a draft's document; None where it has no pages."""
    site = site_of(draft, corpus)
    return Walk(draft, site, settings) if site else None
