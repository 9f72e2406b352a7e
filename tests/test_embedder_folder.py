"""An embedder's folder brings weights as safetensors and settings, and nothing that is code or becomes some."""

from __future__ import annotations

import json
import pickle
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agentinstruct_local import cards
from agentinstruct_local.diversity import Encoder
from agentinstruct_local.diversity.folder import refuse_code
from agentinstruct_local.errors import ModelError

MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]
CARD = cards.default_embedder()


def write(folder: Path, name: str, told: Any) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(told if isinstance(told, bytes) else json.dumps(told).encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    head = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    write(tmp_path, "model.safetensors", struct.pack("<Q", len(head)) + head + bytes(4))
    write(tmp_path, "config.json", {"model_type": "bert", "transformers_version": "4.8.2", "hidden_act": "gelu"})
    write(tmp_path, "modules.json", MODULES)
    write(tmp_path, "1_Pooling/config.json", {"word_embedding_dimension": 384})
    write(tmp_path, "2_Dense/config.json", {"activation_function": "torch.nn.modules.activation.Tanh"})
    write(tmp_path, "router_config.json", {"types": {"0": "sentence_transformers.models.Transformer"}})
    write(tmp_path, "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "name_or_path": "made.here"})
    write(tmp_path, "tokenizer.json", {"model": {"vocab": {"auto_map": 1, "type": 2}}})  # words, no settings
    write(tmp_path, "model.safetensors.index.json", {"weight_map": {"a": "model.safetensors"}})
    return tmp_path


def test_a_folder_of_weights_and_settings_is_let_through(folder: Path) -> None:
    refuse_code(folder)


class Opens:
    """Its pickle makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize(
    "name",
    ["pytorch_model.bin", "model.pt", "2_Dense/weights.pth", "index.pkl", "PYTORCH_MODEL.BIN", "a/b.joblib", "c.npz",
     "modeling_own.py", "native.so", "tf_model.h5"],
)  # fmt: skip
def test_pickles_and_code_are_refused_beside_good_weights(folder: Path, name: str, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    write(folder, name, pickle.dumps(Opens(trap)))
    with pytest.raises(ModelError, match="can run code") as refused:
        Encoder(folder)
    assert name in str(refused.value)
    assert "models pull" in refused.value.hint
    assert not trap.exists()


@pytest.mark.parametrize(
    ("name", "told", "says"),
    [
        ("config.json", {"auto_map": {"AutoModel": "modeling_own.Own"}}, "auto_map"),
        ("config.json", {"text_config": [{"auto_map": {}}]}, "auto_map"),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["own.Tokenizer", None]}}, "auto_map"),
        ("config.json", {"custom_pipelines": {"x": {"impl": "own.X"}}}, "custom_pipelines"),
        ("2_Dense/config.json", {"activation_function": "os.system"}, "os.system"),
        ("2_Dense/config.json", {"activation_function": "torchevil.nn"}, "torchevil.nn"),
        ("router_config.json", {"types": {"0": "own.Module"}}, "own.Module"),
        ("1_WordEmbeddings/wordembedding_config.json", {"tokenizer_class": "own.Words"}, "own.Words"),
        ("modules.json", [*MODULES, {"path": "x", "type": "own_module.Own"}], "own_module.Own"),
        ("modules.json", [{"path": "", "type": "sentence_transformers_evil.Transformer"}], "evil"),
        ("modules.json", [{"path": "", "type": "sentence_transformers..os"}], "names a module"),
        ("modules.json", [{"path": ""}], "names a module"),
        ("modules.json", [{**MODULES[0], "path": "../other"}], "outside"),
        ("modules.json", [{**MODULES[0], "path": "/tmp/other"}], "outside"),
        ("modules.json", [{**MODULES[0], "path": "C:\\other"}], "outside"),
        ("modules.json", [1], "no list"),
        ("modules.json", b"{", "cannot be read"),
        ("config.json", b"[" * 200_000, "cannot be read"),
        ("model.safetensors.index.json", {"weight_map": {"a": "weights.dat"}}, "weights.dat"),
        ("model.safetensors.index.json", {"weight_map": {"a": "../x.safetensors"}}, "x.safetensors"),
    ],
)  # fmt: skip
def test_settings_that_name_code_are_refused(folder: Path, name: str, told: Any, says: str) -> None:
    write(folder, name, told)
    with pytest.raises(ModelError) as refused:
        Encoder(folder)
    assert says in str(refused.value)
    assert "models pull" in refused.value.hint


def test_weights_that_only_bear_the_name_of_safetensors_are_not_unpickled(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    write(folder, "model.safetensors", pickle.dumps(Opens(trap)))
    write(folder, "modules.json", MODULES)
    with pytest.raises(ModelError, match="cannot be loaded"):
        Encoder(folder)
    assert not trap.exists()


@pytest.mark.real
@pytest.mark.skipif(not cards.is_here(CARD), reason=f"not here; type: agentinstruct models pull {CARD.name}")
def test_the_default_embedder_is_let_through_and_not_with_a_pickle_beside_it(tmp_path: Path) -> None:
    copy = tmp_path / "embedder"
    shutil.copytree(cards.path_of(CARD), copy)
    assert np.isclose(np.linalg.norm(Encoder(copy).encode(["A pump."])[0]), 1.0, atol=1e-3)
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps(1))
    with pytest.raises(ModelError, match="can run code"):
        Encoder(copy)
