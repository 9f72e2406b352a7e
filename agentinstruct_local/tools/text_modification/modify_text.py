"""A task that changes a text of the passage by an exact rule, told in words, and the text that this gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools.text_modification._excerpts import Change, Maker, Source, excerpts
from agentinstruct_local.tools.text_modification._layouts import LAYOUTS, TABLES
from agentinstruct_local.tools.text_modification._letter_changes import LETTERS
from agentinstruct_local.tools.text_modification._marks import MARKS
from agentinstruct_local.tools.text_modification._removals import REMOVALS
from agentinstruct_local.tools.text_modification._word_changes import WORDS

MAKERS: Mapping[str, Maker] = {**LETTERS, **WORDS, **REMOVALS, **MARKS, **LAYOUTS, **TABLES}
"""Every change that there is, by its name."""
_COMMON_NAMES = """
upper lower title keyword_upper caesar caesar_back rot13 rot13_back stars noun cloze initials sentence punctuation
nth_word tags fillers spaces broken_lines tag_list word_style sentence_style counted numbered wrapped one_a_line
bullets numbers vowels leet backwards backwards_back atbash
"""
COMMON = frozenset(_COMMON_NAMES.split())
"""Changes that nearly every text allows: the others come first where one of them can be made."""
_NOTHING: Mapping[str, Sequence[str]] = {}


def use(
    draft: Draft, *, changes: Mapping[str, Sequence[str]] = _NOTHING, tables: bool = False, anywhere: bool = False
) -> dict[str, Any]:
    """`question` (the instruction with the text), `instruction`, `text`, `answer`, `change`, `source` and `quote`.

    `changes`: the name of a change -> wordings of its instruction. With `tables` the text is rows of a table; with
    `anywhere` it may begin at another unit of the passage than the focus. Errors: `no_text` where there is no clean
    text, `nothing_to_modify` where none of the changes can be made of it.
    """
    draw = drawn(draft, "modify_text")
    near = excerpts(draft)
    found = near if tables else draw.sample(near, len(near))
    if not found and not tables:
        return {"error": "no_text"}
    others = [one for one in excerpts(draft, anywhere=True) if one not in near] if anywhere else []
    for name in sorted(changes, key=lambda one: draw.random() * (4.0 if one in COMMON else 1.0)):
        for sentences in [()] if tables else [*found, *draw.sample(others, len(others))]:
            source = Source(sentences, draft, draw)
            change = MAKERS[name](source)
            if change is not None and change.answer.strip() not in ("", change.text or source.text):
                return {"output": _told(source, name, change, draw.choice(list(changes[name])))}
    return {"error": "nothing_to_modify"}


def _told(source: Source, name: str, change: Change, wording: str) -> dict[str, Any]:
    instruction, text = wording.format(**change.told), change.text or source.text
    text_first = not instruction.endswith(":") and source.draw.random() < 0.4
    focus = source.draft.focus
    parts = (text, instruction) if text_first else (instruction, text)
    return {
        "question": "\n\n".join(parts),
        "instruction": instruction,
        "text": text,
        "answer": change.answer,
        "change": name,
        "source": source.text,
        "quote": source.sentences[0] if source.sentences else focus.text if focus else "",
    }
