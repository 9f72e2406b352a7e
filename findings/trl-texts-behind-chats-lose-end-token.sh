#!/usr/bin/env bash
# Package: TRL 1.16.0, with transformers 5.24.0, datasets 5.2.0, accelerate 1.15.0, torch 2.13.0.
#
# Behaviour: SFTTrainer puts the end-of-sequence token behind plain texts ("text" column).
# Whether it does so for a dataset is decided by the dataset's first row alone.
# If chat rows ("messages" column) and text rows are joined, and a chat row comes first,
# all texts stay without the token. No warning is given.
# If a text row comes first, there is an error instead, and it does not name the cause.
#
# Output seen (the token is <|end|>):
#   texts only: ['the sky is blue.<|end|>'] warnings: []
#   chat first, then text: ['<|start|>user\nhello<|end|>...', 'the sky is blue.'] warnings: []
#   text first, then chat: AttributeError: 'NoneType' object has no attribute 'endswith'
#   chat first, then text with the token written by hand: [..., 'the sky is blue.<|end|>']
#
# Why it matters: Generated chats are often mixed with plain texts of the same field.
# The model then sees texts that never end, and may go on without an end itself.
# After a shuffle it is chance whether the run fails or silently lacks the token.
#
# What helps: Put tokenizer.eos_token behind each text before the datasets are joined.
# It is not doubled if it is there already. Look at the last token of some prepared rows.
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
from datasets import Dataset, concatenate_datasets
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
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


def prepare(dataset):
    """Let the trainer prepare the rows; return them as text, with all warnings or the error."""
    tokenizer, model = parts()
    args = SFTConfig(output_dir="out", report_to=[], use_cpu=True, bf16=False, max_length=64)
    keep = Keep()
    for name in ("trl", "transformers", "datasets", "accelerate"):
        logging.getLogger(name).addHandler(keep)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made = SFTTrainer(model=model, args=args, train_dataset=dataset, processing_class=tokenizer)
        except Exception as error:
            return f"{type(error).__name__}: {error}", []
    rows = [tokenizer.decode(r["input_ids"]) for r in made.train_dataset]
    return rows, keep.seen + [str(w.message) for w in caught]


END = "<|end|>"
turns = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "world"}]
chat = Dataset.from_list([{"messages": turns}])
text = Dataset.from_list([{"text": "the sky is blue."}])
closed = Dataset.from_list([{"text": "the sky is blue." + END}])

print("trl", trl.__version__, "| transformers", transformers.__version__, "| datasets", datasets.__version__)
print("expected: a plain text ends with the end-of-sequence token", END, "whatever rows stand before it")
changed = []

alone, said = prepare(text)
print("texts only:", alone, "warnings:", said)
if alone != ["the sky is blue." + END]:
    changed.append("a text-only dataset gets the token")

mixed, said = prepare(concatenate_datasets([chat, text]))
print("chat first, then text:", mixed, "warnings:", said)
if mixed[1:] != ["the sky is blue."] or not mixed[0].endswith(END):
    changed.append("a text behind a chat loses the token, the chat keeps it")
if said:
    changed.append("no warning")

turned, _ = prepare(concatenate_datasets([text, chat]))
print("text first, then chat:", turned)
if not isinstance(turned, str):
    changed.append("text first is an error")

helped, _ = prepare(concatenate_datasets([chat, closed]))
print("chat first, then text with the token written by hand:", helped)
if helped[1:] != ["the sky is blue." + END]:
    changed.append("writing the token by hand helps")
once, _ = prepare(closed)
print("texts only, with the token written by hand:", once)
if once != ["the sky is blue." + END]:
    changed.append("a token written by hand is not doubled")

if changed:
    sys.exit("CHANGED, no longer true: " + "; ".join(changed))
print("as described")
PY
./venv/bin/python -W ignore::FutureWarning show.py | sed '/^$/d'
