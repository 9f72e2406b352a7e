"""Numbered documents of which one is a table, and a question about one of its rows: open, or with options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentinstruct_local.library import Library
from agentinstruct_local.passages import Table, row_of
from agentinstruct_local.records import Draft
from agentinstruct_local.tools import row_choice
from agentinstruct_local.tools._listing import headed, numbered, others, titled
from agentinstruct_local.tools._matter import drawn
from agentinstruct_local.words import normalise

MOST_ROWS = 15
"""Of a table that is shown."""


def use(
    draft: Draft,
    *,
    corpus: Library | None = None,
    case: str = "entry",
    documents: int = 4,
    asks: Sequence[str] = (),
    questions: Sequence[str] = (),
    answers: Sequence[str] = (),
) -> dict[str, Any]:
    """`user`, `assistant`, `question`, `listed`, `options`, `key`, `row`, `column`, `entry` and `quote`.

    `case`: "entry" asks what a row has under a column, "choice" gives four options for it. `questions` are wordings of
    the question, `asks` put it and the documents together. Errors: no_table, too_few_options, no_documents.
    """
    found = row_of(draft)
    if found is None or not corpus or len(found[0].rows) > MOST_ROWS or not draft.focus or not headed(found[0]):
        return {"error": "no_table"}
    (table, row), draw = found, drawn(draft, "table_documents")
    options: list[str] = []
    if case == "choice":
        made = row_choice.use(draft, asks=questions).get("output")
        if made is None:
            return {"error": "too_few_options"}
        words = {"key": made["row"], "column": made["column"], "value": made["entry"], "letter": made["key"]}
        question, options = f"{made['question']}\n\n{made['listed']}", made["options"]
    else:
        columns = [at for at, cell in enumerate(table.rows[row]) if at and any(map(str.isalnum, cell))]
        if not columns:
            return {"error": "no_table"}
        column = draw.choice(columns)
        words = {"key": table.rows[row][0], "column": table.header[column], "value": table.rows[row][column]}
        question = draw.choice(list(questions)).format(kind=table.header[0], table=table.name, **words)
    near = others(corpus, f"{table.name} {question}", [draft.focus.text], 8 * documents, {draft.passage.id})
    apart = {text: one for text, one in near.items() if normalise(words["key"]) not in normalise(text)}
    shown = [*list(apart.items())[: documents - 1], (_written(table), draft.passage)]
    if len(shown) < documents // 2 + 1:
        return {"error": "no_documents"}
    draw.shuffle(shown)
    number = 1 + [one.id for _, one in shown].index(draft.passage.id)
    titles = [titled(one) if one is not draft.passage else f"{titled(one)} (table)" for _, one in shown]
    listed = numbered(titles, [text for text, _ in shown])
    words |= {"value": words["value"].rstrip("."), "table": table.name}
    return {"output": {
        "user": draw.choice(list(asks)).format(documents=listed, question=question),
        "assistant": draw.choice(list(answers)).format(number=number, **words),
        "question": question.partition("\n")[0], "listed": listed, "options": options, "key": words.get("letter", ""),
        "row": words["key"], "column": words["column"], "entry": words["value"], "quote": draft.focus.text,
        "passages": [one.id for _, one in shown],
    }}  # fmt: skip


def _written(table: Table) -> str:
    lines = [table.header, ("---",) * len(table.header), *table.rows]
    return "\n".join(f"| {' | '.join(one)} |" for one in lines)
