"""`agentinstruct models`: which model files there are, and bringing them here."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from agentinstruct_local import cards, gguf_file
from agentinstruct_local.cards import Card

CHAT_FORMATS = (
    "The model family's marks: chatml (Qwen2.5 and many more), chatml_no_think (Qwen3), llama3, gemma, mistral, phi3."
)


@click.group("models", short_help="List, fetch, add and check the model files.")
def command() -> None:
    """Model files: a teacher (a GGUF file) writes the rows, an embedder finds near-duplicates.

    Each has a card that says where it comes from and which SHA-256 it must have. Only `pull` uses the network.

    \b
    Examples:
      agentinstruct models list
      agentinstruct models add ~/models/qwen2.5-7b-instruct-q4_k_m.gguf --licence Apache-2.0
    """


@command.command("list")
def list_() -> None:
    """Show every model, and whether it is on this machine."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "kind", "size", "licence", "here"):
        table.add_column(column, overflow="fold", justify="right" if column == "size" else "left")
    for card in cards.load_cards().values():
        kind = f"{card.kind}, {card.use}" if card.use else card.kind
        here = "yes" if cards.is_here(card) else "no"
        table.add_row(card.name, kind, f"{card.bytes / 1e9:.2f} GB", card.licence, here)
    console = Console(highlight=False)
    console.print(table, width=None if console.is_terminal else 200)
    click.echo(f"\nThe files lie in {cards.models_folder()}")


@command.command(short_help="Bring model files here.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--test", is_flag=True, help="Also the small teacher of the test-suite.")
@click.option("--all", "everything", is_flag=True, help="Every model that has a card.")
def pull(names: tuple[str, ...], test: bool, everything: bool) -> None:
    """Bring models here: those named, or the default teacher and the embedder.

    What is here already is left alone; a download that was cut short goes on. Every file is checked.
    """
    from agentinstruct_local.pull import pull as pull_card

    if everything:
        wanted = list(cards.load_cards().values())
    else:
        wanted = [cards.find(name) for name in names] or [cards.default_teacher(), cards.default_embedder()]
        wanted += [cards.teacher_for_tests()] if test else []
    console = Console(stderr=True, highlight=False)
    for card in wanted:
        if console.is_terminal:
            with console.status(card.name) as status:
                fresh = pull_card(card, lambda text, name=card.name: status.update(f"{name}: {text}"))  # type: ignore[misc]
        else:
            fresh = pull_card(card, lambda text, name=card.name: click.echo(f"{name}: {text}", err=True))  # type: ignore[misc]
        told = "pulled and checked" if fresh else "is here already, and right"
        click.echo(f"{card.name}: {told}, {cards.path_of(card)}")


@command.command(short_help="Make a GGUF file of your own known.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", default="", help="What to call it. [default: the file's name]")
@click.option("--chat-format", default="chatml", show_default=True, help=CHAT_FORMATS)
@click.option(
    "--licence", default="unknown", show_default=True, help="The licence of the model, kept with what it writes."
)
@click.option("--context", type=click.IntRange(min=256), default=4096, show_default=True, help="Its window, in tokens.")
def add(file: Path, name: str, chat_format: str, licence: str, context: int) -> None:
    """Make a GGUF file of your own known, so that it can be a teacher. The file stays where it is.

    Its tables are read and its SHA-256 is kept: only that very file is loaded from now on.
    """
    card = cards.add(file, name=name, chat_format=chat_format, licence=licence, context=context)
    click.echo(f"added {card.name}; to use it: agentinstruct generate SOURCE --teacher {card.name}")


@command.command(short_help="Compare files with their SHA-256, and read their headers.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def check(names: tuple[str, ...]) -> None:
    """Compare the SHA-256 of the models named, or of all that are here, with their cards; read a GGUF's tables."""
    known = cards.load_cards().values()
    wanted: list[Card] = [cards.find(name) for name in names] or [card for card in known if cards.is_here(card)]
    if not wanted:
        click.echo("no model is here; to fetch the default ones: agentinstruct models pull")
    for card in wanted:
        cards.verify(card)
        if card.kind == "teacher":
            gguf_file.check(cards.path_of(card))
        click.echo(f"{card.name}: ok, sha256 {card.sha256}")
