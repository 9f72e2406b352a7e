"""The table of `make uplift`, out of its results, into docs/knowledge.md between the marks of each organisation."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from agentinstruct_local.exam.questions import Question, general, read
from agentinstruct_local.exam.report import gap, values
from agentinstruct_local.exam.sitting import Mark, from_plain
from agentinstruct_local.exam.statistics import Estimate, difference, mean
from bench.uplift import BENCH, CLOSED, ORGS, TOKENS, results

DOC = Path("docs/knowledge.md")
NAMES = {
    "base": "untaught",
    "search": "untaught, three passages that BM25 finds",
    "gold": "untaught, the right passage",
    "text": "taught the documents' text",
    "first": "taught the first edition's rows",
    "first_text": "taught the first edition's rows and the text",
    "second": "taught the second edition's rows",
    "second_text": "taught the second edition's rows and the text",
}
HEAD = (
    "| | short | options | nats a token | gap closed, short | gap closed, nats | general | general, nats |\n"
    "|---|---|---|---|---|---|---|---|"
)


def table(org: str, student: str) -> str:
    """One student's table, its curves, and what its arms were taught on."""
    folder = results(org, student)
    asked = read(BENCH / org / "questions.jsonl")
    told = {one.stem.removesuffix(f"-{TOKENS}"): json.loads(one.read_text()) for one in sorted(folder.glob("*.json"))}
    marks = {name: from_plain(one["marks"]) for name, one in told.items()}
    lines = [f"**{student}** on `{org}`, {len(asked)} questions", "", HEAD]
    untaught = from_plain(told["general"]["marks"])
    for name, words in NAMES.items():
        if name in marks:
            kept = {"base": untaught}.get(name) or from_plain(told[name].get("general", []))
            lines.append(f"| {words} | {' | '.join(_cells(asked, marks, name, kept))} |")
    lines += ["", *_differences(asked, marks), ""]
    arms = [name for name in CLOSED if name in told]
    lines += [f"- {NAMES[name]}: {_lessons(told[name])}" for name in arms]
    if arms:
        points = [point["tokens"] for point in told[arms[0]]["curve"]]
        lines += ["", "Nats a token of the right answers, while being taught:", ""]
        lines += [f"| tokens | {' | '.join(f'{point:,}' for point in points)} |", "|---" * (len(points) + 1) + "|"]
        for name in arms:
            likely = [f"{point['likely']:.2f}" for point in told[name]["curve"]]
            lines.append(f"| {NAMES[name]} | {' | '.join(likely)} |")
    return "\n".join(lines)


def _cells(asked: list[Question], marks: dict[str, list[Mark]], name: str, kept: list[Mark]) -> list[str]:
    cells = [
        _told(mean(values(asked, marks[name], measure)), share=measure != "likely")
        for measure in ("short", "mc", "likely")
    ]
    if name in CLOSED and "gold" in marks:
        closed = gap(asked, {"base": marks["base"], "gold": marks["gold"], "taught": marks[name]})
        cells += [_told(Estimate(**closed[measure])) for measure in ("short", "likely")]
    else:
        cells += ["", ""]
    if not kept:
        return [*cells, "", ""]
    return [
        *cells, _told(mean(values(general(), kept, "mc"))), _told(mean(values(general(), kept, "likely")), share=False)
    ]  # fmt: skip


def _differences(asked: list[Question], marks: dict[str, list[Mark]]) -> list[str]:
    """Arms against the documents' text, question by question."""
    found = []
    for name in CLOSED:
        if name in marks and name != "text" and "text" in marks:
            parts = []
            for measure, words in (("short", "short answers"), ("mc", "options"), ("likely", "nats a token")):
                both = (values(asked, marks[one], measure) for one in (name, "text"))
                parts.append(f"{words} {_told(difference(*both), share=measure != 'likely', sign=True)}")
            found.append(f"- {NAMES[name]}, less the documents' text alone: {'; '.join(parts)}")
    return found


def _lessons(told: dict[str, Any]) -> str:
    sizes = ", ".join(f"{name} {size:,}" for name, size in told["sizes"].items() if size)
    left = "".join(f"; left out: {n} ({reason})" for reason, n in told["left_out"].items())
    minutes = f"{told['teach_seconds'] / 60:.0f} min to teach, {told['seconds'] / 60:.0f} min to examine"
    return f"tokens of one pass: {sizes}; {told['tokens']:,} trained; digest {told['lessons']}{left}; {minutes}"


def _told(one: Estimate, *, share: bool = True, sign: bool = False) -> str:
    if one.value is None:
        return "-"
    form = ("{:+" if sign else "{:") + (".0%}" if share else ".2f}")
    return f"{form.format(one.value)} [{form.format(one.low)}, {form.format(one.high)}]"


def main() -> int:
    """Print the tables and put them into the document."""
    text = DOC.read_text(encoding="utf-8") if DOC.is_file() else ""
    for org in ORGS:
        students = sorted((one.parent.name for one in (BENCH / org / "results").glob("*/base.json")), reverse=True)
        here = [table(org, name) for name in students]
        body = "\n\n".join(here)
        print(body)
        mark = re.compile(rf"(<!-- {org} -->\n).*?(<!-- /{org} -->)", re.DOTALL)
        if here and mark.search(text):
            text = mark.sub(lambda found, body=body: f"{found[1]}{body}\n{found[2]}", text)
    DOC.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
