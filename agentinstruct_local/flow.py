"""One draft as a state machine, pure: what comes next, what to ask, how an answer is folded in, what row it makes.

A draft's moves are its form's (none for `identity`), then its sub-skill's flow, then its refinement's, if one was
drawn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentinstruct_local import evidence, ids, loop, prompts
from agentinstruct_local.records import Agent, Draft, Message, Move, Output, Reply, Request, Row, Skill, Step, Verdict
from agentinstruct_local.schema import cut

NO_REFINEMENT = "none"


def moves_of(draft: Draft, skill: Skill) -> tuple[Move, ...]:
    """All moves of a draft, first to last."""
    transform = skill.transform if draft.choices.get("form", "identity") != "identity" else ()
    refinement = skill.refinements.get(draft.choices.get("refinement", NO_REFINEMENT), ())
    return transform + skill.flows[skill.subskills[draft.subskill].flow] + refinement


def next_move(draft: Draft, skill: Skill) -> Move | None:
    """The move that is due; None when the draft has walked its whole flow or was refused."""
    moves = moves_of(draft, skill)
    if draft.refusal or draft.at >= len(moves):
        return None
    move = moves[draft.at]
    if move.tools and (due := loop.due(draft, move)) is not move:
        return due
    return replace(move, options=filled(move.options, skill.subskills[draft.subskill].settings))


def filled(options: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Options with the sub-skill's settings in place of "$name"; one that it does not have is left out."""
    named = {name: value[1:] for name, value in options.items() if isinstance(value, str) and value.startswith("$")}
    plain = {name: value for name, value in options.items() if name not in named}
    return plain | {name: settings[setting] for name, setting in named.items() if setting in settings}


def step_name(move: Move) -> str:
    """The name under which a move's step is kept."""
    return f"{move.name}.{move.question}" if move.question else move.stands_for or move.name


def values(
    draft: Draft, skill: Skill, agent: Agent | None = None, question: str = "", language: str = "en"
) -> dict[str, Any]:
    """What a template may read."""
    subskill = skill.subskills[draft.subskill]
    form = draft.choices.get("form", "identity")
    return {
        "text": draft.text,
        "passage": draft.passage.text,
        "title": draft.passage.title or draft.passage.source,
        "headings": draft.headings,
        "passage_headings": draft.passage.headings,
        "columns": draft.passage.columns,
        "focus": draft.focus.text if draft.focus else "",
        "item": draft.item,
        "subskill": {"id": subskill.id, "name": subskill.name, "definition": subskill.definition, **subskill.settings},
        "form": {"id": form, "about": skill.forms.get(form, "")},
        "check": agent.checks.get(question, "") if agent else "",
        "examples": [_written(example) for example in agent.examples] if agent else [],
        "choices": draft.choices,
        "doubt": _doubt(draft),
        "language": language,
        "evidence": quote_of(draft),
        "excerpt": evidence.excerpt(draft, str(draft.item.get("question", ""))) if draft.item else "",
        **draft.outputs,
    }


def _doubt(draft: Draft) -> dict[str, str]:
    """What the last check said against the answer that is to be revised."""
    last = draft.doubts[-1] if draft.doubts else Verdict(by="", ok=True)
    return {"reason": last.reason.replace("_", " "), "evidence": last.evidence}


def quote_of(draft: Draft) -> str:
    """The last quote that an agent or tool has given; empty if none has."""
    quotes = [
        step.output["quote"] for step in draft.steps if isinstance(step.output, Mapping) and "quote" in step.output
    ]
    return str(quotes[-1]) if quotes else ""


def _written(example: Mapping[str, Any]) -> str:
    return json.dumps(example, ensure_ascii=False)


def request(draft: Draft, skill: Skill, move: Move, *, folder: Path, teacher: str, language: str = "en") -> Request:
    """What to ask for a move of kind `agent`. Its id is the key under which the step will be kept.

    The key covers everything that decides the reply, so an edited prompt asks again and nothing else does: not the
    place in the flow, because a check that is put in before it changes nothing.
    """
    agent = skill.agents[move.name]
    seen = values(draft, skill, agent, move.question, language)
    messages = prompts.render(agent, folder, seen)
    output = output_of(draft, agent, seen)
    if move.tools:
        messages += loop.chat(loop.under_way(draft, move.name))
        output = replace(output, schema=loop.shape(output.schema, move.tools))
    chat = [(message.role, message.content) for message in messages]
    shape = [output.kind, output.schema, output.options]
    sampling = [getattr(agent.sampling, name) for name in agent.sampling.__slots__]
    turn = sum(step.name == step_name(move) for step in draft.steps)  # a flow may ask the same thing again
    key = ids.digest(teacher, chat, shape, sampling, draft.id, step_name(move), turn, length=24)
    return Request(
        id=key,
        messages=messages,
        output=output,
        sampling=agent.sampling,
        seed=ids.seed_from(draft.seed, key),
        group=draft.passage.id,
    )


def output_of(draft: Draft, agent: Agent, seen: Mapping[str, Any]) -> Output:
    """The agent's output type with the text's own words filled in where it must copy them."""
    if agent.output.kind == "scores":
        return Output(kind="scores", options=tuple(str(draft.value(path)) for path in agent.output.options))
    if not agent.quotes and not agent.phrases:
        return agent.output
    schema = json.loads(json.dumps(agent.output.schema))
    properties = schema["properties"]["items"]["items"]["properties"] if agent.many else schema["properties"]
    about = " ".join(str(value) for value in draft.item.values()) or (draft.focus.text if draft.focus else "")
    for name in agent.quotes:
        properties[name] = {"enum": list(evidence.candidates(draft, about)) or [""]}
    for name, variable in agent.phrases.items():
        properties[name] = {"type": "string", "x-substring": " ".join(str(seen[variable]).split())}
    return Output(kind=agent.output.kind, schema=schema, options=agent.output.options)


def fold(draft: Draft, skill: Skill, move: Move, step: Step) -> Draft:
    """The draft after a step: its output in place, or refused with the step's error as the reason."""
    draft = replace(draft.with_step(step), at=draft.at + move.onward)
    if step.error:
        why = step.output if isinstance(step.output, str) else ""
        return draft.with_verdict(Verdict(by=step.name, ok=False, reason=f"reply_{step.error}", evidence=why))
    if move.kind == "agent" and (long := cut(step.output, skill.agents[move.name].output.schema)):
        return draft.with_verdict(Verdict(by=step.name, ok=False, reason="reply_cut", evidence=long[-200:]))
    if move.tools and move.kind == "agent" and loop.is_call(step.output):
        return _called(replace(draft, at=draft.at - move.onward), move)
    sets = skill.agents[move.name].sets if move.kind == "agent" else move.sets
    if sets == "item":
        draft = replace(draft, item={**draft.item, **step.output})
    elif sets == "text":
        draft = replace(draft, text=step.output["text"])
    return draft


def _called(draft: Draft, move: Move) -> Draft:
    """The draft after an agent has asked for a call: it stays where it is, or is refused where that is one too many."""
    if (made := loop.calls(draft, move.name)) <= move.options["most"]:
        return draft
    why = f"{made} calls, and no answer"
    return draft.with_verdict(Verdict(by=move.name, ok=False, reason="reply_too_many_calls", evidence=why))


def judge(draft: Draft, move: Move, verdict: Verdict) -> Draft:
    """The draft after a check: it goes on, is refused, or its answer goes to the critic (reflection)."""
    if verdict.ok or not move.doubt:
        return replace(draft.with_verdict(verdict), at=draft.at + move.onward)
    doubt = replace(verdict, final=False, after=len(draft.steps))
    return replace(draft.with_verdict(doubt), at=draft.at + move.doubt)


def fan_out(draft: Draft, move: Move) -> list[Draft]:
    """One draft for each item that an agent returned; they share its steps so far."""
    items = draft.outputs[move.name]["items"]
    seen: dict[str, Mapping[str, Any]] = {ids.canonical(item): item for item in items}
    return [
        replace(
            draft,
            id=ids.digest(draft.id, number),
            order=(draft.order[0], number),
            item=item,
            at=draft.at + 1,
            seed=ids.seed_from(draft.seed, number),
        )
        for number, item in enumerate(seen.values(), 1)
    ]


def _trivial(draft: Draft) -> bool | None:
    """Whether a closed question was answered right without the text; None where that was not tried."""
    blind = draft.value("choose_blind.choice")
    return blind == draft.value("shuffle_options.key") if blind else None


def row_of(
    draft: Draft, skill: Skill, *, folder: Path, teacher: str, media_type: str = "", licence: str | None = None
) -> Row:
    """The row of a draft that passed everything. Its quote stands verbatim at its span of the document's text."""
    subskill = skill.subskills[draft.subskill]
    refinement = draft.choices.get("refinement", NO_REFINEMENT)
    words = skill.rows[refinement if refinement in skill.rows else subskill.flow]
    messages = _messages(draft, skill, words, folder)
    shown = quote_of(draft)
    span, quote = evidence.source_of(draft, shown or (draft.focus.text if draft.focus else ""))
    changed = draft.text != draft.passage.text
    return Row(
        id=ids.digest("row", draft.id),
        messages=messages,
        skill=draft.skill,
        subskill=draft.subskill,
        provenance={
            "source": draft.passage.source,
            "document": draft.passage.document,
            "page": draft.passage.pages[0] if draft.passage.pages else None,
            "headings": list(draft.headings),
            "fact": evidence.fact_of(draft) if subskill.of else None,
            "states": draft.value("states.states"),
            "span": list(span),
            "quote": quote,
            "shown_quote": shown if changed else None,
            "form": draft.choices.get("form", "identity"),
            "refinement": refinement,
            "trivial": _trivial(draft),
            "teacher": teacher,
            "seed": draft.seed,
            "draft": draft.id,
            "flow": list(dict.fromkeys(step.name.partition(".")[0] for step in draft.steps)),
            "media_type": media_type,
            "licence": licence,
        },
        channel=subskill.channel,
        tools=_tools(draft, skill, words),
        rejected=tuple(_rejected(draft, skill, words, folder)),
    )


def _messages(draft: Draft, skill: Skill, words: Mapping[str, str], folder: Path) -> tuple[Message, ...]:
    if "messages" in words:
        turns = draft.value(words["messages"])
        return tuple(Message(**{**turn, "tool_calls": tuple(turn.get("tool_calls", ()))}) for turn in turns)
    seen = values(draft, skill)
    said = [
        Message(role=role, content=prompts.render_text(words[role], folder, seen))
        for role in ("system", "user", "assistant")
        if role in words
    ]
    called = loop.messages(draft, words["calls"]) if "calls" in words else ()
    return (*said[:-1], *called, said[-1])


def _tools(draft: Draft, skill: Skill, words: Mapping[str, str]) -> tuple[Mapping[str, Any], ...]:
    """What the assistant of the row may call."""
    if "calls" in words:
        looped = next(move for move in moves_of(draft, skill) if move.tools and move.name == words["calls"])
        return loop.declarations(looped.tools)
    return tuple(draft.value(words["tools"])) if "tools" in words else ()


def _rejected(draft: Draft, skill: Skill, words: Mapping[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """The answers that checks said no to before the one that is kept, as the row would have held them, and why."""
    for doubt in draft.doubts:
        then = replace(draft, steps=draft.steps[: doubt.after])
        critique = draft.steps[doubt.after].output if doubt.after < len(draft.steps) else {}
        yield {
            "answer": _messages(then, skill, words, folder)[-1].content,
            "reason": doubt.reason,
            "evidence": doubt.evidence,
            "critique": str(next(iter(critique.values()), "")) if isinstance(critique, Mapping) else "",
        }


def step_of(reply: Reply, move: Move, *, teacher: str) -> Step:
    """A reply as a step. Free text becomes {"text": ...}; a choice {"choice": ..., "yes": p} where yes is an option.

    A text that was scored gives {"score": s}: its log-probability for each token, on average, in nats.
    """
    output: Any = reply.value
    if reply.error is None and isinstance(reply.value, str):
        output = {"text": reply.value}
        if reply.probabilities:
            output = {"choice": reply.value, "yes": round(reply.probabilities.get("yes", 0.0), 4)}
        if reply.scores:
            output = {"score": round(reply.scores[reply.value] / max(1, reply.tokens_out), 4)}
    return Step(
        key=reply.id,
        name=step_name(move),
        output=output,
        error=reply.error,
        teacher=teacher,
        tokens_in=reply.tokens_in,
        tokens_cached=reply.tokens_cached,
        tokens_out=reply.tokens_out,
        tokens_forced=reply.tokens_forced,
        seconds=round(reply.seconds, 3),
    )
