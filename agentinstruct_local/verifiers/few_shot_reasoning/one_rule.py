"""Examples of a hidden rule leave one answer only: every rule of the family that fits them says the same of the query.

The rules are written here a second time, by other means than those which made the examples.
"""

from __future__ import annotations

import re
import string as letters
from collections.abc import Callable, Iterator
from itertools import product

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "one_rule"
Guess = Callable[[str], str]
_VOWEL = re.compile("[aeiou]")
_WORD = re.compile(r"[\w-]+")


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: puzzle_unread, puzzle_ambiguous (rules that fit disagree), puzzle_wrong, step_unfounded (the rule)."""
    kind, question, answer = (string(draft, f"{of}.{name}") for name in ("kind", "question", "answer"))
    arrow = " = " if kind == "operator" else " -> "
    lines = [line.rpartition(arrow) for line in question.splitlines() if arrow in line]
    if len(lines) < 4 or lines[-1][2] != "?":
        return bad(BY, "puzzle_unread", question)
    pairs, query = [(one, two) for one, _, two in lines[:-1]], lines[-1][0]
    given = answer.rpartition("\n\nAnswer: ")[2]
    spared = 1 if kind == "noisy" else 0
    said: dict[str, str] = {}
    for name, guess in _family(kind, sorted({two for _, two in pairs})):
        wrong = sum(guess(one) != two for one, two in pairs)
        if wrong <= spared and (told := guess(query)):
            said[name] = told
    if not said:
        return bad(BY, "step_unfounded", "no rule of the family fits the examples")
    if len(set(said.values())) > 1:
        return bad(BY, "puzzle_ambiguous", "; ".join(f"{name}: {told}" for name, told in sorted(said.items())[:4]))
    if given != next(iter(said.values())):
        return bad(BY, "puzzle_wrong", f"{given} for {next(iter(said.values()))}")
    rule = string(draft, f"{of}.rule")
    fits = rule in {name.partition(":")[0] for name in said}
    return good(BY, given) if fits else bad(BY, "step_unfounded", f"{rule} does not fit the examples")


def _family(kind: str, labels: list[str]) -> Iterator[tuple[str, Guess]]:
    """The rules that a solver would think of, simple ones all."""
    if kind in ("transform", "noisy"):
        yield from _TEXT.items()
    elif kind == "extract":
        yield from _SENTENCE.items()
    elif kind == "order":
        for name, key in _KEYS.items():
            for down in (False, True):
                yield _ORDERED.get((name, down), f"{name}{down}"), _sorter(key, down)
    elif kind == "classify" and len(labels) == 2:
        for name, has in _properties():
            for yes, no in (labels, labels[::-1]):
                yield f"{name}:{yes}", _marker(has, yes, no)
    elif kind == "operator":
        for first, second, more in product(range(-3, 4), range(-3, 4), range(-5, 6)):
            yield f"{first},{second},{more}", _linear(first, second, more)
        for more in range(-5, 6):
            yield f"product,{more}", _product(more)


_TEXT: dict[str, Guess] = {
    "snake": lambda t: "_".join(map(str.upper, t.split(" "))),
    "kebab": lambda t: "-".join(t.split(" ")),
    "camel": lambda t: re.sub(r" (\w)", lambda found: found[1].upper(), t),
    "turned": lambda t: re.sub(r"^(\S+) (\S+)$", r"\2 \1", t),
    "initials": lambda t: "".join(re.findall(r"\b\w", t)).swapcase(),
    "upper": lambda t: "".join(one.upper() for one in t),
    "title": letters.capwords,
    "capital": lambda t: t[0].upper() + t[1:],
    "reverse": lambda t: "".join(reversed(t)),
    "vowels": lambda t: _VOWEL.sub("", t),
    "length": lambda t: str(sum(one.isalpha() for one in t)),
    "length_all": lambda t: str(len(t)),
    "code": lambda t: f"{t[0:3].swapcase()}-{sum(1 for _ in t)}",
    "ends": lambda t: "".join((t[0], t[len(t) - 1])).swapcase(),
    "sorted": lambda t: "".join(sorted(t)),
    "no_first": lambda t: t[1:],
}
_SENTENCE: dict[str, Guess] = {
    "number": lambda t: _single([word.strip("().,;:") for word in t.split()]),
    "largest": lambda t: str(max(map(int, re.findall(r"\b\d+\b", t)), default="")),
    "last": lambda t: _WORD.findall(t)[-1],
    "first": lambda t: " ".join(t.split(" ", 2)[:2]),
    "first_word": lambda t: t.split(" ", 1)[0],
    "longest": lambda t: max(re.split(r"[^A-Za-z]+", t), key=len),
    "count": lambda t: str(1 + t.strip().count(" ")),
    "both": lambda t: t.split(" ", 1)[0] + "/" + _WORD.findall(t)[-1],
}  # fmt: skip


def _single(words: list[str]) -> str:
    found = [word for word in words if word.isdigit()]
    return found[0] if len(found) == 1 else ""


_KEYS: dict[str, Callable[[str], object]] = {
    "alphabet": lambda word: word,
    "size": len,
    "last": lambda word: word[::-1][0],
    "vowels": lambda word: len(_VOWEL.findall(word)),
    "second": lambda word: word[1:2],
}
_ORDERED = {
    ("alphabet", False): "alphabet", ("alphabet", True): "backwards", ("size", False): "length",
    ("size", True): "longest", ("last", False): "last",
}  # fmt: skip


def _sorter(key: Callable[[str], object], down: bool) -> Guess:
    def put(text: str) -> str:
        words = text.split(", ")
        return ", ".join(sorted(words, key=key, reverse=down))  # type: ignore[arg-type]

    return put


def _properties() -> Iterator[tuple[str, Callable[[str], bool]]]:
    yield "vowel", lambda word: word[:1] in set("aeiou")
    yield "double", lambda word: bool(re.search(r"(.)\1", word))
    yield "even", lambda word: not len(word) & 1
    for least in range(4, 12):
        yield "long" if least == 8 else f"long {least}", lambda word, least=least: len(word) >= least  # type: ignore[misc]
    for letter in letters.ascii_lowercase:
        yield f"has {letter}", lambda word, letter=letter: letter in word  # type: ignore[misc]
        yield f"ends {letter}", lambda word, letter=letter: word.endswith(letter)  # type: ignore[misc]
        yield f"starts {letter}", lambda word, letter=letter: word.startswith(letter)  # type: ignore[misc]


def _marker(has: Callable[[str], bool], yes: str, no: str) -> Guess:
    return lambda word: yes if has(word) else no


def _operands(text: str) -> tuple[int, int]:
    one, _, other = text.split(" ")
    return int(one), int(other)


def _linear(first: int, second: int, more: int) -> Guess:
    return lambda text: str(sum(one * two for one, two in zip((first, second), _operands(text), strict=True)) + more)


def _product(more: int) -> Guess:
    return lambda text: str(_operands(text)[0] * _operands(text)[1] + more)
