#!/usr/bin/env bash
# Package: LLaMA-Factory 0.9.5, with transformers 5.6.0, datasets 4.0.0, torch 2.13.0.
#
# Behaviour: Stage "pt" packs by default. The texts are joined and cut into blocks of
# cutoff_len tokens. What is left over at the end is thrown away, without a word.
# This happens once for every batch of the preparation, not once for the dataset.
# A batch has preprocessing_batch_size texts (1000 by default).
# If all texts together are shorter than one block, nothing is left, and that is an error.
#
# Output seen, cutoff_len 256:
#   3 texts, 81 tokens: RuntimeError: Cannot find sufficient samples, consider increasing dataset size.
#   15 texts, 405 tokens: rows [256], lost 149 tokens, warnings []
#   60 texts, 1620 tokens, preprocessing_batch_size=15: rows [256, 256, 256, 256], lost 596, warnings []
#   60 texts, 1620 tokens, preprocessing_batch_size=1000: rows [256, ... 6 times], lost 84
#   15 texts, 405 tokens, packing=False: 15 rows, lost 0
#
# Why it matters: Sets of generated texts are often small at first. With cutoff_len 2048, the
# default, a short set fails, and a somewhat longer one loses up to half of its tokens.
# It is always the last texts of a batch that are lost, for instance those of the last topic.
#
# What helps: Set "packing: false" for small sets, or a smaller cutoff_len.
# For larger ones keep preprocessing_batch_size large, and shuffle the texts before.
#
# Exit code: 0 if the behaviour is as described, non-zero if it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q torch==2.13.0
./venv/bin/pip install -q transformers==5.6.0 datasets==4.0.0 accelerate==1.11.0 peft==0.18.1 \
    trl==0.24.0 omegaconf==2.4.0 numpy==2.4.6
# LLaMA-Factory itself comes without its further dependencies (pictures, sound, web page).
# It imports torchaudio at the start, but for texts never calls it. An empty module will do.
./venv/bin/pip install -q --no-deps llamafactory==0.9.5
mkdir nosound
touch nosound/torchaudio.py

cat > show.py <<'PY'
import contextlib
import io
import json
import logging
import os
import pathlib
import sys
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_HOME"] = str(pathlib.Path("hf").resolve())

from importlib.metadata import version

from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, PreTrainedTokenizerFast

here = pathlib.Path(".").resolve()


def write_model():
    """A byte-level tokenizer and the config of a tiny model; no weights are needed."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator([], trainers.BpeTrainer(special_tokens=["<|pad|>", "<|end|>"], initial_alphabet=alphabet))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|end|>", pad_token="<|pad|>")
    tokenizer.save_pretrained(here / "model")
    LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2
    ).save_pretrained(here / "model")


class Keep(logging.Handler):
    """Keeps every log message of level WARNING or higher."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.seen = []

    def emit(self, record):
        self.seen.append(record.getMessage())


def prepare(count, **options):
    """Return the row lengths that stage pt makes of short texts, or the error, and what was warned of."""
    folder = here / f"data-{len(list(here.glob('data-*')))}"
    folder.mkdir()
    texts = [f"text {i:03d}: the sky is blue." for i in range(count)]
    (folder / "rows.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in texts))
    (folder / "dataset_info.json").write_text(
        json.dumps({"rows": {"file_name": "rows.jsonl", "columns": {"prompt": "text"}}})
    )
    keep = Keep()
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model_args, data_args, training_args, _, _ = get_train_args(dict(
            model_name_or_path=str(here / "model"), stage="pt", do_train=True, finetuning_type="full", dataset="rows",
            dataset_dir=str(folder), output_dir=str(folder / "out"), use_cpu=True, cutoff_len=256, report_to="none",
            template="empty", **options,
        ))
        module = load_tokenizer(model_args)
        template = get_template_and_fix_tokenizer(module["tokenizer"], data_args)
        tokens = sum(len(module["tokenizer"](t)["input_ids"]) + 1 for t in texts)
        # From here on the rows are prepared. Warnings about the arguments came before.
        for name in (None, "llamafactory", "transformers", "datasets"):
            logging.getLogger(name).addHandler(keep)
        try:
            rows = get_dataset(template, model_args, data_args, training_args, stage="pt", **module)["train_dataset"]
            outcome = [len(row["input_ids"]) for row in rows]
        except RuntimeError as error:
            outcome = f"RuntimeError: {error}"
        finally:
            for name in (None, "llamafactory", "transformers", "datasets"):
                logging.getLogger(name).removeHandler(keep)
    return tokens, outcome, keep.seen


write_model()
print("llamafactory", version("llamafactory"), "| transformers", version("transformers"), "| datasets", version("datasets"))
print("expected: stage pt uses every text, or says how much it leaves out; cutoff_len is 256")
changed = []

tokens, few, _ = prepare(3)
print(f"3 texts, {tokens} tokens: {few}")
if not (isinstance(few, str) and "Cannot find sufficient samples" in few):
    changed.append("few short texts are an error")

tokens, many, said = prepare(15)
print(f"15 texts, {tokens} tokens: rows {many}, lost {tokens - sum(many)} tokens, warnings {said}")
if not (many == [256] and tokens > 400):
    changed.append("one block of 256 is left of 15 texts")
if said:
    changed.append("no warning")

tokens, batches, said = prepare(60, preprocessing_batch_size=15)
print(f"60 texts, {tokens} tokens, preprocessing_batch_size=15: rows {batches}, lost {tokens - sum(batches)}, warnings {said}")
if batches != [256] * 4 or said:
    changed.append("the remainder of each batch is lost without a warning")

tokens, one, _ = prepare(60)
print(f"60 texts, {tokens} tokens, preprocessing_batch_size=1000: rows {one}, lost {tokens - sum(one)}")

tokens, unpacked, _ = prepare(15, packing=False)
print(f"15 texts, {tokens} tokens, packing=False: {len(unpacked)} rows, lost {tokens - sum(unpacked)}")
if tokens != sum(unpacked):
    changed.append("packing=False keeps everything")

if changed:
    sys.exit("CHANGED, no longer true: " + "; ".join(changed))
print("as described")
PY
# The long log of transformers goes to a file, and is shown only if something fails.
PYTHONPATH=nosound ./venv/bin/python show.py 2>messages | grep -Ev '^$|^\[(INFO|WARNING)\|' || {
    tail -n 20 messages >&2
    exit 1
}
