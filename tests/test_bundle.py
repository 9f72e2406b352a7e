"""What a bundle promises its administrator: sums, licences, an installer that refuses what is not right."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tiny import llama as tiny_llama

from agentinstruct_local import bundle, cards
from agentinstruct_local.bundle import llama, wheels
from agentinstruct_local.bundle.licences import gather, licence_of
from agentinstruct_local.bundle.sums import as_summed, read_sums, write_sums
from agentinstruct_local.cli import main
from agentinstruct_local.errors import BundleError

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def tiny_wheel(folder: Path, name: str, metadata: str = "", members: dict[str, str] | None = None) -> Path:
    """A wheel that pip installs."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    told = {
        f"{info}/METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{metadata}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **(members or {}),
    }
    record = "".join(f"{path},,\n" for path in [*told, f"{info}/RECORD"])
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in {**told, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return file


# The program of the tiny bundle: it prints how it was called, and the doctor is content.
PROGRAM = {"agentinstruct_local/__init__.py": "", "agentinstruct_local/__main__.py": "import os, sys\nprint(sys.argv[1:], os.environ['AGENTINSTRUCT_MODELS'])\n"}  # fmt: skip


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A whole bundle, with a program of two lines and a model of a few bytes."""
    out = tmp_path / "bundle"
    tiny_wheel(out / "wheels", "agentinstruct_local", members=PROGRAM)
    (out / "models").mkdir()
    (out / "models" / "teacher.gguf").write_bytes(b"GGUF model")
    seal(out)
    return out


def seal(out: Path, **told: object) -> None:
    bundle.write_installer(out, bundle.manifest(cards.teacher_for_tests(), cuda=False) | told)
    write_sums(out)


def install(out: Path, prefix: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON"))}
    environment |= {"PYTHON": sys.executable, "HOME": str(prefix.parent)} | extra
    command = ["bash", str(out / "install.sh"), "--prefix", str(prefix)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_install_makes_a_program_and_may_be_given_again(tiny: Path, tmp_path: Path) -> None:
    for _ in range(2):
        done = install(tiny, tmp_path / "place")
        assert done.returncode == 0, done.stderr
        assert "['doctor', '--teacher', 'smollm2-135m-instruct-q4_1']" in done.stdout
        assert str(tmp_path / "place" / "models") in done.stdout
        assert (tmp_path / "place" / "models" / "teacher.gguf").read_bytes() == b"GGUF model"
    assert "agentinstruct generate" in done.stdout


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda out: (out / "models" / "teacher.gguf").write_bytes(b"GGUF mod3l"), "teacher.gguf is damaged"),
        (lambda out: (out / "models" / "teacher.gguf").unlink(), "teacher.gguf is missing"),
        (lambda out: (out / "wheels" / "evil-1.0-py3-none-any.whl").write_bytes(b""), "evil-1.0-py3-none-any.whl is not of this bundle"),
        (lambda out: (out / "SHA256SUMS").unlink(), "SHA256SUMS cannot be read"),
        (lambda out: (out / "SHA256SUMS").write_text(""), "SHA256SUMS is not whole"),
    ],
)  # fmt: skip
def test_install_refuses_what_is_not_as_it_was_made(harm, told: str, tiny: Path, tmp_path: Path) -> None:
    harm(tiny)
    done = install(tiny, tmp_path / "place")
    assert done.returncode == 2
    assert told in done.stderr
    assert "type: " in done.stderr
    assert not (tmp_path / "place").exists()


@pytest.mark.parametrize(
    ("made_for", "told"),
    [
        ({"python": "3.99"}, "needs Python 3.99; found: Python 3."),
        ({"machine": "vax"}, "this bundle is for"),
        ({"glibc": "99.1"}, "was built for glibc 99.1"),
    ],
)
def test_install_refuses_another_kind_of_machine(made_for, told: str, tiny: Path, tmp_path: Path) -> None:
    seal(tiny, **made_for)
    done = install(tiny, tmp_path / "place")
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / "place").exists()


def test_install_says_when_it_cannot_write(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = install(tiny, tmp_path / "file" / "place")
    assert (done.returncode, "cannot write to" in done.stderr) == (2, True)


def test_sums_are_those_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file with spaces").write_bytes(b"abc")
    assert write_sums(tmp_path) == (1, 3)
    assert read_sums(tmp_path) == {
        "a/b/file with spaces": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    }
    assert as_summed(tmp_path)
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "a" / "b" / "file with spaces").write_bytes(b"abd")
    assert not as_summed(tmp_path)


def test_a_folder_with_more_or_without_sums_is_not_as_summed(tmp_path: Path) -> None:
    assert not as_summed(tmp_path)
    (tmp_path / "one").write_bytes(b"")
    write_sums(tmp_path)
    (tmp_path / "two").write_bytes(b"")
    assert not as_summed(tmp_path)


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ("License-Expression: Apache-2.0", "Apache-2.0"),
        ("License: BSD", "BSD"),
        ("License: long text\nClassifier: License :: OSI Approved :: MIT License", "MIT License"),
        ("", "not told"),
    ],
)
def test_a_licence_is_what_the_metadata_tell(metadata: str, told: str, tmp_path: Path) -> None:
    assert licence_of(tiny_wheel(tmp_path, "one", metadata)).licence == told


def test_the_table_names_every_package_and_keeps_its_texts(tmp_path: Path) -> None:
    texts = {"one-1.0.dist-info/licenses/LICENSE": "free", "one/LICENSE.py": "no licence text"}
    found = [tiny_wheel(tmp_path, "one", "License: BSD", texts), tiny_wheel(tmp_path, "two")]
    gather(found, [cards.default_teacher()], tmp_path / "licences")
    table = (tmp_path / "licences" / "README.md").read_text()
    assert "| one | 1.0 | BSD | `one-1.0/` |" in table
    assert "| two | 1.0 | not told | none in its wheel |" in table
    assert f"| {cards.default_teacher().name} | model | Apache-2.0 |" in table
    assert [path.read_text() for path in (tmp_path / "licences" / "one-1.0").iterdir()] == ["free"]


def test_too_little_space_is_said_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle.room(tmp_path / "new" / "bundle", 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: type("usage", (), {"free": 10}))
    with pytest.raises(BundleError, match="a bundle needs about"):
        bundle.room(tmp_path / "new" / "bundle", 11)
    (tmp_path / "here").write_bytes(b"x")
    bundle.room(tmp_path, 11)  # what is there already needs no more room


def test_another_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    assert main(["bundle", "--out", str(tmp_path)]) == 2
    assert "holds no bundle" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    bundle.mine(tmp_path / "new")


def test_an_embedder_is_no_teacher(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bundle", "--teacher", cards.default_embedder().name]) == 2
    assert "is no teacher" in capsys.readouterr().err


def test_a_model_is_copied_once_and_its_card_needs_no_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTINSTRUCT_MODELS", str(tmp_path / "models"))
    whole = tiny_llama(tmp_path / "own.gguf").read_bytes()
    card, told = cards.add(tmp_path / "own.gguf", licence="MIT"), []
    for _ in range(2):
        bundle.copy_model(card, tmp_path / "out", told.append)
    assert len(told) == 1
    assert cards.read_card(tmp_path / "out" / "own.yaml").file == "own.gguf"
    (tmp_path / "out" / "own.gguf").write_bytes(whole[:-1] + b"?")
    bundle.copy_model(card, tmp_path / "out", told.append)
    assert (tmp_path / "out" / "own.gguf").read_bytes() == whole


LISTED = """function(ggml_add_cpu_backend_variant tag_name)
    if (GGML_SYSTEM_ARCH STREQUAL "x86")
        foreach (feat SSE42 AVX AMX_TILE AMX_INT8)
    elseif (GGML_SYSTEM_ARCH STREQUAL "ARM")
endfunction()
    if (GGML_SYSTEM_ARCH STREQUAL "x86")
        ggml_add_cpu_backend_variant(x64)
        ggml_add_cpu_backend_variant(haswell            SSE42 AVX F16C FMA AVX2 BMI2)
        ggml_add_cpu_backend_variant(cascadelake        AVX512 AVX512_VNNI)
        ggml_add_cpu_backend_variant(alderlake          AVX2 AVX_VNNI)
        ggml_add_cpu_backend_variant(sapphirerapids     AVX512 AMX_TILE AMX_INT8)
    elseif(GGML_SYSTEM_ARCH STREQUAL "ARM")
        ggml_add_cpu_backend_variant(armv8.0_1)
"""


def test_no_variant_with_amx_is_built() -> None:
    kept = llama.fewer_variants(LISTED)
    assert "sapphirerapids" not in kept
    assert all(f"({name}" in kept for name in (*llama.VARIANTS, "armv8.0_1"))


@pytest.mark.parametrize(
    "other",
    [
        "",
        LISTED.replace("AMX_TILE AMX_INT8)\n    elseif(", "TMX)\n    elseif("),
        LISTED.replace("(haswell", "(broadwell"),
    ],
)
def test_a_list_of_another_form_is_refused(other: str) -> None:
    with pytest.raises(BundleError, match="another way"):
        llama.fewer_variants(other)


@pytest.mark.parametrize(
    ("libraries", "fine"),
    [(["cpu-x64", "cpu-haswell"], True), (["cpu"], False), (["cpu-x64", "cpu-sapphirerapids"], False)],
)
def test_a_wheel_is_portable_or_refused(libraries: list[str], fine: bool, tmp_path: Path) -> None:
    wheel = tiny_wheel(tmp_path, "llama", members={f"llama_cpp/lib/libggml-{name}.so": "" for name in libraries})
    if fine:
        llama.check_wheel(wheel)
    else:
        with pytest.raises(BundleError, match="is not portable"):
            llama.check_wheel(wheel)


@pytest.mark.parametrize(
    ("here", "wanted"),
    [("2.13.0+cpu", "torch==2.13.0+cpu"), ("2.13.0", "torch==2.13.0"), ("2.0.0+cu126", "torch==2.13.0")],
)
def test_torch_is_the_build_that_is_here(
    here: str, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    monkeypatch.setattr(wheels.metadata, "version", lambda name: here)
    assert wheels.torch_wanted(wheels.Source(tmp_path)) == wanted
    with pytest.raises(BundleError, match="no version of numpy"):
        wheels.Source(tmp_path).pinned("numpy")


def test_wheels_that_are_here_and_right_are_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target, calls = wheels.Source(tmp_path), tmp_path / "out" / "wheels", []
    (tmp_path / "constraints.txt").write_text("torch==1\nllama_cpp_python==1\n")
    monkeypatch.setattr(wheels.Source, "digest", lambda self: "same")
    monkeypatch.setattr(wheels, "portable_wheel", lambda version, tell, cuda: tiny_wheel(tmp_path / "cache", "llama"))

    def pip(arguments: list[str], what: str, log: Path, tell: object) -> None:
        calls.append(what)
        tiny_wheel(Path(arguments[arguments.index("--wheel-dir") + 1]), "agentinstruct_local")

    monkeypatch.setattr(wheels, "pip", pip)
    found = wheels.collect(source, target, print, cuda=False)
    assert [path.name.partition("-")[0] for path in found] == ["agentinstruct_local", "llama"]
    assert wheels.collect(source, target, print, cuda=False) == found
    assert len(calls) == 2
    found[0].write_bytes(b"cut short")
    wheels.collect(source, target, print, cuda=False)
    assert len(calls) == 4
    wheels.collect(source, target, print, cuda=True)  # another build of llama.cpp
    assert len(calls) == 6


def test_the_manifest_says_what_the_other_machine_must_be(tiny: Path) -> None:
    told = bundle.manifest(cards.teacher_for_tests(), cuda=False)
    assert (told["python"], told["teacher"]) == (HERE, "smollm2-135m-instruct-q4_1")
    json.dumps(told)
    script = tiny / "install.sh"
    assert not [
        line
        for line in (script.read_text() + (tiny / "README.md").read_text()).splitlines()
        if "@PY" in line or "@TEA" in line
    ]
    assert script.stat().st_mode & stat.S_IXUSR
