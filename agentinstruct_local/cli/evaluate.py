"""`agentinstruct evaluate`: what a student knows, closed book, and what it would know with the documents at hand."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agentinstruct_local.cli.bar import bar
from agentinstruct_local.cli.output import count, say, short, span_of_time

if TYPE_CHECKING:
    from agentinstruct_local.exam.material import Material
    from agentinstruct_local.exam.questions import Question
    from agentinstruct_local.exam.sitting import Mark
    from agentinstruct_local.records import Document, Message, Passage
    from agentinstruct_local.student.students import Student
    from agentinstruct_local.teachers import Teacher

RECITED = 100
"""Rows of the run that the student is asked to recite."""
PASSAGE = 420
"""Tokens of a passage, as in a run."""
COLUMNS = {"short": "short answers", "mc": "four options", "likely": "nats a token"}
NAMES = {
    "base": "untaught, closed book",
    "taught": "taught, closed book",
    "gold": "untaught, the right passage given",
    "search": "untaught, a search's passages given (BM25)",
    "general": "general questions, untaught",
    "general_taught": "general questions, taught",
    "rows": "rows it was taught, recited",
}


@dataclass(slots=True)
class Sat:
    """The sittings of one evaluation."""

    marks: dict[str, list[Mark]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


@click.command("evaluate", short_help="Examine a student, closed book, with questions about the documents.")
@click.argument("file", metavar="QUESTIONS.jsonl", type=click.Path(path_type=Path))
@click.option("--student", "name", required=True, metavar="NAME|FILE.gguf|FOLDER", help="Whom to ask.")
@click.option("--adapter", type=click.Path(path_type=Path, exists=True), help="A LoRA adapter over the student.")
@click.option(
    "--base", "base_name", metavar="NAME|FILE.gguf|FOLDER",
    help="The student before it was taught. [default: as its folder tells; with --adapter the student without it]",
)  # fmt: skip
@click.option(
    "--documents", type=click.Path(path_type=Path, exists=True), metavar="FOLDER", help="What the questions are about."
)
@click.option(
    "--run", type=click.Path(path_type=Path, exists=True), metavar="RUN", help="What the student was taught on."
)
@click.option("--chat-format", default="", metavar="NAME", help="Where the model's file does not tell.")
@click.option("--general/--no-general", default=True, help="Also ask 120 general questions. [default: ask them]")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object, with every reply.")
def command(
    *, file: Path, name: str, adapter: Path | None, base_name: str | None, documents: Path | None, run: Path | None,
    chat_format: str, general: bool, as_json: bool,
) -> None:  # fmt: skip
    """Ask a student every question of QUESTIONS.jsonl without a document at hand, and mark its replies.

    Beside it the student as it was before it was taught; with --documents (or --run, which holds them) also with
    the right passage in its prompt, and with what a search finds: so it is told how much of that gap was closed.
    docs/evaluate.md shows what a file of questions looks like, and how to read the table.

    \b
    Examples:
      agentinstruct evaluate questions.jsonl --student runs/handbook/students/smollm2-135m-instruct-q4_1 \\
          --run runs/handbook
      agentinstruct evaluate questions.jsonl --student ~/models/Qwen3-1.7B --documents handbook/
    """
    from agentinstruct_local.exam import questions as reading
    from agentinstruct_local.student import examined

    asked = reading.read(file)
    student = examined.find(name, chat_format)
    base = _base(name, base_name, chat_format, student, adapter)
    if adapter is not None:
        examined.check_adapter(adapter, student)
    desk, recital = _Desk(documents, run), _recital(run)
    sat = Sat()
    if base is None:
        say("Nothing tells what the student was before it was taught, so it is examined alone; --base compares.")
    else:
        with closing(examined.opened(base, torch=adapter is not None)) as untaught:
            _sit_untaught(untaught, asked, desk, sat, general=general)
    with closing(examined.opened(student, adapter)) as taught:
        if base is None:
            _sit_untaught(taught, asked, desk, sat, general=general)
        else:
            _sit(sat, "taught", taught, asked)
            if general:
                _sit(sat, "general_taught", taught, _general())
        if recital:
            _recite(sat, taught, recital)
    told = _told(asked, sat, student, base, desk.lost)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
    else:
        _print(told)


def _base(name: str, base_name: str | None, chat_format: str, student: Student, adapter: Path | None) -> Student | None:
    from agentinstruct_local.student import examined

    if base_name:
        return examined.find(base_name, chat_format)
    return student if adapter else examined.base_of(name, chat_format)


class _Desk:
    """The documents: read at once, cut into passages when it is known how the student counts tokens."""

    def __init__(self, documents: Path | None, run: Path | None) -> None:
        from agentinstruct_local.readers.collect import collect
        from agentinstruct_local.store import Store

        self.lost: list[str] = []  # ids of questions whose evidence stands in no document
        self._documents: Sequence[Document] = ()
        self._passages: Sequence[Passage] | None = None
        if documents is not None:
            self._documents = collect([documents]).documents
        elif run is not None:
            with Store(run, readonly=True) as store:
                self._documents, self._passages = store.documents(), store.passages()

    def material(self, student: Teacher, asked: list[Question]) -> Material | None:
        """What can be given to a student; None where no documents were named."""
        from agentinstruct_local.exam.material import Material
        from agentinstruct_local.passages import split

        if not self._documents:
            return None
        count_tokens = student.count_tokens
        if self._passages is None:
            parts = (split(one, count_tokens=count_tokens, max_tokens=PASSAGE) for one in self._documents)
            self._passages = [one for several in parts for one in several]
        material = Material(self._documents, self._passages)
        self.lost = [one.id for one in material.lost(asked)]
        if self.lost:
            some = ", ".join(self.lost[:5]) + (" ..." if len(self.lost) > 5 else "")
            say(f"The evidence of {count(len(self.lost), 'question')} stands in none of the documents: {some}")
        return material


def _sit_untaught(student: Teacher, asked: list[Question], desk: _Desk, sat: Sat, *, general: bool) -> None:
    _sit(sat, "base", student, asked)
    material = desk.material(student, asked)
    if material is not None:
        _sit(sat, "gold", student, asked, material.gold)
        _sit(sat, "search", student, asked, material.found)
    if general:
        _sit(sat, "general", student, _general())


def _general() -> list[Question]:
    from agentinstruct_local.exam.questions import general

    return general()


def _sit(sat: Sat, name: str, student: Teacher, asked: list[Question], material: Any = None) -> None:
    from agentinstruct_local.exam.sitting import sit

    began = time.monotonic()
    with bar(NAMES[name]) as tell:
        sat.marks[name] = sit(student, asked, material, tell=tell)
    sat.seconds[name] = round(time.monotonic() - began, 1)


def _recital(run: Path | None) -> list[tuple[tuple[Message, ...], str]]:
    """Some rows of the run: the turns before the last, and the last. RunError where the folder holds no run."""
    from agentinstruct_local.cli.opening import frozen_recipe
    from agentinstruct_local.store import Store

    if run is None:
        return []
    with Store(run, readonly=True) as store:
        recipe = frozen_recipe(store)
        rows = [row for row in store.rows(recipe.rows if recipe else None) if not row.tools]
    rows = [row for row in rows if row.messages[-1].role == "assistant" and row.channel != "text"]
    drawn = random.Random(0).sample(rows, min(RECITED, len(rows)))
    return [(row.messages[:-1], row.messages[-1].content) for row in drawn]


def _recite(sat: Sat, student: Teacher, recital: list[tuple[tuple[Message, ...], str]]) -> None:
    """The rows, asked word for word as they were taught."""
    from agentinstruct_local.exam.sitting import recite

    began = time.monotonic()
    with bar(NAMES["rows"]) as tell:
        sat.marks["rows"] = recite(student, recital, tell=tell)
    sat.seconds["rows"] = round(time.monotonic() - began, 1)


def _told(asked: list[Question], sat: Sat, student: Student, base: Student | None, lost: list[str]) -> dict[str, Any]:
    from agentinstruct_local.exam.report import recited, report
    from agentinstruct_local.exam.sitting import as_plain

    sittings = {name: marks for name, marks in sat.marks.items() if name in ("base", "taught", "gold", "search")}
    told = {"student": student.name, "base": base.name if base else None} | report(asked, sittings)
    told["evidence_not_found"] = lost
    if "general" in sat.marks:
        both = {"base": sat.marks["general"]}
        both |= {"taught": sat.marks["general_taught"]} if "general_taught" in sat.marks else {}
        told["general"] = report(_general(), both)
    if "rows" in sat.marks:
        told["rows"] = recited(sat.marks["rows"])
    told["seconds"] = sat.seconds
    told["replies"] = {name: as_plain(marks) for name, marks in sat.marks.items()}
    return told


def _print(told: dict[str, Any]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    table = _table("", *COLUMNS.values())
    for name, scores in told["scores"].items():
        words = NAMES[name] if told["base"] else NAMES[name].replace("untaught", "the student")
        table.add_row(words, *(_estimate(scores[one], share=one != "likely") for one in COLUMNS))
    if "general" in told:
        for name, scores in told["general"]["scores"].items():
            row = NAMES["general" if name == "base" else "general_taught"]
            table.add_row(row, "", _estimate(scores["mc"]), _estimate(scores["likely"], share=False))
    if "rows" in told:
        table.add_row(
            NAMES["rows"], _estimate(told["rows"]["right"]), "", _estimate(told["rows"]["likely"], share=False)
        )
    for label, key in (("gained by teaching", "gained"), ("gap closed", "gap_closed")):
        if key in told:
            table.add_row(
                label, *(_estimate(told[key][one], share=one != "likely" or key == "gap_closed") for one in COLUMNS)
            )
    console.print(table)
    for field_, label in (("known", "untaught"), ("skill", "kind"), ("doc", "document")):
        groups = told["by"].get(field_, {})
        if groups:
            names = list(told["scores"])
            table = _table(f"right, by {label}", "n", *names)
            for group, row in groups.items():
                table.add_row(escape(short(group, 40)), str(row["n"]), *(_share(row[one]["right"]) for one in names))
            console.print(table)
    click.echo(f"asked in {span_of_time(sum(told['seconds'].values()))}; [ ] is where the value lies at 95 %")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    return table


def _estimate(one: dict[str, Any], *, share: bool = True) -> str:
    if one["value"] is None:
        return "-"
    form = "{:.0%}" if share else "{:.2f}"
    told = form.format(one["value"])
    return told if one["low"] is None else f"{told} \\[{form.format(one['low'])} to {form.format(one['high'])}]"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
