#!/usr/bin/env bash
# Package: transformers 5.23.0, with gguf 0.19.0, accelerate 1.15.0, torch 2.13.0.
#
# Behaviour: A model is loaded from a GGUF file with from_pretrained(folder, gguf_file=...).
# Its weights are plain float tensors, and each of them wants a gradient.
# Still model.is_quantized is True. So the Trainer refuses to train the model,
# and save_pretrained refuses to save it.
# model.dequantize() is not implemented for GGUF.
# This also holds for a file that has no quantized tensor at all (all F32).
# It is shown for Llama, one of the architectures whose weights this version always unpacks.
# Half a cleaning is a trap. Without is_quantized and hf_quantizer the model trains and
# saves, but config.json carries a quantization_config. The saved folder holds plain
# safetensors. Loaded again, it is called quantized again, and is refused again.
#
# Output seen (the same for an F32 file and a Q8_0 file):
#   F32 file: types {'torch.float32'}, modules {'Linear'}, all trainable True, is_quantized True
#     Trainer: ValueError: You cannot perform fine-tuning on purely quantized models. ...
#     save_pretrained: ValueError: The model is quantized with gguf and is not serializable ...
#     dequantize: NotImplementedError: QuantizationMethod.GGUF has no implementation of ...
#     half cleaning: Trainer works, save works, config.json has gguf
#     half cleaning, loaded again: is_quantized True, Trainer ValueError: You cannot ...
#     full cleaning: Trainer works, save works, config.json has None
#     full cleaning, loaded again: is_quantized False, Trainer works
#   Q8_0 file with GgufConfig(dequantize=True): is_quantized False, the same weights
#     Trainer works, save works, config.json has None
#
# Why it matters: Whoever wants to train a small model on generated data, and has it as
# a GGUF file, is told that the model is quantized, though it is not.
# After half a cleaning the training succeeds, and the fault shows only at the next
# training from the saved folder.
#
# What helps: Ask for dense weights, with GgufConfig of transformers.utils.quantization_config:
#   from_pretrained(folder, gguf_file=..., quantization_config=GgufConfig(dequantize=True))
# The weights are the same, and the model is no longer called quantized.
# Or, after a plain load and before training or saving, clear all three:
#   model.is_quantized = False
#   del model.hf_quantizer
#   del model.config.quantization_config
#
# Exit code: 0 if the behaviour is as described, non-zero if it has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q torch==2.13.0
./venv/bin/pip install -q transformers==5.23.0 accelerate==1.15.0 gguf==0.19.0 numpy==2.4.6

cat > show.py <<'PY'
import json
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["TQDM_DISABLE"] = "1"

import gguf
import numpy as np
import torch
import transformers
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback
from transformers.utils.quantization_config import GgufConfig

WIDTH, INNER, LAYERS, HEADS, VOCAB = 64, 128, 2, 4, 96


def write_gguf(folder, quantized):
    """Write a tiny Llama with random weights."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    w = gguf.GGUFWriter(str(folder / "tiny.gguf"), "llama")
    w.add_context_length(128)
    w.add_embedding_length(WIDTH)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(INNER)
    w.add_head_count(HEADS)
    w.add_head_count_kv(HEADS)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_dimension_count(WIDTH // HEADS)
    w.add_rope_freq_base(10000.0)
    w.add_vocab_size(VOCAB)
    w.add_tokenizer_model("gpt2")
    w.add_token_list([f"t{i}" for i in range(VOCAB)])
    w.add_token_merges([])
    w.add_bos_token_id(0)
    w.add_eos_token_id(1)

    def add(name, *shape):
        data = (rng.standard_normal(shape) * 0.05).astype(np.float32)
        if quantized and len(shape) == 2:
            kind = gguf.GGMLQuantizationType.Q8_0
            w.add_tensor(name, gguf.quants.quantize(data, kind), raw_dtype=kind)
        else:
            w.add_tensor(name, data)

    add("token_embd.weight", VOCAB, WIDTH)
    add("output_norm.weight", WIDTH)
    add("output.weight", VOCAB, WIDTH)
    for i in range(LAYERS):
        add(f"blk.{i}.attn_norm.weight", WIDTH)
        add(f"blk.{i}.ffn_norm.weight", WIDTH)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{i}.{part}.weight", WIDTH, WIDTH)
        add(f"blk.{i}.ffn_gate.weight", INNER, WIDTH)
        add(f"blk.{i}.ffn_up.weight", INNER, WIDTH)
        add(f"blk.{i}.ffn_down.weight", WIDTH, INNER)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def train(model):
    ids = torch.arange(2, 18)
    rows = [{"input_ids": ids, "labels": ids}] * 2
    args = TrainingArguments(output_dir="out", use_cpu=True, bf16=False, max_steps=1, report_to=[],
                             save_strategy="no", disable_tqdm=True, logging_strategy="no")
    trainer = Trainer(model=model, args=args, train_dataset=rows)
    trainer.remove_callback(PrinterCallback)
    trainer.train()


def attempt(action):
    try:
        action()
        return "works"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:150]}"


def clean(model, folder, name):
    """Train and save a model, load it again and train that one; say what happened."""
    trained = attempt(lambda: train(model))
    saved = attempt(lambda: model.save_pretrained(folder))
    written = (json.loads((folder / "config.json").read_text()).get("quantization_config") or {}).get("quant_method")
    print(f"  {name}: Trainer {trained}, save {saved}, config.json has {written}")
    again = AutoModelForCausalLM.from_pretrained(folder)
    flag = getattr(again, "is_quantized", False)
    retrained = attempt(lambda: train(again))
    print(f"  {name}, loaded again: is_quantized {flag}, Trainer {retrained}")
    return trained, saved, written, flag, retrained


print("transformers", transformers.__version__, "| gguf 0.19.0 | torch", torch.__version__)
print("expected: float weights that want gradients can be trained, saved and loaded again")
here = pathlib.Path(".").resolve()
write_gguf(here / "f32", False)
write_gguf(here / "q8", True)
changed = []
for name, folder in (("F32 file", "f32"), ("Q8_0 file", "q8")):
    model = AutoModelForCausalLM.from_pretrained(here / folder, gguf_file="tiny.gguf")
    first = {key: value.clone() for key, value in model.state_dict().items()}
    types = {str(p.dtype) for p in model.parameters()}
    plain = all(type(p) is torch.nn.Parameter and p.is_floating_point() and p.requires_grad for p in model.parameters())
    linear = {type(m).__name__ for m in model.modules() if "Linear" in type(m).__name__}
    print(f"{name}: types {types}, modules {linear}, all trainable {plain}, is_quantized {model.is_quantized}")
    refused = attempt(lambda: train(model))
    print("  Trainer:", refused)
    kept = attempt(lambda: model.save_pretrained(here / "no"))
    print("  save_pretrained:", kept)
    dense = attempt(lambda: model.dequantize())
    print("  dequantize:", dense)
    facts = {
        "weights are plain and trainable": plain and linear == {"Linear"} and types == {"torch.float32"},
        "is_quantized is True": model.is_quantized,
        "Trainer refuses": "purely quantized models" in refused,
        "save_pretrained refuses": "not serializable" in kept,
        "dequantize is not implemented": dense.startswith("NotImplementedError"),
    }

    model.is_quantized = False
    del model.hf_quantizer
    half = clean(model, here / f"half-{folder}", "half cleaning")
    facts["half cleaning trains and saves"] = half[:2] == ("works", "works")
    facts["half cleaning leaves quantization_config in config.json"] = half[2] == "gguf"
    facts["half cleaning is refused after the next load"] = half[3] is True and "purely quantized" in half[4]
    del model.config.quantization_config
    full = clean(model, here / f"full-{folder}", "full cleaning")
    facts["full cleaning helps"] = full == ("works", "works", None, False, "works")

    model = AutoModelForCausalLM.from_pretrained(
        here / folder, gguf_file="tiny.gguf", quantization_config=GgufConfig(dequantize=True)
    )
    equal = all(torch.equal(value, first[key]) for key, value in model.state_dict().items())
    print(f"{name} with GgufConfig(dequantize=True): is_quantized {model.is_quantized}, equal weights {equal}")
    facts["dequantize=True gives equal weights, not called quantized"] = equal and not model.is_quantized
    asked = clean(model, here / f"asked-{folder}", "dequantize=True")
    facts["dequantize=True helps"] = asked == ("works", "works", None, False, "works")
    changed += [f"{name}: {label}" for label, good in facts.items() if not good]
if changed:
    sys.exit("CHANGED, no longer true: " + "; ".join(changed))
print("as described")
PY
./venv/bin/python show.py
