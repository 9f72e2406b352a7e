"""Examples of a rule that is not told, from the passage's own words, sentences and numbers, and one case to solve."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import drawn, prose, quote
from agentinstruct_local.words.terms import terms

ARROW = " -> "
Rule = tuple[str, Callable[[str], str]]  # what it does, in words; "" where it does not apply
VOWELS = "aeiou"


def _capitals(text: str) -> str:
    return "".join(one[0].upper() for one in text.split())


def _longest(text: str) -> str:
    some = sorted(re.findall(r"[A-Za-z]+", text), key=len, reverse=True)
    return some[0] if len(some) > 1 and len(some[0]) > len(some[1]) else ""


WORDS: Mapping[str, Rule] = {
    "snake": ("the words are joined by an underscore and written in capitals", lambda t: t.upper().replace(" ", "_")),
    "kebab": ("the words are joined by a hyphen", lambda t: t.replace(" ", "-") if " " in t else ""),
    "camel": (
        "the words are run together, each but the first with a capital letter",
        lambda t: t.split()[0] + "".join(one.capitalize() for one in t.split()[1:]) if " " in t else "",
    ),
    "turned": ("the two words change places", lambda t: " ".join(reversed(t.split())) if " " in t else ""),
    "initials": ("only the first letters remain, as capitals", lambda t: _capitals(t) if " " in t else ""),
    "upper": ("everything is written in capitals", str.upper),
    "title": ("each word gets a capital letter", str.title),
    "reverse": ("the letters are written backwards", lambda t: t[::-1] if " " not in t else ""),
    "vowels": ("the vowels are left out", lambda t: "".join(one for one in t if one not in VOWELS)),
    "length": ("the number of letters is given", lambda t: str(len(t.replace(" ", "")))),
    "code": (
        "the first three letters in capitals are joined by a hyphen to the number of letters",
        lambda t: f"{t[:3].upper()}-{len(t)}" if " " not in t else "",
    ),
    "ends": (
        "the first and the last letter are given, as capitals",
        lambda t: (t[0] + t[-1]).upper() if " " not in t else "",
    ),
}
SENTENCES: Mapping[str, Rule] = {
    "number": ("the number in the sentence is given", lambda t: _only(re.findall(r"(?<![\w.,-])\d+(?![\w.,-]*\d)", t))),
    "last": ("the last word is given", lambda t: re.findall(r"[\w-]+", t)[-1]),
    "first": ("the first two words are given", lambda t: " ".join(t.split()[:2])),
    "longest": ("the longest word is given", _longest),
    "count": ("the number of words is given", lambda t: str(len(t.split()))),
    "both": (
        "the first and the last word are given, joined by a slash",
        lambda t: f"{t.split()[0]}/{re.findall(r'[A-Za-z0-9-]+', t)[-1]}",
    ),
}
CLASSES: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "vowel": ("begin with a vowel", lambda t: t[0] in VOWELS),
    "double": ("hold a double letter", lambda t: any(one == two for one, two in pairwise(t))),
    "even": ("have an even number of letters", lambda t: len(t) % 2 == 0),
    "long": ("have eight letters or more", lambda t: len(t) >= 8),
    "ends e": ("end in the letter e", lambda t: t[-1] == "e"),
    "has r": ("hold the letter r", lambda t: "r" in t),
    "has a": ("hold the letter a", lambda t: "a" in t),
}
ORDERS: Mapping[str, tuple[str, Callable[[list[str]], list[str]]]] = {
    "alphabet": ("in the order of the alphabet", sorted),
    "backwards": ("in the reverse order of the alphabet", lambda some: sorted(some, reverse=True)),
    "length": ("from the shortest to the longest", lambda some: sorted(some, key=len)),
    "longest": ("from the longest to the shortest", lambda some: sorted(some, key=len, reverse=True)),
    "last": ("by their last letters, in the order of the alphabet", lambda some: sorted(some, key=lambda one: one[-1])),
}


def use(draft: Draft, *, kind: str = "transform", wordings: Sequence[str] = (), labels: str = "A/B") -> dict[str, Any]:
    """`question`, `answer`, `key`, `examples` (pairs), `query`, `rule` and `kind`.

    `kind`: transform, noisy (one example is wrong), extract, classify, order or operator. Error: too_few_terms.
    """
    draw = drawn(draft, "few_shot")
    made = _MAKERS[kind](draft, draw, tuple(labels.split("/")))
    if made is None:
        return {"error": "too_few_terms"}
    rule, told, pairs, key = made
    *examples, (query, _) = pairs
    arrow = " = " if kind == "operator" else ARROW
    lines = "\n".join(f"{one}{arrow}{two}" for one, two in examples)
    opening = drawn(draft, "wording").choice(list(wordings) or ["Find the rule and complete the last line."])
    return {
        "output": {
            "question": f"{opening}\n\n{lines}\n{query}{arrow}?",
            "answer": f"{told}\n\nAnswer: {key}",
            "key": key,
            "examples": [list(pair) for pair in examples],
            "query": query,
            "rule": rule,
            "kind": kind,
            "quote": quote(draft, re.findall(r"[^\W\d_]{4,}|\d+", f"{lines} {query}")),
        }
    }


Made = tuple[str, str, list[tuple[str, str]], str]  # rule, explanation, examples with the query last, answer


def _only(found: list[str]) -> str:
    return found[0] if len(found) == 1 else ""


def _plain_words(draft: Draft) -> list[str]:
    """Single words of the passage, and the things that it names."""
    words = re.findall(r"(?<![\w./@-])[a-z]{5,11}(?![\w/@-])", " ".join(prose(draft)))
    return list(dict.fromkeys([*terms(prose(draft)), *words]))


def _transform(draft: Draft, draw: random.Random, labels: Sequence[str], wrong: bool = False) -> Made | None:
    del labels
    pool = _plain_words(draft)
    name = draw.choice(sorted(WORDS))
    told, apply = WORDS[name]
    fitting = [one for one in pool if apply(one) and apply(one) != one]
    size = 6 if wrong else 5
    if len(fitting) < size:
        name = draw.choice(("upper", "length", "vowels", "code", "reverse", "ends"))
        told, apply = WORDS[name]
        fitting = [one for one in pool if apply(one) and apply(one) != one]
    if len(fitting) < size:
        return None
    # Where a rule speaks of several words, a thing of several words must show it.
    two = [one for one in fitting if " " in one]
    chosen = draw.sample(fitting, size)
    if name in ("snake", "title") and two and not any(" " in one for one in chosen[:-1]):
        chosen[0] = next((one for one in two if one not in chosen), chosen[0])
    pairs = [(one, apply(one)) for one in chosen]
    text = f"In each line {told}."
    if wrong:
        at = draw.randrange(size - 1)
        others = [rule[1](chosen[at]) for other, rule in sorted(WORDS.items()) if other != name]
        others = [one for one in others if one and one not in (pairs[at][1], chosen[at])]
        if not others:
            return None
        pairs[at] = (chosen[at], draw.choice(others))
        line = f'The line for "{chosen[at]}" breaks this rule and should end in {apply(chosen[at])}.'
        text = f"In each line but one {told}. {line}"
    return name, text, pairs, pairs[-1][1]


def _noisy(draft: Draft, draw: random.Random, labels: Sequence[str]) -> Made | None:
    return _transform(draft, draw, labels, wrong=True)


def _extract(draft: Draft, draw: random.Random, labels: Sequence[str]) -> Made | None:
    del labels
    pool = [one for one in prose(draft) if 4 <= len(one.split()) <= 25 and ARROW not in one and one.endswith(".")]
    names = [name for name in sorted(SENTENCES) if sum(bool(SENTENCES[name][1](one)) for one in pool) >= 4]
    if not names:
        return None
    name = draw.choice(names)
    told, apply = SENTENCES[name]
    chosen = draw.sample([one for one in pool if apply(one)], 4)
    pairs = [(one, apply(one)) for one in chosen]
    return name, f"In each line {told}.", pairs, pairs[-1][1]


def _classify(draft: Draft, draw: random.Random, labels: Sequence[str]) -> Made | None:
    pool = [one for one in _plain_words(draft) if one.isalpha()]
    name = draw.choice(sorted(CLASSES))
    told, has = CLASSES[name]
    inside, outside = [one for one in pool if has(one)], [one for one in pool if not has(one)]
    if len(inside) < 5 or len(outside) < 5:
        return None
    some = draw.sample(inside, 4), draw.sample(outside, 4)
    query = draw.choice([one for one in pool if one not in some[0] + some[1]])
    pairs = [(one, labels[0]) for one in some[0]] + [(one, labels[1]) for one in some[1]]
    draw.shuffle(pairs)
    key = labels[0] if has(query) else labels[1]
    does = "does" if has(query) else "does not"
    text = f'The words that {told} are marked {labels[0]}, the others {labels[1]}. "{query}" {does}.'
    return name, text, [*pairs, (query, key)], key


def _order(draft: Draft, draw: random.Random, labels: Sequence[str]) -> Made | None:
    del labels
    pool = [one for one in _plain_words(draft) if one.isalpha()]
    name = draw.choice(sorted(ORDERS))
    told, apply = ORDERS[name]
    if len(pool) < 10:
        return None
    pairs = []
    for _ in range(4):
        for _ in range(40):
            some = draw.sample(pool, 4)
            sizes, ends = {len(one) for one in some}, {one[-1] for one in some}
            clear = len(sizes) == 4 if name in ("length", "longest") else len(ends) == 4 or name != "last"
            if clear and apply(some) != some:
                pairs.append((", ".join(some), ", ".join(apply(some))))
                break
    if len(pairs) < 4:
        return None
    return name, f"In each line the words are put {told}.", pairs, pairs[-1][1]


def _operator(draft: Draft, draw: random.Random, labels: Sequence[str]) -> Made | None:
    del labels
    found = [int(one) for one in re.findall(r"(?<![\w.,-])[1-9]\d?(?![\w.,-]*\d)", " ".join(prose(draft)))]
    pool = list(dict.fromkeys([*found, *range(2, 13)]))
    if not found:
        return None
    rules = ((1, 2, 0), (2, 1, 0), (1, 1, 3), (3, 1, 0), (2, -1, 0), (1, 3, 0), (2, 1, 1), (1, 2, -1))
    first, second, more = draw.choice(rules)
    sign = draw.choice("⊕⊗◇◆△")
    some = [(draw.choice(pool), draw.choice(pool)) for _ in range(4)] + [(found[0], draw.choice(pool))]
    if len(set(some)) < 5:
        return None
    pairs = [(f"{a} {sign} {b}", str(first * a + second * b + more)) for a, b in some]
    parts = [f"{_times(first)}the first number", f"{'plus' if second > 0 else 'minus'} {_times(abs(second))}the second"]
    if more:
        parts.append(f"{'plus' if more > 0 else 'minus'} {abs(more)}")
    a, b = some[-1]
    total = f"{first} × {a}" if first > 1 else str(a)
    total += f" {'+' if second > 0 else '-'} {f'{abs(second)} × ' if abs(second) > 1 else ''}{b}"
    total += f" {'+' if more > 0 else '-'} {abs(more)}" if more else ""
    text = f"The sign {sign} stands for {' '.join(parts)}. So {total} = {pairs[-1][1]}."
    return f"{first},{second},{more}", text, pairs, pairs[-1][1]


def _times(factor: int) -> str:
    return {1: "", 2: "twice ", 3: "three times "}[factor]


_MAKERS: Mapping[str, Callable[[Draft, random.Random, Sequence[str]], Made | None]] = {
    "transform": _transform,
    "noisy": _noisy,
    "extract": _extract,
    "classify": _classify,
    "order": _order,
    "operator": _operator,
}
