"""How much memory a long run takes: rows of the scripted teacher from a made-up corpus, and what the process holds.

    make memory-curve                       100,000 rows
    ROWS=10000 SECONDS=100 OUT=runs/curve make memory-curve      fewer; at most so many seconds, then stop

A run that was stopped goes on when the command is given again with the same OUT, and marks that were passed stay in
its curve. `now` is what is resident at that mark, `most` the highest that it was in that sitting, reading the corpus
and recalling what was there before included.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
SKILLS = str(ROOT / "tests" / "data" / "taxonomy")  # one skill that has one of everything
MARKS = (1_000, 5_000, 10_000, 25_000, 50_000, 100_000)
SENTENCES_OF_A_ROW = 0.85
"""So many sentences the corpus has for each row that is asked for: some become none."""
SECTIONS, SENTENCES = 20, 6  # of a document, of a section
STARTS, MIDDLES = ("Bar", "Cal", "Dor", "Fen", "Gar", "Hal", "Kes", "Lor", "Mar", "Nor"), ("a", "e", "i", "o", "u")
ENDS = ("brick", "combe", "den", "field", "ham", "low", "mere", "ness", "shaw", "ton", "vale", "worth")
THINGS = ("pump", "lamp", "valve", "crane", "filter", "battery", "sensor", "ladder", "boiler", "winch")
PEOPLE = ("keeper", "warden", "foreman", "clerk", "inspector", "operator", "technician", "nurse")
SAID = (
    "If the pressure of the {name} {thing} {number} falls below {some} bar, the {who} closes valve {other}.",
    "Valve {other} of the {name} {thing} {number} is cleaned every {some} days because salt collects in it.",
    "The {who} of the {name} depot replaces {thing} {number} after {some} hours.",
    "The {who} must report a leak of {thing} {number} to the {name} office within {some} hours.",
)


def sentence(draw: random.Random, number: int) -> str:
    """A statement that no other sentence of the corpus makes."""
    return draw.choice(SAID).format(
        name=draw.choice(STARTS) + draw.choice(MIDDLES) + draw.choice(ENDS),
        thing=draw.choice(THINGS), who=draw.choice(PEOPLE), number=number,
        some=draw.randint(2, 90), other=draw.randint(2, 900),
    )  # fmt: skip


def corpus(folder: Path, sentences: int) -> None:
    """Markdown files with about so many sentences, each with facts of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    draw, number = random.Random(1), 0
    for document in range(1 + sentences // (SECTIONS * SENTENCES)):
        parts = [f"# Manual {document}"]
        for section in range(SECTIONS):
            said = [sentence(draw, number + place) for place in range(SENTENCES)]
            number += SENTENCES
            parts += [f"## Part {section} of manual {document}", " ".join(said)]
        (folder / f"manual-{document:05}.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def memory(name: str) -> float:
    """VmRSS or VmHWM of this process, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name + ":")) / 1024


class Watch:
    """Stands in for the view of a run: notes the memory at each mark, and asks the run to stop when time is up."""

    def __init__(self, notes: Path, before: int, seconds: float) -> None:
        self.notes, self.before = notes, before
        self.begun = time.monotonic()
        self.until = self.begun + seconds
        self.marks = [mark for mark in MARKS if mark > before]
        self.accepted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.note(self.accepted)

    def __call__(self, progress: Any) -> None:
        """Takes note of how far the run is."""
        self.accepted = progress.accepted
        while self.marks and progress.accepted >= self.marks[0]:
            self.note(self.marks.pop(0))
        if time.monotonic() > self.until:
            self.until = float("inf")
            os.kill(os.getpid(), signal.SIGINT)

    def note(self, rows: int) -> None:
        """One line: rows, resident memory, the most there was, seconds of this sitting."""
        line = {
            "rows": rows, "now": memory("VmRSS"), "most": memory("VmHWM"), "before": self.before,
            "seconds": time.monotonic() - self.begun,
        }  # fmt: skip
        with self.notes.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")


def child(notes: Path, seconds: float, command: list[str]) -> int:
    """The command line with a watch in the place of its view; at the end the most memory, the export included."""
    from agentinstruct_local.cli import live, main

    watches: list[Watch] = []

    def view(_: live.Stop, before: int) -> Watch:
        watches.append(Watch(notes, before, seconds))
        return watches[0]

    live.view = view  # type: ignore[assignment]
    code = main(command)
    for watch in watches:
        watch.note(watch.accepted)
    return code


def main() -> int:
    """Run, or go on, and print the curve."""
    rows, seconds = int(os.environ.get("ROWS", str(MARKS[-1]))), float(os.environ.get("SECONDS", "inf"))
    with tempfile.TemporaryDirectory(prefix="memory-curve-") as work:
        place = Path(os.environ.get("OUT", work)).absolute()
        texts, run, notes = place / "corpus", place / "run", place / "curve.jsonl"
        if not texts.exists():
            corpus(texts, int(rows * SENTENCES_OF_A_ROW))
        command = ["generate", "--out", str(run), "-n", str(rows)]
        if not (run / "run.db").exists():
            command += [
                str(texts),
                "--teacher",
                "scripted",
                "--skill",
                "quiz/fact",
                "--skill",
                "quiz/reason",
                "--taxonomy",
                SKILLS,
            ]
        done = subprocess.run(
            [sys.executable, __file__, "--child", str(notes), str(seconds), *command],
            stdout=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        print(f"{'rows':>8} {'now, MB':>8} {'most, MB':>8} {'rows before':>12} {'seconds':>8}")
        for line in notes.read_text(encoding="utf-8").splitlines() if notes.exists() else ():
            one = json.loads(line)
            print(f"{one['rows']:8,} {one['now']:8.0f} {one['most']:8.0f} {one['before']:12,} {one['seconds']:8.0f}")
        return done.returncode


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        sys.exit(child(Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
    sys.exit(main())
