"""One pass over every sub-skill: drafts, rows, refusals by reason. No sub-skill yields nothing silently.

    make skills-report                              the default teacher on examples/handbook, 8 drafts of each
    SOURCES="my-documents" DRAFTS=20 make skills-report
    TEACHER=scripted LARGE=1 make skills-report     another teacher; those that want a larger one as well

Writes runs/skills-report/report.md. A second call goes on with the run; remove the folder to begin anew.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from agentinstruct_local import taxonomy
from agentinstruct_local.plan import Plan
from agentinstruct_local.records import Skill
from agentinstruct_local.store import Store

RUN = Path(os.environ.get("RUN", "runs/skills-report"))
DRAFTS = int(os.environ.get("DRAFTS", "8"))  # of each sub-skill, as far as there are passages for it
REASONS = 3  # of refusals, the most frequent ones, are shown


def main() -> None:
    """Make the run, or go on with it, and print what became of each sub-skill."""
    skills = taxonomy.load().skills
    large = bool(os.environ.get("LARGE"))
    asked = [
        f"{skill.name}/{one.id}"
        for skill in skills.values()
        for one in skill.subskills.values()
        if large or one.needs == "small"
    ]
    wanted: dict[str, Any] = {
        "sources": [str(Path(one).resolve()) for one in os.environ.get("SOURCES", "examples/handbook").split()],
        "skills": dict.fromkeys(asked, 1.0),
        "rows": DRAFTS * len(asked),
        "budget_drafts": DRAFTS * len(asked),
    }
    if teacher := os.environ.get("TEACHER"):
        wanted["teacher"] = teacher
    RUN.parent.mkdir(parents=True, exist_ok=True)
    recipe = RUN.parent / f"{RUN.name}.yaml"
    recipe.write_text(yaml.safe_dump(wanted, sort_keys=False), encoding="utf-8")
    command = [sys.executable, "-m", "agentinstruct_local", "generate", "--recipe", str(recipe), "--out", str(RUN)]
    done = subprocess.run([*command, "--no-input"], check=False, stdout=subprocess.DEVNULL)
    if done.returncode not in (0, 3):  # 3: stopped before the asked number, as a budget does
        raise SystemExit(done.returncode)
    with Store(RUN, readonly=True) as store:
        unfed = Plan(store.passages(), skills, dict.fromkeys(asked, 1.0), 0).unfed
        lines = list(table(skills, store.counts(), asked, unfed, store.cost()))
    (RUN / "report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def table(
    skills: Mapping[str, Skill],
    counts: Mapping[tuple[str, str, str], int],
    asked: Sequence[str],
    unfed: Mapping[str, Sequence[str]],
    cost: Mapping[tuple[str, str], tuple[int, int]],
) -> Iterator[str]:
    """The report as Markdown: a line for each sub-skill and a sum for each skill.

    `cost` is in tokens: computed of prompts, and written. It is told for each row, refused drafts included.
    """
    outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (skill, subskill, outcome), n in counts.items():
        if outcome != "fanned_out":
            outcomes[f"{skill}/{subskill}"][outcome] += n
    spent = {f"{skill}/{subskill}": sum(tokens) for (skill, subskill), tokens in cost.items()}
    yield "| sub-skill | drafts | rows | accepted | tokens a row | refused, or why there is nothing |"
    yield "|---|---|---|---|---|---|"
    for name in skills:
        mine = [one for one in asked if one.startswith(f"{name}/")]
        for one in mine:
            yield _line(one, outcomes[one], spent.get(one, 0), _told(outcomes[one], unfed.get(one)))
        if mine:
            found = sum((outcomes[one] for one in mine), Counter[str]())
            yield _line(f"**{name}**", found, sum(spent.get(one, 0) for one in mine), "")
    yield _line("**all**", sum(outcomes.values(), Counter[str]()), sum(spent.values()), "")


def _told(found: Counter[str], wants: Sequence[str] | None) -> str:
    if wants is not None:
        return f"no passage has: {', '.join(wants) or 'a sentence to ask about'}"
    if not found:
        return "not planned yet: the budget was spent on others"
    refused = [f"{why} {n}" for why, n in found.most_common() if why != "accepted"]
    return ", ".join(refused[:REASONS])


def _line(name: str, found: Counter[str], tokens: int, told: str) -> str:
    drafts, rows = found.total(), found["accepted"]
    share = f"{100 * rows / drafts:.0f} %" if drafts else ""
    each = f"{tokens / rows:,.0f}" if rows else ""
    return f"| {name} | {drafts} | {rows} | {share} | {each} | {told} |"


if __name__ == "__main__":
    main()
