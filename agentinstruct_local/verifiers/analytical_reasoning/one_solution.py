"""A logic game has exactly one answer, it is the one given, and each step of the answer follows.

The rules are read from the sentences of the question, and solved by a constraint library that the tool which wrote
them does not use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.analytical_reasoning._game_rules import Condition, Game
from agentinstruct_local.verifiers.fields import bad, good, string, strings

BY = "one_solution"
_RULE = re.compile(r"^(\d)\. (.+)$", re.MULTILINE)
_OPTION = re.compile(r"^([A-D])\. (.+)$", re.MULTILINE)
_STEP = re.compile(r"^- (?:From (rule \d|the added rule), |[^;]*?, so )(.+)\.$")
_ADDED = re.compile(r"Suppose that this holds as well: ([^.]+\.)")
_ANSWER = re.compile(r"^Answer: (.+)\.$", re.MULTILINE)
Told = tuple[tuple[str, ...], Condition]


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: puzzle_unread, puzzle_ambiguous, puzzle_wrong (the answer), step_unfounded."""
    question, answer = string(draft, f"{of}.question"), string(draft, f"{of}.answer")
    game = Game(
        tuple(strings(draft, f"{of}.things")), tuple(strings(draft, f"{of}.labels")), int(draft.value(f"{of}.room", 1))
    )
    names = [f"the {one}" for one in game.things]
    if not names or not all(name in question.partition("\n")[0] for name in names):
        return bad(BY, "puzzle_unread", "the question does not name what it is about")
    sentences = {f"rule {number}": text for number, text in _RULE.findall(question)}
    if added := _ADDED.search(question):
        sentences["the added rule"] = added[1]
    rules = {name: game.read(text) for name, text in sentences.items()}
    if not rules or (unread := [sentences[name] for name, rule in rules.items() if rule is None]):
        return bad(BY, "puzzle_unread", "; ".join(unread) if rules else "no rules")
    known = {name: rule for name, rule in rules.items() if rule is not None}
    return _solved(game, known, question, answer)


def _solved(game: Game, rules: Mapping[str, Told], question: str, answer: str) -> Verdict:
    found = game.problem(list(rules.values())).getSolutions()
    given = _ANSWER.search(answer)
    if not found or not given:
        return bad(BY, "puzzle_wrong", "no arrangement keeps the rules" if not found else "no answer is given")
    if options := _OPTION.findall(question):
        return _of_options(game, question, answer, given[1], found, dict(options))
    if len(found) > 1:
        return bad(BY, "puzzle_ambiguous", f"{len(found)} arrangements keep the rules")
    if fault := _wrong_step(game, rules, answer):
        return bad(BY, "step_unfounded", fault)
    return _of_place(game, question, given[1], found[0])


def _of_place(game: Game, question: str, given: str, places: Mapping[str, int]) -> Verdict:
    """The answer names what is at the place that was asked for, or every place."""
    asked = re.search(r"(?:What|Which (?!of )\w+) (?:comes?|goe?s?|is|are) ([^?]+)\?", question.rpartition("\n")[2])
    if not asked:
        told = [game.read(one) for one in re.split(r", (?=the )| and (?=the )", given)]
        right = len(told) == len(game.things) and len({one[0] for one in told if one}) == len(told)
        right = right and all(one is not None and one[1](places[one[0][0]]) for one in told)
        return good(BY, given) if right else bad(BY, "puzzle_wrong", given)
    there = {f"the {one}" for one, place in places.items() if game.labels[place] == asked[1]}
    named = set(re.split(r", (?=the )| and (?=the )", given))
    return good(BY, given) if there and named == there else bad(BY, "puzzle_wrong", f"{given} for {sorted(there)}")


def _wrong_step(game: Game, rules: Mapping[str, Told], answer: str) -> str:
    """The first step that does not follow from the rule that it names and the steps before it; empty if all do."""
    known: list[Told] = []
    for line in answer.partition("\n\nAnswer:")[0].splitlines():
        step = _STEP.match(line)
        if not step:
            return line
        base = [rules[step[1]]] if step[1] in rules else []
        new: list[Told] = []
        for text in step[2].split("; "):
            fact = game.read(text)
            if fact is None:
                return line
            names, holds = fact
            against = (names, lambda *at, holds=holds: not holds(*at))
            if game.problem([*base, *known, *new, against]).getSolution() is not None:
                return line
            new.append(fact)
        known += new
    return ""


_MODAL: Mapping[str, Callable[[int, int], bool]] = {
    "must be true": lambda true, all_: true == all_,
    "could be true": lambda true, all_: true > 0,
    "cannot be true": lambda true, all_: true == 0,
}


def _of_options(
    game: Game, question: str, answer: str, given: str, found: Sequence[Mapping[str, int]], options: Mapping[str, str]
) -> Verdict:
    """Exactly one option is as asked; the arrangements and the counts that the answer tells are all there are."""
    modal = next(holds for words, holds in _MODAL.items() if f"Which of these {words}?" in question)
    counts = {}
    for letter, text in options.items():
        fact = game.read(text)
        if fact is None:
            return bad(BY, "puzzle_unread", text)
        counts[letter] = sum(fact[1](*(one[name] for name in fact[0])) for one in found)
    right = [letter for letter, true in counts.items() if modal(true, len(found))]
    if len(right) != 1:
        return bad(BY, "puzzle_ambiguous", f"options {', '.join(right) or 'none'} are as asked")
    told = {
        frozenset(tuple(part.split(": the ")) for part in line[2:].split("; "))
        for line in answer.splitlines()
        if line.startswith("- ")
    }
    true = {frozenset((game.labels[place], name) for name, place in one.items()) for one in found}
    lines = [f"{letter} is true in {count} of {len(found)}." for letter, count in counts.items()]
    if told != true or not all(line in answer for line in lines) or f"Exactly {len(found)} " not in answer:
        return bad(BY, "step_unfounded", answer)
    return good(BY, given) if given == right[0] else bad(BY, "puzzle_wrong", f"{given} for {right[0]}")
