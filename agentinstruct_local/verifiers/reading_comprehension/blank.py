"""A fill-in-the-blank sentence is whole and has one blank, whose word says something and comes from the text."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, names, normalise, numbers, sentences, share, stem
from agentinstruct_local.words.phrases import VAGUE, slips
from agentinstruct_local.words.stems import STOP

_LEFT_OUT = 0.3
"""The most of its sentence that may be missing."""
_FRAGMENT = re.compile(
    r"^[\W_]*(?:when|if|once) (?:not |un)?(?:set|given|specified|used|provided)\b|"
    r"[^.!)\"'”’`]$|^[\W_]*(?:can|may|must|should|will|is|are|was|has|added|changed|removed|fixed|valid|optional|required|"
    r"returns?|specif(?:y|ies)|allows?|enables?|sets?|contains?|used|due|defaults?|support)\b|^[\w.+-]+: ",
    re.IGNORECASE,
)
"""A line without its subject, or without an end."""
_MANNER = re.compile(r"(?:ly|ed)$")
_BLANK = re.compile(r"_{3,200}")
_PLACEHOLDER = re.compile(
    r"_{3,200}\W{0,2} (?:option |argument |parameter )?(?:is|are|was) (?:not )?"
    r"(?:given|specified|set|provided|omitted|used)\b"
)
"""The blank is what a command calls its argument: "If no ____ is given"."""


def verify(  # its options are its arguments
    draft: Draft,
    *,
    sentence: str = "item.sentence",
    word: str = "item.word",
    within: str = "text",
    at_least: float = 0.7,
    words_at_most: int = 5,
) -> Verdict:
    """One blank and a word for it (blank_malformed) that is no stop word (blank_trivial) nor visible (blank_visible).

    The sentence is one, not a line of a list (fragment), and the word a name, a number or a term: of several words, or
    one that comes again in the text (blank_dull).

    The word is in the text, and so, for the most part, is the sentence with the word put back (blank_not_in_text), of
    which little is left out (tells_part).
    """
    line, answer, text = string(draft, sentence), string(draft, word).strip(), string(draft, within)
    if why := _malformed(line, answer, words_at_most):
        return bad("blank", "blank_malformed", f"{why}: {line}")
    if not content(answer) or normalise(answer) in STOP:
        return bad("blank", "blank_trivial", f"'{answer}' for: {line}")
    left = _BLANK.sub(" ", line)
    titled = bool(draft.headings) and _holds(draft.headings[-1], answer)
    if titled or _holds(left, answer) or (len(answer.split()) == 1 and stem(normalise(answer)) in content(left)):
        return bad("blank", "blank_visible", f"'{answer}' stands in: {line}")
    if not _holds(text, answer):
        return bad("blank", "blank_not_in_text", f"'{answer}' is not in the text")
    restored = _BLANK.sub(lambda _: answer, line)
    told = _told(restored, answer, text, at_least)
    if told.ok and answer.isupper() and _PLACEHOLDER.search(line):
        return bad("blank", "blank_dull", f"'{answer}' for: {line}")
    return _worth(draft, restored, answer, text) if told.ok else told


def _worth(draft: Draft, restored: str, answer: str, text: str) -> Verdict:
    if draft.focus is not None and (_FRAGMENT.search(draft.focus.text.strip()) or slips(draft.focus.text)):
        return bad("blank", "fragment", draft.focus.text)
    if not _telling(answer, restored, text):
        return bad("blank", "blank_dull", f"'{answer}' for: {restored}")
    return good("blank", restored)


def _telling(answer: str, line: str, text: str) -> bool:
    """A name or number of the sentence, or a term that the text uses more than once."""
    if names(f"x {answer}") or numbers(answer) or any(answer in name for name in names(line)):
        return True
    words, known = [word for word in content(answer) if word not in VAGUE], content(text)
    return len(words) > 1 or (bool(words) and not _MANNER.search(answer) and known.count(words[0]) >= 2)


def _told(restored: str, answer: str, text: str, at_least: float) -> Verdict:
    """Whether the sentence with its word put back is one of the text, and the whole of it."""
    near = max(sentences(text), key=lambda one: share(content(restored), content(one)), default="")
    covered = share(content(restored), content(near))
    strange = {number.value for number in numbers(restored)} - {number.value for number in numbers(text, loose=True)}
    if covered < at_least or strange or not _holds(near, answer):
        return bad("blank", "blank_not_in_text", f"{covered:.2f} of it is in: {near[:90]} | {restored[:90]}")
    if re.search(rf"(?:such as|like|e\.g\.|for example),? [^.;]*{re.escape(answer)}", near):
        return bad("blank", "blank_dull", f"'{answer}' is an example there: {near}")
    left_out = 1 - share(content(near), content(restored))
    if left_out > _LEFT_OUT:
        return bad("blank", "tells_part", f"{left_out:.2f} of it is left out: {near[:90]} | {restored[:90]}")
    return good("blank", restored)


def _malformed(line: str, answer: str, words_at_most: int) -> str:
    if re.search(r"[\n\r\t]", line):
        return "a line break"
    if (blanks := len(_BLANK.findall(line))) != 1:
        return f"{blanks} blanks"
    if not answer or _BLANK.search(answer):
        return "no word for the blank"
    if len(answer.split()) > words_at_most:
        return f"more than {words_at_most} words for the blank"
    return "" if len(content(_BLANK.sub(" ", line))) >= 2 else "too little round the blank"


def _holds(text: str, answer: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(normalise(answer))}(?!\w)", normalise(text)))
