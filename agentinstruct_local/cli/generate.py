"""`agentinstruct generate`: documents in, rows out."""

from __future__ import annotations

import heapq
import json
import shlex
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentinstruct_local.cli import facts, personal
from agentinstruct_local.cli.output import clean, count, funnel_lines, heading, row_in_full, say, short, unfed_lines
from agentinstruct_local.cli.reasons import in_words

if TYPE_CHECKING:
    from agentinstruct_local.cli.opening import Opened
    from agentinstruct_local.recipe import Recipe
    from agentinstruct_local.records import Row
    from agentinstruct_local.store import Store

STOPPED, INTERRUPTED = 3, 130
FACTS = 10
"""That are shown when a run ends."""
WHY = {
    "budget": "the budget is spent",
    "plan_exhausted": "there is nothing left in the documents to ask about",
    "stopped": "you stopped it",
}


@click.command("generate", short_help="Turn documents into training rows.")
@click.argument("sources", nargs=-1, metavar="SOURCE...")
@click.option("-n", "--rows", type=click.IntRange(min=1), metavar="ROWS", help="How many rows you want. [default: 12]")
@click.option(
    "--per-fact",
    type=click.IntRange(min=1, max=100),
    metavar="K",
    help="End when each fact that was found is taught K times, each in another way, instead of after so many rows.",
)
@click.option(
    "--skill",
    "skills",
    multiple=True,
    metavar="NAME",
    help="What kind of rows: only this skill (or skill/sub-skill); may be repeated. NAME=2 gives it twice the share. "
    "See: agentinstruct taxonomy list",
)
@click.option(
    "--taxonomy",
    metavar="FOLDER",
    help="Skills of your own, beside the program's. To begin some: agentinstruct taxonomy new",
)
@click.option(
    "--teacher",
    metavar="NAME|FILE.gguf",
    help="The model that writes. [default: the one that came with set-up; see: agentinstruct models list]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="RUN",
    help="The folder for the rows and for all that led to them (the run). A run that is there goes on. "
    "[default: runs/<name of the source>]",
)
@click.option("--seed", type=click.IntRange(min=0), help="Another seed gives other rows. [default: 0]")
@click.option(
    "--recipe",
    "recipe_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A YAML file with these options and more; see examples/recipe.yaml.",
)
@click.option("--language", metavar="CODE", help="Language of the rows, such as de. [default: en]")
@click.option(
    "--privacy",
    type=click.Choice(["keep", "mask", "skip"]),
    help="Personal data and secrets (e-mail addresses, account numbers, keys and the like): keep them and say which "
    "rows show some; mask them, as [EMAIL_1], before the teacher reads them; or skip the passages that hold some. "
    "[default: keep]",
)
@click.option(
    "--budget-drafts",
    type=click.IntRange(min=1),
    metavar="N",
    help="Give up after so many attempts (drafts). [default: 40 for each row]",
)
@click.option("--budget-hours", type=float, metavar="HOURS", help="Give up after so many hours.")
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads for the teacher. [default: all cores]")
@click.option("--n-seq", type=click.IntRange(min=1), help="How many texts the teacher writes at the same time.")
@click.option(
    "--context",
    type=click.IntRange(min=512),
    metavar="TOKENS",
    help="How many tokens (pieces of words) the teacher can have in mind, over all texts that it is writing.",
)
@click.option(
    "--gpu-layers", type=click.IntRange(min=-1), help="How many layers of the teacher the GPU holds; -1: all."
)
@click.option("--no-input", is_flag=True, help="For scripts: never ask anything. (Nothing is asked today.)")
@click.option("--json", "as_json", is_flag=True, help="At the end, write one JSON object instead of text.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    sources: tuple[str, ...],
    skills: tuple[str, ...],
    out: Path | None,
    recipe_file: Path | None,
    no_input: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Read the SOURCEs (files and folders: text, Markdown, HTML, PDF, Word, source code) and write training rows
    that rest on them, until as many have passed every check as you asked for.

    A row is a question and its answer, as a chat of two messages, with the sentence of the document that it rests on.
    The rows are in RUN/dataset when it ends. Stop it with Ctrl-C whenever you like; the same command,
    or `agentinstruct generate --out RUN`, goes on where it was.

    \b
    Examples:
      agentinstruct generate handbook/ -n 200
      agentinstruct generate handbook/ --skill open_domain_qa --out runs/handbook-qa
      agentinstruct generate --out runs/handbook -n 400     go on with it, for more rows

    \b
    Exit codes:
      0    done
      2    something that you can put right
      3    stopped before the asked number of rows
      75   another process works on the run
      130  interrupted
    """
    from agentinstruct_local.cli import opening
    from agentinstruct_local.cli.live import Stop, view
    from agentinstruct_local.store import REACHED, Store

    wanted = opening.wish(recipe_file, skills, sources=sources, **options)
    recipe, folder, there = opening.settle(wanted, out)
    stop = Stop()
    with ExitStack() as stack:
        stack.enter_context(stop.listening())
        if not there:
            opening.check(recipe)
            stack.enter_context(opening.tidied(folder))
        store = stack.enter_context(Store(folder))
        before = store.funnel()["accepted"]
        reached, reason = True, "done"
        if not opening.is_done(store, recipe):
            with opening.opened(recipe, store) as run:
                _announce(run, before)
                try:
                    with stop.at_work(), view(stop, before) as watch:
                        outcome = run.work(watch, stop)
                except KeyboardInterrupt:
                    say(f"Stopped at once. To go on: agentinstruct generate --out {folder}")
                    ctx.exit(INTERRUPTED)
            reached, reason = outcome.reached, outcome.reason
            reached = reached or (recipe.open_ended and reason == "plan_exhausted")  # each fact as often as it can be
            if reached:
                store.set(REACHED, recipe.rows)
        else:
            store.set("recipe", recipe.model_dump(mode="json"))
            rows = "rows" if recipe.open_ended else count(recipe.rows, "row")
            say(f"{folder} has its {rows} already; for more of them give a larger -n.")
        _finish(store, recipe, reached, reason, as_json=as_json)
    ctx.exit(0 if reached else INTERRUPTED if stop() else STOPPED)


def _announce(run: Opened, before: int) -> None:
    store, recipe = run.store, run.recipe
    trouble = store.unread()
    read = f"{len(store.documents())} read" + (f", {len(trouble)} not" if trouble else "")
    mix = ", ".join(recipe.skills) or "the default mix: " + ", ".join(run.taxonomy.skills)
    there = f", {before} there already" if before else ""
    rows = f"each fact {count(recipe.per_fact or 0, 'time')}" if recipe.open_ended else count(recipe.rows, "row")
    say(f"run        {store.folder}: {rows} wanted{there}, seed {recipe.seed}")
    say(f"teacher    {run.teacher.name}" + (f": {run.teacher.about}" if run.teacher.about else ""))
    passages = count(len(store.passages()), "passage")
    say(f"documents  {read}; {passages} of at most {recipe.passage_tokens} tokens")
    say(f"skills     {clean(mix, line=True)}")
    for line in unfed_lines(run.corpus.unfed):
        say(f"  no passage has {short(line, 200)}")
    say(f"personal   {personal.in_a_line(personal.facts(store, recipe.privacy))}")
    for source, why, detail in trouble[:5]:  # a parser's own words may hold some of the file's, and this may be a log
        say(f"  not read: {short(source, 80)}: {why} ({in_words(why) or short(detail, 100)})")
    if len(trouble) > 5:
        say(f"  and {len(trouble) - 5} more: agentinstruct plan lists them all")


def _finish(store: Store, recipe: Recipe, reached: bool, reason: str, *, as_json: bool) -> None:
    from agentinstruct_local.exporters.chat import export

    files = export(store.rows(recipe.rows), store.dataset(), test_share=recipe.test_share)
    store.check_there()  # the export would make a folder anew that has gone
    funnel, found = store.funnel(), personal.facts(store, recipe.privacy, recipe.rows)
    rows = min(funnel["accepted"], recipe.rows)
    if as_json:
        told = {
            "run": str(store.folder), "reached": reached, "reason": reason, "rows": rows, "asked": recipe.rows,
            "files": [str(file) for file in files], "funnel": funnel, "seconds": round(store.seconds(), 3),
            "personal": found,
        }  # fmt: skip
        click.echo(json.dumps(told))
        return
    for row in _samples(store.rows(recipe.rows)):
        click.echo(row_in_full(row) + "\n")
    click.echo(heading("What became of the drafts"))
    click.echo("\n".join(funnel_lines(funnel)))
    if taught := facts.taught(store.rows(recipe.rows)):
        click.echo(heading("Facts"))
        click.echo(f"  {facts.in_a_line(facts.counted(taught))}")
        click.echo("\n".join(facts.briefly(one) for one in taught[:FACTS]))
        click.echo(f"  each by itself: agentinstruct show {shlex.quote(str(store.folder))} --facts")
    if lines := personal.closing(found):
        click.echo("\n".join([heading("Personal data and secrets"), *lines]))
    click.echo()
    if not reached:
        of = "" if recipe.open_ended else f" of {recipe.rows}"
        click.echo(f"{rows}{of} rows: {WHY.get(reason, reason)}. {_advice(store, recipe, reason)}")
    names = [str(file) for file in files if file.suffix == ".jsonl"]
    if rows:
        click.echo(heading(count(rows, "row")) + " in " + " and ".join(names))
    if rows and not any("test" in file.stem for file in files):
        click.echo("  There is no file for testing: rows are split by whole documents, and there are too few for that.")
    click.echo(heading("Next"))
    where = shlex.quote(str(store.folder))
    if rows:
        click.echo(f"  agentinstruct show {where} {next(store.rows(1)).id}     everything that led to this row")
    click.echo(f"  agentinstruct show {where} --refused     what was refused, and why")
    if rows and reached and not recipe.open_ended:
        click.echo(f"  agentinstruct generate --out {where} -n {recipe.rows * 10}     go on, for more rows")
    if rows:
        click.echo(f"  agentinstruct export {where} --format chat --to FOLDER")


def _samples(rows: Iterable[Row]) -> list[Row]:
    """Three rows, of different channels, and of different kinds and documents, where there are such."""
    seen: Counter[str] = Counter()

    def fresh(row: Row) -> tuple[int, int]:
        source = str(row.provenance.get("source"))
        rank = (seen[row.channel], seen[row.subskill] + seen[source])
        seen.update((row.channel, row.subskill, source))
        return rank

    return heapq.nsmallest(3, rows, key=fresh)


def _advice(store: Store, recipe: Recipe, reason: str) -> str:
    again = f"agentinstruct generate --out {shlex.quote(str(store.folder))}"
    if reason == "budget":
        return f"To go on: {again} --budget-drafts {recipe.drafts_allowed() * 2}"
    if reason == "plan_exhausted":
        return "Add documents or skills in another run."
    return f"To go on: {again}"
