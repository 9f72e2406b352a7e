"""Which units of a passage are worth asking about, and in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentinstruct_local.records import Unit

_OPENERS = (
    "this these those that it its it's they their them he she his her we i you your our such here there however also "
    "then thus therefore hence otherwise additionally furthermore moreover besides instead similarly likewise "
    "consequently nevertheless nonetheless again see note and but or so yet another other both either neither what why "
    "how who whom whose which where as above below finally meanwhile indeed still accordingly please perhaps maybe "
    "some many most all each one any remember refer consult thanks default defaults"
)
_LEANS = re.compile(
    rf"^[\W_]*(?:(?:{'|'.join(_OPENERS.split())})\b(?![./_(=-])|\w+ly, |if (?:so|not|it|they|this|he|she)\b|"
    r"in other words|feel free\b|take a look\b|in (?:this|that|such|these) |for (?:this|that|example|instance)\b|"
    r"an? (?:better|other|similar|second|third|common|further|final) |"
    r"the (?:other|same|first|second|third|last|final|latter|former|reason|idea|target|goal|aim|rationale|"
    r"result|problem|difference|advantage|point|exception|answer|solution|"
    r"only|above|following|rest|next|previous|default|fact|remaining) )",
    re.IGNORECASE,
)
_DANGLES = re.compile(
    r"\b(?:(?:this|these|those|such) (?!as\b)[a-z]+|(?:do|does|doing|did) (?:it|so|this|that)|"
    r"of (?:them|these|those|it)|said|respective(?:ly)?|there are (?:two|three|four|several|some|many|a few))\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\bsee (?:also|section|chapter|the|below|above|\w+\(\d\))|\b(?:section|chapter|figure|fig\.|table|appendix|"
    r"footnote|equation|listing|page) ?[\dA-Z][\d.]*\b|"
    r"\b(?:the|as) (?:following|above|below|previous|next|latter|former)\b|"
    r"\b(?:above|below)\b(?! (?:\d|an? |the |zero\b|freezing\b|which\b))|\baforementioned\b|\blater in\b|"
    r"\bas follows\b|:(?:ref|doc):|\b(?:in|of) (?:the|our|this) example\b|"
    r"\b(?:mentioned|described|discussed|noted|explained|shown) (?:earlier|previously|before|here|there)\b|"
    r"\b(?:described|discussed|explained|documented|covered) (?:in|at) |"
    r"\bcan be found (?:in|on|at|via|from|under|here) |\(?#\d+\b|"
    r"\binformation (?:about|on|for)\b.{0,80}\b(?:found|available) |"
    r"\bdetails are\b|\b(?:more|further|additional) (?:information|details|documentation)\b|"
    r"\bfor (?:more )?(?:details|information)\b|"
    r"\b(?:this|these) (?:document|manual|chapter|section|guide|page|book|example|specification|"
    r"appendix|tutorial|list)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:I|I'm|I've|I’m|I’ve|my|me|[Ww]e|we'll|we've|[Oo]ur|us|[Ll]et['’]s)\b")
_MODAL = re.compile(
    r"\b(?:must|shall|should|may|can(?:not)?|required?|recommended|never|always|only|"
    r"at (?:least|most)|unless|default)\b",
    re.IGNORECASE,
)
_DEFINES = re.compile(
    r"^(?:an? |the )?[\w\"'“”‘’./()-]+(?: [\w\"'“”‘’./()-]+){0,5} "
    r"(?:is|are|means|refers to|consists? of|denotes|contains?|provides?|specif(?:y|ies)|returns?|allows?) ",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|has|have|had|does|do|did|must|shall|should|may|can|cannot|will|would|might|could|means|contains?|"
    r"provides?|uses?|returns?|allows?|requires?|includes?|holds?|gives?|makes?|takes?|sets?|becomes?|consists?|defines?|"
    r"specif(?:y|ies)|keeps?|runs?|need(?:s|ed)?|\w{3,}(?:ed|es|ates?|izes?|ifies))\b",
    re.IGNORECASE,
)
_TERM = re.compile(
    r"(?<=[a-z,;] )[A-Z][A-Za-z]*\b|[\w-]*[/_][\w./_-]+|\b\w+\(\)|\b[a-z]+[A-Z]\w+|--\w[\w-]+|`[^`]+`|"
    r"[\"“'‘][\w.-]+[\"”'’]|\b[A-Z]{2,}\b"
)
_NUMBER = re.compile(
    r"(?<![\w.-])\d[\d.,]*\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|hundred)\b"
)
_ADDRESS = re.compile(r"(?:https?|ftp)://\S+|\S+@\S+\.\S+")
_WORD = re.compile(r"[^\W_][\w'’./-]*")
_IDENTIFIER = re.compile(
    r"\S*[\d./_(A-Z=-]|[a-z]+\d*\b (?:is|are|must|may|should|can|has|will|contains|provides|returns|specifies) "
)
_COMMAND = re.compile(r"^[A-Z][a-z]+ [^:]{8,90}: \S*(?:[/$(]|-\w| -)")  # "List the files: tool --list NAME"
_UNFIT = (_FIRST_PERSON, _POINTS, _COMMAND)
_UNFINISHED = re.compile(r"(?:,|;|\band|\bor|\bthe|\bof|\bto|\ba|\be\.g\.|\bi\.e\.|\bsuch as|\bfor example)$")


def foci(units: Sequence[Unit]) -> tuple[int, ...]:
    """Indices of the units worth asking about: the best first, and next to it not its neighbour.

    Units that lean on another sentence ("This ...") are not among them: a question about one names nothing.
    """
    scores = {number: _score(unit) for number, unit in enumerate(units) if _under_header(units, number)}
    left = {number: score for number, score in scores.items() if score >= 1}
    chosen: list[int] = []
    while left:
        best = max(left, key=lambda number: (left[number] - sum(abs(number - other) == 1 for other in chosen), -number))
        chosen.append(best)
        del left[best]
    return tuple(chosen)


def _under_header(units: Sequence[Unit], number: int) -> bool:
    """A row says something only under the header row of its own table; other units stand alone."""
    if units[number].kind != "row":
        return True
    first = number
    while first > 0 and units[first - 1].kind == "row":
        first -= 1
    return first != number and units[first].text.startswith("|") and units[number].text.count("|") > 2


def _score(unit: Unit) -> float:
    """From 1: worth asking about, the more the better."""
    text = unit.text.strip("*_ ")
    if unit.kind in ("heading", "code") or text.endswith((":", "?", "...", "…")):
        return 0
    words = _WORD.findall(_ADDRESS.sub(" ", text))
    if unit.kind == "row":
        return _row_score(text, words)
    if not 8 <= len(words) <= 60 or not _VERB.search(text) or any(one.search(text) for one in _UNFIT):
        return 0
    if sum(character.isalpha() or character.isspace() for character in text) < 0.75 * len(text):
        return 0
    small = text[0].islower() and not _IDENTIFIER.match(text)
    if unit.kind == "sentence" and (small or text[-1] not in ".!)\"”'’*`" or not _has_subject(text)):
        return 0
    score = 1.0 + 0.4 * min(2, len(_NUMBER.findall(text))) + 0.2 * min(5, len(set(_TERM.findall(text))))
    score += 0.6 * bool(_MODAL.search(text)) + 0.6 * bool(_DEFINES.match(text))
    score += 0.3 * (12 <= len(words) <= 35) - 0.02 * max(0, len(words) - 40)
    if not any(pattern.search(text) for pattern in (_NUMBER, _TERM, _MODAL, _DEFINES)):
        score = 0.9
    return 0 if _LEANS.match(text) or _DANGLES.search(text) or small or _UNFINISHED.search(text) else score


def _has_subject(text: str) -> bool:
    """Not a scrap of a table or a figure: most of its words are words."""
    words = text.split()
    return sum(word.strip(".,;:()'\"").isalpha() for word in words) >= 0.5 * len(words)


def _row_score(text: str, words: Sequence[str]) -> float:
    cells = [cell.strip() for cell in text.strip("|").split("|")]
    filled = [cell for cell in cells if any(map(str.isalnum, cell))]
    return 1.2 if len(filled) >= 2 and 3 <= len(words) <= 60 and len(filled) > len(cells) / 2 else 0
