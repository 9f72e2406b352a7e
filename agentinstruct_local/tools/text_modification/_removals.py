"""Things left out of a text, and text made uniform: what was spoiled on purpose is mended, or one form is chosen."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from agentinstruct_local.tools.text_modification._excerpts import Change, Maker, Source, plain, whole
from agentinstruct_local.tools.text_modification._letter_changes import NTH, telling
from agentinstruct_local.words import dates, tokens
from agentinstruct_local.words.swaps import SPELLINGS, UNITS, cased
from agentinstruct_local.words.terms import terms

ORDINALS = ("first", "second", "third", "fourth")
STOPS = ("a", "an", "the", "of", "in", "on", "to", "for", "and", "or", "by", "with", "is", "are", "be", "that", "it")
FILLERS = ("basically", "actually", "of course", "obviously", "simply")
DIGITS = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
          "ten": "10", "twelve": "12", "twenty": "20", "thirty": "30"}  # fmt: skip
_BRACKETS = re.compile(r"\s?\([^()]*\)")
_UNIT = re.compile(rf"(?<![\w.,-])(\d[\d.,]*)( ?)({'|'.join(map(re.escape, UNITS))})(?![\w/])")
_TEAR = re.compile(
    r"([a-z]*(?:[a-z](?=tions?\b|ments?\b|ness\b|able\b|ly\b)|inter|over|under|auto|trans|super))"
    r"((?=[a-z]{2,})(?!y)[a-z]+[.,]?)"
)
"""Where a word may be divided: before an ending or behind a beginning that is a syllable of its own."""
_COUNTED = re.compile(rf"(?i)\b({'|'.join(DIGITS)})(?= (?:[a-z]+ )?[a-z]+s\b)")


def _brackets(source: Source) -> Change | None:
    made = _BRACKETS.sub("", source.text)
    kept = re.sub(r"\s([.,;:])", r"\1", made)
    open_list = re.search(r"\((?:s|es|\w|\d+|[ivx]+)\)|\w\(", source.text)
    return Change(kept) if kept != source.text and not open_list and len(kept.split()) > 5 else None


def _sentence(source: Source) -> Change | None:
    count = len(source.sentences)
    if count < 2:
        return None
    at = source.draw.randrange(count)
    which = "last" if at == count - 1 else ORDINALS[at]
    return Change(" ".join(one for place, one in enumerate(source.sentences) if place != at), {"which": which})


def _with_word(source: Source) -> Change | None:
    word = telling(source.text, source.draw, 5)
    kept = [one for one in source.sentences if not word or not whole(word).search(one)]
    return Change(" ".join(kept), {"word": word}) if word and 0 < len(kept) < len(source.sentences) else None


def _twice(source: Source) -> Change | None:
    if len(source.sentences) < 2:
        return None
    shown = list(source.sentences)
    at = source.draw.randrange(len(shown))
    shown.insert(source.draw.randrange(at + 1, len(shown) + 1), shown[at])
    return Change(source.text, {}, " ".join(shown))


def _articles(source: Source) -> Change | None:
    words = source.text.split()
    if not plain(source.text) or not 8 <= len(words) <= 45 or re.search(r"\bA\.", source.text):
        return None
    made = " ".join(word for word in words if word.casefold() not in ("a", "an", "the"))
    return None if made == source.text or re.search(r"(?i)\b(?:a|an|the)\b", made) else Change(made)


def _stop_words(source: Source) -> Change | None:
    words = source.text.split()
    if not plain(source.text) or not 8 <= len(words) <= 35:
        return None
    there = [one for one in STOPS if one in source.text.casefold().split()]
    made = " ".join(word for word in words if word.casefold() not in there)
    left = re.search(rf"(?i)\b(?:{'|'.join(there)})\b", made) if there else None
    return Change(made, {"stops": ", ".join(there)}) if len(there) > 2 and not left else None


def _punctuation(source: Source) -> Change | None:
    if not plain(source.text) or re.search(r"[-'’]|\w[.,;:]\w", source.text) or len(source.text.split()) > 45:
        return None
    made = re.sub(r"[^\w\s]", "", source.text)
    return Change(" ".join(made.split()))


def _nth_word(source: Source) -> Change | None:
    words, every = source.text.split(), source.draw.choice((2, 3, 4))
    if not plain(source.text) or not 2 * every <= len(words) <= 26:
        return None
    return Change(" ".join(word for at, word in enumerate(words, 1) if at % every), {"nth": NTH[every]})


def _tags(source: Source) -> Change | None:
    shown = []
    for one in source.sentences:
        words, tag = one.split(), source.draw.choice(("b", "i", "em", "strong", "span"))
        at = source.draw.randrange(len(words) - 1)
        words[at] = f"<{tag}>{words[at]}</{tag}>"
        shown.append(f"<p>{' '.join(words)}</p>")
    return Change(source.text, {}, source.draw.choice(("\n", "")).join(shown))


def _fillers(source: Source) -> Change | None:
    used = source.draw.sample(FILLERS, 2)
    if any(one in source.text.casefold() for one in used):
        return None
    shown = []
    for at, one in enumerate(source.sentences):
        word = used[at % 2]
        found = re.search(r" (?:is|are|must|should|can|may|will|has|have) ", one)
        shown.append(f"{one[: found.end()]}{word} {one[found.end() :]}" if found else one)
    return Change(source.text, {"fillers": " and ".join(f"“{one}”" for one in used if one in " ".join(shown))},
                  " ".join(shown)) if " ".join(shown) != source.text else None  # fmt: skip


def _spoiled(text: str, draw: random.Random) -> str:
    made = []
    for word in text.split():
        loose = draw.random() < 0.25 and word[-1] in ",;.:" and word[-2:-1].isalnum()
        made.append(f"{word[:-1]} {word[-1]}" if loose else word)
    return "".join(one + " " * (draw.choice((2, 3)) if draw.random() < 0.3 else 1) for one in made).strip()


def _spaces(source: Source) -> Change | None:
    shown = _spoiled(source.text, source.draw)
    return Change(source.text, {}, shown) if shown != source.text else None


def _broken_lines(source: Source) -> Change | None:
    """As copied from a page: short lines, a word torn at the end of one."""
    lines, line, torn = [], "", False
    for word in source.text.split():
        if line and len(line) + len(word) > source.draw.choice((38, 44)):
            tear = _TEAR.fullmatch(word)
            if tear and not torn:
                lines.append(f"{line} {tear[1]}-")
                line, torn = tear[2], True
                continue
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines.append(line)
    hyphens = re.search(r"\w-\s|\w-\w", source.text)
    return Change(source.text, {}, "\n".join(lines)) if torn and len(lines) > 2 and not hyphens else None


def _thousands(source: Source) -> Change | None:
    made = re.sub(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,]*\d)", lambda found: found[0].replace(",", ""), source.text)
    return Change(made) if made != source.text else None


def _figures(source: Source) -> Change | None:
    made = _COUNTED.sub(lambda found: DIGITS[found[1].casefold()], source.text)
    left = re.search(
        rf"(?i)\b(?:{'|'.join((*DIGITS, 'eleven', 'fifteen', 'hundred', 'one', 'forty', 'fifty'))})\b", made
    )
    return Change(made) if made != source.text and not left else None


def _iso(source: Source) -> Change | None:
    made = source.text
    for token in reversed([one for one in tokens(source.text) if one.kind == "date"]):
        found = dates(token.text)
        if len(found) != 1 or None in found[0]:
            return None
        year, month, day = (part or 0 for part in found[0])
        made = f"{made[: token.start]}{year:04}-{month:02}-{day:02}{made[token.end :]}"
    return Change(made) if made != source.text else None


def _spelling(british: bool) -> Maker:
    pairs = SPELLINGS if british else {new: old for old, new in SPELLINGS.items()}

    def make(source: Source) -> Change | None:
        made = source.text
        for old, new in pairs.items():
            made = whole(old).sub(lambda found, new=new: cased(found[0], new), made)  # type: ignore[misc]
        odd = "i[sz](?:e[ds]?|ing|ation\\w*)" if british else "is(?:e[ds]?|ing|ation\\w*)"
        known = "|".join(pairs.values())
        left = [one for one in re.findall(rf"(?i)\b[a-z]{{3,}}{odd}\b", made) if one.casefold() not in known.split("|")]
        return Change(made) if made != source.text and not left else None

    return make


def _units(gap: str) -> Maker:
    def make(source: Source) -> Change | None:
        made = _UNIT.sub(rf"\g<1>{gap}\g<3>", source.text)
        return Change(made) if made != source.text else None

    return make


def _percent(source: Source) -> Change | None:
    made = re.sub(r"(?<=\d)(?: ?percent| ?per cent)\b|(?<=\d) %", "%", source.text)
    return Change(made) if made != source.text else None


def _tag_list(source: Source) -> Change | None:
    """Terms of the passage as people type them: in any case, with spaces, some of them twice."""
    found = terms([unit.text for unit in source.draft.passage.units if unit.kind in ("sentence", "item")])[:6]
    if len(found) < 4:
        return None
    messy = [*found, *source.draw.sample(found, 2)]
    source.draw.shuffle(messy)
    cased_ = [source.draw.choice((str.upper, str.title, str.lower, str.capitalize))(one) for one in messy]
    shown = "".join(f"{one}{source.draw.choice((', ', ',', ' , ', ',  '))}" for one in cased_).strip(" ,")
    return Change("\n".join(sorted(found)), {}, shown)


def _quotes(source: Source) -> Change | None:
    made = source.text.translate(str.maketrans("“”‘’", "\"\"''"))
    return Change(made) if made != source.text else None


REMOVALS: Mapping[str, Maker] = {
    "brackets": _brackets, "sentence": _sentence, "with_word": _with_word, "twice": _twice, "articles": _articles,
    "stop_words": _stop_words, "punctuation": _punctuation, "nth_word": _nth_word, "tags": _tags,
    "fillers": _fillers, "spaces": _spaces, "broken_lines": _broken_lines, "thousands": _thousands,
    "figures": _figures, "iso": _iso, "british": _spelling(True), "american": _spelling(False),
    "unit_gap": _units(" "), "unit_close": _units(""), "percent": _percent, "tag_list": _tag_list, "quotes": _quotes,
}  # fmt: skip
"""Change -> how it is made."""
