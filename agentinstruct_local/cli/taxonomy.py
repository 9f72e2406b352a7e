"""`agentinstruct taxonomy`: the skills that rows can teach, and the files that define them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from agentinstruct_local.cli.output import clean, count, field, heading, say
from agentinstruct_local.errors import AgentInstructError, TaxonomyError

FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="A taxonomy folder of your own, beside the one that came with the program.",
)
SOURCES = {"paper": "named by the paper", "dataset": "from a public data set", "proposed": "this project's own"}
MOVES = {"agent": "teacher", "tool": "tool", "check": "check", "admit": "new?", "fan_out": "each of"}


@click.group("taxonomy", short_help="List, show, check or begin skills.")
def command() -> None:
    """A skill is a folder: the kinds of questions it has, and the words in which the teacher is asked for them.

    \b
    Examples:
      agentinstruct taxonomy list
      agentinstruct taxonomy show reading_comprehension
      agentinstruct taxonomy new safety_questions --folder my-taxonomy
    """


@command.command("list")
@FOLDER
@click.option(
    "--run",
    "runs",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="RUN",
    help="Count the rows of these runs. [default: all runs in the folder runs]",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
def list_(folder: Path | None, runs: tuple[Path, ...], as_json: bool) -> None:
    """List every skill with its sub-skills, the kinds of questions that it has, and the rows made of each so far.

    Those that want a larger teacher are made only where `generate --skill SKILL/SUBSKILL` names them.
    """
    made = _made(runs or tuple(path.parent for path in sorted(Path("runs").glob("*/run.db"))))
    skills = _load(folder)
    if as_json:
        told = [
            {"skill": skill.name, "subskill": one.id, "rows": made[skill.name, one.id]}
            | {key: getattr(one, key) for key in ("name", "definition", "provenance", "needs", "share")}
            for skill in skills.values()
            for one in skill.subskills.values()
        ]
        click.echo(json.dumps(told))
        return
    for skill in skills.values():
        click.echo(heading(skill.name) + f"  {clean(skill.about, line=True)}")
        for one in skill.subskills.values():
            large = "  (wants a larger teacher)" if one.needs == "large" else ""
            rows = made[skill.name, one.id] or ""
            click.echo(f"  {one.id:<32} {rows:>6}  {clean(one.name, line=True)}{large}")
    total = sum(len(skill.subskills) for skill in skills.values())
    click.echo(f"{count(len(skills), 'skill')}, {count(total, 'sub-skill')}, {count(sum(made.values()), 'row')} made")


def _made(runs: Iterable[Path]) -> Counter[tuple[str, str]]:
    """The accepted rows of these runs, by skill and sub-skill; a run that cannot be read is told and left out."""
    from agentinstruct_local.store import Store

    made: Counter[tuple[str, str]] = Counter()
    for run in runs:
        try:
            with Store(run, readonly=True) as store:
                made.update((row.skill, row.subskill) for row in store.rows(store.get("recipe", {}).get("rows")))
        except AgentInstructError as error:
            say(f"{run} is left out: {error}")
    return made


@command.command(short_help="Show one skill and how its rows come about.")
@click.argument("name", metavar="SKILL[/SUBSKILL]")
@FOLDER
def show(name: str, folder: Path | None) -> None:
    """Show one skill: its sub-skills and what they mean, the steps of its flows, and the prompt files to edit."""
    skills = _load(folder)
    wanted, _, leaf = name.partition("/")
    if wanted not in skills:
        raise TaxonomyError(f"There is no skill {wanted!r}.", hint=f"There are: {', '.join(skills)}.")
    skill = skills[wanted]
    if leaf and leaf not in skill.subskills:
        raise TaxonomyError(f"{wanted} has no sub-skill {leaf!r}.", hint=f"It has: {', '.join(skill.subskills)}.")
    click.echo(heading(skill.name) + f"  {clean(skill.about, line=True)}")
    children = [one for one in skill.subskills.values() if one.needs == "small" or one.id == leaf]
    for one in skill.subskills.values():
        if leaf in ("", one.id):
            click.echo(f"\n{heading(one.id)}  {clean(one.name, line=True)}")
            click.echo(f"  {clean(one.definition, line=True)}")
            click.echo(field("source", SOURCES[one.provenance]))
            click.echo(
                field("passage", ", ".join("as it stands" if form == "identity" else form for form in one.forms))
            )
            click.echo(field("flow", f"{one.flow}, below"))
            click.echo(field("share", f"{one.share:g} of this skill's {sum(each.share for each in children):g} parts"))
            if one.needs == "large":
                click.echo(field("teacher", "a larger one than the default; made only where --skill names it"))
    used = {skill.subskills[leaf].flow} if leaf else set(skill.flows)
    for flow in sorted(used):
        click.echo(f"\n{heading('flow ' + flow)}, step by step")
        for move in skill.flows[flow]:
            click.echo(field(MOVES[move.kind], move.name + (f": {move.question}" if move.question else "")))
    if not leaf:
        for agent in skill.agents.values():
            click.echo(f"agent {agent.name}: {agent.file}")


@command.command(short_help="Report every problem with file and line.")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.pass_context
def check(ctx: click.Context, folder: Path | None) -> None:
    """Report every problem of every skill with its file and line. The exit code is 2 if there is one."""
    from agentinstruct_local import lint

    problems = lint.check(folder)
    for problem in problems:
        click.echo(f"{problem.file}:{problem.line}: {problem.message}")
    skills = 0 if problems else len(_load(folder))
    click.echo(
        count(len(problems), "problem") if problems else f"{count(skills, 'skill')}, no problem", err=bool(problems)
    )
    ctx.exit(2 if problems else 0)


@command.command(short_help="Begin a skill of your own.")
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("taxonomy"),
    show_default=True,
    help="The taxonomy folder to begin it in.",
)
def new(name: str, folder: Path) -> None:
    """Begin a skill called NAME: a small folder that works, to be changed into what you want. No Python is needed.

    \b
    Example:
      agentinstruct taxonomy new safety_rules --folder my-taxonomy
      agentinstruct generate handbook/ --taxonomy my-taxonomy --skill safety_rules
    """
    from agentinstruct_local import taxonomy

    made = taxonomy.scaffold(name, folder)
    click.echo(f"Begun in {made}. Change what is there, then:")
    click.echo(f"  agentinstruct taxonomy check {folder}")
    click.echo(f"  agentinstruct generate SOURCE --taxonomy {folder} --skill {name}")


def _load(folder: Path | None) -> dict[str, Any]:
    from agentinstruct_local import taxonomy

    return dict(taxonomy.overlaid(folder).skills)
