"""A small web site made of one document: its sections as pages, its tables as lists of entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from agentinstruct_local.library import Library
from agentinstruct_local.passages import Table, tables
from agentinstruct_local.passages.tables import plain_cell
from agentinstruct_local.records import Draft, Passage, Unit
from agentinstruct_local.words.questions import plain

MOST_LINKS = 8
"""Links in one list of pages."""
MOST_WORDS = 90
"""Of running text on one page."""
NEAR = 40
"""Passages before and after the draft's that the site is made of: a book has thousands."""
MOST_CELL = 120
"""Characters of an entry that stands in a list."""

_NUMBER = re.compile(r"^(?:(?:chapter|section|part|appendix)\s+)?[\dA-Z]?[\d.]+[.):]?\s+(?=\w)", re.IGNORECASE)
_DULL = re.compile(
    r"(?:(?:an? |the )?(?:examples?|see also|notes?|name|description|synopsis|options|summary|introduction|overview|"
    r"contents|table of contents|search|index|references|authors?|copyright|licen[cs]e|navigation|history|back|next|"
    r"previous|other|general|miscellaneous|bugs|usage|warnings?|arguments|parameters|return values?|footnotes))$",
    re.IGNORECASE,
)
_WELL = re.compile(r"^[\w`\"'“(/.-][^\n\[\]{}<>|=]{18,240}[.!]$")


class Section(NamedTuple):
    """One page: what it is called, the page above it ("" for the start page), its text, and its table."""

    title: str
    above: str
    texts: tuple[str, ...] = ()
    table: Table | None = None


class Site(NamedTuple):
    """The pages of a site in the document's order, and the one that a draft is about."""

    name: str
    sections: dict[str, Section]
    here: str

    def below(self, title: str) -> list[str]:
        """The pages that a page leads down to; those of the start page for ""."""
        return [one.title for one in self.sections.values() if one.above == title]

    def way(self, title: str) -> list[str]:
        """The pages from the start page down to one, itself the last."""
        above = self.sections[title].above
        return [*(self.way(above) if above else ()), title]

    def mentioning(self, words: str) -> list[str]:
        """The pages on which these words stand, in their title or text: what a search finds."""
        wanted = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", re.IGNORECASE)
        return [one.title for one in self.sections.values() if wanted.search("\n".join((one.title, *one.texts)))]


def site_of(draft: Draft, corpus: Library | None) -> Site | None:
    """The site of a draft's document, with the pages around its passage; None where that has no page of its own."""
    passages = [one for one in corpus.passages if one.document == draft.passage.document] if corpus else []
    sections: dict[str, Section] = {}
    name, own = draft.passage.title or draft.passage.source, []
    at = next((at for at, one in enumerate(passages) if one.id == draft.passage.id), 0)
    for passage in passages[max(0, at - NEAR) : at + NEAR] or [draft.passage]:
        for section in _sections(passage, name):
            mine = passage.id == draft.passage.id
            kept = _add(sections, section if mine else section._replace(table=None))
            if mine and kept and (section.texts or section.table):
                own.append(kept)
    if not own:
        return None
    roots = [one for one in sections.values() if not one.above]
    if len(roots) == 1:  # a start page with one link tells nothing
        sections |= {t: one._replace(above="") for t, one in sections.items() if one.above == roots[0].title}
    listed = [one for one in own if sections[one].table]
    here = (listed or own)[draft.seed % len(listed or own)]
    return Site(page_title(name) or name, _around(sections, here), here)


def _sections(passage: Passage, name: str) -> list[Section]:
    """The stretches of a passage under one heading each."""
    path = [one for one in map(page_title, passage.headings) if one and one != page_title(name)]
    parts: list[tuple[str, str, list[Unit]]] = []
    if path:
        parts.append((path[-1], path[-2] if len(path) > 1 else "", []))
    for unit in passage.units:
        if unit.kind == "heading":
            parts.append((page_title(unit.text), path[-1] if path else "", []))
        elif parts:
            parts[-1][2].append(unit)
    known = tables(passage)
    found = []
    for title, above, units in parts:
        own = [one for one in known if passage.units[one.units[0]] in units]
        found.append(Section(title, above, _texts(units), _shown(own[0]) if own else None))
    return found


def _add(sections: dict[str, Section], section: Section) -> str:
    """The name under which a section stands in the site; "" where its title tells nothing or was there before."""
    if not telling(section.title):
        return ""
    above = section.above if telling(section.above) and section.above != section.title else ""
    if above and above not in sections:
        sections[above] = Section(above, "")
    if above and section.title in site_way(sections, above):
        return ""
    old = sections.get(section.title)
    if old is not None and (old.texts or old.above != above):
        if old.above != above:
            return ""
        more = old.texts + tuple(one for one in section.texts if one not in old.texts)
        sections[section.title] = old._replace(texts=_few(more), table=old.table or section.table)
        return section.title
    if old is None and section.title.casefold() in (one.casefold() for one in sections):
        return ""
    sections[section.title] = section._replace(above=above)
    return section.title


def site_way(sections: dict[str, Section], title: str) -> list[str]:
    """A page and all those above it."""
    return [title, *(site_way(sections, above) if (above := sections[title].above) else [])]


def page_title(text: str) -> str:
    """A heading without its number and marks."""
    return plain_cell(_NUMBER.sub("", text.strip(" #¶:"))).strip(" ¶:")


def telling(title: str) -> bool:
    """Whether a heading says what a page is about, in a few words."""
    return (
        4 <= len(title) <= 60 and bool(re.search(r"[^\W\d_]{3}", title)) and not _DULL.match(title) and '"' not in title
    )


def _texts(units: Sequence[Unit]) -> tuple[str, ...]:
    """Whole sentences of a section, without marks."""
    told = [f"{plain(unit.text)}." for unit in units if unit.kind == "sentence" and unit.text.endswith(".")]
    return _few([one for one in map(plain_cell, told) if _WELL.match(one)])


def _few(texts: Sequence[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for text in texts:
        if sum(len(one.split()) for one in (*kept, text)) > MOST_WORDS:
            break
        kept.append(text)
    return tuple(kept)


def _shown(table: Table) -> Table | None:
    """The table with what fits into a list of entries; None where too little is left, or an entry would be unclear."""
    columns = [
        at for at in range(len(table.header))
        if at == 0 or (all(len(row[at]) <= MOST_CELL for row in table.rows) and any(row[at] for row in table.rows))
    ]  # fmt: skip
    header = tuple(table.header[at] for at in columns)
    rows = tuple(tuple(row[at] for at in columns) for row in table.rows)
    cells = [cell for row in (header, *rows) for cell in row]
    clear = len(columns) > 1 and all(" | " not in cell and '"' not in cell and "\\" not in cell for cell in cells)
    return table._replace(header=header, rows=rows) if clear else None


def _around(sections: dict[str, Section], here: str) -> dict[str, Section]:
    """The pages near one: in each list of links those around the one that leads to it."""
    needed = set(site_way(sections, here))
    kept: set[str] = set()
    groups: dict[str, list[str]] = {}
    for one in sections.values():
        groups.setdefault(one.above, []).append(one.title)

    def keep(above: str) -> None:
        group = groups.get(above, [])
        at = next((at for at, one in enumerate(group) if one in needed), 0)
        start = max(0, min(at - MOST_LINKS // 2, len(group) - MOST_LINKS))
        for one in group[start : start + MOST_LINKS]:
            kept.add(one)
            keep(one)

    keep("")
    return {title: section for title, section in sections.items() if title in kept}
