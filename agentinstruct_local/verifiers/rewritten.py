"""What a writer made of a text has kept its numbers and names, and differs from it in the way that was asked for."""

from __future__ import annotations

from typing import Literal

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words import content, grams, name_supported, names, numbers, sentences, share, strange_numbers
from agentinstruct_local.words.tones import reading_ease, small_words, tone

BY = "rewritten"


def verify(  # its options are its arguments
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
    if not told or not source or " ".join(told.casefold().split()) == " ".join(source.casefold().split()):
        return bad(BY, "nothing_changed", f"a copy, or nothing: {told or text}")
    ratio = len(told.split()) / len(source.split())
    if not size[0] <= ratio <= size[1]:
        return bad(BY, "too_short" if ratio < size[0] else "too_long", f"{ratio:.2f} times as many words: {told}")
    if lost := strange_numbers(source, told):
        return bad(BY, "lost_number", f"not in the answer: {', '.join(lost)}")
    gone = [one for one in names(source) if not name_supported(one, told)] if names_kept else []
    if gone:
        return bad(BY, "lost_name", f"not in the answer: {', '.join(gone)}")
    kept = share(content(source), content(told))
    if kept < kept_at_least:
        return bad(BY, "lost_content", f"{kept:.2f} of the text is in the answer: {told}")
    if run_at_most and (run := copied(told, source, run_at_most + 1)):
        return bad(BY, "copies_run", f"copied: {run}")
    if easier_by and (why := _harder(told, source, easier_by, sentence_at_most)):
        return bad(BY, "not_easier", f"{why}: {told}")
    if toned and tone(told, toned) <= tone(source, toned):
        return bad(BY, "not_toned", f"no more {toned} than the text: {told}")
    if mixed and min(small_words(told, "en"), small_words(told, mixed)) < 2:
        return bad(BY, "not_mixed", f"not in both languages: {told}")
    return good(BY, f"{ratio:.2f} times as many words, {kept:.2f} of the text kept, {len(numbers(source))} numbers")


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
