"""A logic game about things that the passage names: rules in plain sentences, the conclusions, the answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from agentinstruct_local.records import Draft
from agentinstruct_local.tools._matter import NUMBERS, drawn, quote, things, worded
from agentinstruct_local.tools.analytical_reasoning._games import Board, Rule, facts, game, solutions, solved
from agentinstruct_local.words.terms import listed

LETTERS = "ABCD"
ORDINALS = ("first", "second", "third", "fourth", "fifth")


def use(
    draft: Draft,
    *,
    sort: str = "order",
    ask: str = "place",
    labels: Sequence[str] = ORDINALS,
    verb: str = "come",
    room: int = 1,
    wordings: Sequence[str] = (),
) -> dict[str, Any]:
    """`question`, `answer` with its steps, `key`, and for the check `things`, `labels`, `room`, `rules`.

    `sort`: order, schedule, group, match or chain. `ask`: place (which thing is there), all (every place), must,
    could or cannot (which of four statements), if (with a rule more). Errors: too_few_terms, no_game.
    """
    draw = drawn(draft, "game")
    wanted = 4 if sort == "chain" else room * len(labels)  # in a chain every place has room for all of them
    found = things(draft, 4, wanted)
    if not found or (room > 1 and len(found) < wanted):
        return {"error": "too_few_terms"}
    places = tuple(labels) if sort == "schedule" or room > 1 else tuple(labels[: len(found)])
    board = Board(tuple(found), places, verb, room)
    made = game(sort, board, draw, full=ask in ("place", "all", "if"))
    if made is None:
        return {"error": "no_game"}
    rules, key = made
    opening = worded(draft, wordings, found)
    asked, answer, result = _asked(ask, board, list(rules), dict(key), draw)
    if not asked:
        return {"error": "no_game"}
    shown = rules if ask != "if" else rules[:-1]
    numbered = "\n".join(f"{number}. {rule.says(board)}" for number, rule in enumerate(shown, 1))
    return {
        "output": {
            "question": f"{opening}\n\n{numbered}\n\n{asked}",
            "answer": answer,
            "key": result,
            "things": found,
            "labels": list(places),
            "room": room,
            "ask": ask,
            "rules": [rule.says(board) for rule in shown],
            "quote": quote(draft, found),
        }
    }


def _asked(ask: str, board: Board, rules: list[Rule], key: dict[str, int], draw: random.Random) -> tuple[str, str, str]:
    """The question behind the rules, the answer, and its last words."""
    if ask in ("place", "all", "if"):
        steps, _ = solved(board, rules)
        extra = ""
        if ask == "if":
            told = rules[-1].says(board)
            extra = f"Suppose that this holds as well: {told[:1].lower()}{told[1:]} "
            steps = [one.replace(f"From rule {len(rules)},", "From the added rule,") for one in steps]
        if ask == "all":
            result = listed([board.says(one, [key[one]]) for one in sorted(board.things, key=lambda one: key[one])])
            asked = draw.choice(("Where does each of them belong?", "Work out the place of each of them."))
            if board.room >= len(board.things):
                asked = f"Which of them are {' and which are '.join(board.labels)}?"
        else:
            sure = [one for one in board.things if sum(key[other] == key[one] for other in board.things) == board.room]
            told_first = [one for rule in rules if rule.kind == "is" and len(rule.at) == 1 for one in rule.of]
            one = draw.choice([thing for thing in sure if thing not in told_first] or sure)
            there = sorted(f"the {other}" for other in board.things if key[other] == key[one])
            result = listed(there)
            asked = extra + _what(board, key[one])
        lines = "\n".join(f"- {step}" for step in steps)
        return asked, f"{lines}\n\nAnswer: {result}.", result
    return _modal(ask, board, rules, draw)


def _what(board: Board, place: int) -> str:
    if board.room > 1:
        return f"Which {NUMBERS[board.room]} {'are' if board.verb == 'be' else board.verb} {board.labels[place]}?"
    return f"What {board.says('', [place]).removeprefix('the  ')}?"


def _placed(board: Board, places: dict[str, int]) -> str:
    ordered = sorted(board.things, key=lambda one: places[one])
    return "; ".join(f"{board.labels[places[one]]}: the {one}" for one in ordered)


def _modal(ask: str, board: Board, rules: list[Rule], draw: random.Random) -> tuple[str, str, str]:
    """Which statement must, could or cannot be true; each of the options is settled by arrangements."""
    left = solutions(board, rules)
    sorts: dict[str, list[Rule]] = {"must": [], "maybe": [], "cannot": []}
    for fact in facts(board):
        true = sum(fact.holds(one) for one in left)
        sorts["must" if true == len(left) else "cannot" if not true else "maybe"].append(fact)
    stated = {(rule.kind, rule.of, rule.at) for rule in rules}
    sorts["must"] = [one for one in sorts["must"] if (one.kind, one.of, one.at) not in stated]
    right, wrong = {
        "must": ("must", ("maybe", "cannot")), "could": ("maybe", ("cannot",)), "cannot": ("cannot", ("maybe", "must"))
    }[ask]  # fmt: skip
    others = [one for name in wrong for one in sorts[name]]
    if not sorts[right] or len(others) < 3:
        return "", "", ""
    options = [draw.choice(sorts[right]), *draw.sample(others, 3)]
    best = options[0]
    draw.shuffle(options)
    lines = [f"Exactly {len(left)} arrangements keep all the rules:"]
    lines += [f"- {_placed(board, one)}" for one in left]
    for letter, fact in zip(LETTERS, options, strict=True):
        true = sum(fact.holds(one) for one in left)
        lines.append(f"{letter} is true in {true} of {len(left)}.")
    letter = LETTERS[options.index(best)]
    modal = {"must": "must be true", "could": "could be true", "cannot": "cannot be true"}[ask]
    asked = f"Which of these {modal}?\n" + "\n".join(
        f"{name}. {fact.says(board)}" for name, fact in zip(LETTERS, options, strict=True)
    )
    return asked, "\n".join(lines) + f"\n\nAnswer: {letter}.", letter
