"""A student's weights as a GGUF file: the same model to llama.cpp, the template's metadata, or nothing at all."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, dequantize, quantize

from agentinstruct_local import cards
from agentinstruct_local.errors import ModelError
from agentinstruct_local.records import Message, Output, Request, Sampling
from agentinstruct_local.student import gguf_parts, gguf_writer

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:llama_token_get_attr")
OURS = {"general.file_type", "general.quantization_version"}
ENDS = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
GEMMA = {
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}


# -- small models, without transformers ---------------------------------------------------------------------------


def held(path: Path) -> dict[str, np.ndarray]:
    """What a file holds, as float32."""
    return {one.name: np.array(dequantize(one.data, one.tensor_type)) for one in GGUFReader(path).tensors}


def types(path: Path) -> dict[str, str]:
    return {one.name: one.tensor_type.name for one in GGUFReader(path).tensors}


def keys(path: Path) -> dict[str, tuple[list[GGUFValueType], object]]:
    fields = GGUFReader(path).fields.items()
    return {key: (field.types, field.contents()) for key, field in fields if not key.startswith("GGUF.")}


def loaded(path: Path, *, rotary: bool = True) -> dict:
    """The weights under transformers' names, as it reads them: queries and keys in halves, Gemma's norms less one."""
    gemma = b"gemma2" in path.read_bytes()[:200]
    found = {}
    for name, numbers in held(path).items():
        if name == "rope_freqs.weight":
            continue
        weights = numbers
        *layer, kind, end = name.split(".")
        if kind in ("attn_q", "attn_k") and rotary and not gemma:
            weights = numbers.reshape(tiny.HEADS, -1, 2, tiny.WIDTH).swapaxes(1, 2).reshape(numbers.shape)
        if gemma and kind.endswith("norm"):
            weights = numbers - 1
        place = f"model.layers.{layer[1]}." if layer else ""
        called = {**ENDS, **(GEMMA if gemma else {})}[kind]
        found[f"{place}{called}.{end}"] = torch.from_numpy(np.array(weights))
    return found


def rich(path: Path) -> Path:
    """A file with every type of metadata, another alignment, quantised weights and one tensor of no weights."""
    plain = GGUFReader(tiny.llama(path.with_name("plain.gguf")))
    writer = GGUFWriter(path, "llama")
    writer.add_custom_alignment(64)
    kinds = GGUFValueType
    for key, field in plain.fields.items():
        if not key.startswith("GGUF.") and key != "general.architecture":
            sub = field.types[1] if len(field.types) > 1 else None
            writer.add_key_value(key, field.contents(), field.types[0], sub_type=sub)
    numbers = [kinds.UINT8, kinds.INT8, kinds.UINT16, kinds.INT16, kinds.UINT32, kinds.INT32, kinds.UINT64, kinds.INT64]
    for kind in numbers:
        writer.add_key_value(f"x.{kind.name}", 7, kind)
        writer.add_key_value(f"x.{kind.name}s", [1, 2, 3], kinds.ARRAY, sub_type=kind)
    for kind in (kinds.FLOAT32, kinds.FLOAT64):
        writer.add_key_value(f"x.{kind.name}", 0.1, kind)
        writer.add_key_value(f"x.{kind.name}s", [0.1, -1e9], kinds.ARRAY, sub_type=kind)
    writer.add_bool("x.true", True)
    writer.add_bool("x.false", False)
    writer.add_key_value("x.bools", [True, False], kinds.ARRAY, sub_type=kinds.BOOL)
    writer.add_key_value("x.words", ["", "é", "two words"], kinds.ARRAY, sub_type=kinds.STRING)
    writer.add_key_value("x.empty", "", kinds.STRING)
    writer.add_string("general.name", "Old name")
    writer.add_string("tokenizer.chat_template", "{{ messages }}\n")
    writer.add_file_type(3)
    for one in plain.tensors:
        kind = GGMLQuantizationType.F32
        if len(one.shape) == 2:
            kind = GGMLQuantizationType.F16 if "ffn" in one.name else GGMLQuantizationType.Q4_1
        writer.add_tensor(one.name, quantize(np.array(one.data), kind), raw_dtype=kind)
    writer.add_tensor("rope_freqs.weight", np.arange(1, 5, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def noisy(weights: dict) -> dict:
    draw = torch.Generator().manual_seed(3)
    return {name: one + torch.randn(one.shape, generator=draw) / 50 for name, one in weights.items()}


def within(found: np.ndarray, wanted: np.ndarray, kind: str) -> bool:
    """Whether the numbers are as near as the type allows: exact, half a step of a F16, half a step of a Q8_0 block."""
    if kind == "F32":
        return bool((found == wanted).all())
    if kind == "F16":
        return bool((np.abs(found - wanted) <= np.abs(wanted) * 2**-11 + 2**-25).all())
    blocks = wanted.reshape(-1, 32)
    # the scale is kept as a F16, so that 127 steps may be off by a little more than half a step
    most = np.abs(blocks).max(axis=1, keepdims=True) * (0.5 / 127 + 2**-11) + 1e-7
    return bool((np.abs(found.reshape(-1, 32) - blocks) <= most).all())


MODELS: dict[str, Callable[[Path], Path]] = {"llama": tiny.llama, "gemma": tiny.gemma, "rich": rich}


@pytest.fixture(params=MODELS)
def template(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return MODELS[request.param](tmp_path / "template.gguf")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("type_", ["f16", "q8_0"])
def test_trained_weights_come_back(template, out, type_):
    untrained = loaded(template)
    state = noisy(untrained)
    gguf_writer.write(state, untrained, template, out / "s.gguf", type_=type_)
    assert [one.name for one in out.iterdir()] == ["s.gguf"]
    found, kinds = loaded(out / "s.gguf"), types(out / "s.gguf")
    assert kinds["token_embd.weight"] == type_.upper()
    assert all(kind == "F32" for name, kind in kinds.items() if "norm" in name)
    assert set(found) == set(state)
    for name, one in state.items():
        kind = "F32" if "norm" in name else type_.upper()
        got, wanted = found[name].numpy(), one.numpy()
        if kind == "F32" and "gemma" in str(keys(template)["general.architecture"]):
            assert np.allclose(got, wanted, atol=1e-6), name  # one was added, and taken away again
        else:
            assert within(got, wanted, kind), name


@pytest.mark.parametrize("type_", ["f16", "q8_0"])
def test_metadata_is_the_templates_key_by_key(template, out, type_):
    weights = loaded(template)
    gguf_writer.write(weights, weights, template, out / "s.gguf", type_=type_)
    before, after = keys(template), keys(out / "s.gguf")
    assert set(after) == set(before) | OURS
    assert {key: after[key] for key in set(before) - OURS} == {key: before[key] for key in set(before) - OURS}
    assert after["general.file_type"][1] == {"f16": 1, "q8_0": 7}[type_]
    assert GGUFReader(out / "s.gguf").alignment == GGUFReader(template).alignment


def test_a_name_is_given_and_a_tensor_without_weights_stays(tmp_path, out):
    template = rich(tmp_path / "t.gguf")
    weights = loaded(template)
    gguf_writer.write(weights, weights, template, out / "s.gguf", name="New name")
    assert keys(out / "s.gguf")["general.name"][1] == "New name"
    assert held(out / "s.gguf")["rope_freqs.weight"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
def test_weights_loaded_in_half_precision_are_recognised(template, out, kind):
    half = {name: one.to(getattr(torch, kind)) for name, one in loaded(template).items()}
    gguf_writer.write(half, half, template, out / "s.gguf", type_="f16")
    upcast = {name: one.float() for name, one in half.items()}  # loaded in half, trained in full
    gguf_writer.write(upcast, upcast, template, out / "t.gguf", type_="f16")
    assert (out / "s.gguf").read_bytes() == (out / "t.gguf").read_bytes()


def test_large_tensors_are_taken_in_pieces(template, out, monkeypatch):
    untrained = loaded(template)
    state = noisy(untrained)
    gguf_writer.write(state, untrained, template, out / "whole.gguf")
    monkeypatch.setattr(gguf_parts, "CHUNK", 5 * tiny.WIDTH)
    gguf_writer.write(state, untrained, template, out / "pieces.gguf")
    assert (out / "whole.gguf").read_bytes() == (out / "pieces.gguf").read_bytes()


def test_rows_that_are_no_multiple_of_a_block_become_f16():
    there = SimpleNamespace(name="blk.0.ffn_up.weight", shape=np.array([33, 8]), tensor_type=None)
    assert gguf_writer._type(gguf_parts.Part(there, "x"), "q8_0").name == "F16"
    there.shape = np.array([64, 8])
    assert gguf_writer._type(gguf_parts.Part(there, "x"), "q8_0").name == "Q8_0"


def test_the_order_of_queries_is_found_out_and_not_assumed(tmp_path, out):
    template = tiny.llama(tmp_path / "t.gguf")
    for rotary in (True, False):
        weights = loaded(template, rotary=rotary)
        gguf_writer.write(weights, weights, template, out / "s.gguf", type_="f16")
        assert np.array_equal(
            held(out / "s.gguf")["blk.1.attn_k.weight"], held(template)["blk.1.attn_k.weight"].astype("f2")
        )


def test_a_student_with_one_matrix_for_both_ends(tmp_path, out):
    template = tiny.gemma(tmp_path / "t.gguf")
    untrained = loaded(template)
    untrained["lm_head.weight"] = untrained["model.embed_tokens.weight"]
    state = noisy(loaded(template))
    state["lm_head.weight"] = state["model.embed_tokens.weight"].clone()
    gguf_writer.write(state, untrained, template, out / "s.gguf")
    state["lm_head.weight"][3, 3] += 1
    refused(state, untrained, template, out / "t.gguf", "lm_head.weight differs")


# -- what is refused ----------------------------------------------------------------------------------------------


def refused(state: dict, untrained: dict, template: Path, target: Path, words: str, **how: str) -> None:
    before = {one.name: one.read_bytes() for one in target.parent.iterdir()}
    with pytest.raises(ModelError, match=words) as error:
        gguf_writer.write(state, untrained, template, target, **how)
    assert error.value.hint
    assert {one.name: one.read_bytes() for one in target.parent.iterdir()} == before, "nothing is left behind"


def renamed(template: Path, old: bytes, new: bytes) -> Path:
    data = template.read_bytes()
    assert data.count(old) == 1
    assert len(old) == len(new)
    template.write_bytes(data.replace(old, new))
    return template


def test_a_template_that_lacks_a_tensor(tmp_path, out):
    template = tiny.llama(tmp_path / "t.gguf")
    weights = loaded(template)
    renamed(template, b"blk.1.ffn_up.weight", b"blk.1.ffn_xx.weight")
    refused(weights, weights, template, out / "s.gguf", "lacks blk.1.ffn_up.weight")


def test_a_template_of_another_architecture(tmp_path, out):
    template = tiny.llama(tmp_path / "t.gguf")
    weights = loaded(template)
    gemma = tiny.gemma(tmp_path / "g.gguf")
    refused(weights, weights, gemma, out / "s.gguf", "lm_head.weight differs")
    del weights["lm_head.weight"]
    refused(weights, weights, gemma, out / "s.gguf", "no weights for the template's blk.0.ffn_norm.weight")
    strange = renamed(template, tiny.text("general.architecture") + b"\x08\0\0\0" + tiny.text("llama"),
                      tiny.text("general.architecture") + b"\x08\0\0\0" + tiny.text("lxama"))  # fmt: skip
    refused(weights, weights, strange, out / "s.gguf", "unknown kind 'lxama'")


def test_another_student(tmp_path, out):
    template = tiny.llama(tmp_path / "t.gguf")
    right, wrong = loaded(template), loaded(tiny.llama(tmp_path / "other.gguf", seed=1))
    refused(wrong, wrong, template, out / "s.gguf", "embed_tokens.weight is not what the template has")
    fewer = {name: one for name, one in right.items() if "layers.1" not in name}
    refused(fewer, right, template, out / "s.gguf", "trained weights lack")
    refused(right, fewer, template, out / "s.gguf", "untrained weights lack")
    refused(fewer, fewer, template, out / "s.gguf", "no weights for the template's blk.1")
    more = {**right, "model.layers.2.mlp.up_proj.weight": right["model.layers.1.mlp.up_proj.weight"]}
    refused(more, right, template, out / "s.gguf", "no place for")
    longer = {**right, "model.embed_tokens.weight": torch.zeros(len(tiny.TOKENS) + 1, tiny.WIDTH)}
    refused(longer, right, template, out / "s.gguf", "changed the shape")
    mixed = dict(right)
    mixed["model.layers.1.self_attn.q_proj.weight"] = loaded(template, rotary=False)[
        "model.layers.1.self_attn.q_proj.weight"
    ]
    refused(right, mixed, template, out / "s.gguf", "layers.1.self_attn.q_proj.weight is not what")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e6])
@pytest.mark.parametrize("name", ["model.layers.1.mlp.up_proj.weight", "lm_head.weight"])
def test_weights_gone_astray(tmp_path, out, name, value):
    template = tiny.llama(tmp_path / "t.gguf")
    untrained = loaded(template)
    gguf_writer.write(untrained, untrained, template, out / "s.gguf")
    state = noisy(untrained)
    state[name][1, 1] = value
    refused(state, untrained, template, out / "s.gguf", name)  # the file that was there is as it was


def test_a_file_that_cannot_be_read_or_written(tmp_path, out, monkeypatch):
    template = tiny.llama(tmp_path / "t.gguf")
    weights = loaded(template)
    refused(weights, weights, tmp_path / "none.gguf", out / "s.gguf", "none.gguf")
    with pytest.raises(ModelError, match="cannot write"):
        gguf_writer.write(weights, weights, template, tmp_path / "no folder" / "s.gguf")

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(GGUFWriter, "write_tensor_data", full)
    refused(weights, weights, template, out / "s.gguf", "No space left")


@pytest.mark.parametrize("nameless", [True, False])
def test_errors_leave_nothing_also_without_nameless_files(tmp_path, out, monkeypatch, nameless):
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    template = tiny.llama(tmp_path / "t.gguf")
    weights = loaded(template)
    gguf_writer.write(weights, weights, template, out / "s.gguf")
    assert [one.name for one in out.iterdir()] == ["s.gguf"]

    def stop(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gguf_writer, "_packed", stop)
    before = (out / "s.gguf").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        gguf_writer.write(weights, weights, template, out / "s.gguf")
    assert [one.name for one in out.iterdir()] == ["s.gguf"]
    assert (out / "s.gguf").read_bytes() == before


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
import test_gguf_writer as t
from agentinstruct_local.student import gguf_parts, gguf_writer
template, packed, calls = Path(sys.argv[1]), gguf_writer._packed, []
def dies(*args):
    calls.append(1)
    if len(calls) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return packed(*args)
gguf_writer._packed = dies
weights = t.loaded(template)
gguf_writer.write(weights, weights, template, Path(sys.argv[2]))
"""


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="this system has no nameless files")
def test_a_kill_leaves_nothing(tmp_path, out):
    template = tiny.llama(tmp_path / "t.gguf")
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", KILLED, template, out / "s.gguf", here], check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(out.iterdir()) == []


# -- real models --------------------------------------------------------------------------------------------------

CHATS = {
    "chatml": "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
    "gemma": "<start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n",
}
QUESTIONS = [
    "What is the capital of France?",
    "Count to ten.",
    "Write a sentence about two hares in a field.",
    "Was ist ein Wälzlager?",
]


class Torch:
    """A model as transformers reads it out of a GGUF file."""

    def __init__(self, card: cards.Card) -> None:
        from transformers import AutoModelForCausalLM

        self.card, self.path = card, cards.path_of(card)
        self.model = AutoModelForCausalLM.from_pretrained(
            self.path.parent, gguf_file=self.path.name, dtype=torch.float32
        ).eval()
        self.weights = self.model.state_dict()

    def logits(self, tokens: list[int]) -> np.ndarray:
        with torch.no_grad():
            return self.model(torch.tensor([tokens])).logits[0].numpy()

    def agreement(self, path: Path) -> tuple[int, int]:
        """How many tokens of llama.cpp's greedy replies are those that torch would write there, of how many."""
        from agentinstruct_local.teachers.llamacpp import choose, load

        settings, _ = choose(path, name="student", n_seq=1, context=512, threads=1, gpu_layers=0, echo=False)
        engine = load(path, chat_format=self.card.chat_format, name="student", settings=settings)
        library = engine.library
        try:
            same = count = 0
            for text in QUESTIONS:
                library.forget(0)
                prompt = library.bos + library.tokenize(CHATS[self.card.chat_format].format(text), special=True)
                written, work = [], prompt
                while len(written) < 30 and not (written and library.ends(written[-1])):
                    assert library.decode([(0, len(prompt + written) - len(work), work, 1)])
                    work = [int(library.logits[0].argmax())]
                    written += work
                wanted = self.logits(prompt + written)[len(prompt) - 1 : -1].argmax(axis=1).tolist()
                same += sum(one == other for one, other in zip(written, wanted, strict=True))
                count += len(written)
            library.forget(0)
            engine.submit(Request(
                id="r", messages=(Message(role="user", content=QUESTIONS[0]),), output=Output(kind="text"),
                sampling=Sampling(temperature=0.0, max_tokens=60), seed=1))  # fmt: skip
            (reply,) = engine.poll()
            assert reply.error in (None, "cut")  # a base model does not come to an end
            return same, count
        finally:
            engine.close()


def real(name: str) -> Torch:
    pytest.importorskip("transformers")
    card = cards.load_cards().get(name)
    if card is None or not cards.is_here(card):
        pytest.skip(f"{name} is not on this machine: agentinstruct models pull {name}")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return Torch(card)
    finally:
        torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def smollm() -> Iterator[Torch]:
    yield real("smollm2-135m-instruct-q4_1")


@pytest.fixture(scope="module")
def gemma() -> Iterator[Torch]:
    yield real("gemma3-270m-q4_k_m")


def check_unchanged(student: Torch, out: Path, type_: str, floor: float) -> None:
    target = out / "s.gguf"
    gguf_writer.write(student.weights, student.weights, student.path, target, type_=type_)
    before, after = keys(student.path), keys(target)
    assert {key: after[key] for key in after if key not in OURS} == {
        key: before[key] for key in before if key not in OURS
    }
    same, count = student.agreement(target)
    told = f"{student.card.name} as {type_}: {same} of {count} tokens agree"
    sys.stderr.write(f"{told}\n")  # pytest -rP shows it
    assert count >= 40, told
    assert same >= floor * count, told
    target.unlink()  # a temporary folder outlives the test


@pytest.mark.real
@pytest.mark.parametrize(("type_", "floor"), [("f16", 0.95), ("q8_0", 0.9)])
def test_smollm_unchanged_says_what_torch_says(smollm, out, type_, floor):
    check_unchanged(smollm, out, type_, floor)


@pytest.mark.real
@pytest.mark.parametrize(("type_", "floor"), [("f16", 0.95), ("q8_0", 0.9)])
def test_gemma_unchanged_says_what_torch_says(gemma, out, type_, floor):
    check_unchanged(gemma, out, type_, floor)


@pytest.mark.real
def test_smollm_changed_comes_back(smollm, out):
    state = noisy(smollm.weights)
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    target = out / "s.gguf"
    gguf_writer.write(state, smollm.weights, smollm.path, target)
    found, kinds = held(target), types(target)
    for name, place in (
        ("model.embed_tokens.weight", "token_embd.weight"),
        ("model.layers.7.mlp.down_proj.weight", "blk.7.ffn_down.weight"),
        ("model.layers.7.input_layernorm.weight", "blk.7.attn_norm.weight"),
        ("model.layers.29.self_attn.v_proj.weight", "blk.29.attn_v.weight"),
    ):
        assert within(found[place], state[name].numpy(), kinds[place]), name
    heads = state["model.layers.7.self_attn.k_proj.weight"].numpy().reshape(3, 2, 32, -1)
    keys_ = heads.swapaxes(1, 2).reshape(192, -1)
    assert within(found["blk.7.attn_k.weight"], keys_, kinds["blk.7.attn_k.weight"])
    target.unlink()
