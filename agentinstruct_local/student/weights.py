"""Loading a student's weights and tokenizer with transformers, from a GGUF file or a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentinstruct_local import gguf_file
from agentinstruct_local.errors import StudentError
from agentinstruct_local.student.students import Student

if TYPE_CHECKING:
    import torch

# Beside a busy process, threads that wait by spinning take the time that they wait for. Read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' own bars and remarks: what a person should know, the command says."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def check_installed() -> None:
    """StudentError where the packages that teaching takes are not installed."""
    missing = [name for name in ("accelerate", "peft") if find_spec(name) is None]
    if missing:
        hint = "pip install 'agentinstruct-local[student]', or in a checkout: make setup"
        raise StudentError(f"teaching needs {' and '.join(missing)}", hint=hint)


def sixteen_bits(kind: str) -> bool:
    """Whether a device, "cpu" or another of torch, multiplies in bfloat16 itself.

    A processor that does not is made to by way of single numbers: 1.8 against 125 GFLOP/s in 32 bits, of two cores with
    AVX2 alone and torch 2.13.
    """
    import torch

    if kind == "cpu":
        return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return kind != "cuda" or torch.cuda.is_bf16_supported()


def tokenizer(student: Student) -> Any:
    """The student's tokenizer. StudentError where transformers cannot make one."""
    from transformers import AutoTokenizer

    with quiet():
        try:
            found = AutoTokenizer.from_pretrained(**_place(student), trust_remote_code=False)
        except Exception as error:  # whatever a strange file raises there is the finding
            raise _unknown(student, "tokenizer", error) from error
    if found.eos_token_id is None:
        hint = "name it in tokenizer_config.json: eos_token"
        raise StudentError(f"the tokenizer of {student.name} knows no token that ends a text", hint=hint)
    return found


def model(student: Student, *, dtype: torch.dtype | None = None) -> Any:
    """The student as a causal language model on the CPU, in 32 bits unless `dtype` says otherwise."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils.quantization_config import GgufConfig

    if student.is_gguf:
        _check_heads(student)

    with quiet():
        try:
            # A GGUF file's weights are plain floats once they are loaded; without `dense` transformers goes on calling
            # the model quantised, and neither trains nor saves it.
            dense = {"quantization_config": GgufConfig(dequantize=True)} if student.is_gguf else {}
            found = AutoModelForCausalLM.from_pretrained(
                **_place(student), **dense, dtype=dtype or torch.float32, trust_remote_code=False, use_safetensors=True
            )
        except Exception as error:
            raise _unknown(student, "weights", error) from error
    found.config.use_cache = False
    return found


def _check_heads(student: Student) -> None:
    """StudentError for a Llama file that does not say how many heads keys have.

    transformers (5.23) then leaves the rows of queries and keys in llama.cpp's order, and computes something else than
    llama.cpp without a word.
    """
    told = gguf_file.metadata(student.place)
    if told.get("general.architecture") == "llama" and "llama.attention.head_count_kv" not in told:
        hint = "convert the model anew with llama.cpp's convert_hf_to_gguf.py, or give its folder of weights"
        raise StudentError(f"{student.place.name} does not say llama.attention.head_count_kv", hint=hint)


def with_adapter(model: Any, adapter: Path) -> Any:
    """The model with the adapter merged into its weights. StudentError where the adapter is another model's."""
    from peft import PeftModel
    from peft.utils import get_peft_model_state_dict
    from safetensors import safe_open

    hint = "give the student that it was made for; `teach` writes which one into student.json beside it"
    try:
        put_on = PeftModel.from_pretrained(model, str(adapter), use_safetensors=True)
        mine = {name: tuple(one.shape) for name, one in get_peft_model_state_dict(put_on).items()}
        with safe_open(adapter / "adapter_model.safetensors", "pt") as file:
            theirs = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  # no mapping
    except Exception as error:
        raise StudentError(f"the adapter in {adapter} does not fit: {_first_line(error)}", hint=hint) from error
    if mine != theirs:  # peft takes what fits and says nothing of the rest
        raise StudentError(f"the adapter in {adapter} does not fit: it has other layers", hint=hint)
    return put_on.merge_and_unload()


def device() -> str:
    """Where torch computes: the first CUDA device where there is one."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def free_on_gpu() -> int | None:
    """Free bytes of the device where torch computes; None where that is the CPU."""
    import torch

    return torch.cuda.mem_get_info()[0] if device() == "cuda" else None


def _place(student: Student) -> dict[str, Any]:
    if student.is_gguf:
        folder, name = student.place.parent, student.place.name
        return {"pretrained_model_name_or_path": str(folder), "gguf_file": name}
    return {"pretrained_model_name_or_path": str(student.place), "local_files_only": True}


def _unknown(student: Student, what: str, error: Exception) -> StudentError:
    hint = "give the model as a folder of Hugging Face weights, which has more kinds than GGUF can be read for"
    if not student.is_gguf:
        hint = "the folder must hold config.json, tokenizer.json and safetensors of one model"
    return StudentError(f"the {what} of {student.name} cannot be read by transformers: {_first_line(error)}", hint=hint)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
