"""Compare the engine with what else runs GGUF models, on the same prompts, schemas and sampling: `make bench`.

Contenders take turns, so that a machine that slows down slows all of them; every go is a process of its own. Prints a
table and writes bench/results.json.

    BENCH_REPEATS=1 make bench      a quick look
    BENCH_PARTS=agents make bench   some parts only: rows agents quote text judge sequences lengths guess
    BENCH_MODEL=NAME make bench     another model card
    BENCH_ANEW=1 make bench         forget what was measured before: else goes that are in bench/results.json stay
    LLAMA_SERVER=FILE make bench    llama-server from elsewhere than bench/build_server.sh puts it
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.contenders import CONTENDERS, SERVER, model

HERE = Path(__file__).parent
REPEATS = int(os.environ.get("BENCH_REPEATS", "5"))
WORKS = {
    "rows": "(a) 32 rows over 4 passages of 300 tokens, five fields",
    "agents": "(b) eight agents on one passage of 600 tokens, five fields",
    "quote": "(c) a quote of the passage, then an answer",
    "text": "(d) free text",
    "judge": "(e) 1,000 short yes/no calls",
}
SEQUENCES = (1, 2, 4, 8, 16, 32)
SERVED = (1, 8, 32)
LENGTHS = (256, 512, 1024, 2048, 4096)
PARTS = os.environ.get("BENCH_PARTS", "").split() or [*WORKS, "sequences", "lengths", "guess"]
LIMIT = 3600  # seconds that one go may take


def go(contender: str, name: str, *numbers: int, **environment: str) -> dict[str, Any]:
    """One measured go. Raises CalledProcessError with what it printed where it fails."""
    command = [sys.executable, "-m", "bench.contenders", contender, name, *map(str, numbers)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        cwd=HERE.parent,
        env={**os.environ, **environment},
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"  {contender} {name} {numbers}: {told['rows_per_minute']:.1f} rows/min", file=sys.stderr, flush=True)
    return told


def median(goes: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The median of each figure over those that have it."""
    return {key: statistics.median(one[key] for one in goes if key in one) for key in goes[0]}


def compare(name: str, goes: dict[str, list[dict[str, Any]]], save: Callable[[], None]) -> dict[str, Any]:
    """All contenders at one work with 8 sequences, taking turns; `goes` holds those that are done already."""
    for repeat in range(REPEATS):
        ceiling = str(int(repeat == 0))  # it needs as long as we do, and hardly differs
        for contender in CONTENDERS:
            if contender.endswith("(llguidance)") and name == "text":
                continue  # nothing is constrained there: both backends are the same loop
            done = goes.setdefault(contender, [])
            if len(done) <= repeat:
                done.append(go(contender, name, 8, BENCH_CEILING=ceiling))
                save()
    found = {contender: median(several) for contender, several in goes.items()}
    for contender, several in goes.items():
        pairs = zip(goes["ours"], several, strict=False)
        found[contender]["times"] = statistics.median(
            mine["rows_per_minute"] / theirs["rows_per_minute"] for mine, theirs in pairs
        )
    return found


def main() -> None:
    """Do the asked parts, print them, keep them."""
    if not Path(SERVER).exists():
        raise SystemExit(f"there is no llama-server at {SERVER}\n  type: bash bench/build_server.sh")
    file = HERE / "results.json"
    about = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "model": model().name,
        "versions": {name: version(name) for name in ("llama_cpp_python", "llguidance", "outlines", "outlines_core")},
        "llama_server": subprocess.run(
            [SERVER, "--version"], capture_output=True, text=True, check=False
        ).stderr.splitlines()[0],
    }
    kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    same = {key: kept.get("about", {}).get(key) for key in about} == about
    results: dict[str, Any] = kept if same and not os.environ.get("BENCH_ANEW") else {"goes": {}}
    results["about"] = {"date": datetime.now(UTC).date().isoformat(), "repeats": REPEATS, **about}

    def save() -> None:
        file.write_text(json.dumps(results, indent=1) + "\n")

    for part in PARTS:
        if part in WORKS:
            results[part] = compare(part, results["goes"].setdefault(part, {}), save)
        elif part == "sequences":
            results[part] = {str(n): go("ours", "rows", n, BENCH_CEILING="0") for n in SEQUENCES}
            results["llama-server, sequences"] = {str(n): go("llama-server", "rows", n) for n in SERVED}
        elif part == "lengths":
            results[part] = {str(length): go("ours", "agents", 8, length, BENCH_CEILING="0") for length in LENGTHS}
        elif part == "guess":
            results[part] = {
                f"{n}, {guess} guesses": go("ours", "quote", n, BENCH_GUESS=most, BENCH_CEILING="0")
                for n in (1, 2, 4, 8)
                for guess, most in (("no", "0"), ("with", str(n)))
            }
        save()
        print(table(results), flush=True)


def table(results: dict[str, Any]) -> str:
    """What was measured, as Markdown."""
    lines = []
    for name, title in WORKS.items():
        if name not in results:
            continue
        lines += [
            f"\n{title}\n",
            "| | rows/min | ours is | tokens/s | prompt computed/asked | outside decode | peak |",
            "|---|---|---|---|---|---|---|",
        ]
        for contender, one in results[name].items():
            computed = f"{one['prompt_computed']:.0f}/{one['prompt_asked']:.0f}" if "prompt_computed" in one else ""
            outside = f"{100 * one['outside']:.1f} %" if "outside" in one else ""
            lines.append(
                f"| {contender} | {one['rows_per_minute']:.1f} | {one['times']:.2f} x | {one['tokens_per_second']:.1f} "
                f"| {computed} | {outside} | {one['peak'] / 1e9:.2f} GB |"
            )
        ours = results[name]["ours"]
        if "ceiling" not in ours:
            continue
        lines.append(
            f"| ceiling: the same batches, `llama_decode` alone | {60 * ours['rows'] / ours['ceiling']:.1f} "
            f"| {ours['of_ceiling']:.2f} x | | {ours['prompt_distinct']:.0f} distinct | | |"
        )
    for part, what in (
        ("sequences", "sequences"),
        ("llama-server, sequences", "slots"),
        ("lengths", "tokens"),
        ("guess", "sequences"),
    ):
        if part in results:
            lines += [f"\n{part}\n", f"| {what} | rows/min | tokens/s | seconds | peak |", "|---|---|---|---|---|"]
            lines += [
                f"| {key} | {one['rows_per_minute']:.1f} | {one['tokens_per_second']:.1f} | {one['wall']:.1f} "
                f"| {one['peak'] / 1e9:.2f} GB |"
                for key, one in results[part].items()
            ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
