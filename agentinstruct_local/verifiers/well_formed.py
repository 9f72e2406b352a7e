"""Question and answer are written the way that a careful person would write them."""

from __future__ import annotations

import re

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, seen, string
from agentinstruct_local.words import sentences, squash, stem, tokens

_ASK_TEXT = """
list name describe explain give state identify choose select complete fill write summarise summarize order arrange
match put decide determine compare define tell translate convert calculate compute rewrite say find show provide
outline discuss classify label mark indicate sort rank create draft read answer consider suppose imagine use point
pick infer estimate contrast justify evaluate assess argue analyse analyze paraphrase correct rephrase extract count
predict suggest recommend mention specify check read place group rate
"""
_ASK = frozenset(stem(word) for word in _ASK_TEXT.split())
_DOUBLED = re.compile(r"(?i)(?<![\w.-])([^\W\d_]{2,20}) \1(?![\w-])")
_MAY_DOUBLE = frozenset(("that", "had", "is", "do", "bye", "ha", "no", "very", "in", "her"))
_MOJIBAKE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ud800-\udfff]|â€|Ã[\x80-\xbf©¨¤¶¼±]|Â[\xa0-\xbf]|ï»¿"
)
_DEBRIS = re.compile(
    r"(?m)^\s{0,3}#{1,6}\s|</?(?:br|p|div|span|b|i|li|ul|td|tr)\s?/?>|&(?:nbsp|amp|lt|gt|quot|#\d{2,5});"
    r"|\]\(\s?\)|\*\*\s?\*\*"
)
_SECOND = re.compile(r"(?i)\band (?:what|who|when|where|why|how|which|in what)\b.*\?")
_BAD_START = re.compile(r"^[,.;:!?)\]}%]\s?(?![\w/.])|^[,;:!?)\]}]")
_VERB = re.compile(
    r"(?i)\b(?:is|are|was|were|must|should|shall|can|may|will|has|have|does|do|cannot|contains?|requires?"
    r"|means?|allows?|uses?)\b"
)


def verify(
    draft: Draft, *, question: str = "item.question", answer: str = "answer.answer", sentence: bool = False
) -> Verdict:
    """The question asks or instructs, both start and end properly, and neither holds debris (badly_formed).

    There is no second question after "and", which answers tend to leave out (two_questions). An empty path leaves a
    field out. As a `sentence` each sentence of the answer has a verb, if one of the focus has.
    """
    asked, said, source = string(draft, question).strip(), string(draft, answer).strip(), squash(seen(draft))
    checks = ((question, asked, _question), (answer, said, _answer))
    for path, text, check in checks:
        if not path:
            continue
        why = "it is empty" if not text else _debris(text, source) or check(text, source)
        if why:
            return bad("well_formed", "badly_formed", f"{path.rpartition('.')[2]}: {why}: {text}")
    if second := _SECOND.search(asked):
        return bad("well_formed", "two_questions", second[0])
    told = [one for one in sentences(said) if not _VERB.search(one)] if sentence else []
    if told and draft.focus is not None and _VERB.search(draft.focus.text):
        return bad("well_formed", "badly_formed", f"it has no verb: {said}")
    return good("well_formed")


def _debris(text: str, source: str) -> str:
    """What is broken about any text, or ""."""
    if match := _MOJIBAKE.search(text):
        return f"broken character U+{ord(match.group()[0]):04X}"
    for match in _DOUBLED.finditer(text):
        if match.group(1).casefold() not in _MAY_DOUBLE and match.group() not in source:
            return f"'{match.group()}'"
    if (match := _DEBRIS.search(text)) and squash(match.group()) not in source:
        return f"markup '{match.group().strip()}'"
    if text.count("```") % 2 or len(re.findall(r"(?<![\w*])\*\*(?=\S)|(?<=\S)\*\*(?![\w*])", text)) % 2:
        return "unbalanced markup"
    return "it starts with punctuation" if _BAD_START.search(text) else ""


def _question(text: str, source: str) -> str:
    """What is wrong with a question, or ""."""
    first = text.lstrip("\"'“‘`*([")[:1]
    word = text.split(maxsplit=1)[0].strip("\"'“”‘’`*,")
    if first.isalpha() and first.islower() and word not in source.split():
        return "it starts in lower case"
    body = text.rstrip("\"'”’`*)] \n")
    if body.endswith("?") or "?" in text:
        return "" if len(text.split()) >= 3 else "too few words"
    words = [stem(token.text) for token in tokens(text) if token.kind == "word"]
    if words and (words[0] in _ASK or any(one in _ASK for one in words[:12]) or "true or false" in text.casefold()):
        return ""
    return "it neither asks nor instructs"


def _answer(text: str, source: str) -> str:
    """What is wrong with an answer, or ""."""
    if "\n" in text or "```" in text:
        return ""
    first = text.split(maxsplit=1)[0].strip("\"'“”‘’`*,")
    sentence = len(text.split()) >= 8 and bool(_VERB.search(text))
    if sentence and first[:1].islower() and first.isalpha() and first not in source.split():
        return "it starts in lower case"
    ends = text.rstrip("\"'”’`*)]")[-1:]
    if sentence and text[0].isupper() and ends not in ".!?:;…" and text[-1] not in ".!?)`":
        return "it ends without a full stop"
    return ""
