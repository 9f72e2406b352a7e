"""Leave a word out of a sentence."""

from __future__ import annotations

import re
from typing import Any

from agentinstruct_local.records import Draft

BLANK = "____"


def use(draft: Draft, *, sentence: str = "item.sentence", word: str = "item.word") -> dict[str, Any]:
    """`sentence` with a blank in the place of `word`; error `word_not_once` unless it stands there exactly once.

    Done here rather than by a teacher: asked to write the blank, a small one wrote none in 9 of 9 sentences.
    """
    line, missing = str(draft.value(sentence)), str(draft.value(word)).strip(" .,;:")
    found = list(re.finditer(rf"(?<!\w){re.escape(missing)}(?!\w)", line, re.IGNORECASE)) if missing else []
    if len(found) != 1:
        return {"error": "word_not_once"}
    start, end = found[0].span()
    return {"output": {"sentence": line[:start] + BLANK + line[end:], "word": line[start:end]}}
