"""`agentinstruct plan`: what a run would do, and how long it would take, before it is begun."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from agentinstruct_local.cli import personal
from agentinstruct_local.cli.output import count, funnel_lines, heading, say, short, span_of_time, unfed_lines

PILOT_ROWS = 3
KINDS = {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "application/vnd.oasis.opendocument.text": "OpenDocument",
    "application/epub+zip": "EPUB",
    "application/json": "JSON",
    "application/jsonl": "JSON lines",
    "application/mbox": "mailbox",
    "application/rtf": "RTF",
    "application/x-ipynb+json": "Jupyter",
    "application/x-tex": "LaTeX",
    "message/rfc822": "e-mail",
    "text/csv": "CSV",
    "text/tab-separated-values": "TSV",
    "text/html": "HTML",
    "text/markdown": "Markdown",
    "text/plain": "text",
    "text/x-python": "Python",
    "text/x-rst": "reStructuredText",
}
CHARACTERS_A_TOKEN = 4  # roughly, in English; used only where no teacher is loaded


@click.command("plan", short_help="Say what a run would do and how long it would take.")
@click.argument("sources", nargs=-1, metavar="SOURCE...")
@click.option(
    "-n", "--rows", type=click.IntRange(min=1), metavar="ROWS", help="How many rows you have in mind. [default: 12]"
)
@click.option("--skill", "skills", multiple=True, metavar="NAME", help="Only this skill (or skill/sub-skill).")
@click.option("--taxonomy", metavar="FOLDER", help="Skills of your own, beside the program's.")
@click.option("--teacher", metavar="NAME|FILE.gguf", help="The model that writes.")
@click.option("--privacy", type=click.Choice(["keep", "mask", "skip"]), help="As for generate.")
@click.option("--recipe", "recipe_file", type=click.Path(path_type=Path), metavar="FILE", help="A YAML recipe.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="RUN",
    help="Keep the pilot here; `generate --out RUN` goes on with it.",
)
@click.option("--seed", type=click.IntRange(min=0), help="As for generate.")
@click.option(
    "--pilot/--no-pilot", default=True, help="Make three rows to measure the speed, or only read. [default: make them]"
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
def command(
    *,
    sources: tuple[str, ...],
    skills: tuple[str, ...],
    recipe_file: Path | None,
    out: Path | None,
    pilot: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Read the SOURCEs, count what could be asked about them, and make three rows to see how long more would take.

    \b
    Examples:
      agentinstruct plan handbook/ -n 500
      agentinstruct plan handbook/ --no-pilot      only read; no model is loaded
    """
    from agentinstruct_local.cli import opening
    from agentinstruct_local.errors import RecipeError
    from agentinstruct_local.store import Store

    wanted = opening.wish(recipe_file, skills, sources=sources, **options)
    recipe = wanted.recipe
    if not recipe.sources:
        raise RecipeError(
            "There is nothing to read.", hint="Name a file or folder, such as: agentinstruct plan my-documents/"
        )
    opening.check(recipe)
    with ExitStack() as stack:
        if out and pilot:
            small = opening.Wish(recipe.model_copy(update={"rows": PILOT_ROWS}), wanted.given - {"rows"})
            followed, folder, _ = opening.settle(small, out)
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agentinstruct-"))) / "plan"
            followed = recipe.model_copy(update={"rows": PILOT_ROWS})
        store = stack.enter_context(Store(folder))
        told = _pilot(followed, store) if pilot else _read(followed, store)
        told = {**_corpus(store), "personal": personal.facts(store, recipe.privacy), **told}
        if pilot:
            told |= {"funnel": store.funnel(), "asked": recipe.rows}
    if as_json:
        click.echo(json.dumps(told))
        return
    _print(told, recipe.rows)
    given = {name: value for name, value in options.items() if name != "rows"}
    given |= {"skill": skills, "recipe": recipe_file, "out": out if pilot else None}
    click.echo(f"To begin: {_to_begin(sources, recipe.rows, given)}")


def _to_begin(sources: tuple[str, ...], rows: int, options: dict[str, Any]) -> str:
    """The command that makes the rows which were planned, with the options that were given here."""
    words = ["agentinstruct", "generate", *sources, "-n", str(rows)]
    for name, value in options.items():
        for one in value if isinstance(value, tuple) else (value,):
            words += [f"--{name}", str(one)] if one is not None else []
    return shlex.join(words)


def _read(recipe: Any, store: Any) -> dict[str, Any]:
    from agentinstruct_local.cli.opening import taxonomy_folder
    from agentinstruct_local.corpus import prepare
    from agentinstruct_local.taxonomy import overlaid

    taxonomy = overlaid(taxonomy_folder(recipe))
    corpus = prepare(recipe, store, taxonomy, lambda text: max(1, len(text) // CHARACTERS_A_TOKEN))
    return {"cells": corpus.cells, "unfed": {name: list(wants) for name, wants in corpus.unfed.items()}}


def _pilot(recipe: Any, store: Any) -> dict[str, Any]:
    from agentinstruct_local.cli import opening
    from agentinstruct_local.cli.live import Stop, view

    stop = Stop()
    before = store.funnel()["accepted"]
    with opening.opened(recipe, store) as run:
        say(f"Pilot: {recipe.rows} rows with {run.teacher.name} ...")
        last: list[Any] = []
        with stop.listening(), view(stop, before) as watch:

            def both(progress: Any) -> None:
                last[:] = [progress]
                watch(progress)

            run.work(both, stop)
        seconds = last[0].seconds if last else 0.0
        return {
            "cells": run.corpus.cells,
            "unfed": {name: list(wants) for name, wants in run.corpus.unfed.items()},
            "pilot_seconds": seconds,
            "pilot_rows": store.funnel()["accepted"] - before,
        }


def _corpus(store: Any) -> dict[str, Any]:
    documents = store.documents()
    return {
        "documents": len(documents),
        "characters": sum(len(document.text) for document in documents),
        "media_types": dict(Counter(document.media_type for document in documents).most_common()),
        "unread": [{"source": source, "reason": why, "detail": detail} for source, why, detail in store.unread()],
        "passages": len(store.passages()),
    }


def _print(told: dict[str, Any], rows: int) -> None:
    kinds = ", ".join(f"{n} {KINDS.get(kind, kind)}" for kind, n in told["media_types"].items())
    click.echo(f"documents  {told['documents']} read ({kinds}), {told['characters']:,} characters")
    if told["unread"]:
        click.echo(f"not read   {len(told['unread'])}")
        for one in told["unread"]:
            click.echo(f"  {short(one['source'], 80)}: {short(one['reason'] + ' ' + one['detail'], 120)}")
    click.echo(f"passages   {told['passages']}")
    click.echo(f"personal   {personal.in_a_line(told['personal'])}")
    click.echo(f"cells      {told['cells']} (a passage and a kind of question that suits it)")
    if told["unfed"]:
        click.echo(f"not fed    {count(len(told['unfed']), 'sub-skill')}: no passage has what they want")
        for line in unfed_lines(told["unfed"]):
            click.echo(f"  {line}")
    if "funnel" not in told:
        return
    click.echo(heading("Pilot"))
    click.echo("\n".join(funnel_lines(told["funnel"])))
    if told["pilot_rows"] and told["pilot_seconds"]:
        each = told["pilot_seconds"] / told["pilot_rows"]
        click.echo(f"{3600 / each:.0f} accepted rows an hour: {rows} rows take about {span_of_time(each * rows)}.")
        click.echo("(Three rows are few, and a long run is faster, since it works on more drafts at a time.)")
    else:
        click.echo("No row was accepted, so there is no estimate.")
