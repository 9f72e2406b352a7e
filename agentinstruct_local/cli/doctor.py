"""`agentinstruct doctor`: is this machine ready, and if not, what to type."""

from __future__ import annotations

import json

import click

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command("doctor", short_help="Check this machine, the models and the build.")
@click.option("--teacher", default="", metavar="NAME|FILE.gguf", help="Try this teacher instead of the default one.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object, for scripts.")
@click.pass_context
def command(ctx: click.Context, teacher: str, as_json: bool) -> None:
    """Check the processor, memory, disk, packages and models, and let the teacher write one token.

    Each line says ok, warn or fail; a line that is not ok says what to type. The exit code is 2 if anything fails.
    """
    from agentinstruct_local import doctor

    checks = []
    for check in doctor.examine(teacher):
        checks.append(check)
        if not as_json:
            click.echo(f"{click.style(f'{check.state:4}', fg=COLOURS[check.state])}  {check.name:10} {check.says}")
            if check.hint:
                click.echo(
                    f"      {'':10} type: {check.hint}" if check.state == "fail" else f"      {'':10} {check.hint}"
                )
    told = doctor.as_data(checks)
    if as_json:
        click.echo(json.dumps(told, indent=1))
    ctx.exit(0 if told["ok"] else 2)
