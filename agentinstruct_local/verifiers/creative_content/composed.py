"""A text that was composed from a passage says what the passage says, and has the form that was ordered."""

from __future__ import annotations

import re
from collections.abc import Callable

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, normalise, numbers
from agentinstruct_local.words.questions import plain

BY = "composed"
Found = tuple[str, str] | None  # reason and evidence
_COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """The text at `of` (`question`, `answer`, `case`) is what was ordered.

    Reasons: form_broken (parts are lacking, out of order or not as many as were ordered), part_not_in_text (a part says
    what the passage does not), key_wrong (the key does not solve its task).
    """
    answer, order = string(draft, f"{of}.answer"), string(draft, f"{of}.question")
    check = _CASES.get(string(draft, f"{of}.case"))
    if check is None or not answer.strip():
        return bad(BY, "form_broken", answer or "no text")
    known = {normalise(plain(unit.text)) for unit in draft.passage.units}
    known |= {normalise(re.sub(r"^\(?\d{1,2}[.)]\s+", "", plain(unit.text))) for unit in draft.passage.units}
    count, found = check(answer, known)
    if found is None and (not count or not _ordered(count, order)):
        found = "form_broken", f"{count} parts for: {order}"
    return bad(BY, *found) if found else good(BY, f"{count} parts")


def _ordered(count: int, order: str) -> bool:
    """Whether the order speaks of so many parts, or of no number."""
    asked = [number.value for number in numbers(order)] + [str(1 + _COUNTED.index(one)) for one in _COUNTED
                                                          if re.search(rf"\b{one}\b", order.casefold())]  # fmt: skip
    return not asked or str(count) in asked


def _strange(told: str, known: set[str]) -> Found:
    return None if normalise(told) in known else ("part_not_in_text", told)


def _first(some: list[Found]) -> Found:
    return next((one for one in some if one), None)


def _faq(answer: str, known: set[str]) -> tuple[int, Found]:
    title, *parts = answer.split("\n\n")
    pairs = [re.fullmatch(r"\*\*([^*\n]+\?)\*\*\n([^\n]+)", one) for one in parts]
    if not title.startswith("# ") or not all(pairs) or len(pairs) < 2:
        return 0, ("form_broken", answer)
    asked = [(one[1], one[2]) for one in pairs if one]
    return len(asked), _pairs(asked, known)


def _pairs(asked: list[tuple[str, str]], known: set[str]) -> Found:
    """Questions with their answers: each answer is the passage's, speaks of the same thing and adds to it."""
    if len({question for question, _ in asked}) < len(asked) or len({told for _, told in asked}) < len(asked):
        return "form_broken", "the same twice"
    for question, told in asked:
        both = set(content(question)) & set(content(told))
        if not both or set(content(told)) <= set(content(question)):
            return "key_wrong", f"{question} {told}"
    return _first([_strange(told, known) for _, told in asked])


def _dialogue(answer: str, known: set[str]) -> tuple[int, Found]:
    turns = [line.partition(": ") for line in answer.split("\n")]
    speakers = [one for one, _, _ in turns]
    first, second = speakers[0], speakers[min(1, len(speakers) - 1)]
    if (
        len(turns) < 7
        or first == second
        or speakers != ([first, second] * len(turns))[: len(turns)]
        or len(turns) % 2 == 0
    ):
        return 0, ("form_broken", answer)
    middle = [text for _, _, text in turns[2:-1]]
    asked = list(zip(middle[::2], middle[1::2], strict=True))
    if not all(question.endswith("?") for question, _ in asked):
        return 0, ("form_broken", "an answer to no question")
    return len(asked), _pairs(asked, known)


def _exercise(answer: str, known: set[str]) -> tuple[int, Found]:
    tasks, _, key = answer.partition("\n\nKey:\n")
    asked = re.findall(r"(?m)^(\d)\. (.+) \((\d) points?\)$", tasks)
    keys = re.findall(r"(?m)^(\d)\. (.+)$", key)
    total = re.search(r"(?m)^Total: (\d+) points$", tasks)
    order = [str(at) for at in range(1, len(asked) + 1)]
    if len(asked) < 2 or [one[0] for one in asked] != order or [one[0] for one in keys] != order or not total:
        return 0, ("form_broken", answer)
    if int(total[1]) != sum(int(one[2]) for one in asked):
        return 0, ("form_broken", f"{total[0]} is not the sum")
    told = [re.sub(r"^[^:]*: ", "", one[1]) for one in asked]
    if len(set(told)) < len(told):
        return 0, ("form_broken", "a task twice")
    return len(asked), _first([_task(task, one[1], known) for task, one in zip(told, keys, strict=True)])


def _task(task: str, key: str, known: set[str]) -> Found:
    """Whether a key solves its task: a gap, a statement to be judged, or a question."""
    if "____" in task:
        whole = task.replace("____", key)
        twice = re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", task, re.IGNORECASE)
        return ("key_wrong", whole) if task.count("____") != 1 or twice or normalise(whole) not in known else None
    if not re.match(r"(?:True|False)\.", key):
        return _pairs([(task, key)], known)
    right = key.removeprefix("False. ")
    if key.startswith("True.") != (normalise(task) in known):
        return "key_wrong", f"{task} {key}"
    if key.startswith("False.") and len(set(content(task)) & set(content(right))) < 2:
        return "key_wrong", f"{task} {key}"
    return _strange(right, known) if key.startswith("False.") else None


def _riddles(answer: str, known: set[str]) -> tuple[int, Found]:
    title, rules, *cards = answer.split("\n\n")[:2] + answer.split("\n\n")[2:] if "\n\n" in answer else [answer, ""]
    read = [re.fullmatch(r"Card (\d+)\n(I \w+) (.+)\. What am I\?\nAnswer: ([^\n]+)", one) for one in cards]
    if not title.startswith("# ") or not rules.startswith("Rules: ") or len(cards) < 2 or not all(read):
        return 0, ("form_broken", answer)
    found: list[Found] = []
    for at, one in enumerate(read, 1):
        assert one is not None
        verb = {"I am": "is", "I was": "was", "I have": "has"}.get(one[2], one[2][2:])
        if int(one[1]) != at or re.sub(r"^(?:the|an?) ", "", one[4]).casefold() in one[3].casefold():
            found.append(("key_wrong", one[4]))
        found.append(_strange(f"{one[4]} {verb} {one[3]}", known))
    return len(cards), _first(found)


def _checklist(answer: str, known: set[str]) -> tuple[int, Found]:
    title, gap, *lines = answer.split("\n") if answer.count("\n") > 2 else [answer, "-"]
    if not title.startswith("# ") or gap or not all(one.startswith("- [ ] ") for one in lines) or len(lines) < 3:
        return 0, ("form_broken", answer)
    steps = [one.removeprefix("- [ ] ") for one in lines]
    twice: Found = ("form_broken", "a step twice") if len(set(steps)) < len(steps) else None
    return len(steps), twice or _first([_strange(one, known) for one in steps])


def _reminder(answer: str, known: set[str]) -> tuple[int, Found]:
    parts = answer.split("\n\n")
    rules = [one.removeprefix("- ") for one in parts[3].split("\n")] if len(parts) == 6 else []
    sound = len(rules) > 1 and parts[0].startswith("Subject: ") and parts[1].endswith(",") and parts[2].endswith(":")
    if not sound or parts[5] != "Kind regards" or parts[3].count("- ") < len(rules) or len(set(rules)) < len(rules):
        return 0, ("form_broken", answer)
    idle = next((one for one in rules if not re.search(r"\b(?:must|shall|should|may not|never)\b", one)), "")
    return len(rules), ("key_wrong", f"no rule: {idle}") if idle else _first([_strange(one, known) for one in rules])


def _post(answer: str, known: set[str]) -> tuple[int, Found]:
    tags = re.findall(r"(?<= )#([A-Z][A-Za-z]+)", answer)
    hook, _, fact = re.sub(r"(?: #\w+)+$", "", answer.replace("? ", ": ", 1)).partition(": ")
    if len(answer) > 280 or len(tags) < 2 or len(set(tags)) < len(tags) or not fact or len(hook.split()) > 7:
        return 0, ("form_broken", answer)
    plain_fact = re.sub(r"[^a-z]", "", fact.casefold())
    stray = next((one for one in tags if one.casefold() not in plain_fact), "")
    return len(tags), ("key_wrong", f"#{stray}") if stray else _strange(fact, known)


_CASES: dict[str, Callable[[str, set[str]], tuple[int, Found]]] = {
    "faq": _faq, "dialogue": _dialogue, "exercise": _exercise, "riddles": _riddles, "checklist": _checklist,
    "reminder": _reminder, "post": _post,
}  # fmt: skip
