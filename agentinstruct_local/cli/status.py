"""`agentinstruct status`: how far a run is and what became of its drafts."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import click

from agentinstruct_local.cli import facts, personal
from agentinstruct_local.cli.output import clean, count, funnel_lines, heading, span_of_time


@click.command("status", short_help="Say how far a run is and what became of its drafts.")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
def command(folder: Path, as_json: bool) -> None:
    """Say how many rows RUN has, how fast they come, and for each skill why drafts were refused.

    It only reads, so it may be called while the run works.

    \b
    Example:
      agentinstruct status runs/handbook
    """
    from agentinstruct_local.store import Store

    with Store(folder, readonly=True) as store:
        told = _facts(store)
    if as_json:
        click.echo(json.dumps(told))
    else:
        _print(told)


def _facts(store: Any) -> dict[str, Any]:
    from agentinstruct_local.recipe import MOST_ROWS

    recipe = store.get("recipe", {})
    funnel, tokens, seconds = store.funnel(), store.tokens(), store.seconds()
    accepted, asked = funnel["accepted"], recipe.get("rows", 0)
    if asked == MOST_ROWS and recipe.get("per_fact"):
        asked = accepted  # it ends with the facts
    pace = accepted * 3600 / seconds if seconds > 0 else 0.0
    return {
        "run": str(store.folder),
        "writer": store.owner(),
        "asked": asked,
        "accepted": accepted,
        "funnel": funnel,
        "skills": [
            {"skill": skill, "subskill": subskill, "outcome": outcome, "drafts": n}
            for (skill, subskill, outcome), n in sorted(store.counts().items())
        ],
        "teacher": recipe.get("teacher", ""),
        "documents": len(store.documents()),
        "unread": len(store.unread()),
        "passages": len(store.passages()),
        "personal": personal.facts(store, recipe.get("privacy", "keep"), asked),
        "per_fact": recipe.get("per_fact"),
        "facts": facts.counted(facts.taught(store.rows(asked))),
        "steps": tokens.steps,
        "tokens_in": tokens.tokens_in,
        "tokens_cached": tokens.tokens_cached,
        "tokens_out": tokens.tokens_out,
        "tokens_forced": tokens.tokens_forced,
        "sittings": store.sittings(),
        "seconds": round(seconds, 3),
        "rows_per_hour": round(pace, 2),
        "eta_seconds": round(max(0, asked - accepted) * 3600 / pace) if pace else None,
    }


def _print(told: dict[str, Any]) -> None:
    state = f"process {told['writer']} is at work" if told["writer"] else "nothing is at work on it"
    click.echo(
        heading(f"{min(told['accepted'], told['asked'])} of {told['asked']} rows") + f"  in {told['run']}, {state}"
    )
    if told["accepted"] < told["asked"]:
        left = "unknown, there is no row yet"
        if told["eta_seconds"] is not None:
            left = f"{span_of_time(told['eta_seconds'])}, at {told['rows_per_hour']:.0f} rows an hour"
        click.echo(f"  time left  {left}")
    else:
        click.echo(f"  speed      {told['rows_per_hour']:.0f} rows an hour")
    click.echo(
        f"  worked     {span_of_time(told['seconds'])} in {count(told['sittings'], 'sitting')}, "
        f"{count(told['steps'], 'reply', 'replies')}"
    )
    click.echo(f"  teacher    {clean(told['teacher'], line=True)}")
    click.echo(f"  documents  {told['documents']} read, {told['unread']} not, {told['passages']} passages")
    if told["facts"]:
        wanted = f" (each is to be taught {told['per_fact']} times)" if told["per_fact"] else ""
        click.echo(f"  facts      {facts.in_a_line(told['facts'])}{wanted}")
    shown = f", {count(told['personal']['rows'], 'row')} with some" if told["personal"]["rows"] else ""
    click.echo(f"  personal   {personal.in_a_line(told['personal'])}{shown}")
    cached = told["tokens_cached"] / told["tokens_in"] if told["tokens_in"] else 0
    forced = told["tokens_forced"] / told["tokens_out"] if told["tokens_out"] else 0
    read = f"{told['tokens_in']:,} read ({cached:.0%} from the cache)"
    click.echo(f"  tokens     {read}, {told['tokens_out']:,} written ({forced:.0%} given by the reply's form)")
    click.echo(heading("What became of the drafts"))
    click.echo("\n".join(funnel_lines(told["funnel"], most=20)))
    click.echo(heading("By skill"))
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in told["skills"]:
        if one["outcome"] != "fanned_out":
            table[f"{one['skill']}/{one['subskill']}"][one["outcome"]] += one["drafts"]
    width = max(map(len, table), default=0)
    for name, outcomes in table.items():
        refused = ", ".join(f"{why} {n}" for why, n in outcomes.most_common() if why != "accepted")
        click.echo(f"  {name:<{width}} {outcomes['accepted']:>5} accepted  {refused}")
