"""How many texts at a time: read from the model's header, chosen for the memory that is free."""

from __future__ import annotations

import struct
import subprocess

import pytest

from agentinstruct_local import cards
from agentinstruct_local.errors import ModelError
from agentinstruct_local.gguf_file import metadata
from agentinstruct_local.teachers.llamacpp import choose, fit

GB = 1e9
SEVEN = fit.Shape(file=int(4.7 * GB), cell=131_072, layers=32, heads=32, vocabulary=128_256, trained=8192)


def gguf(*pairs: bytes, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs)) + b"".join(pairs)


def text(words: str) -> bytes:
    return struct.pack("<Q", len(words.encode())) + words.encode()


def pair(key: str, kind: int, data: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + data


GOOD = gguf(
    pair("general.architecture", 8, text("toy")),
    pair("tokenizer.tokens", 9, struct.pack("<IQ", 8, 3) + text("a") + text("bc") + text("")),
    pair("toy.block_count", 4, struct.pack("<I", 3)),
    pair("toy.embedding_length", 4, struct.pack("<I", 64)),
    pair("toy.attention.head_count", 4, struct.pack("<I", 4)),
    pair("toy.attention.head_count_kv", 9, struct.pack("<IQ3i", 5, 3, 1, 2, 1)),
    pair("toy.scores", 9, struct.pack("<IQ", 6, 2000) + bytes(8000)),
    pair("toy.last", 7, b"\1"),
)


def test_layers_go_to_a_gpu_as_far_as_its_memory_reaches():
    settings = fit.settings_for(SEVEN, {}, free=None, name="seven")
    found = [fit.layers_on_gpu(SEVEN, settings, free * GB) for free in (0, 1, 4, 6, 8, 80)]
    assert found == sorted(found)
    assert found[0] == 0 and found[-1] == SEVEN.layers + 1
    each = (SEVEN.file + SEVEN.cell * settings.context) / (SEVEN.layers + 1)
    assert all(count * each <= fit.SPARE * free * GB for count, free in zip(found, (0, 1, 4, 6, 8, 80), strict=True))
    assert 0 < found[2] < found[3] < SEVEN.layers


def test_more_texts_at_a_time_where_a_gpu_holds_the_whole_model():
    found = [
        fit.settings_for(SEVEN, {}, free=32 * GB, name="seven", on_gpus=free * GB).n_seq for free in (0, 6, 12, 15, 80)
    ]
    assert found == [16, 16, 16, 32, 64]
    context = [fit.settings_for(SEVEN, {}, free=32 * GB, name="seven", on_gpus=free * GB).context for free in (6, 12)]
    assert context == [8192, 16_384]
    asked = {"n_seq": 4, "gpu_layers": None}
    assert fit.settings_for(SEVEN, asked, free=32 * GB, name="seven", on_gpus=80 * GB).n_seq == 4
    on_cpu = fit.settings_for(SEVEN, {"gpu_layers": 0}, free=32 * GB, name="seven", on_gpus=80 * GB)
    assert (on_cpu.n_seq, on_cpu.context) == (16, 8192)


@pytest.mark.parametrize(
    "trouble", [subprocess.TimeoutExpired("python", 60), subprocess.CalledProcessError(-11, "python"), OSError("no")]
)
def test_a_gpu_that_does_not_answer_counts_as_none(trouble, monkeypatch):
    from agentinstruct_local.teachers import llamacpp

    def run(*_, **__):
        raise trouble

    monkeypatch.setattr(llamacpp.subprocess, "run", run)
    assert llamacpp.free_on_gpus_apart() == 0.0


def test_a_build_without_a_gpu_has_none_free():
    import llama_cpp

    from agentinstruct_local.teachers.llamacpp import free_on_gpus_apart
    from agentinstruct_local.teachers.llamacpp.library import free_on_gpus

    assert (free_on_gpus() > 0) is llama_cpp.llama_supports_gpu_offload()
    assert (free_on_gpus_apart() > 0) is llama_cpp.llama_supports_gpu_offload()


def test_a_header_is_read_and_its_long_lists_are_skipped(tmp_path):
    path = tmp_path / "toy.gguf"
    path.write_bytes(GOOD)
    found = metadata(path)
    assert found["toy.last"] is True
    assert found["toy.attention.head_count_kv"] == [1, 2, 1]
    assert not {"tokenizer.tokens", "toy.scores"} & set(found)
    shape = fit.shape_of(path)
    assert shape.cell == 2 * (16 + 16) * (1 + 2 + 1)  # 16 bits, keys and values of a head of 16, four heads in all


@pytest.mark.parametrize("size", [0, 3, 4, 12, 40, 90, len(GOOD) - 1])
def test_a_header_that_is_cut_off_is_named(tmp_path, size):
    path = tmp_path / "toy.gguf"
    path.write_bytes(GOOD[:size])
    with pytest.raises(ModelError, match=r"toy\.gguf") as raised:
        metadata(path)
    assert raised.value.hint


def test_a_damaged_header_is_named(tmp_path):
    path = tmp_path / "toy.gguf"
    for place in range(len(GOOD)):
        path.write_bytes(GOOD[:place] + bytes([GOOD[place] ^ 0xFF]) + GOOD[place + 1 :])
        try:  # most bytes say what a reader needs, some are only words
            metadata(path)
        except ModelError as error:
            assert "toy.gguf" in str(error)
    path.write_bytes(gguf(version=1))
    with pytest.raises(ModelError, match="version 1"):
        metadata(path)


@pytest.mark.parametrize(("free", "sequences"), [(24, 16), (8.6, 16), (7.5, 8), (6.9, 4), (6.6, 1)])
def test_less_memory_gives_fewer_texts_at_a_time(free, sequences):
    settings = fit.settings_for(SEVEN, {}, free=free * GB, name="seven")
    assert settings.n_seq == sequences
    assert fit.need(SEVEN, settings) <= fit.SPARE * free * GB


def test_what_was_asked_for_stays():
    settings = fit.settings_for(SEVEN, {"context": 3000, "threads": None, "gpu_layers": 0}, free=7.2 * GB, name="seven")
    assert (settings.context, settings.gpu_layers, settings.threads) == (3000, 0, 0)
    assert settings.n_seq == 4
    assert fit.settings_for(SEVEN, {"n_seq": 3}, free=24 * GB, name="seven").n_seq == 3


@pytest.mark.parametrize(("asked", "hint"), [({}, "smaller model"), ({"context": 2_000_000_000}, "--context")])
def test_what_cannot_fit_is_refused_before_it_is_loaded(asked, hint):
    with pytest.raises(ModelError, match=r"seven needs .* GB of memory, and 4.0 GB are free") as raised:
        fit.settings_for(SEVEN, asked, free=4 * GB, name="seven")
    assert hint in raised.value.hint


def test_a_system_that_does_not_tell_its_memory_gets_the_usual(tmp_path):
    assert fit.free_memory(tmp_path / "none") is None
    assert fit.settings_for(SEVEN, {}, free=None, name="seven").n_seq == 16


@pytest.mark.real
def test_the_choice_for_a_real_model_is_told_in_one_line():
    settings, line = choose(cards.path_of(cards.teacher_for_tests()), name="small", threads=1)
    assert settings.threads == 1
    assert f"{settings.n_seq} texts at a time" in line and "GB of memory" in line and "\n" not in line
