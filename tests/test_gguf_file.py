"""A model file is looked at before llama.cpp sees it: what is damaged on purpose or by accident has a named error."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny

from agentinstruct_local import gguf_file
from agentinstruct_local.errors import ModelError

VERSION, TENSORS, KEYS = 4, 8, 16  # where these stand in every file
HUGE = (1 << 40, 1 << 62, (1 << 64) - 1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return tiny.llama(tmp_path_factory.mktemp("gguf") / "tiny.gguf").read_bytes()


def put(data: bytes, place: int, layout: str, value: int) -> bytes:
    new = struct.pack(f"<{layout}", value)
    return data[:place] + new + data[place + len(new) :]


def of_tensor(data: bytes, name: str) -> tuple[int, int, int]:
    """Where the first size, the type and the offset of a matrix stand in the table of tensors."""
    sizes = data.index(tiny.text(name)) + 8 + len(name) + 4
    return sizes, sizes + 16, sizes + 20


def refused(path: Path, data: bytes, look: Callable[[Path], object] = gguf_file.metadata) -> str:
    path.write_bytes(data)
    with pytest.raises(ModelError) as caught:
        look(path)
    assert path.name in str(caught.value)
    assert caught.value.hint
    return str(caught.value)


def test_a_sound_file_passes_and_no_network_library_is_loaded(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(whole)
    gguf_file.check(path)
    assert gguf_file.metadata(path)["llama.block_count"] == tiny.LAYERS
    code = (
        "import sys; from pathlib import Path; from agentinstruct_local import gguf_file\n"
        f"gguf_file.check(Path({str(path)!r})); print({{'requests', 'urllib3', 'llama_cpp'}} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_another_magic_is_no_gguf_file(tmp_path: Path, whole: bytes) -> None:
    for magic in (b"FUGG", b"GGML", b"PK\3\4", b"gguf"):
        assert "is not a GGUF file" in refused(tmp_path / "m.gguf", magic + whole[4:])
    assert refused(tmp_path / "m.gguf", b"")


@pytest.mark.parametrize(("place", "value"), [(place, value) for place in (TENSORS, KEYS) for value in HUGE])
def test_counts_that_cannot_be_are_refused_at_once(tmp_path: Path, whole: bytes, place: int, value: int) -> None:
    assert str(value) in refused(tmp_path / "m.gguf", put(whole, place, "Q", value))


@pytest.mark.parametrize("value", [*HUGE, gguf_file._WORDS + 1])
def test_a_list_that_cannot_be_is_refused_at_once(tmp_path: Path, whole: bytes, value: int) -> None:
    place = whole.index(tiny.text("tokenizer.ggml.scores")) + 8 + len("tokenizer.ggml.scores") + 8
    assert "lists of" in refused(tmp_path / "m.gguf", put(whole, place, "Q", value))


def test_a_length_beyond_the_end_is_refused(tmp_path: Path, whole: bytes) -> None:
    assert "a name of" in refused(tmp_path / "m.gguf", put(whole, 24, "Q", 1 << 40))  # the first key's
    token = whole.index(tiny.text("<unk>"))
    assert "ends too early" in refused(tmp_path / "m.gguf", put(whole, token, "Q", 1 << 63))


def test_tensors_outside_the_file_are_refused(tmp_path: Path, whole: bytes) -> None:
    size, _, offset = of_tensor(whole, "blk.0.attn_q.weight")
    for value in (len(whole) // 32 * 32, 1 << 40, (1 << 64) - 32):
        assert "beyond the end" in refused(tmp_path / "m.gguf", put(whole, offset, "Q", value))
    assert "not aligned" in refused(tmp_path / "m.gguf", put(whole, offset, "Q", 33))
    for value in HUGE:  # 2**62 weights in 32 rows are 0 in 64 bits
        assert "beyond the end" in refused(tmp_path / "m.gguf", put(whole, size, "Q", value))
    assert "dimensions" in refused(tmp_path / "m.gguf", put(whole, size - 4, "I", 1 << 31))


def test_a_file_that_is_cut_anywhere_is_refused_when_it_is_added(tmp_path: Path, whole: bytes) -> None:
    start = len(whole) - sum(128 for _ in range(8))
    for size in [*range(0, 4000, 97), *range(4000, len(whole) - 32, 9973), start, len(whole) - 33]:
        refused(tmp_path / "m.gguf", whole[:size], gguf_file.check)


def test_what_only_the_package_knows_is_refused_when_it_is_added(tmp_path: Path, whole: bytes) -> None:
    _, kind, _ = of_tensor(whole, "blk.0.attn_q.weight")
    data = put(whole, kind, "I", 9999)  # a quantisation that there is not
    (tmp_path / "m.gguf").write_bytes(data)
    gguf_file.metadata(tmp_path / "m.gguf")
    assert "gguf package" in refused(tmp_path / "m.gguf", data, gguf_file.check)
    assert "no weights" in refused(
        tmp_path / "m.gguf", tiny.sentencepiece(tmp_path / "v.gguf").read_bytes(), gguf_file.check
    )


def test_a_flipped_byte_in_the_tables_never_crashes(tmp_path: Path, whole: bytes) -> None:
    path, answers = tmp_path / "m.gguf", {"sound": 0, "refused": 0}
    table = whole.index(tiny.text("token_embd.weight"))
    for place in [*range(4, 400), *range(table, table + 1200)]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            gguf_file.metadata(path)
        except ModelError:
            answers["refused"] += 1
        else:
            answers["sound"] += 1
    assert answers["refused"] > answers["sound"] / 4
