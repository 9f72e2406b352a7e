"""Say which document a question belongs to, where the question itself does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.words import content

NUMBERING = re.compile(
    r"^(?:(?:chapter|section|part|appendix)\s+)?(?:\d[\d.]*|[A-Z])[.:)]\s+|"
    r"^[A-Z](?:\.\d+)+\.?\s+|^\d[\d.]*\s+",
    re.IGNORECASE,
)
PARTS = re.compile(r"\s+[—–|-]\s+(?![^()]*\))")
SLIGHT = re.compile(
    r"(?:(?:section|article|chapter|part|amendment|step|item) )?[\dIVXLC.]*|purpose|default|overview|introduction|"
    r"notes?|examples?|description|usage|general|summary|requirements|(?:specific )?options|background|format|other|"
    r"(?:sub)?commands?|parameters|arguments|files|return values?|exit status|syntax|settings|details|remarks|"
    r"limitations|configuration|commands and options",
    re.IGNORECASE,
)
"""Headings that say little without the one above them."""
PLAIN_FOLDER = re.compile(
    r"(?:html?|pdf|txt|te?xts?|docs?|documents?|documentation|manuals?|guides?|files|src|source|lib|en|de|fr|[a-z]{2}_[A-Z]{2}|"
    r"english|public|shared?|data|examples?|tests?|usr|var|home|tmp|py|python|misc|old|new|archive|v?[\d.]+)",
    re.IGNORECASE,
)
"""Folders whose name does not say what their documents are about."""
PAGE = re.compile(r"(?P<name>[a-z][\w.+-]*(?: ?\(\d\w?\))?) [-–—] \w.*")
LONGEST = 90


def use(draft: Draft, *, question: str = "item.question") -> dict[str, Any]:
    """`question`, with those of title and heading in brackets that it does not name itself; `asked` is what it was.

    A question from a private document makes sense to someone without it only if they can tell what it is about.
    """
    asked = str(draft.value(question)).strip()
    title = [_clean(part) for part in PARTS.split(draft.passage.title or draft.passage.source.rpartition("/")[2])]
    known = set(content(asked))
    named = bool(content(title[-1])) and set(content(title[-1])) <= known  # the last part is the product, or all
    title = [part for part in title if not (content(part) and set(content(part)) <= known)] or title
    outer = _clean(draft.headings[0]) if draft.headings else ""  # the product's name, where a title is a chapter's
    above = [] if SLIGHT.fullmatch(outer) or set(content(outer)) <= set(content(" ".join(title))) else [outer]
    parts = [*([] if named else reversed(title)), *above, *_headings(draft.headings, content(" ".join(title)))]
    new = [part for part in dict.fromkeys(parts) if part and not (set(content(part)) and set(content(part)) <= known)]
    parts = new or [part for part in parts if part][-1:]  # said or not: somebody asks this somewhere
    parts = [*_folder(draft.passage.source, " ".join([asked, *parts])), *parts]
    subject = ", ".join(parts)
    if len(subject) > LONGEST:
        telling = [part for part in parts if not SLIGHT.fullmatch(part)] or parts
        subject = ", ".join(dict.fromkeys([telling[0], telling[-1]]))
    if len(subject) > LONGEST:
        subject = parts[0] if len(parts[0]) <= LONGEST else parts[0][:LONGEST].rsplit(" ", 1)[0]
    return {"output": {"question": f"{asked} ({subject})" if subject else asked, "asked": asked}}


def _folder(source: str, said: str) -> list[str]:
    """The innermost telling folder of a document, below the one that was given; none where its words are said anyway.

    A page of a manual hardly ever names the product; the folder that it lies in often does.
    """
    for folder in reversed(source.split("/")[1:-1]):
        name = re.sub(r"(?i)[-_. ](?:docs?|manual|guide|documentation|handbook|common|html)$", "", folder)
        if not PLAIN_FOLDER.fullmatch(name) and len(name) > 2:
            words = re.split(r"[-_. ]+", name.casefold())
            return [] if any(len(word) > 2 and word in said.casefold() for word in words) else [name]
    return []


def _headings(headings: tuple[str, ...], title: Sequence[str]) -> list[str]:
    """The innermost heading, with those above it as long as it says little by itself; none that the title says."""
    found: list[str] = []
    for heading in reversed(headings):
        words = _clean(heading)
        if content(words) and set(content(words)) <= set(title) and not SLIGHT.fullmatch(words):
            break
        found.insert(0, words)
        if not SLIGHT.fullmatch(words):
            break
    return found


def _clean(text: str) -> str:
    """A heading without its number, and without what a manual page says of the command that it names."""
    bare = NUMBERING.sub("", re.sub(r"<[^>]*>\S*", "", text)).strip(" .:*_`#")
    page = PAGE.match(bare)
    bare = page["name"] if page else bare
    return bare if bare.count("(") == bare.count(")") else bare.split("(")[0].rstrip()
