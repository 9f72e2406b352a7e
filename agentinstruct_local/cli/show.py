"""`agentinstruct show`: one row or draft with everything that led to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentinstruct_local.cli.output import block, clean, field, heading, row_in_full, say, short, where
from agentinstruct_local.cli.reasons import in_words
from agentinstruct_local.errors import RunError

if TYPE_CHECKING:
    from agentinstruct_local.records import Draft, Row, Span, Step
    from agentinstruct_local.store import Store

ANY = "any"
LONG = 240  # characters; a question that is longer has its passage before it


@click.command("show", short_help="Show a row with everything that led to it.")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("name", metavar="[ROW|DRAFT]", required=False)
@click.option(
    "--refused",
    is_flag=False,
    flag_value=ANY,
    metavar="[REASON]",
    help="List refused drafts instead of rows: all, or those of one reason.",
)
@click.option("--facts", is_flag=True, help="List the facts that the rows teach, with what was made of each.")
@click.option("--prompts/--no-prompts", default=False, help="Also what the teacher was asked, word by word.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON: one object, or one a line for a list.")
def command(
    *, folder: Path, name: str | None, refused: str | None, facts: bool, prompts: bool, as_json: bool
) -> None:  # fmt: skip
    """List the rows of RUN; or show one ROW, or one DRAFT that became none: the passage with the quote marked,
    what the teacher replied at every step, and what every check said. The start of an id is enough.

    \b
    Examples:
      agentinstruct show runs/handbook
      agentinstruct show runs/handbook 3f2a
      agentinstruct show runs/handbook --refused duplicate
      agentinstruct show runs/handbook --facts
    """
    from agentinstruct_local.store import Store

    with Store(folder, readonly=True) as store:
        if name:
            row, draft = _find(store, name)
            asked = _prompts(store, draft) if prompts or as_json else {}
            if as_json:
                click.echo(json.dumps(_data(store, row, draft, asked)))
            else:
                _print(store, row, draft, asked)
        elif facts:
            _list_facts(store, as_json=as_json)
        elif refused:
            _list_refused(store, None if refused == ANY else refused, as_json=as_json)
        else:
            _list_rows(store, as_json=as_json)


def _find(store: Store, name: str) -> tuple[Row | None, Draft]:
    try:
        row = store.row(name)
    except RunError as error:
        if "more than one" in str(error):
            raise
    else:
        return row, store.draft_of(row)
    try:
        draft = store.draft(name)
    except RunError as error:
        if "more than one" in str(error):
            raise
        raise RunError(
            f"{store.folder} has no row and no draft whose id starts with {name!r}.", hint=error.hint
        ) from None
    return store.row_of(draft), draft


def _list_rows(store: Store, *, as_json: bool) -> None:
    from agentinstruct_local.exporters.chat import as_plain

    none = True
    for row in store.rows(store.get("recipe", {}).get("rows")):
        none = False
        if as_json:
            click.echo(json.dumps(as_plain(row)))
        else:
            click.echo(f"{row.id}  {row.subskill:<28} {short(_question(store, row), 90)}")
    if none:
        say(f"{store.folder} has no rows yet. What was refused, and why: agentinstruct show {store.folder} --refused")


def _list_facts(store: Store, *, as_json: bool) -> None:
    from agentinstruct_local.cli import facts

    found = facts.taught(store.rows(store.get("recipe", {}).get("rows")))
    for one in found:
        click.echo(json.dumps(facts.as_plain(one)) if as_json else facts.in_full(one))
    if not found:
        say(f"No row of {store.folder} teaches a fact by itself. Make such: agentinstruct generate SOURCE --per-fact 4")


def _question(store: Store, row: Row) -> str:
    """What is asked, without the passage that stands before it in some skills' rows."""
    asked = next((message.content for message in row.messages if message.role == "user"), row.messages[0].content)
    return asked.removeprefix(store.draft_of(row).text).strip() if len(asked) > LONG else asked


def _list_refused(store: Store, reason: str | None, *, as_json: bool) -> None:
    refused = list(store.refused(reason))
    if not refused:
        reasons = [name for name in store.funnel() if name not in ("drafts", "accepted")]
        say(f"No draft was refused{f' for {short(reason, 60)!r}' if reason else ''}.")
        say(f"Reasons there are: {', '.join(reasons)}." if reasons else "No draft was refused for any other reason.")
    for one in refused:
        if as_json:
            told = {name: getattr(one, name) for name in one.__slots__}
            click.echo(json.dumps(told))
        else:
            click.echo(f"{one.draft}  {one.reason:<20} {short(one.question, 90)}".rstrip())
            why = ": ".join(filter(None, (in_words(one.reason), short(one.evidence, 160))))
            click.echo(f"{'':{len(one.draft)}}  {why}")


def _evidence_span(row: Row | None, draft: Draft) -> Span | None:
    span = row.provenance.get("span") if row else draft.focus.span if draft.focus else None
    return (int(span[0]), int(span[1])) if span else None


def _data(store: Store, row: Row | None, draft: Draft, asked: dict[int, list[dict[str, str]]]) -> dict[str, Any]:
    from agentinstruct_local.exporters.chat import as_plain
    from agentinstruct_local.store.codec import to_plain

    plain = to_plain(draft)
    span = _evidence_span(row, draft)
    text = store.document(draft.passage.document).text
    for place, step in enumerate(plain["steps"]):
        step["prompt"] = asked.get(place)
    return {
        "row": as_plain(row) if row else None,
        "outcome": store.outcomes().get(draft.id),
        "draft": plain,
        "document": {"id": draft.passage.document, "source": draft.passage.source, "span": span,
                     "text": text[span[0] : span[1]] if span else None},
    }  # fmt: skip


def _print(store: Store, row: Row | None, draft: Draft, asked: dict[int, list[dict[str, str]]]) -> None:
    if row:
        click.echo(row_in_full(row))
    outcome = store.outcomes().get(draft.id, "unfinished")
    click.echo(heading(f"draft {draft.id}") + f"  {draft.skill} / {draft.subskill}: {outcome}")
    if not row and draft.item:
        click.echo("\n".join(field(name, _text(value)) for name, value in draft.item.items()))
    drawn = ", ".join(f"{name} {value}" for name, value in draft.choices.items())
    click.echo(field("drawn", f"{drawn or 'nothing'}; seed {draft.seed}"))
    _print_passage(store, row, draft)
    if draft.text and draft.text != draft.passage.text:
        click.echo(heading("\nThe passage as it was rewritten"))
        click.echo(block(clean(draft.text)))
    click.echo(heading("\nSteps"))
    for place, step in enumerate(draft.steps):
        _print_step(step, asked.get(place))
    click.echo(heading("\nChecks"))
    for verdict in draft.verdicts:
        mark = click.style("yes", fg="green") if verdict.ok else click.style("no ", fg="red" if verdict.final else None)
        why = f"{verdict.reason} ({words})" if (words := in_words(verdict.reason)) else verdict.reason
        told = ": ".join(filter(None, (why, short(verdict.evidence, 300))))
        told += "" if verdict.final else " (revised)"
        click.echo(f"  {mark} {verdict.by:<24} {told}".rstrip())


def _print_passage(store: Store, row: Row | None, draft: Draft) -> None:
    passage = draft.passage
    text = store.document(passage.document).text
    span = _evidence_span(row, draft)
    what = "its quote" if row else "its focus"
    place = where({"source": passage.source, "page": passage.pages[0] if passage.pages else None, "span": passage.span})
    click.echo(heading("\nPassage") + f"  {place}" + (f", {what} between >>> and <<<" if span else ""))
    if passage.headings:
        click.echo(f"  under {short(' > '.join(passage.headings), 200)}")
    start, end = passage.span
    if span and start <= span[0] <= span[1] <= end:
        before, inside, after = (
            clean(part) for part in (text[start : span[0]], text[slice(*span)], text[span[1] : end])
        )
        marks = [click.style(mark, fg="yellow") for mark in (">>>", "<<<")]
        click.echo(block(f"{before}{marks[0]}{inside}{marks[1]}{after}"))
    else:
        click.echo(block(clean(text[start:end])))


def _print_step(step: Step, prompt: list[dict[str, str]] | None) -> None:
    read = f"{step.tokens_in} tokens read ({step.tokens_cached} of them in the cache)"
    asked = f"{step.teacher}  {read}, {step.tokens_out} written, {step.seconds:.1f} s"
    click.echo(f"  {heading(step.name)}  {asked if step.teacher else '(no teacher)'}")
    for message in prompt or ():
        click.echo(field(f"  {message['role']}", message["content"]))
    if step.error:
        click.echo(f"    {click.style('error', fg='red')} {short(step.error, 200)}")
    elif isinstance(step.output, dict):
        click.echo("\n".join(field(f"  {name}", _text(value), at=14) for name, value in step.output.items()))
    else:
        click.echo(field("  output", _text(step.output), at=14))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _prompts(store: Store, draft: Draft) -> dict[int, list[dict[str, str]]]:
    """Place of a step -> its messages, made again from the draft. Empty where the taxonomy has changed since."""
    from agentinstruct_local import taxonomy
    from agentinstruct_local.cli.opening import frozen_recipe, taxonomy_folder
    from agentinstruct_local.cli.replay import prompts
    from agentinstruct_local.recipe import Recipe

    known = taxonomy.overlaid(taxonomy_folder(frozen_recipe(store) or Recipe()))
    if store.get("taxonomy_digest", known.digest) != known.digest or draft.skill not in known.skills:
        click.echo("The taxonomy has changed since the run was made: its prompts cannot be shown.", err=True)
        return {}
    return prompts(draft, known.skills[draft.skill], known.folder, store.get("recipe", {}).get("language", "en"))
