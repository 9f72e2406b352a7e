"""What a watched run showed: pure functions from what was seen to checks. What could not be seen is a warning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agentinstruct_local import OFFLINE

from .check import Check
from .strace import OUTSIDE, sockets, violations

TELEMETRY = (
    "amplitude", "analytics", "bugsnag", "codecarbon", "comet_ml", "datadog", "ddtrace", "elasticapm", "honeybadger",
    "mixpanel", "mlflow", "newrelic", "opentelemetry", "posthog", "rollbar", "scarf", "segment", "sentry_sdk", "statsd",
    "wandb",
)  # fmt: skip
"""Packages that report to somebody."""
_NO_NETWORK = ("ENETUNREACH", "ENETDOWN", "EADDRNOTAVAIL", "EHOSTUNREACH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A command that was run: how it ended, what it printed, what its witness noted, what strace saw."""

    code: int | None  # None: it was stopped, since it took too long
    out: str
    err: str
    notes: dict[str, Any]
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What this machine lets a user try, and why not the rest."""

    alone: bool
    traced: bool
    hooked: bool = True
    why_not_alone: str = ""
    why_not_traced: str = ""


def judge_control(means: Means, control: Watched) -> tuple[Means, Check]:
    """What caught the connection to the outside; the means that did not are left out of what follows."""
    ended = control.out.split()
    held = means.alone and len(ended) == 2 and set(ended) <= set(_NO_NETWORK)
    held = held and control.notes.get("interfaces") == ["lo"]
    seen = means.traced and len({line.split("(")[0].split()[-1] for line in violations(control.trace)}) > 1
    noted = len(control.notes.get("sockets", ())) > 1
    missed = []
    if means.alone and not held:
        told = ", ".join(control.notes.get("interfaces", ())) or "none known"
        missed.append(f"the namespace (interfaces: {told}; it ended with: {', '.join(ended) or 'nothing'})")
    if means.traced and not seen:
        missed.append("strace")
    if not noted:
        missed.append("Python's hook")
    caught = [name for name, yes in (("the namespace", held), ("strace", seen), ("Python's hook", noted)) if yes]
    left = Means(
        alone=held, traced=seen, hooked=noted,
        why_not_alone=means.why_not_alone or "the namespace did not hold the negative control",
        why_not_traced=means.why_not_traced or "strace did not see the negative control",
    )  # fmt: skip
    if missed:
        says = f"could not: a connection to {OUTSIDE} was not caught by {' and '.join(missed)}, which proves nothing"
        return left, Check(name="control", state="warn", says=says)
    says = f"a connection to {OUTSIDE} is caught by {', '.join(caught)}"
    return left, Check(name="control", state="ok", says=says)


def judge(means: Means, run: Watched) -> Iterator[Check]:
    """What the run showed to those means that caught the negative control."""
    if run.code != 0 or not run.notes:
        last = (run.err.strip().splitlines() or ["nothing"])[-1][:200]
        how = "it had no end" if run.code is None else f"exit code {run.code}"
        says = f"a small run does not work here: {how}; its last line: {last}"
        yield Check(name="run", state="fail", says=says, hint="agentinstruct doctor")
    else:
        yield check_run(run)
        yield check_switches(run.notes)
        yield check_telemetry(run.notes)
    yield check_alone(means, run)
    yield check_trace(means, run)
    yield check_hook(means, run)


def check_run(run: Watched) -> Check:
    """That the run made rows, and whether the embedder was part of it."""
    rows = json.loads(run.out.strip().splitlines()[-1])["rows"] if run.out.strip() else 0
    embedder = run.notes.get("embedder")
    says = f"a small run made {rows} rows of the scripted teacher"
    if not rows:
        return Check(name="run", state="fail", says="a small run made no rows", hint="agentinstruct doctor")
    if not embedder:
        return Check(name="run", state="warn", says=f"{says}; could not: the embedder is not on this machine")
    return Check(name="run", state="ok", says=f"{says}; {embedder} was loaded from its folder")


def check_switches(notes: dict[str, Any]) -> Check:
    """Whether the offline switches were set at the moment when a library that reads them was imported."""
    at = notes.get("environment", {})
    late = sorted(name for name, seen in at.items() if any(seen.get(one) != OFFLINE[one] for one in OFFLINE))
    if late:
        says = f"offline switches were not set yet when these were imported: {', '.join(late)}"
        return Check(name="switches", state="fail", says=says, hint="make setup")
    if not at:
        return Check(name="switches", state="warn", says="could not: no library that reads them was imported")
    says = f"{len(OFFLINE)} offline switches were set, from a clean environment, before {', '.join(sorted(at))}"
    return Check(name="switches", state="ok", says=says)


def check_telemetry(notes: dict[str, Any]) -> Check:
    """Whether a package that reports to somebody was imported."""
    modules = notes.get("modules", [])
    found = sorted({name.partition(".")[0] for name in modules} & set(TELEMETRY))
    if found:
        says = f"packages that may report to somebody were imported: {', '.join(found)}"
        return Check(name="telemetry", state="fail", says=says, hint=f"pip uninstall {' '.join(found)}")
    return Check(name="telemetry", state="ok", says=f"none of {len(modules)} imported modules is one of telemetry")


def check_alone(means: Means, run: Watched) -> Check:
    """Whether the run was made where there is no network."""
    if not means.alone:
        return Check(name="namespace", state="warn", says=f"could not: {means.why_not_alone}")
    there = run.notes.get("interfaces", [])
    if there != ["lo"]:
        says = f"could not: the namespace has these interfaces: {', '.join(there) or 'none known'}"
        return Check(name="namespace", state="warn", says=says)
    return Check(name="namespace", state="ok", says="the run was in a network namespace with no interface but lo")


def check_trace(means: Means, run: Watched) -> Check:
    """Whether strace saw a process of the run reach out."""
    if not means.traced:
        hint = "sudo apt-get install strace" if "not installed" in means.why_not_traced else ""
        return Check(name="strace", state="warn", says=f"could not: {means.why_not_traced}", hint=hint)
    if found := violations(run.trace):
        return Check(name="strace", state="fail", says=f"something reached out: {found[0][:200]}")
    if not run.trace:
        return Check(name="strace", state="warn", says="could not: the trace is empty")
    made = sockets(run.trace)
    return Check(name="strace", state="ok", says=f"{len(run.trace)} network calls, {made} sockets, none reaches out")


def check_hook(means: Means, run: Watched) -> Check:
    """Whether Python code of the run's own process named a place outside."""
    if found := run.notes.get("sockets"):
        return Check(name="hook", state="fail", says=f"Python reached out: {', '.join(map(str, found[:3]))[:200]}")
    if not run.notes or not means.hooked:
        why = "the run left no notes" if means.hooked else "it did not see the negative control"
        return Check(name="hook", state="warn", says=f"could not: {why}")
    return Check(name="hook", state="ok", says="Python's own hook saw no connection and no name lookup")
