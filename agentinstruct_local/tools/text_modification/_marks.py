"""Marks put around or behind parts of a text: styles, tags and notes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentinstruct_local.tools.text_modification._excerpts import Change, Maker, Source, whole
from agentinstruct_local.tools.text_modification._letter_changes import telling
from agentinstruct_local.words import tokens

STYLES = {
    "in bold (Markdown)": "**{}**", "in italics (Markdown)": "*{}*", "in bold (HTML <b>)": "<b>{}</b>",
    "in italics (HTML <i>)": "<i>{}</i>", "in underlined type (HTML <u>)": "<u>{}</u>",
    "in bold (LaTeX \\textbf)": "\\textbf{{{}}}", "in italics (LaTeX \\textit)": "\\textit{{{}}}",
    "in highlighted type (HTML <mark>)": "<mark>{}</mark>",
}  # fmt: skip
"""How a style is called -> what is written around the words."""
TAGS = ("num", "n", "quantity", "number")
DUTIES = {"must": "DUTY", "shall": "DUTY", "should": "ADVICE"}
NUMBER = r"(?<![\w.,/@-])\d+(?:[.,]\d+)*(?![\w/@-]|\.\d)"
ACRONYM = r"(?<![\w/.@-])[A-Z]{2,6}(?![\w/@-]|\.\w)"
_STRESSED_WORDS = "NOT MUST SHOULD MAY AND OR ONLY ALL NO NOTE SHALL"
_STRESSED = frozenset(_STRESSED_WORDS.split())


def _style(source: Source) -> str:
    """A style; none of LaTeX for a text with characters that mean something there."""
    special = re.search(r"[_%&$#]", source.text)
    return source.draw.choice([one for one in sorted(STYLES) if not (special and "LaTeX" in one)])


def _styled(source: Source, pattern: str, told: dict[str, str], flags: int = 0) -> Change | None:
    name = _style(source)
    made = re.sub(pattern, lambda found: STYLES[name].format(found[0]), source.text, flags=flags)
    return Change(made, {"style": name, **told}) if made != source.text else None


def _word(source: Source) -> Change | None:
    word = telling(source.text, source.draw)
    return _styled(source, whole(word).pattern, {"word": word}, re.IGNORECASE) if word else None


def _numbers(source: Source) -> Change | None:
    loose = len(re.findall(r"\d+(?:[.,]\d+)*", source.text)) != len(re.findall(NUMBER, source.text))
    return None if loose else _styled(source, NUMBER, {})


def _acronyms(source: Source) -> Change | None:
    found = re.findall(ACRONYM, source.text)
    loose = len(re.findall(r"[A-Z]{2,}", source.text)) != len(found) or _STRESSED.intersection(found)
    return None if loose else _styled(source, ACRONYM, {})


def _one_sentence(source: Source) -> Change | None:
    if len(source.sentences) < 2:
        return None
    name = _style(source)
    first = source.draw.random() < 0.5
    parts = list(source.sentences)
    parts[0 if first else -1] = STYLES[name].format(parts[0 if first else -1])
    return Change(" ".join(parts), {"style": name, "which": "first" if first else "last"})


def _modals(source: Source) -> Change | None:
    there = [one for one in ("must", "should", "may") if re.search(rf"\b{one}\b", source.text)]
    if not there or re.search(r"\bmay(?:be)?-|\bMay\b", source.text):
        return None
    told = " and ".join(f"“{one}”" for one in there)
    return _styled(source, rf"(?<![\w-])(?:{'|'.join(there)})(?![\w-])", {"words": told})


def _code(source: Source) -> Change | None:
    found = [one for one in tokens(source.text) if one.kind in ("path", "option")]
    made = source.text
    for one in reversed(found):
        made = f"{made[: one.start]}`{one.text}`{made[one.end :]}"
    loose = re.search(r"[/]|(?<!\w)-", re.sub(r"`[^`]*`", "", made))
    return Change(made) if found and not loose else None


def _tagged(source: Source) -> Change | None:
    tag = source.draw.choice(TAGS)
    loose = len(re.findall(r"\d+(?:[.,]\d+)*", source.text)) != len(re.findall(NUMBER, source.text))
    made = re.sub(NUMBER, lambda found: f"<{tag}>{found[0]}</{tag}>", source.text)
    return Change(made, {"tag": tag}) if made != source.text and not loose else None


def _abbreviations(source: Source) -> Change | None:
    found = re.findall(ACRONYM, source.text)
    if not found or len(re.findall(r"[A-Z]{2,}", source.text)) != len(found) or _STRESSED.intersection(found):
        return None
    return Change(re.sub(ACRONYM, lambda one: f"<abbr>{one[0]}</abbr>", source.text))


def _numbered(source: Source) -> Change | None:
    if len(source.sentences) < 2 or re.search(r"\[\d", source.text):
        return None
    return Change(" ".join(f"[{at}] {one}" for at, one in enumerate(source.sentences, 1)))


def _counted(source: Source) -> Change | None:
    if len(source.sentences) < 2:
        return None
    return Change(" ".join(f"{one} ({len(one.split())} words)" for one in source.sentences))


def _duties(source: Source) -> Change | None:
    there = [one for one in DUTIES if re.search(rf"\b{one}\b", source.text)]
    if not there or re.search(r"\bMay\b|\b[A-Z][a-z]* (?:must|should|may)-", source.text):
        return None
    pattern = rf"(?<![\w-])(?:{'|'.join(there)})(?: not)?(?![\w-])"
    made = re.sub(pattern, lambda one: f"{one[0]} [{DUTIES[one[0].split()[0]]}]", source.text)
    told = ", ".join(f"[{DUTIES[one]}] after “{one}”" for one in there)
    return Change(made, {"notes": told})


def _flagged(source: Source) -> Change | None:
    """A mark behind each sentence that holds a number, or a word."""
    word = telling(source.text, source.draw, 5)
    found = [one for one in source.sentences if word and whole(word).search(one)]
    mark = source.draw.choice(("(!)", "[check]", "[TODO]", "[review]"))
    if not found or len(found) == len(source.sentences):
        return None
    made = [f"{one} {mark}" if one in found else one for one in source.sentences]
    return Change(" ".join(made), {"word": word, "mark": mark})


def _explained(source: Source) -> Change | None:
    """The passage's own definition of a term, as a note behind the term where it comes first."""
    for unit in source.draft.passage.units:
        found = re.match(r"(?:An? |The )?([A-Za-z][\w-]+(?: [a-z-]+)?) is (an? [^.;:()`*|]{20,110})\.$", unit.text)
        if not found or unit.text in source.text:
            continue
        first = whole(found[1]).search(source.text)
        if first and not re.search(r"\b(?:it|this|that case|which)\b", found[2][:12]):
            made = f"{source.text[: first.end()]} [{found[2]}]{source.text[first.end() :]}"
            return Change(made, {"word": found[1], "note": found[2]})
    return None


MARKS: Mapping[str, Maker] = {
    "word_style": _word, "number_style": _numbers, "acronym_style": _acronyms, "sentence_style": _one_sentence,
    "modal_style": _modals, "code_style": _code, "number_tags": _tagged, "acronym_tags": _abbreviations,
    "numbered": _numbered, "counted": _counted, "duties": _duties, "flagged": _flagged, "explained": _explained,
}  # fmt: skip
"""Change -> how it is made."""
