"""Nothing of prompts, chat formats or placeholders is left in the row, and the teacher neither refused nor looped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, paths, seen, string
from agentinstruct_local.words import grams, normalise, squash
from agentinstruct_local.words.leftovers import leftover

_PLACEHOLDER = re.compile(
    r"(?i)^\W*(?:text|string|answer|question|quote|option [a-h1-9]|statement \d|item \d|word|n/?a|none|null"
    r"|todo|tbd|x{3,9}|foo|example"
    r"|the answer|correct answer|your answer)?\W*$"
)
_REFUSAL = re.compile(
    r"(?i)^\W{0,4}(?:i['’]?m sorry|i am sorry|sorry,|i apologi[sz]e|unfortunately, i\b)"
    r"|\bI (?:cannot|can['’]t|am unable to|am not able to|['’]m unable to|won['’]t)\s(?:\w+ly\s)?"
    r"(?:answer|provide|help|assist|determine|fulfil|fulfill|comply|generate|create|find|complete|continue"
    r"|write|give)\b"
)
_SPACES = re.compile(r"(.)\1{14,200}")


def verify(
    draft: Draft,
    *,
    fields: str | Sequence[str] = ("item.question", "answer.answer"),
    phrases: Sequence[str] = (),
    words_in_common: int = 8,
    roles: bool = True,
) -> Verdict:
    """No prompts' words, role tags, chat tokens or placeholders (leftover), no refusal (refusal), no loop (loop).

    `phrases` are words of the prompts: of a phrase of more than 12 words any run of `words_in_common` counts. Without
    `roles` a text may name who speaks. What the documents themselves say word for word is always allowed.
    """
    source = squash(seen(draft))
    plain_source = normalise(source)
    for path in paths(fields):
        text = string(draft, path)
        if not text.strip():
            continue
        if _PLACEHOLDER.match(text):
            return bad("no_leftovers", "leftover", f"{path} is only '{text}'")
        if found := leftover(text, source, roles=roles):
            return bad("no_leftovers", "leftover", f"'{found}' in: {text}")
        if (match := _REFUSAL.search(text)) and squash(match.group()) not in source:
            return bad("no_leftovers", "refusal", text)
        if again := _loop(text, source):
            return bad("no_leftovers", "loop", f"again and again: {again}")
        if phrase := _of_prompt(text, phrases, plain_source, words_in_common):
            return bad("no_leftovers", "leftover", f"words of a prompt: {phrase}")
    return good("no_leftovers")


def _loop(text: str, source: str) -> str:
    """What a text says again and again, or ""."""
    if (match := _SPACES.search(text)) and match.group(1) not in "_-=. #*" and match.group() not in source:
        return match.group()
    if match := re.search(r"(?i)\b(\w{1,40})(?:\W{1,3}\1\b){3,50}", text[:20_000]):
        return "" if match.group() in source else match.group()
    runs = Counter(grams(text, 4))
    if not runs:
        return ""
    run, times = runs.most_common(1)[0]
    phrase = " ".join(run)
    if times >= 4 and 4 * times >= 0.3 * (len(runs) + 3) and normalise(source).count(phrase) < times:
        return phrase
    return ""


def _of_prompt(text: str, phrases: Sequence[str], source: str, size: int) -> str:
    """Words of a prompt that stand in the text and not in the documents, or ""."""
    mine = normalise(text)
    for phrase in phrases:
        wanted = normalise(phrase)
        if len(wanted.split()) <= 12:
            if len(wanted) >= 8 and wanted in mine and wanted not in source:
                return phrase
            continue
        theirs = set(grams(phrase, size))
        known = set(grams(source, size)) if theirs else set()
        for run in grams(text, size):
            if run in theirs and run not in known:
                return " ".join(run)
    return ""
