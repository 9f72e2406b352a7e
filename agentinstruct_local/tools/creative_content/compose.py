"""Texts that can be composed from the passage's own sentences: an exercise, cards of a game, an FAQ, a dialogue, a
checklist, an e-mail and a post."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentinstruct_local.passages import traits
from agentinstruct_local.records import Draft, Unit
from agentinstruct_local.tools import falsify
from agentinstruct_local.tools._matter import NUMBERS, prose
from agentinstruct_local.tools.creative_content._maker import Made, Maker
from agentinstruct_local.words import content
from agentinstruct_local.words.conditions import ORDER, YOU
from agentinstruct_local.words.phrases import FAR, LOOSE, VAGUE, slips
from agentinstruct_local.words.questions import plain
from agentinstruct_local.words.terms import listed, terms

BLANK = "____"
POST = 280
"""Characters of a post."""
_DUTY = re.compile(r"\b(?:must|shall|should|may not|never)\b")
_ANY = re.compile(r"\w")
_DONE = re.compile(r"(?:ed|en|built|made|set|ing)$|^recent ")
_STEP = re.compile(r"(?m)^\s*\(?\d{1,2}[.)]\s+")
NONE: Mapping[str, Any] = {}
_STATED = re.compile(
    r"(?P<who>(?:The|An?) (?:[a-z][a-z-]+ ){0,3}[a-z][a-z-]+) (?P<verb>is|was|has|must|can|should|may|will) "
    r"(?P<rest>[^;:?!]+)"
)
_MINE = {"is": "I am", "was": "I was", "has": "I have"}
_ABSTRACT = re.compile(r"(?:prerequisite|requirement|approach|method|operator|administrator|concept|process|caching)$")
_NOT_MINE = re.compile(
    r"(?i)\b(?:it|its|itself|they|their|this|these|that|which|who|where|i|he|she|you|your|we|see|below|above|here|one)\b|"
    r"[()–—]| - |^(?:then|also|still|thus|therefore|only|not) "
)


def use(
    draft: Draft, *, case: str = "faq", checks: Sequence[Any] = (), words: Mapping[str, Any] = NONE
) -> dict[str, Any]:
    """`question` (what is ordered), `answer` (the text), `case`, `count` (its parts) and a `quote`.

    A sentence is asked about only where every one of `checks` passes for it. Error `too_little`: the passage has too
    few sentences of the kind that is needed.
    """
    maker = Maker(draft, checks, words)
    made = _CASES[case](maker)
    if made is None:
        return {"error": "too_little"}
    answer, count, quote = made
    order = maker.worded("asks", count=NUMBERS[count] if count < len(NUMBERS) else str(count))
    return {"output": {"question": order, "answer": answer, "case": case, "count": count, "quote": quote}}


def _faq(make: Maker) -> Made:
    some = make.asked(4)
    if len(some) < 2:
        return None
    parts = [f"**{one.question}**\n{one.told}" for one in some]
    title = make.worded("titles")
    return "\n\n".join([f"# {title}", *parts]), len(some), some[0].unit.text


def _dialogue(make: Maker) -> Made:
    some = make.asked(3)
    if len(some) < 2:
        return None
    asks, tells = make.draw.choice(list(make.words["speakers"]))
    lines = [f"{asks}: {make.worded('openings')}", f"{tells}: {make.worded('welcomes')}"]
    for at, one in enumerate(some):
        lead = "" if at == 0 else make.worded("leads")
        lines += [f"{asks}: {lead}{one.question}", f"{tells}: {one.told}"]
    lines += [f"{asks}: {make.worded('thanks')}"]
    make.fill |= {"asks": asks, "tells": tells}
    return "\n".join(lines), len(some), some[0].unit.text


def _exercise(make: Maker) -> Made:
    """A gap, a statement that is true or false, and open questions, as far as the passage has sentences for them."""
    some, gap = make.asked(8), _gap(make)
    rest = make.draw.sample(some, len(some))
    rest = [one for one in rest if gap is None or one.unit != gap[2]]
    tasks, keys, kinds = [], [], []
    if gap is not None:
        tasks.append(f"{make.worded('gaps')} {gap[0]}")
        keys.append(gap[1])
        kinds.append("a gap")
    stated = [one for one in rest if not YOU.search(one.told) and not re.search(r" [-–—] |n[’']t ", one.told)]
    if stated and (len(rest) > 1 or (tasks and make.draw.random() < 0.5)):
        claim = stated[-1]
        rest.remove(claim)
        false = _claim(make, claim.unit) if make.draw.random() < 0.7 else None
        tasks.append(f"{make.worded('truths')} {plain(false or claim.unit.text)}.")
        keys.append(f"False. {claim.told}" if false else "True.")
        kinds.append("a true-or-false statement")
    for one in rest[: 3 - len(tasks)]:
        tasks.append(f"{make.worded('opens')} {one.question}")
        keys.append(one.told)
        kinds += [] if kinds[-1:] == ["an open question"] else ["an open question"]
    if len(tasks) < 2 or len(kinds) < 2:
        return None
    points = [make.draw.choice((3, 4) if task.endswith("?") else (1, 2)) for task in tasks]
    make.fill |= {"kinds": listed(kinds)}
    worth = [f"({one} point{'' if one == 1 else 's'})" for one in points]
    lines = [f"{at}. {task} {one}" for at, (task, one) in enumerate(zip(tasks, worth, strict=True), 1)]
    solved = [f"{at}. {key}" for at, key in enumerate(keys, 1)]
    whole = [f"# {make.worded('titles')}", "", *lines, "", f"Total: {sum(points)} points", "", "Key:", *solved]
    return "\n".join(whole), len(tasks), (gap[2] if gap else some[0].unit).text


def _claim(make: Maker, unit: Unit) -> str | None:
    """The sentence turned into a false one, where that can be done."""
    found = falsify.use(replace(make.draft, focus=unit), claim="focus").get("output")
    return str(found["false_claim"]) if found else None


def _gap(make: Maker) -> tuple[str, str, Unit] | None:
    """A sentence with a thing left out that the passage speaks of, which stands in it once."""
    found = []
    names = [one for one in terms(prose(make.draft)) if set(content(one)) - VAGUE and len(one) > 4]
    for at, unit in enumerate(make.draft.passage.units):
        text = plain(unit.text)
        whole = unit.kind == "sentence" and 8 <= len(text.split()) <= 26 and not LOOSE.search(text)
        if not whole or slips(unit.text) or YOU.search(text) or "askable" not in traits(make.draft.passage, at):
            continue
        for name in names:
            places = list(re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))
            if len(places) == 1:
                found.append((f"{text[: places[0].start()]}{BLANK}{text[places[0].end() :]}.", name, unit))
    return make.draw.choice(found) if found else None


def _riddles(make: Maker) -> Made:
    """Cards on which a thing of the passage speaks of itself."""
    found: dict[str, tuple[str, Unit]] = {}
    names = terms(prose(make.draft))
    for unit in make.draft.passage.units:
        text = plain(unit.text)
        match = _STATED.fullmatch(text) if unit.kind == "sentence" else None
        own = match["who"].partition(" ")[2] if match else ""
        if not match or slips(unit.text) or own not in names or not 6 <= len(match["rest"].split()) <= 22:
            continue
        if _NOT_MINE.search(match["rest"]) or _ABSTRACT.search(own) or own.split()[-1] in match["rest"].casefold():
            continue
        told = f"{_MINE.get(match['verb'], 'I ' + match['verb'])} {match['rest']}."
        found.setdefault(f"{match['who'][0].lower()}{match['who'][1:]}", (told, unit))
    some = make.draw.sample(sorted(found), min(4, len(found)))
    if len(some) < 2:
        return None
    cards = [f"Card {at}\n{found[one][0]} What am I?\nAnswer: {one}" for at, one in enumerate(some, 1)]
    rules = make.worded("rules")
    return "\n\n".join([f"# {make.worded('titles')}", f"Rules: {rules}", *cards]), len(some), found[some[0]][1].text


def _reminder(make: Maker) -> Made:
    """An e-mail with the rules of the passage."""
    some = make.stated(_DUTY, 4, 34)
    if len(some) < 2:
        return None
    lines = [f"- {plain(one.text)}." for one in some]
    head = [f"Subject: {make.worded('subjects')}", make.worded("greetings"), make.worded("leads")]
    return "\n\n".join([*head, "\n".join(lines), make.worded("ends"), "Kind regards"]), len(some), some[0].text


def _post(make: Maker) -> Made:
    """One fact with a first line and hashtags, short enough for a post."""
    some = make.stated(_ANY, 1, 30, "specific")
    if not some:
        return None
    text = f"{plain(some[0].text)}."
    names = [one for one in terms(prose(make.draft)) if not set(content(one)) <= VAGUE and not _DONE.search(one)]
    names = [one for one in names if re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", text)][:3]
    tags = " ".join("#" + "".join(word.capitalize() for word in one.split()) for one in names)
    whole = f"{make.worded('hooks')} {text} {tags}"
    return (whole, len(names), some[0].text) if len(names) > 1 and len(whole) <= POST else None


def _checklist(make: Maker) -> Made:
    """A list of steps, to be ticked off."""
    passage = make.draft.passage
    units = [one for one in passage.units if one.kind == "item"]
    numbered = len(_STEP.findall(passage.text)) == len(units)
    steps = [_STEP.sub("", one.text) for one in units]
    sound = [bool(ORDER.match(one)) and 3 <= len(one.split()) <= 40 and one.endswith(".") for one in steps]
    if not numbered or not 3 <= len(steps) <= 9 or sum(sound) < len(steps) - 1:
        return None
    if any(FAR.search(one[:-1]) for one in steps):
        return None
    lines = [f"- [ ] {text}" for text in steps]
    return "\n".join([f"# {make.worded('titles')}", "", *lines]), len(steps), units[0].text


_CASES: Mapping[str, Callable[[Maker], Made]] = {
    "faq": _faq, "dialogue": _dialogue, "exercise": _exercise, "riddles": _riddles, "checklist": _checklist,
    "reminder": _reminder, "post": _post,
}  # fmt: skip
