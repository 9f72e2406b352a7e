"""How many good pairs of bench/checks the checks let through, and how many bad ones they refuse, by fault and by check.

    python -m bench.check_rates           the documents for tuning
    python -m bench.check_rates kept      those kept apart: for reporting, after all tuning

Only checks that need no teacher: what they let through, the blind answer and the judge have to find.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from agentinstruct_local import registry
from agentinstruct_local.library import Library
from agentinstruct_local.passages import split
from agentinstruct_local.readers.collect import collect
from agentinstruct_local.records import Draft, Passage, Step

FOLDER = Path(__file__).parent / "checks"
MADE_UP = ("apply", "premise")
"""Kinds whose question has particulars of its own."""


def main(part: str = "tune") -> int:
    """Print the table of one part."""
    passages = {
        one.source: split(one, count_tokens=lambda text: len(text) // 4)
        for one in collect([FOLDER / "documents"]).documents
    }
    library = Library([one for found in passages.values() for one in found])
    refused: dict[str, Counter[str]] = defaultdict(Counter)
    sizes: Counter[str] = Counter()
    for pair in labelled(part):
        name = pair["fault"] or "good"
        sizes[name] += 1
        why = next(_refusals(pair, passage_of(pair, passages), library), "")
        refused[name][why] += 1
        if name == "good" and why:
            print(f"  good, refused ({why}): {pair['question']} | {pair['answer']}")
    print(f"{'':16} pairs refused  by")
    for name, n in sorted(sizes.items(), key=lambda one: (one[0] != "good", one[0])):
        by = {why: count for why, count in refused[name].most_common() if why}
        print(f"{name:16} {n:5} {sum(by.values()) / n:6.0%}  {', '.join(f'{why} {c}' for why, c in by.items())}")
    bad = sum(n for name, n in sizes.items() if name != "good")
    found = sum(n for name, by in refused.items() if name != "good" for why, n in by.items() if why)
    print(f"{'all bad':16} {bad:5} {found / bad:6.0%}")
    return 0


def labelled(part: str) -> list[dict[str, Any]]:
    """The pairs about the documents for tuning ("tune") or about those kept apart ("kept")."""
    kept = set((FOLDER / "kept.txt").read_text("utf-8").split())
    pairs = [json.loads(line) for line in (FOLDER / "pairs.jsonl").read_text("utf-8").splitlines()]
    return [one for one in pairs if (one["document"] in kept) == (part == "kept")]


def passage_of(pair: dict[str, Any], passages: dict[str, list[Passage]]) -> Passage:
    """The passage that states a pair's fact."""
    source = next(name for name in passages if name.endswith(pair["document"]))
    fact = " ".join(pair["fact"].split())
    fits = [one for one in passages[source] if fact in " ".join(one.text.split())]
    return (fits or passages[source])[0]


def _refusals(pair: dict[str, Any], passage: Passage, library: Library):  # type: ignore[no-untyped-def]
    item = {"question": pair["question"], "answer": pair["answer"]}
    draft = Draft(
        id="draft", order=(0, 0), skill="knowledge", subskill=pair["kind"], passage=passage, focus=None, choices={},
        seed=0, item=item, text=passage.text,
    )  # fmt: skip
    rank = registry.find("tools", "found_again")(draft, corpus=library)["output"]
    draft = draft.with_step(Step(key="", name="found_again", output=rank))
    checks: list[tuple[str, dict[str, Any]]] = [
        ("no_leftovers", {"fields": ["item.question", "item.answer"]}), ("adds", {}), ("same_language", {}),
        ("stands_alone", {}),
    ]  # fmt: skip
    if pair["kind"] == "short":
        checks.append(("holds", {"field": "item.question", "part": "item.answer", "wanted": False}))
    if pair["kind"] not in MADE_UP:
        checks.append(("contained", {}))
    named = registry.find("tools", "strangers")(draft, corpus=library, fields=["item.question", "item.answer"])
    if "error" in named:
        yield named["error"]
    for name, options in checks:
        verdict = registry.find("verifiers", name)(draft, **options)
        if not verdict.ok:
            yield verdict.reason


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
