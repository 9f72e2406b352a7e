"""A chat in which the assistant calls functions over a table of the passage: what they return is the table's own."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from agentinstruct_local.ids import seed_from
from agentinstruct_local.passages import Table, row_of
from agentinstruct_local.records import Draft
from agentinstruct_local.tools.tool_use._lookups import Function, called, declared, functions, returned

MOST_TOOLS = 5
LONG = 12  # words of an entry that is told as a sentence of its own

Turn = dict[str, Any]


class _Play:
    """The turns of one chat as they are written."""

    def __init__(self, table: Table, row: int, settings: Mapping[str, Any], seed: int) -> None:
        self.draw = random.Random(seed_from(seed, "call_functions"))
        self.table, self.row, self.settings = table, row, settings
        self.all = functions(self.table)
        cells = self.table.rows[self.row]
        self.key = cells[0]
        told = [one for one in range(1, len(cells)) if any(map(str.isalnum, cells[one]))]
        self.columns = self.draw.sample(told, len(told))  # those that this row has an entry in, the first is asked for
        others = [one for one in range(len(self.table.rows)) if one != self.row]
        self.others = self.draw.sample(others, len(others))
        self.turns: list[Turn] = []

    def function(self, kind: str, column: int = 0) -> Function:
        return next(one for one in self.all.values() if (one.kind, one.column) == (kind, column))

    def another(self, column: int) -> int | None:
        """Another row that has an entry in that column."""
        return next((one for one in self.others if any(map(str.isalnum, self.table.rows[one][column]))), None)

    def words(self, row: int, column: int) -> dict[str, str]:
        cells = self.table.rows[row]
        value = cells[column].rstrip(".")
        return {
            "key": cells[0], "kind": self.table.header[0], "column": self.table.header[column], "value": value,
            "table": self.table.name,
        }  # fmt: skip

    def say(self, role: str, setting: str, **words: str) -> None:
        self.turns.append({"role": role, "content": self.worded(setting, **words)})

    def worded(self, setting: str, **words: str) -> str:
        if " " in words.get("entry", ""):  # it stands inside a sentence
            words["entry"] = f'"{words["entry"].rstrip(".")}"'
        return str(self.draw.choice(self.settings[setting])).format(**words)

    def tell(self, *cells: tuple[int, int]) -> None:
        """The assistant's last turn: an entry after the other."""
        told = [
            self.worded("long" if len(self.table.rows[row][column].split()) > LONG else "answers", **words)
            for row, column in cells
            if (words := self.words(row, column))
        ]
        self.turns.append({"role": "assistant", "content": " ".join(told)})

    def call(self, *calls: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One turn of calls, and a turn for what each returns."""
        self.turns.append({"role": "assistant", "content": "", "tool_calls": [dict(one) for one in calls]})
        results = [returned(one, self.table) for one in calls]
        for one, result in zip(calls, results, strict=True):
            content = json.dumps(result, ensure_ascii=False)
            self.turns.append({"role": "tool", "name": one["name"], "content": content})
        return results

    def tools(self, *wanted: Function, without: Sequence[Function] = ()) -> list[dict[str, Any]]:
        """The functions on offer: those that are wanted among others, in any order."""
        rest = [one for one in self.all.values() if one not in wanted and one not in without]
        chosen = [*wanted, *self.draw.sample(rest, min(len(rest), MOST_TOOLS - len(wanted)))]
        self.draw.shuffle(chosen)
        return [declared(one, self.table) for one in chosen]


def use(draft: Draft, *, case: str = "one", asks: Sequence[str] = (), **settings: Sequence[str]) -> dict[str, Any]:
    """The `messages` of a chat and the `tools` on offer, its first `question`, and the table's row as `quote`.

    `case` says what kind of chat; `asks` and the other settings are wordings with {key}, {column}, {value}, {table} and
    {kind} to fill in, of which the draft's seed draws. Error `no_table` where the focus is no row of a table that can
    be looked up, `too_few_columns` and `no_such_entry` where the table has not what the case needs.
    """
    found = row_of(draft)
    if found is None or not functions(found[0]):
        return {"error": "no_table"}
    play = _Play(*found, {"asks": asks, **settings}, draft.seed)
    if not play.columns or (case in ("several", "several_missing", "record", "absent", "partly_absent") and
                            len(play.columns) < 2):  # fmt: skip
        return {"error": "too_few_columns"}
    tools = _CASES[case](play)
    if not tools:
        return {"error": "no_such_entry"}
    return {"output": {
        "messages": play.turns, "tools": tools, "question": play.turns[0]["content"], "case": case,
        "quote": draft.focus.text if draft.focus else "",
    }}  # fmt: skip


def _one(play: _Play, extra: bool = False) -> list[dict[str, Any]]:
    column = play.columns[0]
    get = play.function("get", column)
    play.say("user", "asks", **play.words(play.row, column))
    if extra:
        other = play.another(column)
        if other is None or len(play.table.rows[other][column].split()) > LONG:
            return []
        play.turns[-1]["content"] += " " + play.worded("extras", **play.words(other, column))
    play.call(called(get, play.table, play.key))
    play.tell((play.row, column))
    return play.tools(get)


def _missing(play: _Play) -> list[dict[str, Any]]:
    column = play.columns[0]
    get = play.function("get", column)
    words = play.words(play.row, column)
    play.say("user", "asks", **words)
    play.say("assistant", "questions", **words)
    play.say("user", "replies", **words)
    play.call(called(get, play.table, play.key))
    play.tell((play.row, column))
    return play.tools(get)


def _by_value(play: _Play) -> tuple[int, int] | None:
    """A column whose entry is this row's alone, and another one to ask for."""
    for known in play.columns:
        entries = [row[known] for row in play.table.rows]
        own = entries[play.row]
        others = [one for one in play.columns if one != known]
        if others and entries.count(own) == 1 and len(own.split()) <= LONG:
            return known, others[0]
    return None


def _several(play: _Play, missing: bool = False) -> list[dict[str, Any]]:
    found = _by_value(play)
    if found is None:
        return []
    known, wanted = found
    find, get = play.function("find", known), play.function("get", wanted)
    words = {
        **play.words(play.row, wanted),
        "known": play.table.header[known],
        "entry": play.table.rows[play.row][known],
    }
    play.say("user", "asks", **words)
    if missing:
        play.say("assistant", "questions", **words)
        play.say("user", "replies", **words)
    play.call(called(find, play.table, words["entry"]))
    play.call(called(get, play.table, play.key))
    play.tell((play.row, wanted))
    return play.tools(find, get, without=[play.function("record"), play.function("find", wanted)])


def _absent(play: _Play, partly: bool = False) -> list[dict[str, Any]]:
    wanted, other = play.columns[:2]
    lacking, offered = play.function("get", wanted), play.function("get", other)
    words = {**play.words(play.row, wanted), "other": play.table.header[other]}
    play.say("user", "asks", **words)
    if partly:
        play.call(called(offered, play.table, play.key))
        play.tell((play.row, other))
        play.turns[-1]["content"] += " " + play.worded("absent", **words)
    else:
        play.say("assistant", "absent", **words)
    return play.tools(offered, without=[lacking, play.function("record"), play.function("find", wanted)])


def _parallel(play: _Play) -> list[dict[str, Any]]:
    column = play.columns[0]
    other = play.another(column)
    if other is None:
        return []
    get = play.function("get", column)
    second = play.table.rows[other][0]
    play.say("user", "asks", **play.words(play.row, column), second=second)
    play.call(called(get, play.table, play.key), called(get, play.table, second))
    play.tell((play.row, column), (other, column))
    return play.tools(get)


def _error(play: _Play) -> list[dict[str, Any]]:
    """The user's spelling of a name is not the table's: the function says which names are like it."""
    column = play.columns[0]
    get = play.function("get", column)
    typed = _mistyped(play.key, play.draw)
    if not typed or any(typed == row[0] for row in play.table.rows):
        return []
    words = {**play.words(play.row, column), "key": typed}
    play.say("user", "asks", **words)
    (result,) = play.call(called(get, play.table, typed))
    if result.get("similar") == [play.key]:
        play.call(called(get, play.table, play.key))
        play.tell((play.row, column))
    elif result.get("similar"):
        near = result["similar"]
        listed = " or ".join([", ".join(near[:-1]), near[-1]] if len(near) > 1 else near)
        play.say("assistant", "questions", **words, similar=listed)
    else:
        play.say("assistant", "reports", **words)
    return play.tools(get)


def _mistyped(key: str, draw: random.Random) -> str:
    """The name with two neighbouring letters in the wrong order; empty where it has no word of five letters."""
    places = [
        at for at in range(1, len(key) - 2)
        if key[at - 1 : at + 3].isalpha() and key[at].islower() and key[at + 1].islower() and key[at] != key[at + 1]
    ]  # fmt: skip
    if not places:
        return ""
    at = draw.choice(places)
    return key[:at] + key[at + 1] + key[at] + key[at + 2 :]


def _none_needed(play: _Play) -> list[dict[str, Any]]:
    """The user has the entries at hand: whether they agree needs no call."""
    column = play.columns[0]
    other = play.another(column)
    own = play.table.rows[play.row][column]
    if other is None or max(len(own.split()), len(play.table.rows[other][column].split())) > LONG:
        return []
    theirs = play.words(other, column)
    words = {**play.words(play.row, column), "second": theirs["key"], "entry": theirs["value"]}
    play.say("user", "asks", **words)
    play.say("assistant", "same" if words["value"] == words["entry"] else "different", **words)
    return play.tools(play.function("get", column))


def _similar(play: _Play) -> list[dict[str, Any]]:
    """The same thing can be looked up by its name or by another entry: which function fits is told by what is given."""
    found = _by_value(play)
    if found is None:
        return []
    known, _ = found
    find = play.function("find", known)
    words = play.words(play.row, known)
    play.say("user", "asks", **words)
    play.call(called(find, play.table, play.table.rows[play.row][known]))
    play.say("assistant", "found", **words)
    return play.tools(find, play.function("get", known))


def _record(play: _Play) -> list[dict[str, Any]]:
    first, second = play.columns[:2]
    record = play.function("record")
    play.say("user", "asks", **play.words(play.row, first), other=play.table.header[second])
    play.call(called(record, play.table, play.key))
    play.tell((play.row, first), (play.row, second))
    return play.tools(record, without=[one for one in play.all.values() if one.kind == "get"])


_CASES = {
    "one": _one,
    "extra": lambda play: _one(play, extra=True),
    "missing": _missing,
    "several": _several,
    "several_missing": lambda play: _several(play, missing=True),
    "absent": _absent,
    "partly_absent": lambda play: _absent(play, partly=True),
    "parallel": _parallel,
    "error": _error,
    "none_needed": _none_needed,
    "similar": _similar,
    "record": _record,
}
