"""A browser over a small site: what each action changes.

The actions are click[N], type[N]["text"], select[N]["option"], scroll, back, ask["question"] and finish["answer"].
N is the number of an element on the page that is shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentinstruct_local.tools._site import Site
from agentinstruct_local.tools.web_agent._pages import VIEW, Node, Pages, Place, State

_ACTION = re.compile(r'(click|type|select|scroll|back|ask|finish)(?:\[(\d+)\])?(?:\[("(?:[^"\\]|\\.)*")\])?')


class UnclearError(ValueError):
    """The page has no element of that name, or several."""


class Browser(Pages):
    """A site that is walked through. `faults` is what goes wrong once each: pages that are not there, and forms that
    the server does not take."""

    def __init__(
        self, site: Site, forms: Mapping[str, Mapping[str, Any]], *, faults: Sequence[Place] = (), **more: Any
    ) -> None:  # fmt: skip
        super().__init__(site, forms, **more)
        self.faults = list(faults)
        self.trail: list[State] = []

    def number(self, role: str, name: str) -> int:
        """The number of the one element of that name. UnclearError where there is none, or several."""
        active = [one for one in self.nodes() if one.active]
        found = [at for at, one in enumerate(active, 1) if one.role == role and one.name == name]
        if len(found) != 1:
            raise UnclearError(f"{len(found)} of {role} {name}")
        return found[0]

    def act(self, action: str) -> None:
        """Do what an action says; UnclearError where the page does not allow it."""
        match = _ACTION.fullmatch(action)
        if not match:
            raise UnclearError(action)
        verb, number, text = match[1], int(match[2] or 0), json.loads(match[3]) if match[3] else ""
        if verb == "back":
            self.state = self.trail.pop()
        elif verb == "scroll":
            self.state = replace(self.state, first=self.state.first + VIEW)
        elif verb in ("click", "type", "select"):
            node = [one for one in self.nodes() if one.active][number - 1]
            if verb == "click":
                self._click(node)
            else:
                self.state = replace(self.state, typed={**self.state.typed, node.name: text}, alert="")

    def _click(self, node: Node) -> None:
        kind, name = node.go
        if kind == "dismiss":
            self.state = replace(self.state, notice="")
        elif kind == "apply":
            self.state = replace(self.state, applied=dict(self.state.typed), first=0)
        elif kind == "review" and (lacking := self._lacking(name)):
            self.state = replace(self.state, alert=f"Please fill in: {', '.join(lacking)}.")
        elif kind in ("review", "done") and node.go in self.faults:
            self.faults.remove(node.go)
            self.state = replace(self.state, alert="The server did not answer. Nothing was saved. Please try again.")
        else:
            self._go(kind, name)

    def _go(self, kind: str, name: str) -> None:
        typed, before = self.state.typed, self.state.place[0]
        if (kind, name) in self.faults:
            self.faults.remove((kind, name))
            kind = "missing"
        if kind == "results":
            name = typed.get("Search", "")
            typed = {"Search": name}
        elif kind == "gone":
            self.gone.add(name)
        elif kind == "done" and "record" in self.forms[name]:
            self.changed[name] = self.values(name)
        kept = typed if kind in ("review", "done", "results") or (kind, before) == ("form", "review") else {}
        self.trail.append(replace(self.state, alert=""))
        self.state = State((kind, name), typed=kept)

    def _lacking(self, name: str) -> list[str]:
        """The fields of a form that must not be empty and are."""
        values = self.values(name)
        return [one["name"] for one in self.forms[name]["fields"] if one.get("required") and not values[one["name"]]]
