"""How a student will be taught: what was left open is chosen by its size and by how much there is to learn."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from agentinstruct_local.errors import StudentError
from agentinstruct_local.student.students import Student
from agentinstruct_local.student.weights import free_on_gpu
from agentinstruct_local.teachers.llamacpp.fit import free_memory

SMALL = 300_000_000
"""Weights below which all of them are trained."""
LEARNING_RATE = {("full", True): 3e-4, ("full", False): 2e-5, ("lora", True): 1e-3, ("lora", False): 2e-4}
"""By method and whether the student is small. An adapter wants some ten times as much as full tuning."""
BLOCK = 512
"""Tokens that are computed together."""
STEP = 2048
"""Tokens in one step of the optimiser; one block where there are few steps."""
FEW = 40
"""Steps below which the steps are made smaller."""
PASSES, FEWEST = 4, 1_000_000
"""Tokens to train on, where nothing is said: the larger of so many passes over the data and so many tokens."""
REPLAY = 0.1
"""Share of the tokens that the untrained student wrote itself."""
GB = 1e9
SPARE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a training does; another one cannot go on with its checkpoints."""

    method: Literal["full", "lora"]
    rank: int  # of the adapter; 0 where there is none
    learning_rate: float
    tokens: int  # to be trained on, prompts and replay among them
    shares: dict[str, float] = field(default_factory=dict)  # channel -> share of the tokens
    longest: int = 2048  # tokens of a row; longer ones are left out, longer texts cut into parts
    block: int = BLOCK
    step_tokens: int = STEP  # with padding; a longer row is a step of its own
    warmup: float = 0.05  # share of the steps
    seed: int = 0


def rank_for(facts: int) -> int:
    """An adapter's rank for so many facts: 64 for some 500, more for more; rank limits how much an adapter can hold."""
    return min(256, max(16, 1 << math.ceil(math.log2(max(8, facts) / 8))))


def choose(  # noqa: PLR0913  # what a user may ask for
    student: Student,
    sizes: dict[str, int],
    *,
    facts: int,
    method: str = "",
    rank: int = 0,
    learning_rate: float = 0.0,
    tokens: int = 0,
    replay: float = REPLAY,
    seed: int = 0,
) -> Plan:
    """The plan for a student; `sizes`: channel -> tokens of one pass. Channels share the tokens evenly.

    StudentError where there is nothing to learn.
    """
    if not any(sizes.values()):
        raise StudentError(
            "there is nothing to teach: no row and no text that this student's chat format can show",
            hint="make rows first: agentinstruct generate SOURCE --out RUN",
        )
    small = student.parameters < SMALL
    wanted = tokens or max(FEWEST, PASSES * sum(sizes.values()))
    chosen = method or ("full" if small else "lora")
    channels = [name for name, size in sizes.items() if size]
    shares = {name: (1 - replay) / len(channels) for name in channels} | ({"replay": replay} if replay else {})
    return Plan(
        method="lora" if chosen == "lora" else "full",
        rank=(rank or rank_for(facts)) if chosen == "lora" else 0,
        learning_rate=learning_rate or LEARNING_RATE[chosen, small],
        tokens=wanted,
        shares=shares,
        step_tokens=STEP if wanted >= FEW * STEP else BLOCK,
        seed=seed,
    )


def memory(student: Student, plan: Plan) -> float:
    """Bytes that training takes: weights, what is kept for each trained one, what one block computes."""
    weights = student.parameters
    trained = weights if plan.method == "full" else weights * min(0.5, plan.rank / 400)
    width = math.sqrt(weights / (12 * max(1, student.layers)))  # of a plain transformer with so many weights
    # Of a token: its logits three times, and in each layer some 34 numbers for each place of its width (Korthikanti et
    # al., arXiv 2205.05198), half of them in 32 bits.
    block = max(plan.step_tokens, plan.longest) * (12 * student.vocabulary + 100 * width * student.layers)
    second = 4 * weights if student.is_gguf else 0  # as they were before, when the GGUF file is written
    return 4 * weights + max(12 * trained + block, second) + 1.2 * GB


def disk(student: Student, plan: Plan) -> float:
    """Bytes that training writes: two checkpoints, the merged weights, the GGUF file."""
    trained = student.parameters if plan.method == "full" else student.parameters * min(0.5, plan.rank / 400)
    return 2 * 12 * trained + (4 + 2) * student.parameters


def check_room(student: Student, plan: Plan, folder: Path) -> None:
    """StudentError, before anything is loaded, where memory or disk will not do. What lies in `folder` counts as used
    already by this training."""
    need = memory(student, plan)
    for free, where in ((free_memory(), "memory"), (free_on_gpu(), "GPU memory")):
        if free is not None and need > SPARE * free:
            other = "--method lora" if plan.method == "full" else "--rank 16, or a smaller student"
            raise StudentError(
                f"teaching {student.name} ({plan.method}) takes {need / GB:,.1f} GB of {where}, "
                f"{free / GB:,.1f} GB are free",
                hint=f"close other programs, or try: {other}",
            )
    place = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    there = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    want, left = disk(student, plan) - there, shutil.disk_usage(place).free
    if want > left:
        raise StudentError(
            f"teaching {student.name} writes up to {want / GB:,.1f} GB, {left / GB:,.1f} GB are free in {place}",
            hint="free some disk space, or choose another disk: --out FOLDER",
        )
