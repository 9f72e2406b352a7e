"""What is said or done about one page fits it: exactly one element serves the wish, a value stands there, counts are
right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from agentinstruct_local.passages.tables import plain_cell
from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.verifiers.web_agent._page_text import AGREES, Part, Seen, action, page, wish
from agentinstruct_local.words import content, normalise
from agentinstruct_local.words.questions import plain

BY = "page_read"
_VERBS = {"searchbox": "type", "combobox": "select"}


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """The answer at `of` (`question`, `answer`, `goal`, `case`) fits the page of the question.

    Reasons: page_unread, element_ambiguous (not exactly one element fits the wish), action_impossible (the answer is
    another one), goal_unsaid (the wish does not say what it needs), reading_wrong (the page shows something else).
    """
    question, answer = string(draft, f"{of}.question"), string(draft, f"{of}.answer")
    goal: Mapping[str, Any] = draft.value(f"{of}.goal", {})
    seen = page(question)
    if seen is None:
        return bad(BY, "page_unread", question or "no page")
    case = string(draft, f"{of}.case")
    if case in ("ground", "act"):
        return _element(case, goal, seen, wish(question), answer)
    check = _READINGS.get(str(goal.get("kind")))
    reason = check(goal, seen, question, answer) if check else "nothing was to be read"
    reason = reason or _invented(goal, answer, draft.passage.text)
    return bad(BY, "reading_wrong", reason) if reason else good(BY, str(goal.get("kind")))


def _invented(goal: Mapping[str, Any], answer: str, passage: str) -> str:
    """What was read off the page and does not stand in the passage; empty where it does."""
    known = normalise(plain_cell(passage))
    wanted = [answer] if goal["kind"] == "sentence" else [str(goal["key"])] if goal["kind"] == "entry" else []
    return next((f"not in the passage: {one}" for one in wanted if normalise(plain_cell(plain(one))) not in known), "")


def _element(case: str, goal: Mapping[str, Any], seen: Seen, asked: str, answer: str) -> Verdict:
    fitting = [one for one in seen.parts if one.number and _serves(goal, one, seen)]
    if len(fitting) != 1:
        return bad(BY, "element_ambiguous", f"{len(fitting)} elements fit {dict(goal)}")
    if goal["kind"] not in ("dismiss", "next", "service"):
        wanted = [str(value) for name, value in goal.items() if name not in ("kind", "role")]
        if lacking := [one for one in wanted if one not in asked]:
            return bad(BY, "goal_unsaid", lacking[0])
    (part,) = fitting
    if case == "ground":
        numbers = re.findall(r"\[(\d+)\]", answer)
        right = numbers == [str(part.number)] and part.role in answer
        return good(BY, answer) if right else bad(BY, "action_impossible", f"{answer} for [{part.number}]")
    call = action(answer)
    text = str(goal.get("text", goal.get("value", goal.get("column", "")))) if part.role in _VERBS else ""
    if call != (_VERBS.get(part.role, "click"), part.number, text):
        return bad(BY, "action_impossible", f"{answer} for [{part.number}] {text}")
    return good(BY, answer)


def _serves(goal: Mapping[str, Any], part: Part, seen: Seen) -> bool:
    """Whether an element does what is wished for."""
    column, value = goal.get("column"), goal.get("value")
    at = seen.columns.index(column) if column in seen.columns else 0
    fits = {
        "link": goal["kind"] in ("open", "service", "next") and part.name == goal.get("name"),
        "button": goal["kind"] == "dismiss" and bool(seen.of("dialog")) and not AGREES.search(part.name),
        "searchbox": goal["kind"] == "search",
        "row": (goal["kind"] == "open_entry" and part.cells[0] == goal.get("key"))
        or (goal["kind"] == "entry_by" and at > 0 and part.cells[at : at + 1] == [value]),
        "combobox": (goal["kind"] == "sort" and part.name == "Sort by" and column in part.options)
        or (goal["kind"] == "filter" and part.name == column and value in part.options),
    }
    return bool(fits.get(part.role))


def _entry(goal: Mapping[str, Any], seen: Seen, question: str, answer: str) -> str:
    columns = seen.columns
    rows = [one.cells for one in seen.of("row") if one.cells[0] == goal["key"]]
    if len(rows) != 1 or goal["column"] not in columns or goal["key"] not in wish(question):
        return "no such row, or it was not asked for"
    value = rows[0][columns.index(goal["column"])].rstrip(".")
    return "" if value and value in answer and goal["column"] in wish(question) else f"it is {value}"


def _sentence(goal: Mapping[str, Any], seen: Seen, question: str, answer: str) -> str:
    del goal
    texts = [normalise(one.name) for one in seen.of("text")]
    if normalise(answer) not in texts:
        return "no sentence of the page"
    return "" if set(content(answer)) - set(content(wish(question))) else "the question tells the answer"


def _describe(goal: Mapping[str, Any], seen: Seen, question: str, answer: str) -> str:
    """Each name in quotes is on the page, and each number counts something there."""
    del goal, question
    names = {seen.title, *(one.name for one in seen.parts), *seen.columns}
    if strange := [one for one in re.findall(r'"([^"]+)"', answer) if one not in names]:
        return f"not on the page: {strange[0]}"
    if seen.title not in answer:
        return "the page is not named"
    for number, names in re.findall(r'(\d+) (?:page|field)s?[^".]*((?:"[^"]+"(?:, | and )?)+)', answer):
        if int(number) != names.count('"') / 2:
            return f"{number} for {names}"
    others = re.sub(r'"[^"]*"|\d+ (?:page|field)s?', "", answer)
    counts = {len(seen.of("text")), *(int(one) for part in seen.of("table") for one in re.findall(r"\d+", part.value))}
    return next((f"{one} of what" for one in re.findall(r"\d+", others) if int(one) not in counts), "")


def _filtered(goal: Mapping[str, Any], seen: Seen, question: str, answer: str) -> str:
    """The rows in view are those that are told, and what was in view before and fits is still there."""
    del goal
    before = page(question.partition("\n\nAction: ")[0])
    rows = [one.cells for one in seen.of("row")]
    table = "".join(one.value for one in seen.of("table"))
    chosen = {one.name: one.value for one in seen.of("combobox") if one.value not in ("any", "as listed")}
    if before is None or not rows or len(chosen) != 1:
        return "nothing was filtered"
    ((column, value),) = chosen.items()
    at = seen.columns.index(column)
    lost = [one.cells for one in before.of("row") if one.cells[at] == value and one.cells not in rows]
    if any(row[at] != value for row in rows) or (lost and len(rows) < 6):
        return "not what the filter leaves"
    total = table.rpartition(" of ")[2]
    told = all(row[0] in answer for row in rows) and re.search(rf"\b{total}\b", answer)
    others = [one.cells[0] for one in before.of("row") if one.cells not in rows]
    own = " ".join(row[0] for row in rows)
    wrong = [one for one in others if one not in own and re.search(rf"(?<!\w){re.escape(one)}(?!\w)", answer)]
    return "" if told and not wrong and value in answer else f"it shows {total} rows"


def _alert(goal: Mapping[str, Any], seen: Seen, question: str, answer: str) -> str:
    del goal, question
    empty = {one.name for one in seen.parts if one.required and not one.value}
    kept = {one.name: one.value for one in seen.of("textbox", "combobox") if one.value}
    quoted = set(re.findall(r'"([^"]+)"', answer))
    if not seen.of("alert") or not empty <= quoted:
        return f"empty: {', '.join(empty)}"
    known = empty | set(kept) | set(kept.values()) | {one.name for one in seen.of("button")}
    return "" if quoted <= known and set(kept.values()) <= quoted else "it tells what is not there"


_READINGS: Mapping[str, Callable[[Mapping[str, Any], Seen, str, str], str]] = {
    "entry": _entry, "sentence": _sentence, "describe": _describe, "filtered": _filtered, "alert": _alert,
}  # fmt: skip
