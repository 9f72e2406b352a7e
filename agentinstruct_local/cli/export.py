"""`agentinstruct export`: a run's rows in a format that trainers read."""

from __future__ import annotations

from pathlib import Path

import click

from agentinstruct_local.cli.output import count, say


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
    help="Share of the rows, by whole documents, for test.jsonl. [default: as in the run's recipe]",
)
def command(folder: Path, name: str, path: Path, test_share: float | None) -> None:
    """Write the accepted rows of RUN to a folder, split into train and test so that no document is in both.

    \b
    Example:
      agentinstruct export runs/handbook --format chat --to data/handbook
    """
    import json

    from agentinstruct_local import registry
    from agentinstruct_local.cli.opening import frozen_recipe
    from agentinstruct_local.errors import PlugNotFound, RunError
    from agentinstruct_local.recipe import Recipe
    from agentinstruct_local.store import EXPORTS, Store

    try:
        export = registry.find("exporters", name)
    except PlugNotFound as error:
        raise PlugNotFound(f"There is no format {name!r}.", hint=error.hint) from None
    with Store(folder, readonly=True) as store:
        recipe = frozen_recipe(store) or Recipe()
        rows = list(store.rows(recipe.rows))
    share = recipe.test_share if test_share is None else test_share
    files = export(rows, path, test_share=share)
    documents = sorted({str(row.provenance.get("document", "")) for row in rows})
    note = {str(path.resolve()): {"files": [file.name for file in files], "documents": documents}}
    try:
        with Store(folder, sits=False) as store:
            store.set(EXPORTS, store.get(EXPORTS, {}) | note)
    except RunError:  # at work, or on a disk that cannot be written
        say(f"{folder} cannot be written to just now: `agentinstruct forget` will not know of this export.")
    written = sum(one["rows"] for one in json.loads(files[-1].read_text(encoding="utf-8"))["files"].values())
    click.echo(count(written, "row"))
    if rows and not written:
        say("no answer of this run was refused and then revised: skills do that whose flow has a 'reflect' step.")
    for file in files:
        click.echo(f"  {file}")
