"""`agentinstruct show`: one row or draft with everything that led to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentinstruct_local.cli.output import block, clean, field, heading, row_in_full, short, where
from agentinstruct_local.errors import RunError

if TYPE_CHECKING:
    from agentinstruct_local.records import Draft, Row, Span, Step
    from agentinstruct_local.store import Store

ANY = "any"


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
@click.option("--prompts/--no-prompts", default=False, help="Also what the teacher was asked, word by word.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON: one object, or one a line for a list.")
def command(*, folder: Path, name: str | None, refused: str | None, prompts: bool, as_json: bool) -> None:
    """List the rows of RUN; or show one ROW, or one DRAFT that became none: the passage with the quote marked,
    what the teacher replied at every step, and what every check said. The start of an id is enough.

    \b
    Examples:
      agentinstruct show runs/handbook
      agentinstruct show runs/handbook 3f2a
      agentinstruct show runs/handbook --refused duplicate
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
    draft = store.draft(name)
    return store.row_of(draft), draft


def _list_rows(store: Store, *, as_json: bool) -> None:
    from agentinstruct_local.exporters.chat import as_plain

    for row in store.rows(store.get("recipe", {}).get("rows")):
        question = next((message.content for message in row.messages if message.role == "user"), "")
        if as_json:
            click.echo(json.dumps(as_plain(row)))
        else:
            # The question stands at the end where the passage comes before it.
            click.echo(
                f"{row.id}  {row.subskill:<28} {short(question[-240:] if len(question) > 240 else question, 90)}"
            )


def _list_refused(store: Store, reason: str | None, *, as_json: bool) -> None:
    for one in store.refused(reason):
        if as_json:
            told = {name: getattr(one, name) for name in one.__slots__}
            click.echo(json.dumps(told))
        else:
            click.echo(f"{one.draft}  {one.reason:<24} {short(one.question, 90)}")
            if one.evidence:
                click.echo(f"{'':{len(one.draft)}}  {'':<24} {short(one.evidence, 120)}")


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
        mark = click.style("yes", fg="green") if verdict.ok else click.style("no ", fg="red")
        told = ": ".join(filter(None, (verdict.reason, short(verdict.evidence, 300))))
        click.echo(f"  {mark} {verdict.by:<24} {told}")


def _print_passage(store: Store, row: Row | None, draft: Draft) -> None:
    passage = draft.passage
    text = store.document(passage.document).text
    span = _evidence_span(row, draft)
    what = "its quote" if row else "its focus"
    place = where({"source": passage.source, "span": passage.span})
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
    read = f"{step.tokens_in} tokens read ({step.tokens_cached} cached)"
    told = f"{read}, {step.tokens_out} written, {step.seconds:.1f} s"
    click.echo(f"  {heading(step.name)}  {step.teacher}  {told}")
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
    from agentinstruct_local.cli.replay import prompts

    known = taxonomy.load()
    if store.get("taxonomy_digest", known.digest) != known.digest or draft.skill not in known.skills:
        click.echo("The taxonomy has changed since the run was made: its prompts cannot be shown.", err=True)
        return {}
    return prompts(draft, known.skills[draft.skill], known.folder, store.get("recipe", {}).get("language", "en"))
