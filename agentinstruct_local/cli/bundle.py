"""`agentinstruct bundle`: a folder to carry to a machine without a network."""

from __future__ import annotations

from pathlib import Path

import click

from agentinstruct_local import cards


@click.command("bundle", short_help="Gather all that a machine without a network needs.")
@click.option("--teacher", default="", metavar="NAME", help="The teacher to take along. [default: the default teacher]")
@click.option("--out", default="bundle", show_default=True, type=click.Path(path_type=Path), help="The folder to fill.")
@click.option("--cuda", is_flag=True, help="Build llama.cpp for NVIDIA GPUs too; needs the CUDA toolkit here.")
def command(teacher: str, out: Path, cuda: bool) -> None:
    """Gather wheels, models, licences, sums and an installer in one folder, to carry to another machine.

    The other machine needs Python of the same minor version (3.11, say) and the same kind of system and processor; it
    needs no network and no compiler. There: bash install.sh. Given again, the command keeps what is there and right.

    \b
    Examples:
      agentinstruct bundle
      agentinstruct bundle --teacher qwen2.5-coder-1.5b-instruct-q4_k_m --out /media/stick/bundle
    """
    from agentinstruct_local.bundle import bundle

    card = cards.find(teacher) if teacher else cards.default_teacher()
    if card.kind != "teacher":
        raise click.UsageError(f"{card.name} is no teacher; to see them all: agentinstruct models list")
    bundle(card, out, lambda text: click.echo(text, err=True), cuda=cuda)
    click.echo(f"to check it: (cd {out} && sha256sum -c --quiet SHA256SUMS)")
    click.echo(f"on the other machine: bash {out.name}/install.sh")
