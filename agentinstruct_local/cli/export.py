"""`agentinstruct export`: a run's rows in a format that trainers read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentinstruct_local.cli.output import count, say

if TYPE_CHECKING:
    from agentinstruct_local.recipe import Recipe
    from agentinstruct_local.records import Row

PARTIAL = 3


@click.command("export", short_help="Write a run's rows in a format that trainers read.")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "name",
    default="chat",
    show_default=True,
    metavar="NAME",
    help="chat: messages as JSONL, for TRL, Axolotl and LLaMA-Factory. preference: an answer and one that a check "
    "refused, for DPO. critique: what was wrong with an answer and what it became.",
)
@click.option(
    "--to",
    "path",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where to write.",
)
@click.option(
    "--test-share",
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of the rows, by whole documents, for testing (NAME_test.jsonl). [default: as in the run's recipe]",
)
@click.pass_context
def command(ctx: click.Context, folder: Path, name: str, path: Path, test_share: float | None) -> None:
    """Write the accepted rows of RUN to a folder, split into train and test so that no document is in both.

    Of a run whose database is damaged, the rows that can still be read are written. The run stays as it is.

    \b
    Example:
      agentinstruct export runs/handbook --format chat --to data/handbook

    \b
    Exit codes:
      0    done
      2    something that you can put right
      3    the run is damaged, and the export is partial
    """
    from agentinstruct_local import registry
    from agentinstruct_local.cli.opening import frozen_recipe
    from agentinstruct_local.errors import PlugNotFound, RunDamaged
    from agentinstruct_local.recipe import Recipe
    from agentinstruct_local.store import Store

    try:
        export = registry.find("exporters", name)
    except PlugNotFound as error:
        raise PlugNotFound(f"There is no format {name!r}.", hint=error.hint) from None
    whole = True
    try:
        with Store(folder, readonly=True) as store:
            recipe = frozen_recipe(store) or Recipe()
            rows = list(store.rows(recipe.rows))
    except RunDamaged as error:
        whole = False
        say(str(error))
        recipe, rows = _saved(folder)
    files = export(rows, path, test_share=recipe.test_share if test_share is None else test_share)
    if whole:
        _note(folder, path, files, rows)
    written = sum(one["rows"] for one in json.loads(files[-1].read_text(encoding="utf-8"))["files"].values())
    click.echo(count(written, "row"))
    if rows and not written:
        say("no answer of this run was refused and then revised: skills do that whose flow has a 'reflect' step.")
    for file in files:
        click.echo(f"  {file}")
    ctx.exit(0 if whole else PARTIAL)


def _note(folder: Path, path: Path, files: list[Path], rows: list[Row]) -> None:
    """Tells the run what was written where, so that `forget` can name it."""
    from agentinstruct_local.errors import RunError
    from agentinstruct_local.store import EXPORTS, Store

    documents = sorted({str(row.provenance.get("document", "")) for row in rows})
    note = {str(path.resolve()): {"files": [file.name for file in files], "documents": documents}}
    try:
        with Store(folder, sits=False) as store:
            store.set(EXPORTS, store.get(EXPORTS, {}) | note)
    except RunError:  # at work, or on a disk that cannot be written
        say(f"{folder} cannot be written to just now: `agentinstruct forget` will not know of this export.")


def _saved(folder: Path) -> tuple[Recipe, list[Row]]:
    """What can be read of a damaged run; and says how much that is."""
    from agentinstruct_local.errors import RecipeError
    from agentinstruct_local.recipe import Recipe, from_fields
    from agentinstruct_local.store.salvage import salvage

    saved = salvage(folder)
    lost = "how many are lost cannot be told" if saved.lost is None else f"{saved.lost or 'none'} known to be lost"
    say(f"This export is partial: {count(len(saved.rows), 'row')} saved, {lost}. The run stays as it is.")
    try:
        recipe = from_fields(saved.recipe, str(folder)) if saved.recipe else None
    except RecipeError:
        recipe = None
    return (recipe, saved.rows[: recipe.rows]) if recipe else (Recipe(), saved.rows)
