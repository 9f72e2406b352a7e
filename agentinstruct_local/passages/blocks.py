"""The structure of a text: headings, paragraphs, list items, tables and code, each with its place.

One scanner for Markdown, reStructuredText and plain text, since real files mix their habits. It reads line by line
and never backtracks over more than one line.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from .lines import (
    ATX,
    DIRECTIVE,
    FENCE,
    GAP,
    GRID,
    ITEM,
    RULE,
    RULED,
    SEPARATOR,
    UNDERLINE,
    looks_like_code,
    plain_heading,
)

Kind = Literal["heading", "text", "item", "table", "code", "layout"]
_PLAIN = ("text/plain", "application/pdf", "text/x-rst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A stretch of a text that is one thing. `start` and `end` hold no surrounding whitespace."""

    kind: Kind
    start: int
    end: int
    level: int = 0  # of a heading, 1 the outermost
    title: str = ""  # of a heading
    inner: int = 0  # where the words begin after the marks of a heading or an item, or the code after its fence
    close: int = 0  # where the words of a heading end, or the code before its fence


@dataclass(frozen=True, slots=True)
class _Row:
    start: int
    text: str
    indent: int

    @property
    def blank(self) -> bool:
        return not self.text.strip()

    @property
    def end(self) -> int:
        return self.start + len(self.text.rstrip())


def parse(text: str, media_type: str = "text/markdown", offset: int = 0) -> list[Block]:
    """The blocks of a text in order. `offset` is added to every place."""
    return _Scanner(text, media_type, offset).blocks()


class _Scanner:
    def __init__(self, text: str, media_type: str, offset: int) -> None:
        self.rows: list[_Row] = []
        place = offset
        for line in text.split("\n"):
            self.rows.append(_Row(place, line, len(line) - len(line.lstrip())))
            place += len(line) + 1
        self.plain = media_type in _PLAIN
        self.numbered = media_type == "text/plain"
        starts = Counter(
            row.indent
            for above, row in zip([_Row(0, "", 0), *self.rows], self.rows, strict=False)
            if above.blank and not row.blank and not ITEM.match(row.text)
        )
        self.base = starts.most_common(1)[0][0] if starts and self.plain else 0
        self.styles: list[str] = []  # of underlined headings, in the order met
        self.at = 0
        self.item_column = 0  # where the text of the current list item begins; 0 outside lists
        self.literal = False  # the last paragraph ended with "::"
        self.found: list[Block] = []

    def blocks(self) -> list[Block]:
        if self.rows[0].text.strip() == "---" and any(row.text.strip() == "---" for row in self.rows[1:60]):
            self.at = 1 + next(number for number, row in enumerate(self.rows[1:], 1) if row.text.strip() == "---")
        while self.at < len(self.rows):
            row = self.rows[self.at]
            if row.blank:
                self.at += 1
                continue
            if row.indent < self.item_column:
                self.item_column = 0
            first = (self._fence, self._comment, self._heading, self._directive)
            any(rule(row) for rule in (*first, self._table, self._item, self._code, self._paragraph))
        return self.found

    def _add(self, kind: Kind, first: int, last: int, **more: int | str) -> bool:
        top, bottom = self.rows[first], self.rows[last]
        self.found.append(Block(kind=kind, start=top.start + top.indent, end=bottom.end, **more))  # type: ignore[arg-type]
        self.at = last + 1
        self.literal = False
        return True

    def _peek(self, ahead: int = 1) -> _Row:
        place = self.at + ahead
        return self.rows[place] if 0 <= place < len(self.rows) else _Row(0, "", 0)

    def _fence(self, row: _Row) -> bool:
        mark = FENCE.match(row.text)
        if not mark:
            return False
        first = self.at
        below = range(first + 1, len(self.rows))
        last = next((n for n in below if self.rows[n].text.strip().startswith(mark[1])), len(self.rows) - 1)
        if last <= first + 1:
            self.at = last + 1
            return True
        inner, closed = self.rows[first + 1], self.rows[last].text.strip().startswith(mark[1])
        close = self.rows[last - 1].end if closed else self.rows[last].end
        return self._add("code", first, last, inner=inner.start, close=close)

    def _comment(self, row: _Row) -> bool:
        if not row.text.lstrip().startswith("<!--"):
            return False
        while self.at < len(self.rows) and "-->" not in self.rows[self.at].text:
            self.at += 1
        self.at += 1
        return True

    def _heading(self, row: _Row) -> bool:
        found = ATX.match(row.text)
        if found and self.numbered and not (self._peek(-1).blank and self._peek().blank):
            found = None  # in plain text it is a comment
        if found and self.literal and row.indent > self.base:
            found = None  # a prompt or a comment in a listing
        if found:
            self.item_column = 0
            inner, close = row.start + found.start(2), row.start + found.end(2)
            return self._add("heading", self.at, self.at, level=len(found[1]), title=found[2], inner=inner, close=close)
        over = RULE.match(row.text)
        if over:
            title, under = self._peek(), self._peek(2)
            if not title.blank and under.text.strip() == row.text.strip() and not RULE.match(title.text):
                return self._underlined(self.at, self.at + 2, title, row.text.strip()[0] * 2)
            self.at += 1
            return True
        under = self._peek()
        alone = self.at == 0 or self._peek(-1).blank or (self.found and self.found[-1].kind == "heading")
        mark = UNDERLINE.match(under.text)
        wide = len(under.text.strip()) >= max(3, 0.6 * len(row.text.strip()))
        if mark and alone and wide and len(row.text.strip()) <= 150 and not row.text.lstrip().startswith("|"):
            return self._underlined(self.at, self.at + 1, row, mark[1])
        return self._plain_heading(row, alone=bool(alone))

    def _underlined(self, first: int, last: int, title: _Row, style: str) -> bool:
        if style not in self.styles:
            self.styles.append(style)
        self.item_column = 0
        level, inner = self.styles.index(style) + 1, title.start + title.indent
        return self._add("heading", first, last, level=level, title=title.text.strip(), inner=inner, close=title.end)

    def _plain_heading(self, row: _Row, *, alone: bool) -> bool:
        if not (self.numbered and alone and self._peek().blank) or row.indent > self.base:
            return False
        line = row.text.strip()
        level = plain_heading(line, apart=self.at > 1 and self._peek(-2).blank)
        return level > 0 and self._add(
            "heading", self.at, self.at, level=level, title=line, inner=row.start + row.indent, close=row.end
        )

    def _directive(self, row: _Row) -> bool:
        if not (self.plain and DIRECTIVE.match(row.text)):
            return False
        literal = "code" in row.text or (row.text.rstrip().endswith("::") and "parsed-literal" in row.text)
        self.at += 1
        while (option := self._peek(0)).indent > row.indent and option.text.lstrip().startswith(":"):
            self.at += 1
        self.literal = literal
        return True

    def _table(self, row: _Row) -> bool:
        if RULED.match(row.text):
            ends = [n for n in range(self.at + 1, len(self.rows)) if self.rows[n].text.strip() == row.text.strip()]
            within = [n for n in ends if n - self.at < 200][:2]
            return self._add("table", self.at, within[-1]) if within else False
        grid = GRID.match(row.text) is not None
        bars = row.text.lstrip().startswith("|") and row.text.count("|") > 1
        if not (grid or bars or ("|" in row.text and SEPARATOR.match(self._peek().text))):
            return False
        last = self.at
        while last + 1 < len(self.rows) and ("|" in self.rows[last + 1].text or GRID.match(self.rows[last + 1].text)):
            last += 1
        return self._add("table", self.at, last)

    def _item(self, row: _Row) -> bool:
        found = ITEM.match(row.text)
        if not found or (self.literal and row.indent > self.base):
            return False
        last = self._until(self.at, items=True)
        self.item_column = found.end()
        return self._add("item", self.at, last, inner=row.start + found.end())

    def _code(self, row: _Row) -> bool:
        above = self.item_column or self.base
        if row.text.lstrip().startswith(">>> "):
            last = self.at
            while last + 1 < len(self.rows) and not self.rows[last + 1].blank:
                last += 1
            return self._add("code", self.at, last, inner=row.start, close=self.rows[last].end)
        far = row.indent >= above + (2 if self.plain else 4)
        if not (far or (self.literal and row.indent > self.base)):
            return False
        last = self.at
        while last + 1 < len(self.rows):
            near = range(last + 1, min(last + 3, len(self.rows)))
            ahead = next((number for number in near if not self.rows[number].blank), None)
            if ahead is None or self.rows[ahead].indent < row.indent:
                break
            last = ahead
        lines = [inner.text for inner in self.rows[self.at : last + 1]]
        if not self.literal and not looks_like_code(lines):
            return False
        return self._add("code", self.at, last, inner=row.start, close=self.rows[last].end)

    def _paragraph(self, row: _Row) -> bool:
        last = self._until(self.at, items=False)
        lines = [inner.text for inner in self.rows[self.at : last + 1]]
        gaps = [GAP.search(line.strip()) is not None and not line.rstrip().endswith(".") for line in lines]
        kind: Kind = "text"
        if any(gaps) and sum(gaps) >= 0.5 * (len(lines) - gaps.index(True)):
            kind = "layout"
            if gaps.index(True):
                kind, last = "text", self.at + gaps.index(True) - 1
                lines = lines[: gaps.index(True)]
        self._add(kind, self.at, last)
        self.literal = lines[-1].rstrip().endswith("::")
        return True

    def _until(self, first: int, *, items: bool) -> int:
        """The last line of the paragraph or item that starts at `first`."""
        last = first
        while last + 1 < len(self.rows):
            row = self.rows[last + 1]
            after = self.rows[last + 2].text if last + 2 < len(self.rows) else ""
            if row.blank or FENCE.match(row.text) or ATX.match(row.text) or row.text.lstrip().startswith("|"):
                break
            if RULE.match(row.text) or (UNDERLINE.match(after) and len(after.strip()) >= len(row.text.strip())):
                break
            mark = ITEM.match(row.text)
            # Inside a paragraph a line that begins with "a." or "12." is more often prose than a new list.
            if mark and (
                items or self.item_column or mark[2].strip() in ("-", "*", "+", "•", "1.", "1)", ":", "●", "◦")
            ):
                break
            last += 1
        return last
