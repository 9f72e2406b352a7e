"""The command line: a module per command, imported only when the command is called, so that --help stays light."""

from __future__ import annotations

import difflib
import errno
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from agentinstruct_local import __version__
from agentinstruct_local.errors import AgentInstructError, without_words

INTERRUPTED = 130

# Command -> what it does. The words stand here so that --help imports no command.
COMMANDS = {
    "generate": "Turn documents into training rows.",
    "plan": "Say what a run would do and how long it would take.",
    "status": "Say how far a run is and what became of its drafts.",
    "show": "Show a row with everything that led to it.",
    "export": "Write a run's rows in a format that trainers read.",
    "teach": "Teach a small model what a run holds.",
    "evaluate": "Examine a student with questions about the documents.",
    "forget": "Take a document out of a run, with all that was made of it.",
    "taxonomy": "List, show, check or begin skills.",
    "models": "List, fetch, add or check model files.",
    "doctor": "Check that this machine can do the work.",
    "bundle": "Gather all that a machine without a network needs.",
}


class Commands(click.Group):
    """Finds a command's module by its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of a first visit."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The `command` of the module of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"{__name__}.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, or what was probably meant."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
            if os.path.exists(name):  # noqa: PTH110
                raise click.UsageError(
                    f"There is no command {name!r}. To make rows of it: agentinstruct generate {name}", ctx
                )
            raise click.UsageError(
                f"There is no command {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""), ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing one of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="agentinstruct")
def cli() -> None:
    """Turn your own documents into training data, on this machine alone.

    A language model that runs here (the teacher) reads your documents a passage at a time and writes questions
    and answers, which you can train a smaller model on. Every answer is checked against the document, and
    every row can tell which sentence it rests on. Nothing leaves this machine.

    \b
    Begin with:
      agentinstruct doctor
      agentinstruct generate my-documents/ -n 20
    """


def _speak_no_more() -> None:
    """Python would complain once more when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code: 0 done, 2 the user can fix it, 3 stopped before the asked
    number or saved only in part, 75 the run is locked, 130 interrupted."""  # fmt: skip
    if arguments is None:
        sys.excepthook = lambda kind, error, at: click.echo(without_words(error), nl=False, err=True)
    try:
        code = cli.main(
            args=None if arguments is None else list(arguments), prog_name="agentinstruct", standalone_mode=False
        )
    except AgentInstructError as error:
        click.echo(f"error: {error}", err=True)
        if error.hint:
            click.echo(f"hint: {error.hint}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _speak_no_more()  # the reader of our output has gone
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        with suppress(OSError):
            click.echo(f"error: {error.filename or 'the output'}: {error.strerror}", err=True)
            click.echo("hint: Free some disk space, then give the same command again.", err=True)
        _speak_no_more()
        return AgentInstructError.exit_code
    return code if isinstance(code, int) else 0
