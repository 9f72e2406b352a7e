"""`agentinstruct doctor`: is this machine ready, and if not, what to type."""

from __future__ import annotations

import json

import click

LEAK = 1
COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command("doctor", short_help="Check this machine, the models and the build.")
@click.option("--teacher", default="", metavar="NAME|FILE.gguf", help="Try this teacher instead of the default one.")
@click.option(
    "--offline", is_flag=True, help="Prove instead, as far as possible here, that nothing leaves the machine."
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object, for scripts.")
@click.pass_context
def command(ctx: click.Context, teacher: str, offline: bool, as_json: bool) -> None:
    """Check the processor, memory, disk, packages and models, and let the teacher write one token.

    Each line says ok, warn or fail; a line that is not ok says what to type. The exit code is 2 if anything fails.

    With --offline: a small run of the scripted teacher and the embedder, in a network namespace without a network and
    under strace where this system lets you, and with a hook in Python. Each of the three must first catch a connection
    to the outside. A line that says "could not" is something that this machine does not let you see, and why.

    \b
    Exit codes with --offline:
      0    nothing was seen that should not be, also where lines say "could not"
      1    something reached out, might have (an offline switch was not set in time, telemetry was loaded),
           or a run does not work without a network
    """
    from agentinstruct_local import doctor

    checks = []
    for check in doctor.prove() if offline else doctor.examine(teacher):
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
    ctx.exit(0 if told["ok"] else LEAK if offline else 2)
