"""The training itself, on transformers' Trainer: packed blocks in a fixed order, loss on what is to be learnt."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentinstruct_local.student.examples import IGNORED, Example, as_item
from agentinstruct_local.student.plan import Plan
from agentinstruct_local.student.weights import device, quiet

CHECKPOINT = "checkpoint-"
STATE = "trainer_state.json"
"""Written last into a checkpoint: one without it was cut off."""
EVERY = 600.0
"""Seconds between two checkpoints."""


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
    every_tokens: int = 0  # `look` is called each time so many more are trained on; 0: never
    look: Callable[[Any, int], None] | None = None  # hears the model and how many tokens it has seen


def train(model: Any, blocks: Sequence[Sequence[Example]], plan: Plan, work: Path, hooks: Hooks) -> bool:
    """Train `model` in place on the blocks, once each, in their order; False where `hooks.stop` ended it before.

    It goes on from the newest whole checkpoint in `work`, with optimiser, schedule and place in the data.
    """
    from transformers import TrainingArguments

    steps = max(1, math.ceil(len(blocks) / plan.blocks_a_step))
    last = newest(work)
    with quiet():
        arguments = TrainingArguments(
            output_dir=str(work), max_steps=steps, per_device_train_batch_size=1,
            gradient_accumulation_steps=plan.blocks_a_step, learning_rate=plan.learning_rate,
            lr_scheduler_type="cosine", warmup_steps=max(1, round(plan.warmup * steps)), weight_decay=0.01,
            max_grad_norm=1.0, optim="adamw_torch_fused", bf16=True, use_cpu=device() == "cpu", seed=plan.seed,
            train_sampling_strategy="sequential", dataloader_num_workers=0, dataloader_pin_memory=False,
            logging_strategy="no", save_strategy="no", save_total_limit=1, report_to="none", disable_tqdm=True,
            remove_unused_columns=False, average_tokens_across_devices=False,
        )  # fmt: skip
        losses: list[Any] = []
        trainer = _trainer_class(losses)(
            model=model, args=arguments, train_dataset=_Blocks(blocks), data_collator=_only,
            callbacks=[_callback(plan, blocks, steps, hooks, losses)],
        )  # fmt: skip
        trainer.remove_callback(_printer())
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    return bool(trainer.state.global_step >= steps)


def newest(work: Path) -> Path | None:
    """The newest whole checkpoint; what was cut off is removed."""
    found = {int(one.name.removeprefix(CHECKPOINT)): one for one in work.glob(f"{CHECKPOINT}*") if one.is_dir()}
    for step in sorted(found, reverse=True):
        if (found[step] / STATE).is_file():
            return found[step]
        shutil.rmtree(found[step], ignore_errors=True)
    return None


class _Blocks:
    def __init__(self, blocks: Sequence[Sequence[Example]]) -> None:
        self._blocks = blocks

    def __len__(self) -> int:
        return len(self._blocks)

    def __getitem__(self, place: int) -> dict[str, list[int]]:
        return as_item(self._blocks[place])


def _only(items: Sequence[dict[str, list[int]]]) -> dict[str, Any]:
    """A batch of the one block: tensors of [1, tokens]."""
    import torch

    return {name: torch.tensor([value]) for name, value in items[0].items()}


def _trainer_class(losses: list[Any]) -> Any:
    """A Trainer that puts each block's part of a step's loss into `losses`."""
    import torch
    from transformers import Trainer

    class BlockTrainer(Trainer):  # type: ignore[misc]
        """Computes logits only where something is to be learnt: the rest of a block costs no vocabulary layer."""

        def compute_loss(
            self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            """Cross entropy of the learnt tokens, summed, over their number in the whole step."""
            labels = inputs["labels"][0, 1:]
            where = (labels != IGNORED).nonzero().squeeze(-1)
            outputs = model(
                input_ids=inputs["input_ids"],
                position_ids=inputs["position_ids"],
                logits_to_keep=where,
                use_cache=False,
            )
            logits = outputs.logits[0].float()
            loss = torch.nn.functional.cross_entropy(logits, labels[where], reduction="sum")
            loss = loss / (num_items_in_batch if num_items_in_batch is not None else max(1, len(where)))
            losses.append(loss.detach())
            return (loss, outputs) if return_outputs else loss

    BlockTrainer.model_accepts_loss_kwargs = True
    return BlockTrainer


def _printer() -> Any:
    from transformers.trainer_callback import PrinterCallback

    return PrinterCallback


def _callback(plan: Plan, blocks: Sequence[Sequence[Example]], steps: int, hooks: Hooks, losses: list[Any]) -> Any:
    from transformers import TrainerCallback

    sizes = [sum(map(len, block)) for block in blocks]
    after = [sum(sizes[: step * plan.blocks_a_step]) for step in range(steps + 1)]

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
            loss = float(sum(losses))
            losses.clear()
            left = (after[-1] - tokens) / max(pace, 1e-6)
            hooks.watch(Progress(step=step, steps=steps, tokens=tokens, loss=loss, pace=pace, seconds=left))
            if (
                hooks.every_tokens
                and hooks.look
                and tokens // hooks.every_tokens > after[step - 1] // hooks.every_tokens
            ):
                model.eval()
                hooks.look(model, tokens)
                model.train()
            if hooks.stop() and step < steps:
                control.should_save = control.should_training_stop = True
            elif now - self.saved > EVERY and step < steps:
                self.saved = now
                control.should_save = True

    return Watch()
