"""Puts a mask such as [EMAIL_1] in the place of each value, the same one for the same value throughout a run."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from agentinstruct_local import ids
from agentinstruct_local.privacy.finding import Finding, find
from agentinstruct_local.privacy.rules import Rules
from agentinstruct_local.records import Document

MASK = re.compile(r"\[[A-Z][A-Z0-9_]{0,30}_\d{1,9}\]")


class Masks:
    """The masks of one run, numbered in the order in which their values are met.

    What stands in which place is known only here, while the documents are read, and is kept nowhere. `texts` are
    those that will be masked: a mask that one of them already has is given to no value.
    """

    def __init__(self, rules: Rules, texts: Iterable[str] = ()) -> None:
        self._rules = rules
        self._taken = {mask for text in texts for mask in MASK.findall(text)}
        self._masks: dict[tuple[str, str], str] = {}
        self._counts: Counter[str] = Counter()

    def of(self, finding: Finding) -> str:
        """The mask for a value."""
        while finding.key not in self._masks:
            name = finding.rule.name
            self._counts[name] += 1
            mask = f"[{name.upper()}_{self._counts[name]}]"
            if mask not in self._taken:
                self._masks[finding.key] = mask
        return self._masks[finding.key]

    def masked(self, document: Document, findings: list[Finding]) -> Document:
        """The document with masks for the `findings` of its text, and for those of its title and name.

        Its pages start where they did, in the new text. Its id is that of a document which never held anything else.
        """
        text, pages = self._replaced(document.text, findings, document.pages)
        source = self._text(document.source)
        return replace(
            document,
            id=ids.digest(source, ids.digest(text)),
            source=source,
            title=self._text(document.title),
            text=text,
            pages=pages,
        )

    def _text(self, text: str) -> str:
        return self._replaced(text, find(text, self._rules), ())[0]

    def _replaced(self, text: str, findings: list[Finding], places: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        """The text with its findings masked, and where in it the places of the old one are."""
        parts: list[str] = []
        olds, news = [0], [0]  # places after each finding, in the old text and in the new
        at = length = 0
        for one in findings:
            start, end = one.span
            mask = self.of(one)
            parts += [text[at:start], mask]
            length += start - at + len(mask)
            at = end
            olds.append(at)
            news.append(length)
        parts.append(text[at:])
        moved = []
        for place in places:
            number = bisect_right(olds, place) - 1
            new = news[number] + place - olds[number]
            if number < len(findings):  # a page that begins within a value begins with its mask
                start = findings[number].span[0]
                new = min(new, news[number] + start - olds[number])
            moved.append(new)
        return "".join(parts), tuple(moved)
