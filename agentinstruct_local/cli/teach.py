"""`agentinstruct teach`: a student is taught on what a run holds."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentinstruct_local.cli.live import Stop
from agentinstruct_local.cli.output import count, say, span_of_time

if TYPE_CHECKING:
    from agentinstruct_local.student.plan import Plan
    from agentinstruct_local.student.students import Student
    from agentinstruct_local.student.teaching import Lessons, Material
    from agentinstruct_local.student.training import Progress

STOPPED = 3
CHANNELS = ("chat", "text", "documents")
READING = "reading"
EVERY = 20.0  # seconds between two lines of progress


@click.command("teach", short_help="Teach a small model what a run holds.")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--student", "name", required=True, metavar="NAME|FILE.gguf|FOLDER", help="The model to teach.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="Where the taught student goes. [default: RUN/students/NAME]",
)  # fmt: skip
@click.option(
    "--method", type=click.Choice(["lora", "full"]),
    help="An adapter, or all weights. [default: all weights below 300 million of them, else an adapter]",
)  # fmt: skip
@click.option(
    "--channel", "channels", multiple=True, type=click.Choice([*CHANNELS, READING]),
    help="What is taught: chat, rows that are answered without a passage; text, those that retell a document; "
    "documents, the text that they were made from; reading, rows whose prompt carries its passage, which teach to "
    "read and not to know. [default: all that there are but reading, equal parts of each]",
)  # fmt: skip
@click.option(
    "--tokens", type=click.IntRange(min=1000), metavar="N",
    help="How many tokens to train on. [default: 4 passes, and a million at least]",
)  # fmt: skip
@click.option("--rank", type=click.IntRange(min=1), help="Of the adapter. [default: by the number of facts, 16 to 256]")
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True), help="[default: by method and size]")
@click.option(
    "--replay", type=click.FloatRange(0, 0.9), default=0.1, show_default=True,
    help="Share of the tokens that the untrained student writes itself, so that it keeps what it could.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--gguf", "gguf_type", type=click.Choice(["q8_0", "f16"]), default="q8_0", show_default=True)
@click.option("--chat-format", default="", metavar="NAME", help="Where the model's file does not tell.")
@click.option(
    "--print-config", "config", type=click.Choice(["trl", "axolotl", "llamafactory"]),
    help="Train nothing: write a config and data files for that trainer into --out.",
)  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, folder: Path, name: str, out: Path | None, config: str | None, **asked: Any) -> None:
    """Teach a small model (the student) the rows of RUN, and the documents that they were made from.

    What comes out: merged weights, an adapter where one was trained, and, for a student that came as GGUF, a GGUF
    file that llama.cpp loads. Ctrl-C or a kill costs at most ten minutes: give the same command again to go on.
    Ask the taught student with: agentinstruct evaluate.

    \b
    Examples:
      agentinstruct teach runs/handbook --student smollm2-135m-instruct-q4_1
      agentinstruct teach runs/handbook --student ~/models/Qwen3-1.7B --method lora
      agentinstruct teach runs/handbook --student ~/models/Qwen3-1.7B --print-config trl --out train/

    \b
    Exit codes:
      0    done
      2    something that you can put right
      3    stopped before the end; the same command goes on
    """
    from agentinstruct_local.student import plan as planning
    from agentinstruct_local.student import students, teaching, weights

    weights.check_installed()
    student = students.find(name, asked.pop("chat_format"))
    target = out or folder / "students" / student.name
    material = _material(folder, asked.pop("channels") or CHANNELS)
    found, form = teaching.lessons(student, material)
    gguf_type = asked.pop("gguf_type")
    wishes = {key: value for key, value in asked.items() if value is not None}
    plan = planning.choose(student, found.sizes, facts=material.facts, **wishes)
    if config:
        _write_config(config, student, plan, found, material, target)
        return
    planning.check_room(student, plan, target)
    _tell_plan(plan, found, target)
    stop = Stop()
    with stop.listening():
        watch = _Watch(stop)
        told = teaching.Told(say=say, hooks=watch.hooks())
        goal = teaching.Target(folder=target, gguf_type=gguf_type, source=str(folder), documents=material.documents)
        done = teaching.teach(student, found, form, plan, goal, told)
    if not done:
        say(f"Stopped; nothing finished is lost. To go on, the same again: {_again()}")
        ctx.exit(STOPPED)
    click.echo(f"The taught student is in {target}")
    click.echo(f"  ask it:  agentinstruct evaluate QUESTIONS.jsonl --student {shlex.quote(str(target))} --run {folder}")


def _material(folder: Path, channels: tuple[str, ...]) -> Material:
    """The run's rows and documents. RunError where it has no rows and no other channel was asked for."""
    from agentinstruct_local.cli.opening import frozen_recipe
    from agentinstruct_local.errors import RunError
    from agentinstruct_local.store import Store
    from agentinstruct_local.student.teaching import Material

    with Store(folder, readonly=True) as store:
        recipe = frozen_recipe(store)
        made = list(store.rows(recipe.rows if recipe else None))
        documents = store.documents()
    rows = [row for row in made if row.channel != "text" and row.channel in channels]
    told = [row.messages[-1].content for row in made if row.channel == "text" and "text" in channels]
    texts = {"text": told, "documents": [one.text for one in documents] if "documents" in channels else []}
    if READING not in channels and (left := sum(row.channel == READING for row in made)):
        say(f"{left} rows carry their passage and are left out; to teach them too: --channel reading")
    if channels != ("documents",) and not (rows or told or (made and texts["documents"])):
        hint = f"make some: agentinstruct generate --out {folder}; or teach the text alone: --channel documents"
        raise RunError(f"The run in {folder} has no rows yet.", hint=hint)
    facts = len({(row.provenance.get("document"), str(row.provenance.get("span"))) for row in rows})
    return Material(
        rows=rows, texts={name: found for name, found in texts.items() if found}, facts=facts,
        documents=[one.id for one in documents],
    )  # fmt: skip


def _tell_plan(plan: Plan, found: Lessons, target: Path) -> None:
    for channel, tokens in found.sizes.items():
        share = plan.shares.get(channel, 0.0)
        if tokens:
            passes = share * plan.tokens / tokens
            say(f"{channel:<10} {tokens:>9,} tokens, {share:.0%} of the training, some {passes:.1f} times each")
    for reason, n in found.left.items():
        why = {
            "tools": "turns that the student's chat format does not have",
            "too_long": f"more than {plan.longest} tokens",
        }
        say(f"left out   {count(n, 'row')}: {why[reason]}")
    adapter = f", rank {plan.rank}" if plan.rank else ""
    say(f"training   {plan.tokens:,} tokens, {plan.method}{adapter}, learning rate {plan.learning_rate:g}")
    say(f"into       {target}")


class _Watch:
    """Says how the training goes, every EVERY seconds, and that a wish to stop was heard."""

    def __init__(self, stop: Stop) -> None:
        self._stop, self._heard = stop, False
        self._last = time.monotonic()
        self._losses: list[float] = []

    def hooks(self) -> Any:
        from agentinstruct_local.student.training import Hooks

        return Hooks(watch=self, stop=self._stop, during=self._stop.at_work)

    def __call__(self, progress: Progress) -> None:
        self._losses = [*self._losses[-19:], progress.loss]
        now = time.monotonic()
        if self._stop() and not self._heard:
            self._heard = True
            say("Stopping: what was learnt is being kept. Ctrl-C again stops at once.")
        if now - self._last < EVERY and progress.step < progress.steps:
            return
        self._last = now
        loss = sum(self._losses) / len(self._losses)
        say(
            f"  step {progress.step:,} of {progress.steps:,}, {progress.tokens:,} tokens, "
            f"{progress.pace:,.0f} tokens/s, loss {loss:.3f}, {span_of_time(progress.seconds)} left"
        )


def _write_config(
    form: str, student: Student, plan: Plan, found: Lessons, material: Material, target: Path
) -> None:  # fmt: skip
    """Config and data for another trainer. StudentError for a GGUF file, which those do not train from."""
    from agentinstruct_local.errors import StudentError
    from agentinstruct_local.exporters.chat import as_plain
    from agentinstruct_local.student import configs

    if student.is_gguf:
        hint = "give the folder of Hugging Face weights of the same model: --student FOLDER"
        raise StudentError(f"{form} does not train from a GGUF file", hint=hint)
    fields = configs.Plan(
        base=str(student.place), method=plan.method, rank=plan.rank, learning_rate=plan.learning_rate,
        warmup_share=plan.warmup, epochs=round(max(1.0, plan.tokens / max(1, sum(found.sizes.values()))), 2),
        max_tokens=plan.longest, batch_tokens=plan.step_tokens, seed=plan.seed,
    )  # fmt: skip
    chat = [_columns(row) for row in map(as_plain, material.rows)]
    texts = [text for several in material.texts.values() for text in several]
    for file in configs.write(form, fields, chat, texts, target):  # type: ignore[arg-type]
        click.echo(f"  {file}")


def _columns(row: dict[str, Any]) -> dict[str, Any]:
    import json

    kept = {"messages": row["messages"]}
    return kept | ({"tools": json.dumps(row["tools"], ensure_ascii=False)} if "tools" in row else {})


def _again() -> str:
    import sys

    return shlex.join(["agentinstruct", *sys.argv[1:]])
