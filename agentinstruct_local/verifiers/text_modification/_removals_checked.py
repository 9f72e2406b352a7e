"""What was left out, and what was made uniform, checked by what is left and what was there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser

from agentinstruct_local.verifiers.text_modification._rewritten import (
    Check,
    differences,
    left_out,
    ordinal,
    quoted,
    walked,
)
from agentinstruct_local.words import dates, sentences, tokens
from agentinstruct_local.words.stems import SPELLED
from agentinstruct_local.words.swaps import SPELLINGS, UNITS

_UNIT = "|".join(map(re.escape, UNITS))
_ISO = re.compile(r"\d{4}-\d\d-\d\d")


def _tight(text: str) -> str:
    return "".join(text.split())


def _spacing(answer: str) -> str:
    return "the spacing is not clean" if re.search(r"\s\s|\s[,.;:]|^\s|\s$|\n", answer) else ""


def _brackets(instruction: str, text: str, answer: str) -> str:
    depth, kept = 0, []
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and letter != ")":
            kept.append(letter)
    same = _tight("".join(kept)) == _tight(answer)
    return _spacing(answer) or ("" if same and "(" in text else "more or less than the parentheses is gone")


def _sentence(instruction: str, text: str, answer: str) -> str:
    all_of = list(sentences(text))
    at = len(all_of) if re.search(r"\blast sentence\b", instruction) else ordinal(instruction)
    if not 0 < at <= len(all_of):
        return "no such sentence"
    del all_of[at - 1]
    return "" if list(sentences(answer)) == all_of else "not the other sentences as they were"


def _with_word(instruction: str, text: str, answer: str) -> str:
    word = (quoted(instruction) or [""])[0].casefold()
    kept = [one for one in sentences(text) if word not in re.findall(r"\w+", one.casefold())]
    if not word or len(kept) == len(sentences(text)):
        return "no sentence has the word"
    return "" if list(sentences(answer)) == kept else "not just the sentences without the word"


def _twice(instruction: str, text: str, answer: str) -> str:
    ours = sentences(text)
    if len(ours) - len(set(ours)) != 1:
        return "not one sentence is there twice"
    return "" if list(sentences(answer)) == list(dict.fromkeys(ours)) else "not each sentence once"


def _articles(instruction: str, text: str, answer: str) -> str:
    return left_out(text, answer, {"a", "an", "the"}) or _none_left(answer, ["a", "an", "the"])


def _stop_words(instruction: str, text: str, answer: str) -> str:
    found = re.search(r"\w+(?:, \w+){2,}", instruction)
    stops = found[0].split(", ") if found else []
    return left_out(text, answer, set(stops)) or _none_left(answer, stops)


def _none_left(answer: str, words: list[str]) -> str:
    left = [one for one in re.findall(r"\w+", answer.casefold()) if one in words]
    return f"“{left[0]}” is left" if left else "" if words else "no words are named"


def _punctuation(instruction: str, text: str, answer: str) -> str:
    same = re.findall(r"\w+", text) == re.findall(r"\w+", answer)
    return "" if same and re.fullmatch(r"[\w\s]*", answer) else "not the same words without marks"


def _nth_word(instruction: str, text: str, answer: str) -> str:
    every = ordinal(instruction)
    kept = [one for at, one in enumerate(text.split()) if not every or (at + 1) % every]
    return "" if every and kept == answer.split() else "not the other words as they were"


class _Plain(HTMLParser):
    """The text of a snippet, its paragraphs joined by a space."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.found.append(" " if tag == "p" else "")


def _tags(instruction: str, text: str, answer: str) -> str:
    parser = _Plain()
    parser.feed(text)
    same = "".join(parser.found).split() == answer.split()
    return "" if same and "<" in text and "<" not in answer else "not the text without its tags"


def _fillers(instruction: str, text: str, answer: str) -> str:
    words = quoted(instruction)
    wrong = [old for old, new in differences(text, answer) if new or old not in words]
    if wrong or not words:
        return f"“{wrong[0]}” is no filler" if wrong else "no fillers are named"
    left = [one for one in words if one in answer.casefold() or one not in text.casefold()]
    return f"“{left[0]}” is left, or was never there" if left else ""


def _spaces(instruction: str, text: str, answer: str) -> str:
    return _spacing(answer) or ("" if _tight(text) == _tight(answer) else "more than spaces was changed")


def _broken_lines(instruction: str, text: str, answer: str) -> str:
    same = _tight(re.sub(r"-\n", "", text)) == _tight(answer) and "\n" in text
    words = set(re.split(r"\s+", re.sub(r"-\n", "", text)))
    return _spacing(answer) or ("" if same and set(answer.split()) == words else "not the same words on one line")


def _thousands(instruction: str, text: str, answer: str) -> str:
    separators = len(re.findall(r"(?<=\d),(?=\d{3})", text))
    same = answer.replace(",", "") == text.replace(",", "")
    return "" if separators and same and answer.count(",") == text.count(",") - separators else "not the same numbers"


def _figures(instruction: str, text: str, answer: str) -> str:
    pairs = {word: str(value) for word, value in SPELLED.items() if value > 1}
    return walked(text, answer, pairs)


def _iso(instruction: str, text: str, answer: str) -> str:
    days = [one.text for one in tokens(answer) if one.kind == "date"]
    if not days or dates(text) != dates(answer) or not all(map(_ISO.fullmatch, days)):
        return "not the same dates in ISO form"
    rest = [re.sub("|".join(map(re.escape, found)), "\x00", one) for one, found in (
        (text, [one.text for one in tokens(text) if one.kind == "date"]), (answer, days),
    )]  # fmt: skip
    return "" if rest[0] == rest[1] else "more than dates was changed"


def _spelling(british: bool) -> Check:
    pairs = SPELLINGS if british else {new: old for old, new in SPELLINGS.items()}
    return lambda instruction, text, answer: walked(text, answer, pairs)


def _units(gap: str) -> Check:
    def check(instruction: str, text: str, answer: str) -> str:
        other = rf"\d{'' if gap else ' '}(?:{_UNIT})(?![\w/])"
        if _tight(text) != _tight(answer) or not re.search(rf"\d{gap}(?:{_UNIT})(?![\w/])", answer):
            return "more than spaces was changed"
        return "a unit is left as it was" if re.search(other, answer) else ""

    return check


def _percent(instruction: str, text: str, answer: str) -> str:
    wrong = re.search(r"\d ?per ?cent\b|\d %", answer)
    same = _tight(re.sub(r"(?<=\d) ?per ?cent\b", "%", text)) == _tight(answer)
    return "" if same and not wrong else "not just the percentages"


def _quotes(instruction: str, text: str, answer: str) -> str:
    same = len(text) == len(answer) and all(
        two == ('"' if one in "“”" else "'" if one in "‘’" else one) for one, two in zip(text, answer, strict=True)
    )
    return "" if same else "not just the quotation marks"


def _tag_list(instruction: str, text: str, answer: str) -> str:
    wanted = {one.strip().casefold() for one in text.split(",")}
    lines = answer.split("\n")
    fine = lines == sorted(lines) and len(lines) == len(set(lines)) and answer == answer.casefold()
    return "" if fine and set(lines) == wanted else "not each entry once, in small letters and in order"


REMOVALS: Mapping[str, tuple[str, Check]] = {
    "brackets": (r"parenthe|bracketed", _brackets),
    "sentence": (r"(?:first|second|third|fourth|last) sentence", _sentence),
    "with_word": (r"sentence", _with_word),
    "twice": (r"twice|duplicate|repeated", _twice),
    "articles": (r"articles|“the”", _articles),
    "stop_words": (r"stop words", _stop_words),
    "punctuation": (r"punctuation", _punctuation),
    "nth_word": (r"(?:Delete|leave out|Remove) every (?:second|third|fourth) word", _nth_word),
    "tags": (r"tags|markup", _tags),
    "fillers": (r"“.+”", _fillers),
    "spaces": (r"spac", _spaces),
    "broken_lines": (r"lines|line breaks", _broken_lines),
    "thousands": (r"comma", _thousands),
    "figures": (r"digits|figures", _figures),
    "iso": (r"YYYY-MM-DD|ISO 8601", _iso),
    "british": (r"British", _spelling(True)),
    "american": (r"American", _spelling(False)),
    "unit_gap": (r"one space|missing space", _units(" ")),
    "unit_close": (r"without a space|no space|Remove the space", _units("")),
    "percent": (r"%", _percent),
    "quotes": (r"straight", _quotes),
    "tag_list": (r"lower case", _tag_list),
}
"""Change -> what its instruction has to say, and its check."""
