"""A conversation about one passage: what a user asks turn by turn, and what its sentences reply."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentinstruct_local.errors import TaxonomyError
from agentinstruct_local.ids import seed_from
from agentinstruct_local.records import Draft
from agentinstruct_local.tools import falsify
from agentinstruct_local.tools.conversation._asking import Turn, turns
from agentinstruct_local.words.conditions import parted
from agentinstruct_local.words.questions import plain

PATTERNS = ("follow_up", "correction", "shorter", "as_json", "system_rule", "recap", "back", "clarify")
PLAIN: Mapping[str, Sequence[str]] = {"opening": ["{text}\n\n{question}"]}


def use(
    draft: Draft,
    *,
    pattern: str = "follow_up",
    words: Mapping[str, Sequence[str]] = PLAIN,
    checks: Sequence[str | Mapping[str, Any]] = (),
    most: int = 4,
) -> dict[str, Any]:
    """`messages` (two to `most` questions with their replies), `asked` and `told` of each question, and `quote`.

    The focus is asked about first. Sentences take part only where every one of `checks` (names of verifiers, with or
    without options) passes for them as it would for a single question. `pattern` is one of follow_up, correction,
    shorter, as_json, system_rule, recap, back and clarify; `words` are its wordings, one drawn for each turn.
    Errors: nothing_to_ask for the focus, too_few_turns where the passage has no second sentence that fits.
    """
    if pattern not in PATTERNS:
        raise TaxonomyError(f"converse has no pattern {pattern!r}", hint=f"there are: {', '.join(PATTERNS)}")
    draw = random.Random(seed_from(draft.seed, "converse"))
    found = list(turns(draft, checks, draw))
    first = next((turn for turn in found if draft.focus and turn.unit.span == draft.focus.span), None)
    if first is None:
        return {"error": "nothing_to_ask"}
    others = [turn for turn in found if turn is not first and turn.asked.question != first.asked.question]
    talk = _Talk(draft, draw, words)
    talk.ask(first, opening=True)
    made = getattr(talk, pattern)(first, others, most)
    if not made:
        return {"error": "too_few_turns"}
    asked = [turn.asked.question for turn in talk.said]
    told = [turn.told for turn in talk.said]
    output = {"messages": talk.messages, "asked": asked, "told": told, "questions": " ".join(asked)}
    return {"output": {**output, "quote": first.unit.text}}


class _Talk:
    """Messages so far, and the ways in which a user goes on."""

    def __init__(self, draft: Draft, draw: random.Random, words: Mapping[str, Sequence[str]]) -> None:
        self.draft, self.draw, self.words = draft, draw, words
        self.messages: list[dict[str, str]] = []
        self.said: list[Turn] = []

    def say(self, user: str, assistant: str) -> None:
        self.messages += [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]

    def worded(self, kind: str, **parts: str) -> str:
        """One of the wordings of a kind, with its parts filled in."""
        return self.draw.choice(list(self.words[kind])).format(**parts)

    def ask(self, turn: Turn, *, opening: bool = False, question: str = "") -> None:
        question = question or turn.asked.question
        if opening:
            question = self.worded("opening", text=self.draft.text, question=question)
        elif "next" in self.words:
            question = self.worded("next", question=question, small=f"{question[0].lower()}{question[1:]}")
        self.say(question, turn.told)
        self.said.append(turn)

    def follow_up(self, first: Turn, others: list[Turn], most: int) -> bool:
        """Further questions, in the order of the passage."""
        chosen = self.draw.sample(others, min(len(others), self.draw.randint(1, most - 1)))
        for turn in sorted(chosen, key=lambda one: one.unit.span):
            self.ask(turn)
        return bool(chosen)

    def correction(self, first: Turn, others: list[Turn], most: int) -> bool:
        """Someone says what another sentence of the passage tells, as it is or turned round: is that so?"""
        for turn in self.draw.sample(others, len(others)):
            turned = falsify.use(replace(self.draft, focus=turn.unit), claim="focus").get("output")
            if turned is None:
                continue
            false = self.draw.random() < 0.6
            claim = plain(turned["false_claim"]) if false else plain(turn.unit.text)
            self.say(self.worded("claim", claim=claim), self.worded("no" if false else "yes", told=turn.told))
            return True
        return False

    def recap(self, first: Turn, others: list[Turn], most: int) -> bool:
        """The user sums up what two sentences told, one of them turned round now and then; the assistant checks it."""
        for turn in self.draw.sample(others, len(others)):
            turned = falsify.use(replace(self.draft, focus=turn.unit), claim="focus").get("output")
            false = bool(turned) and self.draw.random() < 0.5
            claim = f"{plain(turned['false_claim'])}." if turned and false else turn.told
            if turned is None and self.draw.random() < 0.5:
                continue
            self.ask(turn)
            kind = "no" if false else "yes"
            self.say(self.worded("recap", one=first.told, two=claim), self.worded(kind, one=first.told, two=turn.told))
            return True
        return False

    def back(self, first: Turn, others: list[Turn], most: int) -> bool:
        """Another topic, and then the first again: was it so?"""
        turned = falsify.use(replace(self.draft, focus=first.unit), claim="focus").get("output")
        if not others or turned is None:
            return False
        self.ask(self.draw.choice(others))
        false = self.draw.random() < 0.5
        claim = plain(turned["false_claim"]) if false else first.told.rstrip(".")
        self.say(self.worded("back", claim=claim), self.worded("no" if false else "yes", told=first.told))
        return True

    def clarify(self, first: Turn, others: list[Turn], most: int) -> bool:
        """A question that fits two cases of the passage: the assistant asks which one is meant, and then answers."""
        cases = [turn for turn in (first, *others) if turn.asked.form == "condition"]
        asks, given = parted(first.asked.question)
        rivals = [turn for turn in cases if turn is not first and parted(turn.asked.question)[0] == asks]
        if first not in cases or not rivals:
            return False
        two = sorted([(first, given), ((rival := self.draw.choice(rivals)), parted(rival.asked.question)[1])],
                     key=lambda one: one[0].unit.span)  # fmt: skip
        number = [turn for turn, _ in two].index(first)
        self.messages, self.said = [], []
        which = self.worded("which", one=two[0][1], two=two[1][1])
        self.say(self.worded("opening", text=self.draft.text, question=f"{asks}?"), which)
        self.say(self.worded("pick", nth=("first", "second")[number], given=given), first.told)
        self.said.append(first)
        return True

    def shorter(self, first: Turn, others: list[Turn], most: int) -> bool:
        """The answer again, only the words that matter; then another question under the same rule."""
        self.say(self.worded("shorter"), _brief(first))
        for turn in others[: self.draw.randint(0, most - 2)]:
            self.say(turn.asked.question, _brief(turn))
            self.said.append(turn)
        return len(first.asked.key.split()) < len(first.told.split()) - 2

    def as_json(self, first: Turn, others: list[Turn], most: int) -> bool:
        """From here on the answers are JSON objects."""
        self.say(self.worded("as_json"), _object(first))
        for turn in others[: most - 2]:
            self.say(turn.asked.question, _object(turn))
            self.said.append(turn)
        return bool(others)

    def system_rule(self, first: Turn, others: list[Turn], most: int) -> bool:
        """A rule of the system message that every answer keeps: its last line is where it stands."""
        for turn in sorted(others[: most - 1], key=lambda one: one.unit.span):
            self.ask(turn)
        places = [replace(self.draft, focus=turn.unit).headings[-1:] for turn in self.said]
        number = self.draw.randrange(len(self.words["mark"]))
        for at, place in enumerate(places):
            mark = self.words["mark"][number].format(place="".join(place))
            self.messages[2 * at + 1]["content"] += f"\n{mark}"
        self.messages.insert(0, {"role": "system", "content": self.words["system"][number]})
        return len(self.said) > 1 and all(places)


def _brief(turn: Turn) -> str:
    key = plain(turn.asked.key).strip(" ,;")
    return f"{key[0].upper()}{key[1:]}" if key[:1].islower() and key.split()[0].isalpha() else key


def _object(turn: Turn) -> str:
    return json.dumps({"question": turn.asked.question, "answer": turn.told}, ensure_ascii=False)
