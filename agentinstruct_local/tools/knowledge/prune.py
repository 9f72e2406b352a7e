"""Leave out of a text that was written anew the sentences that the documents do not bear out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft
from agentinstruct_local.words import normalise, sentences
from agentinstruct_local.words.leftovers import leftover
from agentinstruct_local.words.marks import capitals_tell, foreign_figures, foreign_names, words

ENDS = frozenset('.!?:;。！？)]|"”»*_')
"""What the last line of a text ends with, unless the teacher was cut short there."""

MARKS = "-*•#>_()0123456789. \t"
"""What a sentence of a list may begin with."""

_GAP = re.compile(r"\n\s*\n\s*\n")
_LABEL = re.compile(r"^\W*\w+ ?\d{1,2}\W{0,3}[:：]")
"""The label of a part, whose number is the text's own: "Question 3:"."""

_BLANK = re.compile(r"\[[^\]\d][^\]]{2,40}\]")
"""Something to be filled in, if the documents have no such brackets."""


def use(draft: Draft, *, corpus: Library | None = None, field: str = "retell.text") -> dict[str, Any]:
    """`text`: the field without sentences that have a figure that the passage has not, a name or code that no document
    has, words of a prompt, or that were said before, and without a last line that does not end. `left_out`: which.
    Error `nothing_left` where no sentence stays.
    """
    text = str(draft.value(field, ""))
    faults = _Faults(draft, corpus)
    lines: list[str] = []
    left_out: list[str] = []
    for line in _whole(text):
        parts = list(_sentences(line))
        kept = [part for part in parts if not faults(part)]
        left_out += [part for part in parts if part not in kept]
        stays = " ".join(kept)
        if parts and not stays and lines and lines[-1].rstrip("*_ ").endswith(("?", "？", ":")):
            left_out.append(lines.pop())  # a question, or a lead-in, that nothing follows now
        if stays or not parts:
            lines.append(line if len(kept) == len(parts) else stays)
    if not any(map(str.strip, lines)):
        return {"error": "nothing_left"}
    whole = _GAP.sub("\n\n", "\n".join(lines)).strip()
    return {"output": {"text": whole, "left_out": left_out}}


def _whole(text: str) -> Iterator[str]:
    """The lines of a text, less a last one that was cut."""
    *lines, last = text.strip().splitlines() or [""]
    cut = bool(lines) and last.rstrip()[-1:] not in ENDS
    yield from (*lines, " ".join(list(_sentences(last))[:-1]) if cut else last)


def _sentences(line: str) -> Iterator[str]:
    """The sentences of a line, each with the mark or number that stands before it."""
    mark = ""
    for part in sentences(line):
        if any(map(str.isalpha, part)):
            yield f"{mark} {part}".strip()
            mark = ""
        else:
            mark = f"{mark} {part}".strip()


class _Faults:
    """What is wrong with a sentence of a text about a passage."""

    def __init__(self, draft: Draft, corpus: Library | None):
        passage = draft.passage
        self.source = "\n".join((passage.title, *draft.headings, passage.columns, passage.text))
        self.known = corpus.words if corpus else words(self.source)
        self.capitals = capitals_tell(passage.text)
        self.said: set[str] = set()

    def __call__(self, sentence: str) -> bool:
        plain = normalise(sentence.lstrip(MARKS))
        again = plain in self.said
        self.said.add(plain)
        return again or bool(
            foreign_figures(_LABEL.sub("", sentence), self.source, numbered=True)
            or foreign_names(sentence, self.known, capitals=self.capitals, headed=True)
            or leftover(f"{sentence} ", self.source, roles=False)
            or any(found not in self.source for found in _BLANK.findall(sentence))
        )
