"""What a run has done so far, read from its database."""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from agentinstruct_local.errors import RunError
from agentinstruct_local.records import Document, Draft, Passage, Row, Step
from agentinstruct_local.store.codec import from_json, from_plain, to_plain
from agentinstruct_local.store.database import alive, damaged, told

T = TypeVar("T")

SHOWN = 5  # names in a hint
SHORTEST = 4  # characters of an id that may stand for it

ACCEPTED = "accepted"
FANNED_OUT = "fanned_out"
REACHED = "reached"  # a fact about the run: with how many rows it is known to be done
RULES = "privacy_rules"  # a fact: what counts as personal data and as a secret
PERSONAL = "personal"  # a fact: document -> how much of it was found there, for those that have some
EXPORTS = "exports"  # a fact: folder -> the files that were exported there, and the documents that are in them
FORGOTTEN = "forgotten"  # a fact: the ids of documents that were taken out of the run


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A draft that became no row, and why."""

    draft: str
    skill: str
    subskill: str
    reason: str
    by: str
    evidence: str
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over all finished steps of all sittings."""

    steps: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    tokens_forced: int


class Results:
    """Every question that can be asked of a run; nothing here writes. Raises RunError where the file is damaged."""

    folder: Path
    _database: sqlite3.Connection

    def _all(self, query: str, *values: Any) -> list[Any]:
        with told(self.folder):
            return self._database.execute(query, values).fetchall()

    def _records(self, kind: type[T], query: str, *values: Any) -> list[T]:
        return [self._record(kind, body) for (body,) in self._all(query, *values)]

    def _record(self, kind: type[T], body: str) -> T:
        with self._sound():
            return from_json(kind, body)

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """What we wrote can be read; where it cannot, a page of the file holds something else."""
        try:
            yield
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise damaged(self.folder, "a record in it is broken") from error

    # The run and its corpus

    def get(self, key: str, default: Any = None) -> Any:
        """A fact about the run, such as "recipe", "teacher" or "taxonomy_digest"."""
        found = self._all("SELECT value FROM meta WHERE key = ?", key)
        with self._sound():
            return json.loads(found[0][0]) if found else default

    def documents(self) -> list[Document]:
        """The documents, in the order in which they were read."""
        return self._records(Document, "SELECT body FROM document ORDER BY place")

    def document(self, id: str) -> Document:  # noqa: A002
        """One document. Raises RunError where there is none of that id."""
        return self._one(Document, "document", id)

    def document_named(self, name: str) -> Document:
        """The document of that source, file name, id or unique start of an id. RunError names what is near."""
        documents = self.documents()
        ways: tuple[Callable[[Document], bool], ...] = (
            lambda one: name in (one.id, one.source),
            lambda one: f"/{name}".endswith(f"/{one.source}") or one.source.endswith(f"/{name}"),
            lambda one: len(name) >= SHORTEST and one.id.startswith(name),
        )
        found = next(filter(None, ([one for one in documents if fits(one)] for fits in ways)), [])
        if len(found) == 1:
            return found[0]
        if found:
            hint = "Give the whole name or the id: " + ", ".join(f"{one.source} ({one.id})" for one in found[:SHOWN])
            raise RunError(f"{name!r} is more than one document of {self.folder}.", hint=hint)
        for source, reason, detail in self.unread():
            if reason == "same_text" and name and source.endswith(name):
                raise RunError(f"{self.folder} has no document {name!r}.", hint=f"It was not read: {detail}.")
        names = {part: one.source for one in documents for part in (one.source.rpartition("/")[2], one.source)}
        near = difflib.get_close_matches(name.rpartition("/")[2], names, n=5, cutoff=0.5)
        near += difflib.get_close_matches(name, names, n=5, cutoff=0.5)
        meant = list(dict.fromkeys(names[one] for one in near))[:SHOWN]
        hint = f"Near it: {', '.join(meant)}." if meant else f"List them with: agentinstruct forget {self.folder}"
        raise RunError(f"{self.folder} has no document {name!r}.", hint=hint)

    def passages(self) -> list[Passage]:
        """The passages, in order."""
        return self._records(Passage, "SELECT body FROM passage ORDER BY place")

    def vectors(self, embedder: str) -> dict[str, bytes]:
        """The vectors of passages that this embedder gave, by the passage's id."""
        return dict(self._all("SELECT passage, body FROM vector WHERE embedder = ?", embedder))

    def unread(self) -> list[tuple[str, str, str]]:
        """The files that gave no document, as they were put."""
        return self._records(tuple[str, str, str], "SELECT body FROM unread ORDER BY place")

    # What came of it

    def outcomes(self) -> dict[str, str]:
        """Finished draft -> "accepted", "fanned_out" or the reason of its refusal, in plan order."""
        return dict(self._all("SELECT id, outcome FROM draft ORDER BY place, item, id"))

    def rows(self, limit: int | None = None) -> Iterator[Row]:
        """Accepted rows in plan order, whatever the order in which they were finished."""
        query = "SELECT row.id FROM row JOIN draft ON draft.id = row.draft ORDER BY place, item, draft.id LIMIT ?"
        for (name,) in self._all(query, -1 if limit is None else limit):
            yield self._one(Row, "row", name)

    def counts(self) -> Counter[tuple[str, str, str]]:
        """How many drafts for each (skill, sub-skill, outcome)."""
        found = self._all("SELECT skill, subskill, outcome, count(*) FROM draft GROUP BY skill, subskill, outcome")
        return Counter({(skill, subskill, outcome): n for skill, subskill, outcome, n in found})

    def cost(self) -> dict[tuple[str, str], tuple[int, int]]:
        """For each (skill, sub-skill) the tokens that were computed of prompts, and those that were written."""
        found = self._all(
            "SELECT skill, subskill, sum(tokens_in - tokens_cached), sum(tokens_out)"
            " FROM step JOIN draft ON draft.id = step.draft GROUP BY skill, subskill"
        )
        return {(skill, subskill): (read, written) for skill, subskill, read, written in found}

    def funnel(self) -> dict[str, int]:
        """{"drafts": all, reason: how many it took ... most first, "accepted": what is left}."""
        found = Counter(dict(self._all("SELECT outcome, count(*) FROM draft GROUP BY outcome ORDER BY outcome")))
        del found[FANNED_OUT]  # its items are drafts of their own
        accepted = found.pop(ACCEPTED, 0)
        return {"drafts": found.total() + accepted, **dict(found.most_common()), ACCEPTED: accepted}

    def personal(self) -> dict[str, int]:
        """How often each kind of personal data or secret was found in the documents, by its name."""
        found: Counter[str] = Counter()
        for of_document in self.get(PERSONAL, {}).values():
            found.update(of_document["kinds"])
        return dict(sorted(found.items()))

    def personal_passages(self) -> int:
        """How many passages hold some of it, those that were skipped for it included."""
        return sum(of_document["passages"] for of_document in self.get(PERSONAL, {}).values())

    def personal_rows(self, limit: int | None = None) -> int:
        """How many of the accepted rows show some of it."""
        return sum(bool(row.provenance.get("personal")) for row in self.rows(limit))

    def refused(self, reason: str | None = None) -> Iterator[Refusal]:
        """The refused drafts in plan order, of one reason or of all."""
        query = "SELECT id, outcome, body FROM draft WHERE outcome NOT IN (?, ?) AND (? IS NULL OR outcome = ?)"
        for name, outcome, text in self._all(f"{query} ORDER BY place, item, id", ACCEPTED, FANNED_OUT, reason, reason):
            with self._sound():
                body = json.loads(text)
            no: dict[str, str] = next(
                (verdict for verdict in body["verdicts"] if not verdict["ok"] and verdict.get("final", True)), {}
            )
            question = str(body["item"].get("question", ""))
            yield Refusal(
                draft=name, skill=body["skill"], subskill=body["subskill"], reason=outcome,
                by=no.get("by", ""), evidence=no.get("evidence", ""), question=question,
            )  # fmt: skip

    def tokens(self) -> Totals:
        """Steps and tokens over all sittings."""
        names = ("tokens_in", "tokens_cached", "tokens_out", "tokens_forced")
        sums = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
        ((steps, *found),) = self._all(f"SELECT count(*), {sums} FROM step")
        return Totals(steps=steps, **dict(zip(names, found, strict=True)))

    def seconds(self) -> float:
        """How long all sittings took. One that was killed lasted until the last thing that it kept."""
        kept = "SELECT created, sitting FROM step UNION ALL SELECT created, sitting FROM draft"
        last = f"SELECT max(created) FROM ({kept}) AS kept WHERE kept.sitting = sitting.id"
        found = self._all(f"SELECT coalesce(ended, ({last}), started) - started FROM sitting")
        return float(sum(max(0.0, seconds) for (seconds,) in found))  # a clock may be set back

    def sittings(self) -> int:
        """How often the run was started."""
        return int(self._all("SELECT count(*) FROM sitting")[0][0])

    def owner(self) -> int | None:
        """The process that is writing to the run just now, as far as can be seen without touching its lock."""
        for pid, ended in self._all("SELECT pid, ended FROM sitting ORDER BY id DESC LIMIT 1"):
            if ended is None and alive(pid):
                return int(pid)
        return None

    # One by one

    def recall(self, key: str) -> Step | None:
        """The finished step of that key, so that it is not done again."""
        return next(iter(self._records(Step, "SELECT body FROM step WHERE key = ?", key)), None)

    def draft(self, name: str) -> Draft:
        """The finished draft of that id or unique start of an id, with its passage and steps."""
        return self._draft_from(self._text("draft", name))

    def row(self, name: str) -> Row:
        """The row of that id or unique start of an id."""
        return self._one(Row, "row", name)

    def draft_of(self, row: Row) -> Draft:
        """The draft that became the row."""
        return self.draft(self._all("SELECT draft FROM row WHERE id = ?", row.id)[0][0])

    def row_of(self, draft: Draft) -> Row | None:
        """The row that the draft became."""
        return next(iter(self._records(Row, "SELECT body FROM row WHERE draft = ?", draft.id)), None)

    def steps_of(self, draft: str) -> list[Step]:
        """The steps done for a draft, finished or not, in the order in which they were kept."""
        return self._records(Step, "SELECT body FROM step WHERE draft = ? ORDER BY place", draft)

    def steps_named(self, name: str) -> Iterator[Step]:
        """All steps of that name, in the order in which they were kept; one at a time, for there may be many."""
        for (place,) in self._all("SELECT place FROM step WHERE name = ? ORDER BY place", name):
            yield from self._records(Step, "SELECT body FROM step WHERE place = ?", place)

    def _text(self, table: str, name: str) -> str:
        for (body,) in self._all(f"SELECT body FROM {table} WHERE id = ?", name):
            return str(body)
        found = self._all(f"SELECT id, body FROM {table} WHERE substr(id, 1, length(?)) = ? LIMIT 6", name, name)
        if not name or not found:
            hint = f"List them with: agentinstruct show {self.folder}"
            raise RunError(f"{self.folder} has no {table} {name!r}.", hint=hint)
        if len(found) > 1:
            hint = "Give more of the id: " + ", ".join(id_ for id_, _ in found)
            raise RunError(f"{name!r} is the start of more than one {table}.", hint=hint)
        return str(found[0][1])

    def _one(self, kind: type[T], table: str, name: str) -> T:
        return self._record(kind, self._text(table, name))

    def _draft_from(self, text: str) -> Draft:
        with self._sound():
            body = json.loads(text)
            passage = self._one(Passage, "passage", body.pop("passage"))
            known = body.pop("steps")
        found = (self.recall(step) if isinstance(step, str) else from_plain(Step, step) for step in known)
        draft: Draft = from_plain(Draft, {**body, "passage": to_plain(passage)})
        return replace(draft, steps=tuple(step for step in found if step))
