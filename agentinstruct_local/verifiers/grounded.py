"""What the answer states comes from the document."""

from __future__ import annotations

from collections.abc import Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, context, good, paths, string
from agentinstruct_local.words import (
    content,
    date_supported,
    dates,
    name_supported,
    names,
    share,
    strange_numbers,
)
from agentinstruct_local.words.stems import missing


def verify(
    draft: Draft,
    *,
    answer: str = "answer.answer",
    within: str | Sequence[str] = ("answer.quote", "text"),
    question: str = "item.question",
    at_least: float = 0.6,
) -> Verdict:
    """Numbers, dates and names of the answer occur in the text or question (unsupported_number, unsupported_name).

    And at least `at_least` of its words occur in the first of `within` (the quote), the question or the headings
    (unsupported_words).
    """
    said, asked = string(draft, answer), string(draft, question)
    sources = [string(draft, path) for path in paths(within)]
    everything = "\n".join((*sources, asked, context(draft)))
    strange = strange_numbers(said, everything)
    if strange:
        return bad("grounded", "unsupported_number", f"not in the text: {', '.join(strange)}")
    known = dates(everything)
    for date in dates(said):
        if not date_supported(date, known) and not _both_ways(date, known):
            day = "-".join(str(part) for part in date if part is not None)
            return bad("grounded", "unsupported_number", f"not in the text: the date {day}")
    unknown = [name for name in names(said) if not name_supported(name, everything)]
    if unknown:
        return bad("grounded", "unsupported_name", f"not in the text: {', '.join(unknown)}")
    near = sources[0] if sources and sources[0] else everything
    words, basis = content(said), content("\n".join((near, asked, context(draft))))
    if len(set(words)) <= 2:
        basis = content(everything)  # too few words to demand that they stand in the quote itself
    covered = share(words, basis)
    if covered < at_least:
        lost = ", ".join(missing(words, basis))
        return bad(
            "grounded", "unsupported_words", f"only {covered:.2f} of the answer is in its quote; not there: {lost}"
        )
    return good("grounded", f"{covered:.2f} of the answer's words are in its quote, question or headings")


def _both_ways(
    date: tuple[int | None, int | None, int | None], known: Sequence[tuple[int | None, int | None, int | None]]
) -> bool:
    """True for the other reading of 05/03/2024."""
    year, month, day = date
    return month is not None and day is not None and date_supported((year, day, month), known) and day <= 12
