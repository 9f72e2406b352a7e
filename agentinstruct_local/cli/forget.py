"""`agentinstruct forget`: a document leaves a run, with all that was made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentinstruct_local.cli.output import clean, count, heading, short

if TYPE_CHECKING:
    from agentinstruct_local.records import Document
    from agentinstruct_local.store import Store

OWN = ("run.db", "run.db-wal", "run.db-shm", ".lock")
WEIGHTS = {".safetensors", ".gguf", ".pt", ".pth", ".bin"}
"""Files that hold numbers, not names of documents."""
DATASET = "dataset"


@click.command("forget", short_help="Take a document out of a run, with all that was made of it.")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("name", metavar="[DOCUMENT]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
def command(folder: Path, name: str | None, as_json: bool) -> None:
    """Take DOCUMENT out of RUN: its text, its passages, and every draft, reply of the teacher, question and row that
    was made of it. Nothing of its text is left in the folder; the other rows stay. Without DOCUMENT, list them.

    DOCUMENT is its name as `show` tells it, the name of its file, or its id. Nothing is asked, and it cannot be
    undone. Your own file is not touched. Files that were exported elsewhere are not either: those that still hold
    rows of the document are named, to be exported again or deleted.

    \b
    Examples:
      agentinstruct forget runs/handbook                 the documents that it has
      agentinstruct forget runs/handbook handbook/leave.md
      agentinstruct generate --out runs/handbook         other rows in the place of those that went
    """
    from agentinstruct_local.store import Store

    with Store(folder, sits=False) as store:
        if name is None:
            _list(store.documents(), as_json=as_json)
            return
        document = store.document_named(name)
        gone = [row.id for row in store.rows() if row.provenance.get("document") == document.id]
        written = _dataset_without(store, document)  # first: if this is cut short, the same command can be given again
        numbers = store.forget(document.id)
        marks = [document.id, *gone]
        students = _students(folder, document)
        files = [file for file in _stale_here(folder, marks) if not any(one in file.parents for one in students)]
        stale = [*_stale_exports(store, document), *files, *students]
    told: dict[str, Any] = {"run": str(folder), "document": document.id, "source": document.source}
    told |= {part: getattr(numbers, part) for part in numbers.__slots__}
    told |= {"written": [str(file) for file in written], "stale": [str(file) for file in stale]}
    if as_json:
        click.echo(json.dumps(told))
    else:
        _print(told)


def _list(documents: list[Document], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([{"id": one.id, "source": one.source, "characters": len(one.text)} for one in documents]))
        return
    for one in documents:
        click.echo(f"{one.id}  {clean(one.source, line=True)}")


def _dataset_without(store: Store, document: Document) -> list[Path]:
    """The run's own export, written anew without the document; nothing where there is none."""
    from agentinstruct_local.cli.opening import frozen_recipe
    from agentinstruct_local.exporters.chat import export
    from agentinstruct_local.recipe import Recipe

    folder = store.folder / DATASET
    if not folder.is_dir():
        return []
    for draft in folder.glob(".*.tmp"):  # what a killed export left behind
        draft.unlink()
    recipe = frozen_recipe(store) or Recipe()
    rows = [row for row in store.rows() if row.provenance.get("document") != document.id]
    return export(rows[: recipe.rows], folder, test_share=recipe.test_share)


def _stale_exports(store: Store, document: Document) -> list[Path]:
    """The files of exports to other folders that hold rows of the document and are still there."""
    from agentinstruct_local.store import EXPORTS

    return [
        Path(path) / file
        for path, told in store.get(EXPORTS, {}).items()
        if document.id in told["documents"]
        for file in told["files"]
        if (Path(path) / file).is_file()
    ]


def _stale_here(folder: Path, marks: list[str]) -> list[Path]:
    """Files in the run's folder that this program did not write anew and that name the document or a row of it."""
    others = (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    found = []
    for file in sorted(others):
        if (file.name in OWN and file.parent == folder) or file.suffix in WEIGHTS:
            continue
        data = file.read_bytes()
        if any(mark.encode() in data for mark in marks):
            found.append(file)
    return found


def _students(folder: Path, document: Document) -> list[Path]:
    """Folders of students, taught or on the way, that were taught the document: weights cannot be cleaned of it."""
    notes = [*folder.rglob("student.json"), *folder.rglob(".work/plan.json")]
    taught = [note for note in notes if document.id in json.loads(note.read_text("utf-8")).get("documents", ())]
    return sorted({note.parent.parent if note.parent.name == ".work" else note.parent for note in taught})


def _print(told: dict[str, Any]) -> None:
    click.echo(heading(f"{short(told['source'], 120)} is forgotten") + f"  in {told['run']}")
    parts = [
        count(told["passages"], "passage"), count(told["drafts"], "draft"), count(told["steps"], "reply", "replies"),
        count(told["rows"], "row"),
    ]  # fmt: skip
    click.echo(f"  gone with it   {', '.join(parts)}")
    if told["written"]:
        click.echo(f"  written anew   {', '.join(told['written'])}")
    for file in told["stale"]:
        click.echo(f"  stale          {file}")
    if told["stale"]:
        click.echo("  These still hold something of it: delete them, or write them again with agentinstruct export.")
    click.echo(f"  For other rows in the place of those that went: agentinstruct generate --out {told['run']}")
