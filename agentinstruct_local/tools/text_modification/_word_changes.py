"""Changes of words: one put in the place of another, left out, or written as a house wants it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from agentinstruct_local.tools.text_modification._excerpts import Change, Maker, Source, plain, whole
from agentinstruct_local.tools.text_modification._letter_changes import NTH
from agentinstruct_local.words import names
from agentinstruct_local.words.swaps import CONTRACTIONS, MODALS, NOUNS, PLAINER, article_stays, cased

PSEUDONYMS = (
    "Name A/Name B/Name C", "Party 1/Party 2/Party 3", "Item X/Item Y/Item Z", "System A/System B/System C",
)  # fmt: skip
_DAY_NAMES = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_DAYS = frozenset(_DAY_NAMES.split())
_SPELLED = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}


def swapped(text: str, old: str, new: str) -> str:
    """The text with a word replaced wherever it stands, in its letter case; "" where an article would not fit."""
    found = list(whole(old).finditer(text))
    if not found or not all(article_stays(text[: one.start()], old, new) for one in found):
        return ""
    return whole(old).sub(lambda one: cased(one[0], new), text)


def _replaced(source: Source, pairs: Mapping[str, str]) -> Change | None:
    """All pairs at once, told as “old” with “new”."""
    made, used = source.text, []
    for old, new in pairs.items():
        changed = "" if whole(new).search(source.text) or whole(old).search(made) is None else swapped(made, old, new)
        if changed:
            made = changed
            used.append((old, new))
        elif whole(old).search(made):
            return None
    if not used:
        return None
    told = [f"“{old}” with “{new}”" for old, new in used]
    listed = "\n".join(f"- {old}: {new}" for old, new in used)
    return Change(made, {"pairs": " and ".join(told), "listed": listed, "old": used[0][0], "new": used[0][1]})


def _forms(nouns: Iterable[str]) -> dict[str, str]:
    return {old: new for one in nouns for old, new in ((_many(one), _many(NOUNS[one])), (one, NOUNS[one]))}


def _many(noun: str) -> str:
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def _nouns_in(source: Source) -> list[str]:
    found = [one for one in NOUNS if any(whole(form).search(source.text) for form in (one, _many(one)))]
    source.draw.shuffle(found)
    return found


def _noun(source: Source) -> Change | None:
    found = _nouns_in(source)
    return _replaced(source, _forms(found[:1])) if found else None


def _glossary(source: Source) -> Change | None:
    found = _nouns_in(source)[:3]
    clash = {one for one in found if NOUNS[one] in found}
    return _replaced(source, _forms(found)) if len(found) > 1 and not clash else None


def _modal(source: Source) -> Change | None:
    there = [one for one in MODALS[:4] if whole(one).search(source.text)]
    if not there or re.search(r"\bMay\b|\bnot\b|n['’]t\b", source.text):
        return None
    old = source.draw.choice(there)
    return _replaced(source, {old: source.draw.choice([one for one in MODALS[:4] if one not in there] or [old])})


def proper(source: Source) -> list[str]:
    """The names in a text that can be told by a capital letter: of one word each, and written so everywhere."""
    found = [one for one in names(source.text) if re.fullmatch(r"[A-Z][a-z]+[A-Za-z]*", one) and one not in _DAYS]
    longer = r"[A-Z][\w-]*\s{0}\b|\b{0}\s[A-Z]"
    return [
        one
        for one in found
        if not any(one != other and one in other for other in found)
        and len(re.findall(one, source.text, re.IGNORECASE)) == len(re.findall(one, source.text))
        and not re.search(longer.format(one), source.text)
    ][:3]


def _renamed(source: Source) -> Change | None:
    found = proper(source)
    new = source.draw.choice(("Aurora", "Borealis", "Helios", "Meridian", "Nimbus", "Polaris", "Vega", "Solaris"))
    return _replaced(source, {source.draw.choice(found): new}) if found else None


def _pseudonym(source: Source) -> Change | None:
    found = proper(source)
    if len(found) < 2:
        return None
    return _replaced(source, dict(zip(found, source.draw.choice(PSEUDONYMS).split("/"), strict=False)))


def _redacted(source: Source) -> Change | None:
    acronyms = [one for one in names(source.text) if re.fullmatch(r"[A-Z]{3,6}", one)]
    found = list(dict.fromkeys((*proper(source), *acronyms)))[:3]
    mask = source.draw.choice(("[REDACTED]", "[NAME]", "[...]", "█████"))
    made = source.text
    for name in found:
        made = re.sub(rf"(?<![\w/.@-]){re.escape(name)}(?![\w/@-]|\.\w)", mask, made)
    told = {"names": " and ".join(f"“{one}”" for one in found), "mask": mask}
    return Change(made, told) if found and not any(name in made.replace(mask, "") for name in found) else None


def _vague(source: Source) -> Change | None:
    number = rf"(?<![\w.,/$-])(?:\d{{1,4}}|{'|'.join(_SPELLED)})(?= [a-z]{{3,}}s\b)"
    found = re.findall(number, source.text)
    if not found or any(one in ("0", "1") for one in found) or re.search(r"(?i)\b(?:than|least|most)\b", source.text):
        return None
    made = re.sub(number, "several", source.text)
    left = re.search(rf"\d|\b(?:{'|'.join(_SPELLED)})\b", made)
    return None if left or re.search(r"(?:the|these|those|all|first|last) several", made) else Change(made)


def _banned(source: Source) -> Change | None:
    made, words = source.text, []
    for old, new in PLAINER.items():
        found = list(whole(old).finditer(made))
        bare = old.rstrip(",")
        if not found or len(whole(bare).findall(made)) != len(found) or _unfit(old, new, made):
            continue
        if changed := swapped(made, old, new):
            made = changed
            words.append(bare.casefold())
    if not words or any(whole(one).search(made) for one in words):
        return None
    return Change(made, {"words": ", ".join(f"“{one}”" for one in words)})


def _unfit(old: str, new: str, text: str) -> bool:
    """Whether a word stands where the other could not: "requires that", "a multiple"."""
    if old[0].isupper() and any(not one[0][0].isupper() for one in whole(old).finditer(text)):
        return True
    return bool(
        re.search(rf"(?i)\b{re.escape(old)} (?:that|to be|of)\b" if old.startswith("requir") else r"(?!)", text)
        or re.search(rf"(?i)\b(?:an?|the|no|not) {re.escape(old)}\b", text)
        or (" " not in new and whole(new.rstrip(",")).search(text))
    )


def _letter(source: Source) -> Change | None:
    """Words that hold a rare letter are replaced by others that do not."""
    for letter in source.draw.sample("qzxjvkpwbu", 10):
        made = source.text
        for old, new in PLAINER.items():
            if letter in old.casefold() and letter not in new.casefold() and not _unfit(old, new, made):
                made = swapped(made, old, new) or made
        if made != source.text and letter not in made.casefold():
            return Change(made, {"letter": letter.upper()})
    return None


def _contractions(source: Source) -> Change | None:
    made = source.text
    for old, new in CONTRACTIONS.items():
        form = old.replace("'", "['’]")
        made = re.sub(rf"(?i)\b{form}\b", lambda found, new=new: cased(found[0], new), made)  # type: ignore[misc]
    left = re.search(r"(?i)n['’]t\b|\b(?:it|there|that|he|she|let)['’]s\b|['’](?:ll|re|ve|d|m)\b", made)
    return Change(made) if made != source.text and not left else None


def _cloze(source: Source) -> Change | None:
    every = source.draw.choice((4, 5))
    words = source.text.split()
    if len(words) < 2 * every + 1 or len(words) > 45 or not plain(source.text):
        return None
    if any(re.match(r"['’-]", word) for word in words):
        return None
    made = [re.sub(r"^(\W*)[\w'’-]+", r"\1____", word) if at % every == 0 else word for at, word in enumerate(words, 1)]
    return Change(" ".join(made), {"nth": NTH[every]})


def _initials(source: Source) -> Change | None:
    if not plain(source.text) or len(source.sentences) > 1 or re.search(r"[^\w\s.,;-]|-", source.text):
        return None
    return Change(" ".join(word[0].upper() for word in source.text.split())) if len(source.text) < 90 else None


WORDS: Mapping[str, Maker] = {
    "noun": _noun, "glossary": _glossary, "modal": _modal, "renamed": _renamed, "pseudonym": _pseudonym,
    "redacted": _redacted, "vague": _vague, "banned": _banned, "letter": _letter, "contractions": _contractions,
    "cloze": _cloze, "initials": _initials,
}  # fmt: skip
"""Change -> how it is made."""
