"""Pages and actions of a web agent, read back from the text of a row. Nothing here knows how pages are made."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_LINE = re.compile(r'(?:\[(\d{1,3})\]|-) ([a-z]{2,12}) ("(?:[^"\\]|\\.)*")(.*)')
_VALUE = re.compile(r' value=("(?:[^"\\]|\\.)*")')
_OPTIONS = re.compile(r" options=(\[.*?\])(?: required)?$")
_REPLY = re.compile(r"Thought: [^\n]+\nAction: ([^\n]+)")
_CALL = re.compile(r'([a-z]+)(?:\[(\d{1,3})\])?(?:\[("(?:[^"\\]|\\.)*")\])?')
AGREES = re.compile(r"(?i)accept|agree|sign up$|install|start the")
"""A button by which a visitor takes what nobody has asked for."""
_SHAPES = {
    "click": (True, False), "type": (True, True), "select": (True, True), "scroll": (False, False),
    "back": (False, False), "ask": (False, True), "finish": (False, True),
}  # fmt: skip
"""Action -> whether it names an element, and whether it has a text."""


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a page; `number` is 0 where it cannot be used."""

    number: int
    role: str
    name: str
    value: str = ""
    options: tuple[str, ...] = ()
    required: bool = False

    @property
    def cells(self) -> list[str]:
        """The entries of a row."""
        return self.name.split(" | ")


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it is shown."""

    title: str
    parts: tuple[Part, ...]

    def of(self, *roles: str) -> list[Part]:
        """The parts of these roles, in order."""
        return [one for one in self.parts if one.role in roles]

    def at(self, number: int) -> Part | None:
        """The part with a number."""
        return next((one for one in self.parts if number and one.number == number), None)

    def fields(self) -> dict[str, str]:
        """Name -> value of what is filled in or shown as an entry."""
        return {one.name: one.value for one in self.of("textbox", "combobox", "field")}

    @property
    def columns(self) -> list[str]:
        """What the entries of the list are called."""
        return [cell for one in self.of("header") for cell in one.cells]


def page(text: str) -> Seen | None:
    """The last page that a message shows; None where a line cannot be read, or elements are not numbered in order."""
    before, mark, rest = text.rpartition("Page: ")
    if not mark or (before and not before.endswith("\n")):
        return None
    title, *lines = rest.rstrip().split("\n")
    parts: list[Part] = []
    for line in lines:
        found = _LINE.fullmatch(line)
        if not found:
            return None
        value, options = _VALUE.search(found[4]), _OPTIONS.search(found[4])
        parts.append(Part(
            number=int(found[1] or 0), role=found[2], name=json.loads(found[3]),
            value=json.loads(value[1]) if value else "", options=tuple(json.loads(options[1])) if options else (),
            required=found[4].endswith(" required"),
        ))  # fmt: skip
    numbers = [one.number for one in parts if one.number]
    return Seen(title, tuple(parts)) if numbers == list(range(1, len(numbers) + 1)) and parts else None


def wish(text: str) -> str:
    """What a message says before the page."""
    return text.rpartition("Page: ")[0] if "Page: " in text else text


def action(reply: str) -> tuple[str, int, str] | None:
    """The action of a reply: what is done, with which element (0: none), and the text; None if it has no such form."""
    found = _REPLY.fullmatch(reply)
    call = _CALL.fullmatch(found[1]) if found else None
    if not call or _SHAPES.get(call[1]) != (call[2] is not None, call[3] is not None):
        return None
    try:
        return call[1], int(call[2] or 0), json.loads(call[3]) if call[3] else ""
    except ValueError:
        return None
