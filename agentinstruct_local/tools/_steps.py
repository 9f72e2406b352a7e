"""The steps of a numbered procedure, where each is one whole order to the reader."""

from __future__ import annotations

import re

from agentinstruct_local.passages import steps as numbered
from agentinstruct_local.records import Passage
from agentinstruct_local.words.questions import plain

MOST = 8
"""Steps of one row."""
_VERBS_TEXT = """
add adjust align allow answer apply approve arrange ask assemble assign attach avoid back begin book boot bring
build bump call cancel carry change check choose clean clear click clone close collect commit compare compile
complete compute configure confirm connect contact continue convert copy count create cut decide define delete
deliver deploy describe detach determine disable disconnect discuss download drag drain draw drop edit eject empty
enable ensure enter erase establish estimate evaluate examine execute expand export extract fetch file fill find
finish fit fix flush follow format generate get give go grease group hand hold identify import include increase
inform initialize inspect install invoke isolate issue keep label launch leave lift list load locate lock log look
lower lubricate make mark measure merge mix modify mount move name navigate note notify obtain open order pack paste
perform pick place plug pour prepare press print proceed provide publish pull push put raise read rebuild receive
record reduce register release reload remove rename repeat replace report request reset restart restore return
review rinse rotate run save scan schedule scroll search secure select send set shut sign specify spread start stir
stop store submit supply switch tag take tell test tick tie tighten transfer turn type unpack untar unzip update
upgrade upload use validate verify wait warm wash wear wipe wrap write
"""
_VERBS = frozenset(_VERBS_TEXT.split())
_TWO = re.compile(r"[.!?;:] +[A-Z(\"“]|\n\n")


def steps(passage: Passage) -> list[str]:
    """The longest numbered procedure whose every step is an order of one sentence, without the full stop; or none."""
    found = []
    for one in numbered(passage):
        units = [passage.units[place].text for place in one.units[:MOST]]
        texts = [plain(unit).rstrip("; ") for unit in units]
        if all(_order(text, unit) for text, unit in zip(texts, units, strict=True)):
            found.append(texts)
    return max(found, key=len, default=[])


def _order(text: str, whole: str) -> bool:
    """One order to the reader, complete by itself."""
    first = text.partition(" ")[0].strip(",")
    return (
        first.casefold() in _VERBS
        and first[1:].islower()
        and 3 <= len(text.split()) <= 32
        and not _TWO.search(text)
        and not whole.rstrip().endswith((":", ",", "and", "or", "?"))
        and text.count("(") == text.count(")")
        and text.count('"') % 2 == 0
        and not re.search(r"\b(?:above|below|step \d|previous step|this step|as follows)\b", text)
    )
