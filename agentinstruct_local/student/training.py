"""The training itself, on transformers' Trainer: packed blocks in a fixed order, loss on what is to be learnt."""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from agentinstruct_local.errors import StudentError
from agentinstruct_local.student.examples import IGNORED, Example, as_item, padded, steps
from agentinstruct_local.student.faster import Compiled, compiled, keep_memory
from agentinstruct_local.student.forward import logits_at
from agentinstruct_local.student.plan import Plan
from agentinstruct_local.student.weights import device, quiet, sixteen_bits

CHECKPOINT = "checkpoint-"
STATE = "trainer_state.json"
"""Written last into a checkpoint: one without it was cut off."""
EVERY = 600.0
"""Seconds between two checkpoints."""
WORTH_COMPILING = 40
"""Steps that win more than compiling the layers takes, some half a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a training is."""

    step: int
    steps: int
    tokens: int  # trained on so far
    loss: float  # nats a token that is learnt, mean of the last steps
    pace: float  # tokens a second, since this sitting began
    seconds: float  # left at this pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Who hears of a training, and who may end it."""

    watch: Callable[[Progress], None]
    stop: Callable[[], bool]
    during: Callable[[], AbstractContextManager[object]] = nullcontext  # entered while there is something to lose
    every_tokens: int = 0  # `look` is called each time so many more are trained on; 0: never
    look: Callable[[Any, int], None] | None = None  # hears the model and how many tokens it has seen


def train(model: Any, blocks: Sequence[Sequence[Example]], plan: Plan, work: Path, hooks: Hooks) -> bool:
    """Train `model` in place on the blocks, once each; False where `hooks.stop` ended it before.

    It goes on from the newest whole checkpoint in `work`, with optimiser, schedule and place in the data.
    """
    from transformers import TrainingArguments

    keep_memory()
    groups = steps(blocks, size=plan.block, tokens=plan.step_tokens)
    last = newest(work)
    fast = plan.method == "full" and len(groups) > WORTH_COMPILING
    shapes = [(plan.step_tokens // width, width) for width in (plan.block, 2 * plan.block) if width <= plan.step_tokens]
    layers = compiled(model, shapes) if fast else None
    losses: list[Any] = []
    with quiet():
        arguments = TrainingArguments(
            output_dir=str(work), max_steps=len(groups), per_device_train_batch_size=1, gradient_accumulation_steps=1,
            learning_rate=plan.learning_rate, lr_scheduler_type="cosine",
            warmup_steps=max(1, round(plan.warmup * len(groups))), weight_decay=0.01,
            max_grad_norm=1.0, optim="adamw_torch_fused", bf16=sixteen_bits(device()), use_cpu=device() == "cpu",
            seed=plan.seed, train_sampling_strategy="sequential", dataloader_num_workers=0, dataloader_pin_memory=False,
            logging_strategy="no", save_strategy="no", save_total_limit=1, report_to="none", disable_tqdm=True,
            remove_unused_columns=False, average_tokens_across_devices=False,
        )  # fmt: skip
        arguments._n_gpu = min(1, arguments.n_gpu)  # a step is one batch, which cannot be shared out
        trainer = _trainer_class(losses, layers)(
            model=model, args=arguments, train_dataset=_Steps(groups, plan.block), data_collator=_only,
            callbacks=[_callback(groups, hooks, losses)],
        )  # fmt: skip
        trainer.remove_callback(_printer())
        with hooks.during():
            trainer.train(resume_from_checkpoint=str(last) if last else None)
    return bool(trainer.state.global_step >= len(groups))


def newest(work: Path) -> Path | None:
    """The newest whole checkpoint; what was cut off is removed."""
    found = {int(one.name.removeprefix(CHECKPOINT)): one for one in work.glob(f"{CHECKPOINT}*") if one.is_dir()}
    for step in sorted(found, reverse=True):
        with suppress(OSError, ValueError):
            json.loads((found[step] / STATE).read_text("utf-8"))
            return found[step]
        shutil.rmtree(found[step], ignore_errors=True)
    return None


class _Steps:
    """What a step is computed from: blocks as rows of one table, padded to the same width."""

    def __init__(self, groups: Sequence[Sequence[Sequence[Example]]], size: int) -> None:
        self._groups, self._size = groups, size

    def __len__(self) -> int:
        return len(self._groups)

    def __getitem__(self, place: int) -> dict[str, list[list[int]]]:
        group = self._groups[place]
        width = max(padded(block, self._size) for block in group)
        items = [as_item(block, width) for block in group]
        return {name: [item[name] for item in items] for name in items[0]}


def _only(items: Sequence[dict[str, list[list[int]]]]) -> dict[str, Any]:
    """The one step as tensors of [blocks, tokens]."""
    import torch

    return {name: torch.tensor(value) for name, value in items[0].items()}


def _trainer_class(losses: list[Any], layers: Compiled | None) -> Any:
    """A Trainer that puts each step's loss into `losses`, and uses compiled layers where there are some."""
    import torch
    from transformers import Trainer

    class StepTrainer(Trainer):  # type: ignore[misc]
        """Computes logits only where something is to be learnt: the rest of a block costs no vocabulary layer."""

        def compute_loss(
            self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            """Mean cross entropy of the learnt tokens."""
            # Accelerate casts in the model's own forward pass, which the loss does not go through.
            kind = inputs["input_ids"].device.type
            with (
                torch.autocast(kind, torch.bfloat16, enabled=sixteen_bits(kind)),
                layers.on(inputs["input_ids"].shape) if layers else nullcontext(),
            ):
                loss = loss_of(model, inputs)
            losses.append(loss.detach())
            return (loss, None) if return_outputs else loss

    return StepTrainer


def loss_of(model: Any, inputs: dict[str, Any]) -> Any:
    """Mean cross entropy, in nats, of the tokens of a step that are to be learnt: a scalar tensor."""
    import torch

    labels = inputs["labels"][:, 1:]
    wanted = torch.nn.functional.pad(labels != IGNORED, (0, 1))  # the last token has nothing to foretell
    given = {"input_ids": inputs["input_ids"], "position_ids": inputs["position_ids"]}
    logits = logits_at(model, given, wanted)
    return torch.nn.functional.cross_entropy(logits.float(), labels[labels != IGNORED])


def _printer() -> Any:
    from transformers.trainer_callback import PrinterCallback

    return PrinterCallback


def _callback(groups: Sequence[Sequence[Sequence[Example]]], hooks: Hooks, losses: list[Any]) -> Any:
    from transformers import TrainerCallback

    steps_ = len(groups)
    sizes = [sum(len(one) for block in group for one in block) for group in groups]
    after = [0, *accumulate(sizes)]

    class Watch(TrainerCallback):  # type: ignore[misc]
        """Tells how far it is, asks for checkpoints, and ends the training where that is wished."""

        def __init__(self) -> None:
            self.begun = self.saved = time.monotonic()
            self.first = 0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.begun = self.saved = time.monotonic()
            self.first = state.global_step

        def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
            now, step = time.monotonic(), state.global_step
            tokens = after[step]
            pace = (tokens - after[self.first]) / max(1e-6, now - self.begun)
            loss = float(losses[-1])
            losses.clear()
            if not math.isfinite(loss):
                hint = "train at a lower rate, such as: --learning-rate 0.00005"
                raise StudentError(f"the training went astray at step {step}: its loss is no number", hint=hint)
            left = (after[-1] - tokens) / max(pace, 1e-6)
            hooks.watch(Progress(step=step, steps=steps_, tokens=tokens, loss=loss, pace=pace, seconds=left))
            if (
                hooks.every_tokens
                and hooks.look
                and tokens // hooks.every_tokens > after[step - 1] // hooks.every_tokens
            ):
                model.eval()
                hooks.look(model, tokens)
                model.train()
            if hooks.stop() and step < steps_:
                control.should_save = control.should_training_stop = True
            elif now - self.saved > EVERY and step < steps_:
                self.saved = now
                control.should_save = True

    return Watch()
