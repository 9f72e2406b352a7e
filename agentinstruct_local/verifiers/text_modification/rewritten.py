"""What a writer made of a text has kept its numbers and names, and differs from it in the way that was asked for."""

from __future__ import annotations

from typing import Literal

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import (
    content,
    grams,
    name_supported,
    names,
    normalise,
    sentences,
    share,
    strange_numbers,
)
from agentinstruct_local.words.tones import reading_ease, small_words, tone

BY = "rewritten"


def verify(  # noqa: PLR0913  # its options are its arguments
    draft: Draft,
    *,
    text: str = "item.text",
    answer: str = "rewrite.text",
    run_at_most: int = 0,
    kept_at_least: float = 0.0,
    size: tuple[float, float] = (0.4, 2.0),
    easier_by: float = 0.0,
    sentence_at_most: int = 0,
    toned: Literal["", "positive", "negative"] = "",
    mixed: str = "",
    names_kept: bool = True,
) -> Verdict:
    """All numbers of the text are in the answer, and with `names_kept` its names (lost_number, lost_name).

    The answer is no copy (nothing_changed). It has `size` times as many words, from the first to the second (too_short,
    too_long); at most `run_at_most` words in a row of the text (copies_run); at least `kept_at_least` of its content
    (lost_content); a reading ease higher by `easier_by` and no sentence of more than `sentence_at_most` words
    (not_easier); more words of a tone (not_toned); words of English and of the language `mixed` (not_mixed). What is 0
    or empty is not asked.
    """
    told, source = string(draft, answer).strip(), string(draft, text).strip()
    if not told or not source or normalise(told) == normalise(source):
        return bad(BY, "nothing_changed", f"a copy, or nothing: {told or text}")
    kept = share(content(source), content(told))
    longer = len(told.split()) / len(source.split())
    gone = [one for one in names(source) if not name_supported(one, told)] if names_kept else []
    doubts = (
        ("too_short", f"{longer:.2f} times as many words: {told}" if longer < size[0] else ""),
        ("too_long", f"{longer:.2f} times as many words: {told}" if longer > size[1] else ""),
        ("lost_number", ", ".join(strange_numbers(source, told))),
        ("lost_name", ", ".join(gone)),
        ("lost_content", f"{kept:.2f} of the text is in the answer: {told}" if kept < kept_at_least else ""),
        ("copies_run", copied(told, source, run_at_most + 1) if run_at_most else ""),
        ("not_easier", _harder(told, source, easier_by, sentence_at_most) if easier_by else ""),
        ("not_toned", f"no more {toned}: {told}" if toned and tone(told, toned) <= tone(source, toned) else ""),
        ("not_mixed", f"in one language: {told}" if mixed and _unmixed(told, mixed) else ""),
    )
    found = next((one for one in doubts if one[1]), None)
    return bad(BY, *found) if found else good(BY, f"{longer:.2f} times as many words, {kept:.2f} of the text kept")


def _unmixed(told: str, other: str) -> bool:
    return min(small_words(told, "en"), small_words(told, other)) < 2


def copied(told: str, source: str, length: int) -> str:
    """The first run of so many words that both have, "" where there is none; runs of names and numbers aside."""
    theirs = set(grams(source, length))
    own = {one.casefold() for one in names(source)}
    runs = (run for run in grams(told, length) if run in theirs)
    return next((" ".join(run) for run in runs if sum(word in own for word in run) < length - 2), "")


def _harder(told: str, source: str, by: float, most: int) -> str:
    gain = reading_ease(told) - reading_ease(source)
    if gain < by:
        return f"its reading ease is only {gain:.0f} higher"
    longest = max((len(one.split()) for one in sentences(told)), default=0)
    return f"a sentence of {longest} words" if most and longest > most else ""
