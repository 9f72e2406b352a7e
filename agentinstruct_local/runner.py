"""The main loop, on one screen: plan, ask, fold, check, admit, keep. The only caller of a teacher."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from agentinstruct_local import flow, ids, loop, privacy, registry, toolbox
from agentinstruct_local.corpus import check_names, searchable
from agentinstruct_local.diversity.index import Index
from agentinstruct_local.library import Library
from agentinstruct_local.plans import planned
from agentinstruct_local.recipe import Recipe
from agentinstruct_local.records import Draft, Move, Reply, Row, Step, Verdict
from agentinstruct_local.scheduler import Scheduler
from agentinstruct_local.store import RULES, Store
from agentinstruct_local.taxonomy import Taxonomy
from agentinstruct_local.teachers import Teacher
from agentinstruct_local.waves import Waves

Reason = Literal["done", "budget", "plan_exhausted", "stopped"]
ADMIT = "admit"
WAITING = 9  # drafts under way for each that the teacher works on: a slow one holds up many at the gate


@dataclass(slots=True)
class Progress:
    """What a person who waits wants to know. Tokens and seconds are of this sitting."""

    asked: int
    accepted: int = 0
    drafts: int = 0
    in_flight: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)  # the teacher's troubles
    resumed: int = 0  # steps that an earlier sitting had already paid for
    last_question: str = ""
    last_row: Row | None = None
    doing: str = ""  # what has to be done before the first draft


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the asked number of rows was reached, and if not, why."""

    reached: bool
    reason: Reason


class Sitting:
    """One go at a run: from where its store stands to the asked number of rows."""

    def __init__(self, recipe: Recipe, store: Store, taxonomy: Taxonomy, teacher: Teacher, index: Index) -> None:
        self.recipe, self.store, self.taxonomy, self.teacher, self.index = recipe, store, taxonomy, teacher, index
        passages = store.passages()
        self.waves = Waves(planned(passages, taxonomy.skills, recipe.skills, recipe.seed, recipe.per_fact))
        self.scheduler = Scheduler(asked=recipe.rows)
        self.progress = Progress(asked=recipe.rows)
        self.window = recipe.window or teacher.slots  # one more would take the place of what follows on a reply
        self.documents = {document.id: document for document in store.documents()}
        self.library = Library(passages)
        self.rules = privacy.made(store.get(RULES))
        self.outcomes = store.outcomes()
        self.asking: dict[str, tuple[Draft, Move]] = {}
        self.notes: list[str] = []
        self.begun = time.monotonic()
        for step in store.steps_named(ADMIT):
            if step.output["ok"]:
                vector = np.frombuffer(base64.b64decode(step.output["vector"]), dtype=np.float32)
                index.restore(step.output["draft"], step.output["text"], vector)

    def walk(self, watch: Callable[[Progress], None], stop: Callable[[], bool]) -> Outcome:
        """Work until enough rows are accepted, nothing is left to try, the budget is spent, or `stop` says so."""
        self.open_library(watch, stop)
        while True:
            self.fill(stop)
            watch(self.tell())
            if not self.asking or self.scheduler.done:
                break
            for reply in self.teacher.poll():
                self.take(reply, stopping=stop())
        if self.scheduler.reached:
            return Outcome(True, "done")
        if stop():
            return Outcome(False, "stopped")
        return Outcome(False, "plan_exhausted" if self.waves.exhausted else "budget")

    def open_library(self, watch: Callable[[Progress], None], stop: Callable[[], bool]) -> None:
        """Make the passages searchable by their meaning too, if an agent of this run searches them."""
        if not any(
            toolbox.searches(move) for (skill, one), _ in self.waves.plan.leaves for move in skill.flows[one.flow]
        ):
            return

        def tell(made: int) -> None:
            self.progress.doing = f"making passages searchable: {made:,} of {len(self.library.passages):,}"
            watch(self.tell())

        self.library = searchable(self.store, self.library.passages, self.index.encoder, tell, stop)
        self.progress.doing = ""
        if not self.index.encoder.name:
            self.notes.append("search goes by words alone: there is no embedder")

    def fill(self, stop: Callable[[], bool]) -> None:
        """Start drafts while there is room, and let those through the gate whose turn it is."""
        while not stop():
            if (waiting := self.scheduler.open()) is not None:
                if self.scheduler.wanted(waiting.order):
                    self.admit(waiting)
            elif self.has_room() and not self.scheduler.reached and not self.spent():
                draft = self.waves.next()
                if draft is None:
                    return
                draft = replace(draft, choices={**draft.choices, "language": self.recipe.language})
                self.progress.drafts += 1
                self.scheduler.start(draft)
                self.advance(draft)
            else:
                return

    def has_room(self) -> bool:
        """Whether another draft may start: the teacher could be busier, and not too many wait at the gate."""
        return len(self.asking) < self.window and self.scheduler.live < WAITING * self.window

    def spent(self) -> bool:
        """Whether the recipe's budget is used up."""
        hours = self.recipe.budget_hours
        late = hours is not None and self.store.seconds() > hours * 3600
        return late or self.progress.drafts >= self.recipe.drafts_allowed()

    def advance(self, draft: Draft) -> None:
        """Walk a draft until it needs a reply, waits at the gate, or ends."""
        if self.outcomes.get(draft.id, "fanned_out") != "fanned_out":
            outcome, one = self.outcomes.pop(draft.id), self.taxonomy.skills[draft.skill].subskills[draft.subskill]
            if outcome == "accepted" and one.of == "unit":  # the plan goes on from the fact that it states
                draft = replace(self.store.draft(draft.id), order=draft.order)
            self.end(draft, outcome)
            return
        skill = self.taxonomy.skills[draft.skill]
        while (move := flow.next_move(draft, skill)) is not None:
            if move.kind == "agent":
                step = self.recall_or_ask(draft, move)
                if step is None:
                    return
                draft = flow.fold(draft, skill, move, step)
            elif move.kind == "tool":
                draft = flow.fold(draft, skill, move, toolbox.use(draft, move, self.library))
            elif move.kind == "call":
                draft = flow.fold(draft, skill, move, self.recall_or_call(draft, move))
            elif move.kind == "check":
                verdict: Verdict = registry.find("verifiers", move.name)(draft, **move.options)
                draft = flow.judge(draft, move, verdict)
            elif move.kind == ADMIT:
                self.scheduler.wait(draft)
                return
            else:
                self.fan_out(draft, move)
                return
        self.keep(draft)

    def recall_or_ask(self, draft: Draft, move: Move) -> Step | None:
        """The step that the store remembers; None after asking the teacher for it."""
        skill = self.taxonomy.skills[draft.skill]
        request = flow.request(
            draft, skill, move, folder=self.taxonomy.folder, teacher=self.teacher.name, language=self.recipe.language
        )
        step = self.store.recall(request.id)
        if step is None:
            self.asking[request.id] = (draft, move)
            self.teacher.submit(request)
            return None
        self.progress.resumed += 1
        return step

    def recall_or_call(self, draft: Draft, move: Move) -> Step:
        """The result of an agent's call, kept before the agent is told, so that it is not made twice."""
        step = self.store.recall(loop.key_of(draft, move))
        if step is None:
            step = toolbox.call(draft, move, self.library)
            self.store.remember(draft.id, step)
        return step

    def take(self, reply: Reply, *, stopping: bool) -> None:
        """Keep a reply as a step; unless the run is stopping, its draft walks on."""
        draft, move = self.asking.pop(reply.id)
        step = flow.step_of(reply, move, teacher=self.teacher.name)
        self.store.remember(draft.id, step)
        self.progress.tokens_in += step.tokens_in
        self.progress.tokens_cached += step.tokens_cached
        self.progress.tokens_out += step.tokens_out
        if not stopping and self.scheduler.wanted(draft.order):
            self.advance(flow.fold(draft, self.taxonomy.skills[draft.skill], move, step))

    def admit(self, draft: Draft) -> None:
        """At the gate: is this question new? Decided once, in the plan's order, before a token goes to its answer."""
        skill = self.taxonomy.skills[draft.skill]
        move = flow.next_move(draft, skill)
        assert move is not None
        text = str(draft.value(move.name))
        key = ids.digest(ADMIT, draft.id, text, length=24)
        step = self.store.recall(key)
        if step is None:
            verdict, vector = self.index.admit(draft.id, text)
            output = {"ok": verdict.ok, "reason": verdict.reason, "evidence": verdict.evidence, "draft": draft.id}
            kept = {"text": text, "vector": base64.b64encode(vector.astype(np.float32).tobytes()).decode()}
            step = Step(key=key, name=ADMIT, output={**output, **kept})
            self.store.remember(draft.id, step)
        said = Verdict(by=ADMIT, ok=step.output["ok"], reason=step.output["reason"], evidence=step.output["evidence"])
        self.advance(replace(draft.with_verdict(said), at=draft.at + 1))

    def fan_out(self, draft: Draft, move: Move) -> None:
        """Go on with one draft for each item of a reply."""
        children = flow.fan_out(draft, move)
        self.store.finish(draft, None, outcome="fanned_out")
        self.waves.split(draft, len(children))
        for child in children:
            self.scheduler.start(child)
        self.scheduler.end(draft)
        for child in children:
            self.advance(child)

    def keep(self, draft: Draft) -> None:
        """A draft is at its end: it becomes a row, or is kept with the reason why not."""
        row = None
        if draft.refusal is None:
            draft, row = self.last_look(draft, self.row_of(draft))
        if row:
            question = str(draft.value("item.question") or row.messages[0].content)
            self.progress.last_row, self.progress.last_question = row, question
        self.store.finish(draft, row)
        self.end(draft, "accepted" if row else draft.refusal.reason)  # type: ignore[union-attr]

    def row_of(self, draft: Draft) -> Row:
        """The row of a draft that passed every check of its flow."""
        document = self.documents[draft.passage.document]
        return flow.row_of(
            draft,
            self.taxonomy.skills[draft.skill],
            folder=self.taxonomy.folder,
            teacher=self.teacher.name,
            media_type=document.media_type,
            licence=document.licence,
        )

    def last_look(self, draft: Draft, row: Row) -> tuple[Draft, Row | None]:
        """The draft with what the verifiers say that no skill can leave out, and the row unless they refuse it."""
        texts = [message.content for message in row.messages]
        draft = draft.with_verdict(registry.find("verifiers", "no_secrets")(draft, texts=texts, rules=self.rules))
        draft = draft.with_verdict(registry.find("verifiers", "no_injection")(draft, texts=texts))
        if draft.refusal:
            return draft, None
        told = [row.provenance.get(name) for name in ("source", "quote", "shown_quote", "headings")]
        shown = texts + [str(one) for part in told for one in (part if isinstance(part, list) else [part]) if one]
        return draft, replace(row, provenance={**row.provenance, "personal": privacy.kinds(shown, self.rules)})

    def end(self, draft: Draft, outcome: str) -> None:
        """Count a draft that has ended."""
        accepted = outcome == "accepted"
        if not accepted:
            self.progress.refused[outcome] += 1
        self.scheduler.end(draft, accepted=accepted)
        self.waves.end(draft, accepted=accepted)

    def tell(self) -> Progress:
        """How things stand."""
        if self.recipe.open_ended:
            self.progress.asked = max(1, self.waves.plan.due)
        self.progress.accepted = min(self.scheduler.accepted, self.progress.asked)
        self.progress.in_flight = len(self.asking)
        self.progress.notes = [*self.notes, *self.teacher.notes]
        self.progress.seconds = time.monotonic() - self.begun
        return self.progress


def run(
    *,
    recipe: Recipe,
    store: Store,
    taxonomy: Taxonomy,
    teacher: Teacher,
    index: Index,
    watch: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Make rows until `recipe.rows` are accepted. Everything that is finished is in the store when this returns."""
    check_names(recipe, taxonomy)
    if store.get("taxonomy_digest") != taxonomy.digest:
        store.reopen()  # the words or the checks have changed: drafts walk again over the steps that are still valid
        store.set("taxonomy_digest", taxonomy.digest)
    return Sitting(recipe, store, taxonomy, teacher, index).walk(watch, stop)
