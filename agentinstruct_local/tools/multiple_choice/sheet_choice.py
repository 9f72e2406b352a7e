"""A multiple choice question that has to be worked out from a few rows, which it shows: sums, conditions, pairings."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentinstruct_local.passages import row_of
from agentinstruct_local.records import Draft
from agentinstruct_local.tools._figures import adds_up, compares, degrees, derived, plural
from agentinstruct_local.tools._forms import shown
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.tools._sentences import article, be
from agentinstruct_local.tools._sheet import Sheet, sheet_of
from agentinstruct_local.words.terms import listed

LETTERS = "ABCDEF"
_TRIES = 5  # draws of rows and columns
NONE = "None of the above"
Made = tuple[dict[str, str], list[str], list[str]]  # words for the question and why, right options, wrong ones


def use(
    draft: Draft,
    *,
    case: str = "sum",
    asks: Sequence[str] = ("What is the total {noun} of {one} and {other}?",),
    frames: Sequence[str] = ("{data}\n\n{question}\n\n{listed}",),
    answers: Sequence[str] = ("{letters}",),
) -> dict[str, Any]:
    """`question` with `data` and options, `asked`, its `options`, `keys` (letters), `reply`, and the row as `quote`.

    `case`: sum and difference (amounts as options), most, pairs (of a name and an entry), two (both that are above a
    limit), none (may be none of the above), conditions (the row that a case needs). Errors: no_table,
    too_few_columns, no_such_entry.
    """
    found = row_of(draft)
    if found is None:
        return {"error": "no_table"}
    table, focus = found
    draw = drawn(draft, f"sheet_choice {case}")
    amounts = {"sum": 1, "difference": 1, "most": 1, "two": 1, "conditions": 2}.get(case, 0)
    made = sheet = None
    rows, columns = (3 if case in ("sum", "difference") else 4, 6), (max(1, amounts), 3)
    for _ in range(_TRIES):
        sheet = sheet_of(table, focus, draw, rows, columns, amounts)
        if sheet is None or not all(map(all, sheet.rows)):
            continue
        if made := _CASES[case](sheet, sheet.keys.index(table.rows[focus][0]), draw):
            break
    if sheet is None or made is None:
        return {"error": "no_such_entry" if sheet else "too_few_columns"}
    words, right, wrong = made
    options = [*right, *draw.sample(wrong, 4 - len(right) + (case == "two"))]
    draw.shuffle(options)
    if NONE in options:
        options = [*(one for one in options if one != NONE), NONE]
    letters = [LETTERS[at] for at, one in enumerate(options) if one in right]
    lines = "\n".join(f"{letter}) {one}" for letter, one in zip(LETTERS, options, strict=False))
    data, asked = shown(sheet, draw.choice(["markdown", "csv"])), draw.choice(list(asks)).format(**words)
    reply = draw.choice(list(answers)).format(letters=listed(letters), right=listed(right), **words)
    return {"output": {
        "question": draw.choice(list(frames)).format(data=data, question=asked, listed=lines, table=sheet.name),
        "data": data, "asked": asked, "options": options, "keys": letters, "case": case, "reply": reply,
        "quote": draft.focus.text if draft.focus else "",
    }}  # fmt: skip


def _counted(sheet: Sheet, draw: random.Random, *, added: bool = False) -> int | None:
    """A column in which more and less means something, and no two rows are alike; None where there is none."""
    places = [
        at for at, one in enumerate(sheet.columns)
        if compares(one) and len({sheet.amount(row, at) for row in range(len(sheet.keys))}) == len(sheet.keys)
        and (not added or adds_up(one, [row[at] for row in sheet.rows]))
    ]  # fmt: skip
    return draw.choice(places) if places else None


def _words(sheet: Sheet, at: int) -> dict[str, str]:
    column = sheet.columns[at]
    kind = sheet.kind or "entry"
    return {"noun": column.noun, "is": be(column), "kind": kind, "kinds": plural(kind),
            "a_kind": f"{article(kind)} {kind}", "table": sheet.name}  # fmt: skip


def _figure(sheet: Sheet, row: int, draw: random.Random, *, added: bool) -> Made | None:
    """The sum of two rows, or how far they are apart; wrong are what other rows, and the other sum, come to."""
    at = _counted(sheet, draw, added=added)
    if at is None:
        return None
    others = [one for one in range(len(sheet.keys)) if one != row]
    other = draw.choice(others)
    high, low = sorted((row, other), key=lambda one: -sheet.amount(one, at))
    first, second = sheet.amount(high, at), sheet.amount(low, at)
    values = [sheet.amount(one, at) for one in range(len(sheet.keys))]
    rest = [one for one in values if one not in (first, second)]
    slips = [first + second, first - second, first, second, *(first + one for one in rest)]
    slips += [abs(second - one) for one in rest]
    right, column = first + second if added else first - second, sheet.columns[at]
    told = {value: derived(column, sheet, at, value, apart=not added) for value in slips if value > 0}
    wrong = [text for value, text in told.items() if value != right and text != told[right]]
    if len(set(wrong)) < 3:
        return None
    cells = [column.said(sheet.rows[one][at]) for one in (high, low)]
    words = {
        **_words(sheet, at), "one": sheet.label(high), "other": sheet.label(low),
        "sum": f"{cells[0]} {'+' if added else '-'} {cells[1]} = {told[right]}", "first": cells[0], "second": cells[1],
    }  # fmt: skip
    return words, [told[right]], list(dict.fromkeys(wrong))


def _most(sheet: Sheet, row: int, draw: random.Random) -> Made | None:
    at = _counted(sheet, draw)
    if at is None:
        return None
    most = draw.random() < 0.5
    order = sorted(range(len(sheet.keys)), key=lambda one: sheet.amount(one, at), reverse=most)[:4]
    column = sheet.columns[at]
    words = {
        **_words(sheet, at), "superlative": f"the {degrees(column)[1 if most else 2]} {column.noun}",
        "value": column.said(sheet.rows[order[0]][at]), "second": column.said(sheet.rows[order[1]][at]),
        "next": sheet.label(order[1]),
    }  # fmt: skip
    return words, [sheet.label(order[0])], [sheet.label(one) for one in order[1:]]


def _pairs(sheet: Sheet, row: int, draw: random.Random) -> Made | None:
    """Names with entries: of one row, and with that of another row in the place of their own."""
    at = draw.randrange(len(sheet.columns))
    said = [sheet.columns[at].said(cells[at]) for cells in sheet.rows]
    if said.count(said[row]) > 1 or len(set(said)) < 3:
        return None
    wrong: list[str] = []
    for one in range(len(said)):
        others = [text for text in said if text != said[one]]
        fresh = [text for text in others if not any(pair.endswith(f": {text}") for pair in wrong)]
        wrong += [f"{sheet.label(one)}: {draw.choice(fresh or others)}"] if one != row else []
    words = {**_words(sheet, at), "label": sheet.label(row), "value": said[row]}
    return words, [f"{sheet.label(row)}: {said[row]}"], wrong


def _two(sheet: Sheet, row: int, draw: random.Random) -> Made | None:
    """Exactly two rows are above a limit, which is the amount of a third one."""
    at = _counted(sheet, draw)
    if at is None or len(sheet.keys) < 5:
        return None
    order = sorted(range(len(sheet.keys)), key=lambda one: -sheet.amount(one, at))[:5]
    column = sheet.columns[at]
    told = [f"{sheet.label(one)} ({column.said(sheet.rows[one][at])})" for one in order]
    words = {**_words(sheet, at), "limit": column.said(sheet.rows[order[2]][at]), "told": listed(told[:2])}
    return words, [sheet.label(one) for one in order[:2]], [sheet.label(one) for one in order[2:]]


def _none(sheet: Sheet, row: int, draw: random.Random) -> Made | None:
    """The entry of a row among those of others, or not among them."""
    at = draw.randrange(len(sheet.columns))
    said = [sheet.columns[at].said(cells[at]) for cells in sheet.rows]
    others = list(dict.fromkeys(one for one in said if one != said[row]))
    if len(others) < 3:
        return None
    words = {**_words(sheet, at), "label": sheet.label(row), "value": said[row]}
    if draw.random() < 0.35:
        return words, [NONE], draw.sample(others, 3)
    return words, [said[row]], [*draw.sample(others, 2), NONE]


def _conditions(sheet: Sheet, row: int, draw: random.Random) -> Made | None:
    """A row that alone keeps two limits, which are its own amounts; each other option breaks one of them."""
    places = [
        at for at, one in enumerate(sheet.columns)
        if compares(one) and len({sheet.amount(other, at) for other in range(len(sheet.keys))}) > 2
    ]  # fmt: skip
    if len(places) < 2:
        return None
    limits = [(at, draw.random() < 0.5) for at in draw.sample(places, 2)]  # at least, or at most
    own = {at: sheet.amount(row, at) for at in places}

    def keeps(other: int, at: int, least: bool) -> bool:
        value = sheet.amount(other, at)
        return value >= own[at] if least else value <= own[at]

    others = [one for one in range(len(sheet.keys)) if one != row]
    broken = [one for one in others if not all(keeps(one, *limit) for limit in limits)]
    half = [one for one in broken if any(keeps(one, *limit) for limit in limits)]
    first, second = (sum(keeps(one, *limit) for one in half) for limit in limits)
    if len(broken) < max(3, len(others)) or not first or not second:  # each limit rules something out
        return None
    has = [f"{sheet.columns[at].said(sheet.rows[row][at])} in {sheet.columns[at].noun}" for at, _ in limits]
    told = [f"{'at least' if least else 'at most'} {one}" for one, (_, least) in zip(has, limits, strict=True)]
    words = {**_words(sheet, limits[0][0]), "needs": listed(told), "has": listed(has), "label": sheet.label(row)}
    rest = [one for one in broken if one not in half]
    near = [next(one for one in half if keeps(one, *limit)) for limit in limits]
    wrong = [*near, *draw.sample([one for one in (*half, *rest) if one not in near], 1)]
    return words, [sheet.label(row)], [sheet.label(one) for one in wrong]


_CASES: Mapping[str, Callable[[Sheet, int, random.Random], Made | None]] = {
    "sum": lambda sheet, row, draw: _figure(sheet, row, draw, added=True),
    "difference": lambda sheet, row, draw: _figure(sheet, row, draw, added=False),
    "most": _most, "pairs": _pairs, "two": _two, "none": _none, "conditions": _conditions,
}  # fmt: skip
