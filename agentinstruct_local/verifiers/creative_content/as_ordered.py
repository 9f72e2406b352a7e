"""A text keeps the rules of form that were ordered, all of which can be counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import normalise, stem, tokens

BY = "as_ordered"
Rule = Mapping[str, Any]


def verify(draft: Draft, *, text: str = "write.text", rules: str = "item.rules", order: str = "item.order") -> Verdict:
    """Each of `rules` is kept by the text (rule_broken), and its numbers and words stand in the order (rule_untold).

    Kinds: words, lines, stanzas, paragraphs, characters, hashtags and questions (low, high), title (its words), must
    and never (things), speakers (two names that take turns, and their turns), begins and closing (things), subject and
    greeting. A rule with `told: false` need not stand in the order in so many words.
    """
    told, ordered = string(draft, text).strip(), string(draft, order)
    asked: Sequence[Rule] = draft.value(rules, ())
    if not told or not asked:
        return bad(BY, "rule_broken", "no text" if not told else "no rules")
    for rule in asked:
        untold = [str(rule[one]) for one in ("low", "high") if one in rule and str(rule[one]) not in ordered]
        untold += [str(one) for one in rule.get("things", ()) if str(one) not in ordered]
        if untold and rule.get("told", True):
            return bad(BY, "rule_untold", f"{rule['kind']}: {', '.join(untold)}")
        check = _KINDS.get(str(rule["kind"]))
        found = check(told, rule) if check else f"no such rule: {rule['kind']}"
        if found:
            return bad(BY, "rule_broken", f"{rule['kind']}: {found}")
    return good(BY, f"{len(asked)} rules")


def _within(size: int, rule: Rule) -> str:
    low, high = rule.get("low", 1), rule.get("high", 10_000)
    return "" if low <= size <= high else f"{size}, not {low} to {high}"


def _lines(told: str) -> list[str]:
    return [one.strip() for one in told.split("\n") if one.strip()]


def _words(told: str, rule: Rule) -> str:
    return _within(len(told.split()), rule)


def _count_lines(told: str, rule: Rule) -> str:
    return _within(len(_lines(told)), rule)


def _stanzas(told: str, rule: Rule) -> str:
    return _within(len([one for one in re.split(r"\n\s*\n", told) if one.strip()]), rule)


def _must(told: str, rule: Rule) -> str:
    stems = [stem(one.text) for one in tokens(told)]
    lacking = [one for one in rule["things"] if not all(stem(word) in stems for word in str(one).split())]
    return f"without {lacking[0]}" if lacking else ""


def _never(told: str, rule: Rule) -> str:
    plain = f" {normalise(told)} "
    return next((f"with {one}" for one in rule["things"] if re.search(rf"\b{re.escape(str(one))}\b", plain)), "")


def _speakers(told: str, rule: Rule) -> str:
    turns = [re.match(r"\**([A-Z][\w ]{2,30}?)\**: *\**", one) for one in _lines(told)]
    names = [one[1] for one in turns if one]
    first, second = (str(one) for one in rule["things"])
    if len(names) < len(turns) or set(names) != {first, second}:
        return f"spoken by {', '.join(sorted(set(names))) or 'nobody'}"
    if any(one == other for one, other in pairwise(names)):
        return "they do not take turns"
    return _within(len(names), rule)


def _subject(told: str, rule: Rule) -> str:
    del rule
    lines = _lines(told)
    found = re.fullmatch(r"\**Subject:\** *(\S.{3,90})", lines[0])
    return "" if found and len(lines) > 3 else f"begins with {lines[0][:40]}"


def _greeting(told: str, rule: Rule) -> str:
    del rule
    lines = [one for one in _lines(told) if not re.match(r"\**Subject:", one)]
    return (
        ""
        if re.match(r"(?:Dear|Hello|Hi|Good (?:morning|afternoon|evening)|To)\b.{0,40}[,:]?$", lines[0])
        else lines[0]
    )


def _closing(told: str, rule: Rule) -> str:
    last = _lines(told)[-2:]
    ends = [one for one in last if one.startswith(tuple(str(thing) for thing in rule["things"]))]
    return "" if ends else f"ends with {last[-1][:40]}"


def _hashtags(told: str, rule: Rule) -> str:
    return _within(len(re.findall(r"(?<!\w)#[A-Za-z]\w+", told)), rule)


def _title(told: str, rule: Rule) -> str:
    first = _lines(told)[0]
    bare = first.strip("#* ")
    return (
        ""
        if len(_lines(told)) > 1 and _within(len(bare.split()), rule) == "" and not bare.endswith(".")
        else first[:60]
    )


def _begins(told: str, rule: Rule) -> str:
    first = str(rule["things"][0])
    return "" if normalise(told).startswith(normalise(first)) else f"begins with {told[:30]}"


def _questions(told: str, rule: Rule) -> str:
    return _within(told.count("?"), rule)


def _characters(told: str, rule: Rule) -> str:
    return _within(len(told), rule)


def _paragraphs(told: str, rule: Rule) -> str:
    return _stanzas(told, rule)


_KINDS: Mapping[str, Callable[[str, Rule], str]] = {
    "words": _words, "lines": _count_lines, "stanzas": _stanzas, "must": _must, "never": _never, "speakers": _speakers,
    "subject": _subject, "greeting": _greeting, "closing": _closing, "hashtags": _hashtags, "title": _title,
    "begins": _begins, "questions": _questions, "characters": _characters, "paragraphs": _paragraphs,
}  # fmt: skip
