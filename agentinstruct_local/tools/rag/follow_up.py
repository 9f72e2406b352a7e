"""A chat whose last message is a fragment ("And the second one?"), and the search query that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentinstruct_local import registry
from agentinstruct_local.library import Library
from agentinstruct_local.records import Draft
from agentinstruct_local.tools import ask
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.words.questions import Asked

FORMS = ("definition", "object", "use", "rule")
"""Forms of questions in which another subject can take the place of the first."""
LONGEST = 8
"""Words of what is asked about."""


def use(
    draft: Draft,
    *,
    corpus: Library | None = None,
    checks: Sequence[str | Mapping[str, Any]] = (),
    asks: Sequence[str] = (),
    follows: Sequence[str] = (),
    answers: Sequence[str] = ("{query}",),
) -> dict[str, Any]:
    """`user` (a chat and what is to be done with it), `assistant` (the query), `question`, `told`, `answered`, `quote`.

    The focus is asked about first; the fragment asks the same of the subject of another sentence of the document,
    which passes `checks`. `answered` is that sentence. Errors: nothing_to_ask, too_few_questions.
    """
    if not corpus or not draft.focus or not asks or not follows:
        return {"error": "nothing_to_ask"}
    draw = drawn(draft, "follow_up")
    mine = [one for one in ask.askable(draft, draft.focus.text, named=True) if _shape(one)]
    if not mine:
        return {"error": "nothing_to_ask"}
    first = draw.choice(mine)
    found = next(_alike(draft, first, corpus, checks), None)
    if found is None:
        return {"error": "too_few_questions"}
    second, told = found
    fragment = draw.choice(list(follows)).format(subject=_subject(second))
    words = {
        "first": first.question, "told": ask.as_reply(draft.focus.text), "fragment": fragment, "query": second.question,
        "title": draft.passage.title or draft.passage.source,
    }  # fmt: skip
    return {"output": {
        "user": draw.choice(list(asks)).format(**words), "assistant": draw.choice(list(answers)).format(**words),
        "question": f"{first.question} {fragment}", "told": words["told"], "fragment": fragment, "answered": told,
        "quote": draft.focus.text,
    }}  # fmt: skip


def _shape(asked: Asked) -> tuple[str, str] | None:
    """What stands before the subject in a question, and behind it; None where it cannot be taken out."""
    if asked.form not in FORMS or not 0 < len(asked.subject.split()) <= LONGEST:
        return None
    before, found, after = asked.question.partition(_subject(asked))
    return (before, after) if found else None


def _subject(asked: Asked) -> str:
    """The subject as the question has it: "The store" is "the store" there."""
    start = asked.question.casefold().find(asked.subject.casefold())
    return asked.question[start : start + len(asked.subject)] if start >= 0 and asked.subject else asked.subject


def _alike(
    draft: Draft, first: Asked, corpus: Library, checks: Sequence[str | Mapping[str, Any]]
) -> Iterator[tuple[Asked, str]]:
    """The same question about something else in the document, the nearest first, with the sentence that answers."""
    named = [(one, {}) if isinstance(one, str) else next(iter(one.items())) for one in checks]
    near = [one for one in corpus.passages if one.document == draft.passage.document]
    for passage in sorted(near, key=lambda one: (abs(one.span[0] - draft.passage.span[0]), one.id)):
        for place in sorted(passage.foci):
            unit = passage.units[place]
            one = replace(draft, passage=passage, focus=unit, text=passage.text)
            for asked in ask.askable(one, unit.text, named=True):
                same = asked.subject.casefold() == first.subject.casefold() or asked.question == first.question
                if same or _shape(asked) != _shape(first):
                    continue
                item = {"question": asked.question, "key": asked.key, "told": ask.as_reply(unit.text)}
                if all(
                    registry.find("verifiers", name)(replace(one, item=item), **options).ok for name, options in named
                ):
                    yield asked, item["told"]
