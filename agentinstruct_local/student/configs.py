"""What another trainer needs to teach a student the rows of a run: its config, and the data in its form.

TRL and LLaMA-Factory take chat rows and plain texts in one run each, the texts first, because neither has both in one
dataset: TRL 1.16 reads the whole dataset as its first row is (texts behind chat rows end without a token of end, and
the loss cannot be held to the answers), LLaMA-Factory has a stage for each. Axolotl mixes them.

Paths in a config are relative to its folder, so that the folder can go to the machine that trains.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import yaml

from agentinstruct_local.errors import RunError

Form = Literal["trl", "axolotl", "llamafactory"]
Files = dict[str, Iterable[str]]
CHAT, TEXT = "chat.jsonl", "text.jsonl"
CHARACTERS = 4  # of a token, about: where the trainer counts a batch in rows
_ENDS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "\x85\u2028\u2029"}  # some loaders end a line at these

CHECKED: Mapping[Form, str] = {
    "trl": "TRL 1.16.0 with transformers 5.24.0, datasets 5.2.0 and peft 0.21.2",
    "axolotl": "Axolotl 0.19.0 with transformers 5.16.1, datasets 4.8.4 and peft 0.20.0",
    "llamafactory": "LLaMA-Factory 0.9.5 with transformers 5.6.0, datasets 4.0.0 and peft 0.18.1",
}
_MERGE = (
    "python -c \"from peft import AutoPeftModelForCausalLM as M; from transformers import AutoTokenizer as T; "
    "M.from_pretrained('text-out').merge_and_unload().save_pretrained('text-merged'); "
    "T.from_pretrained('text-out').save_pretrained('text-merged')\""
)  # fmt: skip
_CHATML = """\
{%- if tools %}{{ raise_exception('this template does not show tools') }}{% endif %}
{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' }}
{%- if message.role == 'assistant' %}
{%- generation %}{{ message.content + '<|im_end|>' }}{% endgeneration %}
{%- else %}{{ message.content + '<|im_end|>' }}{% endif %}
{{- '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `teach` itself would do."""

    base: str  # hub name or folder of the student's weights, as the user trains there; a folder as an absolute path
    method: Literal["full", "lora"]
    rank: int  # of the adapter, lora only
    learning_rate: float
    warmup_share: float  # of all steps
    epochs: float
    max_tokens: int  # longest row
    batch_tokens: int  # tokens in one step of the optimiser
    seed: int

    @property
    def sequences(self) -> int:
        """Full sequences of `max_tokens` in one step."""
        return max(1, round(self.batch_tokens / self.max_tokens))


def write(form: Form, plan: Plan, chat: Iterable[Mapping[str, Any]], text: Iterable[str], out: Path) -> list[Path]:
    """Writes data and configs for the trainer `form` into the folder `out`, and returns the files, configs last.

    A chat row is `{"messages": [...]}`, with `tools` as JSON text where it has some; what else it has stays behind.
    Raises RunError, with nothing left behind, where `out` holds something, nothing is to be taught, or the disk
    refuses.
    """
    rows, texts = _with_one_schema(chat), list(text)
    if not rows and not texts:
        raise RunError("there is nothing to teach: no row and no text", hint="agentinstruct status RUN")
    files = {"trl": _trl, "axolotl": _axolotl, "llamafactory": _llamafactory}[form](plan, rows, texts)
    written: list[Path] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise RunError(f"{out} holds files already", hint="give a new folder: --out OTHER")
        for name, lines in files.items():
            written.append(out / name)
            with written[-1].open("x", encoding="utf-8", errors="replace", newline="\n") as file:
                file.writelines(lines)
    except BaseException as error:
        for file_ in written:
            file_.unlink(missing_ok=True)
        if isinstance(error, OSError):
            hint = "free some disk space or give another folder: --out OTHER"
            raise RunError(f"{out}: {error.strerror or error}", hint=hint) from error
        raise
    return written


def _with_one_schema(chat: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows, `tools` in all or in none; one with tools in front, for a loader guesses the types from the first."""
    rows = [{"messages": list(row["messages"]), "tools": row.get("tools")} for row in chat]
    rows.sort(key=lambda row: row["tools"] is None)
    if rows and rows[0]["tools"] is None:
        return [{"messages": row["messages"]} for row in rows]
    return rows


def _trl(plan: Plan, rows: list[dict[str, Any]], texts: list[str]) -> Files:
    stages = [*(["text"] if texts else []), *(["chat"] if rows else [])]
    common = {
        "max_length": plan.max_tokens, "packing": True, "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": plan.sequences, "learning_rate": plan.learning_rate,
        "lr_scheduler_type": "cosine", "warmup_steps": plan.warmup_share, "num_train_epochs": plan.epochs,
        "seed": plan.seed, "bf16": True, "logging_steps": 1, "save_strategy": "epoch", "save_total_limit": 1,
        "report_to": "none",
    }  # fmt: skip
    if plan.method == "lora":
        common |= {"use_peft": True, "lora_r": plan.rank, "lora_alpha": 2 * plan.rank, "lora_dropout": 0.0}
        common |= {"lora_target_modules": ["all-linear"]}  # of attention and MLP, the head left out
    told = [
        *_commands([f"HF_HUB_DISABLE_TELEMETRY=1 trl sft --config {stage}.yaml" for stage in stages]),
        "One GPU: CUDA_VISIBLE_DEVICES=0 in front; several: accelerate launch --no_python in front. A card without",
        "bfloat16: bf16: false. warmup_steps below 1 is the share of all steps, which takes transformers 5.",
    ]
    if len(stages) == 2 and plan.method == "lora":
        told[2:2] = ["Between the two, the first adapter has to become part of the weights:", f"  {_MERGE}"]
    files: Files = _data(rows, texts)
    if texts:
        own = {"dataset_text_field": "text", "packing_strategy": "bfd_split"}  # a long text is split, not cut off
        files["text.yaml"] = _yaml("trl", told, _trl_stage("text", plan.base) | own | common)
    if rows:
        base = plan.base if not texts else "text-out" if plan.method == "full" else "text-merged"
        why = [
            "Loss on the assistant's turns alone. TRL brings marked templates for many models; where it does not know",
            "the student's (SmolLM2), it stops and says so. For one with <|im_start|>, and rows without tools, then",
            "add chat_template_path: chatml.jinja, for others copy their template and mark what is said alike.",
        ]
        files["chatml.jinja"] = [_CHATML]
        own_chat = {"assistant_only_loss": True, "packing_strategy": "bfd"}
        files["chat.yaml"] = _yaml("trl", [*told, *why], _trl_stage("chat", base) | own_chat | common)
    return files


def _trl_stage(stage: Literal["text", "chat"], base: str) -> dict[str, Any]:
    source = {"path": "json", "data_files": f"{stage}.jsonl", "split": "train"}
    return {"model_name_or_path": base, "datasets": [source], "output_dir": f"{stage}-out"}


def _axolotl(plan: Plan, rows: list[dict[str, Any]], texts: list[str]) -> Files:
    datasets: list[dict[str, Any]] = []
    if rows:
        datasets.append({
            "path": CHAT, "ds_type": "json", "type": "chat_template", "chat_template": "tokenizer_default",
            "field_messages": "messages", "roles_to_train": ["assistant"], "train_on_eos": "turn",
            **({"field_tools": "tools"} if "tools" in rows[0] else {}),
        })  # fmt: skip
    if texts:
        datasets.append({"path": TEXT, "ds_type": "json", "type": "completion", "field": "text"})
    config: dict[str, Any] = {"base_model": plan.base, "datasets": datasets, "dataset_prepared_path": "prepared"}
    if plan.method == "lora":
        config |= {"adapter": "lora", "lora_r": plan.rank, "lora_alpha": 2 * plan.rank, "lora_dropout": 0.0}
        config |= {"lora_target_linear": True}
    config |= {
        "sequence_len": plan.max_tokens, "excess_length_strategy": "raise", "sample_packing": True,
        "pad_to_sequence_len": True, "attn_implementation": "sdpa", "micro_batch_size": 1,
        "gradient_accumulation_steps": plan.sequences, "num_epochs": plan.epochs, "optimizer": "adamw_torch",
        "learning_rate": plan.learning_rate, "lr_scheduler": "cosine", "warmup_ratio": plan.warmup_share,
        "seed": plan.seed, "bf16": "auto", "gradient_checkpointing": True, "val_set_size": 0.0,
        "saves_per_epoch": 1, "save_total_limit": 1, "logging_steps": 1, "output_dir": "out",
    }  # fmt: skip
    told = [
        *_commands(["AXOLOTL_DO_NOT_TRACK=1 axolotl train axolotl.yaml"]),
        "A row that is too long stops it (excess_length_strategy): by itself Axolotl would leave the row out.",
        "With flash-attn installed: attn_implementation: flash_attention_2, which is faster.",
    ]
    return _data(rows, texts) | {"axolotl.yaml": _yaml("axolotl", told, config)}


def _llamafactory(plan: Plan, rows: list[dict[str, Any]], texts: list[str]) -> Files:
    chat = [row | {"messages": _sharegpt(row["messages"])} for row in rows]
    tools = {"tools": "tools"} if rows and "tools" in rows[0] else {}
    tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
    tags |= {"observation_tag": "tool", "function_tag": "function_call", "system_tag": "system"}
    info: dict[str, Any] = {}
    if rows:
        info["chat"] = {"file_name": CHAT, "formatting": "sharegpt", "columns": {"messages": "messages", **tools}}
        info["chat"]["tags"] = tags
    if texts:
        info["text"] = {"file_name": TEXT, "columns": {"prompt": "text"}}
    tuned: dict[str, Any] = {"finetuning_type": plan.method}
    if plan.method == "lora":
        tuned |= {"lora_rank": plan.rank, "lora_alpha": 2 * plan.rank, "lora_dropout": 0.0, "lora_target": "all"}
    common = {
        "per_device_train_batch_size": 1, "learning_rate": plan.learning_rate, "lr_scheduler_type": "cosine",
        "warmup_ratio": plan.warmup_share, "num_train_epochs": plan.epochs, "seed": plan.seed, "bf16": True,
        "logging_steps": 1, "save_strategy": "epoch", "save_total_limit": 1, "report_to": "none",
    }  # fmt: skip
    told = [
        *_commands([f"llamafactory-cli train {stage}.yaml" for stage in reversed(info)]),
        "It trains one stage a run. A card without bfloat16: bf16: false.",
    ]
    files = _data(chat, texts)
    files["dataset_info.json"] = [json.dumps(info, indent=2) + "\n"]
    if texts:
        why = ["Packing is off: it would join the texts without a border and throw away what fills no sequence."]
        stage = {"stage": "pt", "do_train": True, "model_name_or_path": plan.base, **tuned, "dataset": "text"}
        stage |= {"dataset_dir": ".", "output_dir": "text-out", "cutoff_len": plan.max_tokens, "packing": False}
        stage |= {"gradient_accumulation_steps": _texts_in_a_step(plan, texts), **common}
        files["text.yaml"] = _yaml("llamafactory", [*told, *why], stage)
    if rows:
        stage = {"stage": "sft", "do_train": True, "model_name_or_path": plan.base, **tuned, "dataset": "chat"}
        if texts and plan.method == "full":
            stage["model_name_or_path"] = "text-out"
        elif texts:
            stage["adapter_name_or_path"] = "text-out"  # the same adapter goes on
        stage |= {"dataset_dir": ".", "output_dir": "chat-out"}
        # Packing takes one token off, and would cut a row that needs it; no multiple of 8, and the mask does not fit.
        stage |= {"cutoff_len": -(-(plan.max_tokens + 1) // 8) * 8}
        stage |= {"packing": True, "neat_packing": True, "flash_attn": "sdpa"}
        stage |= {"gradient_accumulation_steps": plan.sequences, **common}
        files["chat.yaml"] = _yaml("llamafactory", [*told, *_about_chat(chat)], stage)
    return files


def _about_chat(chat: Sequence[Mapping[str, Any]]) -> list[str]:
    told = [
        "Loss on the assistant's turns alone. The template is read from the student's tokenizer; one of",
        "LLaMA-Factory's own is chosen by name: template: qwen",
    ]
    if chat and "tools" in chat[0]:
        told += ["Some rows have tools: choose one by name, since only these know how the student writes calls."]
    if odd := sum(not _takes_turns(row["messages"]) for row in chat):
        told += [f"{odd} of {len(chat)} rows are left out there: user and assistant do not take turns to the end."]
    return told


def _sharegpt(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The messages, calls of tools as text under a role of their own, the results of one turn as one message."""
    turns = []
    for message in messages:
        if calls := message.get("tool_calls"):
            told = [{key: call["function"][key] for key in ("name", "arguments")} for call in calls]
            turns.append({"role": "function_call", "content": json.dumps(told, ensure_ascii=False)})
        else:
            turns.append({"role": message["role"], "content": message["content"] or ""})
    joined = []
    for role, same in groupby(turns, key=lambda turn: turn["role"]):
        contents = [turn["content"] for turn in same]
        kept = ["\n".join(contents)] if role == "tool" else contents
        joined += [{"role": role, "content": content} for content in kept]
    return joined


def _takes_turns(messages: Sequence[Mapping[str, str]]) -> bool:
    roles = [message["role"] for message in messages]
    roles = roles[1:] if roles[:1] == ["system"] else roles
    accepted = (("user", "tool"), ("assistant", "function_call"))
    return bool(roles) and len(roles) % 2 == 0 and all(role in accepted[at % 2] for at, role in enumerate(roles))


def _texts_in_a_step(plan: Plan, texts: Sequence[str]) -> int:
    typical = sum(min(plan.max_tokens, len(text) / CHARACTERS) for text in texts) / len(texts)
    return max(1, min(len(texts), round(plan.batch_tokens / max(1, typical))))


def _data(rows: Iterable[Mapping[str, Any]], texts: Sequence[str]) -> Files:
    files: Files = {CHAT: map(_line, rows)} if rows else {}
    return files | ({TEXT: (_line({"text": text}) for text in texts)} if texts else {})


def _line(row: Mapping[str, Any]) -> str:
    return (json.dumps(row, ensure_ascii=False) + "\n").translate(_ENDS)


def _commands(commands: Sequence[str]) -> list[str]:
    first = "In this folder, one after the other:" if len(commands) > 1 else "In this folder:"
    return [first, *(f"  {command}" for command in commands)]


def _yaml(form: Form, told: Sequence[str], config: Mapping[str, Any]) -> list[str]:
    head = [f"Written by agentinstruct teach --print-config {form}; checked against {CHECKED[form]}.", *told]
    body = yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=120)
    return [*(f"# {line}\n" for line in head), body]
