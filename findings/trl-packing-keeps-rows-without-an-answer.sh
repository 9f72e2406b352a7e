#!/usr/bin/env bash
# Package: TRL 1.16.0, with transformers 5.24.0, datasets 5.2.0, accelerate 1.15.0, torch 2.13.0.
#
# Behaviour: SFTTrainer with assistant_only_loss=True cuts each chat at max_length.
# If the whole answer lies behind the cut, no token of the row is trained on.
# With packing=False the trainer drops such a row.
# With packing=True (strategy "bfd", the default one) it keeps the row.
# The row fills a block of its own. No warning is given.
# A step made of such blocks has loss 0 and gradient 0.
#
# Output seen, as (tokens, trained tokens), max_length 64:
#   packing=False: [(23, 4)] warnings: []
#   packing=True, strategy bfd: [(64, 0), (23, 4)] warnings: []
#   training, packing=False: losses of the steps, sorted [5.586], reported mean 5.586
#   training, packing=True: losses of the steps, sorted [0.0, 5.586], reported mean 2.793
#   packing=True, strategy bfd_split: [(64, 0), (58, 4), (23, 4)]
#   packing=True, rows over 64 tokens removed before: [(23, 4)]
#
# Why it matters: Generated questions often carry a long text before the answer.
# Turning packing on then costs compute on blocks that teach nothing.
# The answers are lost without a word, as the row count still includes their rows.
# The reported loss is too low, because the empty steps count as 0.
#
# What helps: Count the tokens before training, and remove or shorten rows over max_length.
# Or raise max_length. "bfd_split" keeps the answer, but cut off from its question.
#
# Exit code: 0 if the behaviour is as described, non-zero if it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q torch==2.13.0
./venv/bin/pip install -q trl==1.16.0 transformers==5.24.0 datasets==5.2.0 accelerate==1.15.0

cat > show.py <<'PY'
import logging
import os
import sys
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"

import datasets
import torch
import transformers
import trl
from datasets import Dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.trainer_callback import PrinterCallback
from trl import SFTConfig, SFTTrainer

datasets.disable_progress_bars()
TEMPLATE = (
    "{% for m in messages %}<|start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|end|>{% endgeneration %}"
    "{% else %}{{ m.content }}<|end|>{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)


def parts():
    """A byte-level tokenizer with a chat template, and a tiny random model."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|pad|>", "<|start|>", "<|end|>"]
    raw.train_from_iterator([], trainers.BpeTrainer(special_tokens=special, initial_alphabet=alphabet))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|end|>", pad_token="<|pad|>")
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )
    return tokenizer, LlamaForCausalLM(config)


class Keep(logging.Handler):
    """Keeps every log message of level WARNING or higher."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.seen = []

    def emit(self, record):
        self.seen.append(record.getMessage())


def trainer(rows, **options):
    """Prepare the rows; return the trainer and the warnings that came up meanwhile."""
    tokenizer, model = parts()
    args = SFTConfig(
        output_dir="out", report_to=[], use_cpu=True, bf16=False, max_length=64, save_strategy="no",
        per_device_train_batch_size=1, disable_tqdm=True, logging_steps=1, learning_rate=1e-3, num_train_epochs=1, **options,
    )
    keep = Keep()
    for name in ("trl", "transformers", "datasets", "accelerate"):
        logging.getLogger(name).addHandler(keep)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = SFTTrainer(model=model, args=args, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)
    return made, keep.seen + [str(w.message) for w in caught]


def row(question):
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": "yes"}]}


def pairs(made):
    return [(len(r["labels"]), sum(label != -100 for label in r["labels"])) for r in made.train_dataset]


LONG, SHORT = row("x" * 100), row("b")


print("trl", trl.__version__, "| transformers", transformers.__version__, "| datasets", datasets.__version__)
print("expected: packing=True treats a row without any trained token as packing=False does: it drops it")
print("pairs are (tokens, trained tokens); max_length is 64; the long row's answer lies behind token 64")
changed = []

plain, said_plain = trainer([LONG, SHORT], assistant_only_loss=True)
print("packing=False:", pairs(plain), "warnings:", said_plain)
if pairs(plain) != [(23, 4)]:
    changed.append("without packing the long row is dropped")

packed, said_packed = trainer([LONG, SHORT], assistant_only_loss=True, packing=True)
print("packing=True, strategy", packed.args.packing_strategy + ":", pairs(packed), "warnings:", said_packed)
if pairs(packed) != [(64, 0), (23, 4)]:
    changed.append("with packing the long row stays, with no trained token")
if said_packed:
    changed.append("no warning with packing")

steps = {}
for name, made in (("packing=False", plain), ("packing=True", packed)):
    made.remove_callback(PrinterCallback)
    made.train()
    steps[name] = sorted((entry["loss"], entry["grad_norm"]) for entry in made.state.log_history if "loss" in entry)
    losses = [round(loss, 3) for loss, _ in steps[name]]
    print(f"training, {name}: losses of the steps, sorted {losses}, reported mean {made.state.log_history[-1]['train_loss']:.3f}")
if 0.0 in [loss for loss, _ in steps["packing=False"]]:
    changed.append("without packing no step has loss 0")
if steps["packing=True"][0] != (0.0, 0.0):
    changed.append("with packing one step has loss 0 and gradient 0")

split, _ = trainer([LONG, SHORT], assistant_only_loss=True, packing=True, packing_strategy="bfd_split")
print("packing=True, strategy bfd_split:", pairs(split), "(the answer is kept, cut off from its beginning)")
if sum(trained for _, trained in pairs(split)) != 8:
    changed.append("bfd_split keeps the answer")

tokenizer, _ = parts()
fits = [r for r in (LONG, SHORT) if len(tokenizer(tokenizer.apply_chat_template(r["messages"], tokenize=False))["input_ids"]) <= 64]
helped, _ = trainer(fits, assistant_only_loss=True, packing=True)
print("packing=True, rows over 64 tokens removed before:", pairs(helped))
if pairs(helped) != [(23, 4)]:
    changed.append("removing long rows before helps")

if changed:
    sys.exit("CHANGED, no longer true: " + "; ".join(changed))
print("as described")
PY
./venv/bin/python -W ignore::FutureWarning show.py | sed '/^$/d'
