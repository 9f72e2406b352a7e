"""Configs for other trainers: what is in the files, and that each trainer's own loader takes them, where it is here."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from agentinstruct_local.errors import RunError
from agentinstruct_local.student.configs import CHAT, TEXT, Form, Plan, write

TOOLS = json.dumps(
    [
        {
            "type": "function",
            "function": {
                "name": "find",
                "description": "",
                "parameters": {"type": "object", "properties": {"q": {"type": "string"}}},
            },
        }
    ]
)
CALL = {"type": "function", "function": {"name": "find", "arguments": {"q": "ü"}}}
PLAIN = {
    "messages": [
        {"role": "user", "content": "Größe?\u2028 a\x85b"},
        {"role": "assistant", "content": "\U0001f600 42\u2029"},
    ]
}
LOOP = {
    "messages": [
        {"role": "user", "content": "look"}, {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "name": "find", "content": "one"}, {"role": "tool", "name": "find", "content": "two"},
        {"role": "assistant", "content": "one and two"},
    ],
    "tools": TOOLS,
}  # fmt: skip
TEXTS = ["the sky is blue.", "line\u2028separator \x85 and ü"]
FORMS: list[Form] = ["trl", "axolotl", "llamafactory"]


def plan(**changed):
    told = {
        "base": "me/student",
        "method": "lora",
        "rank": 8,
        "learning_rate": 2e-4,
        "warmup_share": 0.05,
        "epochs": 2.0,
        "max_tokens": 200,
        "batch_tokens": 1000,
        "seed": 7,
    }
    return Plan(**(told | changed))


def lines(file: Path):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def config(folder: Path, name: str):
    return yaml.safe_load((folder / name).read_text("utf-8"))


@pytest.mark.parametrize("form", FORMS)
def test_rows_survive(form, tmp_path):
    files = write(form, plan(), [PLAIN, LOOP], TEXTS, tmp_path / "deep" / "out")
    assert {file.name for file in files} == {file.name for file in (tmp_path / "deep" / "out").iterdir()}
    assert [row["text"] for row in lines(tmp_path / "deep/out" / TEXT)] == TEXTS
    loop, plain = lines(tmp_path / "deep/out" / CHAT)  # the row with tools is in front
    assert plain == PLAIN | {"tools": None}
    assert json.loads(loop["tools"]) == json.loads(TOOLS)
    if form != "llamafactory":
        assert loop["messages"] == LOOP["messages"]


def test_no_tools_no_column(tmp_path):
    write("axolotl", plan(), [PLAIN], [], tmp_path)
    assert lines(tmp_path / CHAT) == [PLAIN]
    assert not (tmp_path / TEXT).exists()
    assert [one["path"] for one in config(tmp_path, "axolotl.yaml")["datasets"]] == [CHAT]


@pytest.mark.parametrize("form", FORMS)
def test_a_folder_with_files_is_refused_and_stays(form, tmp_path):
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(RunError) as told:
        write(form, plan(), [PLAIN], TEXTS, tmp_path)
    assert "--out" in told.value.hint
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"mine": "kept"}


def test_nothing_to_teach_and_a_file_in_the_way(tmp_path):
    with pytest.raises(RunError, match="nothing to teach"):
        write("trl", plan(), [], [], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file"):
        write("trl", plan(), [PLAIN], [], tmp_path / "file")


def test_half_written_files_go(tmp_path):
    with pytest.raises(TypeError):
        write("trl", plan(), [{"messages": [{"role": "user", "content": {1, 2}}]}], TEXTS, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_trl_keys(tmp_path):
    write("trl", plan(), [PLAIN], TEXTS, tmp_path)
    text, chat = config(tmp_path, "text.yaml"), config(tmp_path, "chat.yaml")
    assert (text["model_name_or_path"], chat["model_name_or_path"]) == ("me/student", "text-merged")
    assert chat["assistant_only_loss"] and "assistant_only_loss" not in text
    assert (text["packing_strategy"], chat["packing_strategy"]) == ("bfd_split", "bfd")
    for one in (text, chat):
        assert (one["learning_rate"], one["warmup_steps"], one["num_train_epochs"], one["seed"]) == (2e-4, 0.05, 2.0, 7)
        assert (one["max_length"], one["gradient_accumulation_steps"]) == (200, 5)
        assert (one["use_peft"], one["lora_r"], one["lora_target_modules"]) == (True, 8, ["all-linear"])
    write("trl", plan(method="full"), [PLAIN], TEXTS, tmp_path / "full")
    full = config(tmp_path / "full", "chat.yaml")
    assert full["model_name_or_path"] == "text-out" and "use_peft" not in full


def test_axolotl_keys(tmp_path):
    write("axolotl", plan(), [PLAIN, LOOP], TEXTS, tmp_path)
    told = config(tmp_path, "axolotl.yaml")
    chat, text = told["datasets"]
    assert (chat["type"], chat["roles_to_train"], chat["field_tools"]) == ("chat_template", ["assistant"], "tools")
    assert (text["type"], text["field"]) == ("completion", "text")
    assert told["sample_packing"] and told["lora_target_linear"] and told["adapter"] == "lora"
    assert (told["sequence_len"], told["excess_length_strategy"], told["warmup_ratio"]) == (200, "raise", 0.05)


def test_llamafactory_keys(tmp_path):
    odd = {"messages": [*PLAIN["messages"], {"role": "user", "content": "and?"}]}
    write("llamafactory", plan(), [PLAIN, LOOP, odd], TEXTS, tmp_path)
    info = json.loads((tmp_path / "dataset_info.json").read_text("utf-8"))
    assert info["chat"]["formatting"] == "sharegpt" and info["chat"]["columns"]["tools"] == "tools"
    assert info["text"]["columns"] == {"prompt": "text"}
    text, chat = config(tmp_path, "text.yaml"), config(tmp_path, "chat.yaml")
    assert (text["stage"], text["packing"], chat["stage"], chat["lora_target"]) == ("pt", False, "sft", "all")
    assert chat["adapter_name_or_path"] == "text-out"
    assert chat["cutoff_len"] == 208  # more than max_tokens, and a multiple of 8
    assert "1 of 3 rows are left out" in (tmp_path / "chat.yaml").read_text("utf-8")
    turns = lines(tmp_path / CHAT)[0]["messages"]
    assert [turn["role"] for turn in turns] == ["user", "function_call", "tool", "assistant"]
    assert json.loads(turns[1]["content"]) == [{"name": "find", "arguments": {"q": "ü"}}]
    assert turns[2]["content"] == "one\ntwo"


# The trainers' own loaders. None is in the project's .venv: run these with one that has the trainer.

TINY = """
import sys
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
tokens = Tokenizer(models.BPE())
tokens.pre_tokenizer, tokens.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
tokens.train_from_iterator(["the sky is blue"], trainers.BpeTrainer(vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                           special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"]))
made = PreTrainedTokenizerFast(tokenizer_object=tokens, eos_token="<|im_end|>", pad_token="<|endoftext|>")
made.chat_template = ("{% for m in messages %}<|im_start|>{{ m.role }}\\n{{ m.content }}<|im_end|>\\n{% endfor %}"
                      "{% if add_generation_prompt %}<|im_start|>assistant\\n{% endif %}")
made.save_pretrained(sys.argv[1])
Qwen2ForCausalLM(Qwen2Config(vocab_size=len(made), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
    num_key_value_heads=1, eos_token_id=2, pad_token_id=0, bos_token_id=None)).save_pretrained(sys.argv[1])
"""
AXOLOTL = """
def main():
    from axolotl.cli.config import load_cfg
    from axolotl.loaders import load_tokenizer
    from axolotl.utils.data import prepare_datasets
    cfg = load_cfg("axolotl.yaml", dataset_num_proc=1)
    tokenizer = load_tokenizer(cfg)
    for row in prepare_datasets(cfg, tokenizer)[0]:
        print("TAUGHT", repr(tokenizer.decode([token for token in row["labels"] if token != -100])))
if __name__ == "__main__":
    main()
"""


def ran(command, folder):
    told = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "AXOLOTL_DO_NOT_TRACK": "1",
        "HF_HOME": str(folder / "hf"),
    }
    done = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def written_for(form, tmp_path, **changed):
    ran([sys.executable, "-c", TINY, str(tmp_path / "tiny")], tmp_path)
    many = [
        {"messages": [{"role": "user", "content": f"{n}?"}, {"role": "assistant", "content": f"ü{n}\u2028"}]}
        for n in range(8)
    ]
    write(form, plan(base=str(tmp_path / "tiny"), rank=2, epochs=1.0, **changed), many, TEXTS, tmp_path / "out")
    return tmp_path / "out"


def needs(package):
    """Skips where the package is not there; it is imported in a process of its own, for that takes its time."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"no {package} here")
    return Path(sys.executable).parent


@pytest.mark.parametrize("method", ["lora", "full"])
def test_trl_trains(method, tmp_path):
    place = needs("trl")
    out = written_for("trl", tmp_path, method=method)
    ran([place / "trl", "sft", "--config", "text.yaml", "--use_cpu"], out)
    if method == "lora":
        merge = next(line for line in (out / "text.yaml").read_text("utf-8").splitlines() if "python -c" in line)
        ran(["bash", "-c", merge.strip("# ").replace("python", sys.executable, 1)], out)
    taught = ["--config", "chat.yaml", "--use_cpu", "--chat_template_path", "chatml.jinja"]
    assert "Training completed" in ran([place / "trl", "sft", *taught], out)


def test_axolotl_prepares(tmp_path):
    needs("axolotl")
    out = written_for("axolotl", tmp_path)
    (out / "load.py").write_text(AXOLOTL)
    told = ran([sys.executable, "load.py"], out)
    taught = {line[7:] for line in told.splitlines() if line.startswith("TAUGHT")}
    assert taught == {repr(f"ü{n}\u2028<|im_end|>") for n in range(8)} | {repr(text + "<|im_end|>") for text in TEXTS}


def test_llamafactory_trains(tmp_path):
    place = needs("llamafactory")
    out = written_for("llamafactory", tmp_path)
    for stage in ("text", "chat"):
        told = ran([place / "llamafactory-cli", "train", f"{stage}.yaml", "use_cpu=true", "bf16=false"], out)
        assert "train_loss" in told
