"""Sentences of the passage to be labelled from a closed set whose definitions are told, alone or several at once."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from agentinstruct_local.records import Draft, Unit
from agentinstruct_local.tools import ask
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools._paragraphs import sentences
from agentinstruct_local.tools.text_classification._labels import SCHEMES, Labelled, own, whole

SHORTEST, LONGEST = 6, 40
"""Words of a sentence that is labelled."""
ASKS = ("{labels}\n\n{items}\n\n{form}",)
Wordings = Mapping[str, Sequence[str]]


class _Item(NamedTuple):
    shown: str  # a sentence, or a question of a user
    found: Labelled
    unit: Unit


def use(  # noqa: PLR0913  # its options are its arguments
    draft: Draft,
    *,
    scheme: str = "strength",
    labels: Mapping[str, str] | None = None,
    asks: Sequence[str] = ASKS,
    forms: Wordings | None = None,
    names: Sequence[str] = (),
    ranked: bool = False,
    seldom: str | None = None,
    count: int = 1,
) -> dict[str, Any]:
    """`question`, `answer`, `items` (the texts), `given` (the labels of each), `scheme`, `form`, `names` and `quote`.

    `labels` maps each label of `scheme` to its definition; `names`, where there are some, are what the labels are
    called instead, in their order where they are `ranked`. `forms` has the wordings of label, json, reason, words,
    list and commas. `count` items are labelled at once, and differ in their labels; the label `seldom` ("": none) is
    drawn about once in seven times. Error: too_few_items for the passage.
    """
    draw = drawn(draft, "classify")
    told = dict(labels or {})
    pool = [one for one in _items(draft, scheme) if set(one.found.labels) <= set(told)]
    if seldom is not None and count == 1 and draw.random() < 0.85:
        pool = [one for one in pool if ",".join(one.found.labels) != seldom]
    chosen = _chosen(pool, count, draw)
    if not chosen or not told:
        return {"error": "too_few_items"}
    called = dict(zip(told, _names(told, names, ranked, draw), strict=True))
    form = draw.choice(list(forms or {"label": ()}))
    shown = list(told)
    if scheme != "features" and not ranked:
        draw.shuffle(shown)
    defined = "\n".join(f"- {called[one]}: {told[one]}" for one in shown)
    texts = [one.shown for one in chosen]
    listed = texts[0] if count == 1 else "\n".join(f"{at}. {one}" for at, one in enumerate(texts, 1))
    given = [[called[label] for label in one.found.labels] for one in chosen]
    asked = draw.choice(list(asks))
    parts = {"labels": defined, "items": listed, "form": draw.choice(list((forms or {}).get(form, ("",))))}
    for name, words in parts.items():
        asked = asked.replace(f"{{{name}}}", words)
    return {
        "output": {
            "question": asked.strip(),
            "answer": _written(form, given, [one.found.words for one in chosen]),
            "items": texts,
            "given": given,
            "scheme": scheme,
            "form": form,
            "names": {name: label for label, name in called.items()},
            "gate": f"{scheme} {called[shown[0]]}: {' '.join(texts)}",
            "quote": chosen[0].unit.text,
        }
    }


def _names(told: Mapping[str, str], names: Sequence[str], ranked: bool, draw: random.Random) -> list[str]:
    if not names:
        return list(told)
    return list(names)[: len(told)] if ranked else draw.sample(list(names), len(told))


def _items(draft: Draft, scheme: str) -> list[_Item]:
    """What can be labelled with certainty: sentences that lean on no other, or questions that they answer."""
    foci = [draft.passage.units[place] for place in sorted(draft.passage.foci)]
    prose = [unit for unit in sentences(draft.passage) if unit.kind == "sentence"]
    found = []
    for unit in foci:
        text = own(unit.text)
        if unit not in prose or not unit.text.endswith(".") or ":" in text or not whole(text):
            continue
        if scheme == "intent":
            asked = {one.question for one in ask.askable(draft, unit.text, named=True)}
            asked = {one for one in asked if not re.match(r"\w+ \w+ \w+ly ", one)}  # "Why can optionally a code be ..."
            found += [_Item(one, label, unit) for one in sorted(asked) if (label := SCHEMES[scheme](one))]
        elif SHORTEST <= len(text.split()) <= LONGEST and (label := SCHEMES[scheme](text)):
            found.append(_Item(text, label, unit))
    return found


def _chosen(pool: Sequence[_Item], count: int, draw: random.Random) -> list[_Item]:
    """So many of them, of labels as different as there are; in an order of chance."""
    by: dict[tuple[str, ...], list[_Item]] = {}
    for one in draw.sample(list(pool), len(pool)):
        by.setdefault(one.found.labels, []).append(one)
    kinds = draw.sample(sorted(by), len(by))
    chosen: list[_Item] = []
    while len(chosen) < count and any(by.values()):
        for kind in kinds:
            if by[kind] and len(chosen) < count:
                chosen.append(by[kind].pop())
    if len(chosen) < count or (count > 1 and len({one.found.labels for one in chosen}) < 2):
        return []
    draw.shuffle(chosen)
    return chosen


def _written(form: str, given: Sequence[Sequence[str]], words: Sequence[Sequence[str]]) -> str:
    """The answer in its form; the words that decide come with it in the forms reason and words."""
    if len(given) > 1:
        told = [", ".join(some) or "none" for some in given]
        if form == "json":
            return json.dumps([{"id": at, "label": one} for at, one in enumerate(told, 1)], ensure_ascii=False)
        return "\n".join(f"{at}. {one}" for at, one in enumerate(told, 1))
    labels, shown = list(given[0]), words[0][0] if words[0] else None
    plain = ", ".join(labels) or "none"
    deciding = f"{plain}: {_deciding(shown) if shown else 'no word in it calls for another label.'}"
    return {
        "list": json.dumps(labels, ensure_ascii=False),
        "json": json.dumps({"label": plain}, ensure_ascii=False),
        "words": json.dumps({"label": plain, "rationale": shown}, ensure_ascii=False),
        "reason": deciding,
    }.get(form, plain)


def _deciding(words: str) -> str:
    return f'the words "{words}" decide it.' if " " in words else f'the word "{words}" decides it.'
