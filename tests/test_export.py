from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentinstruct_local.errors import RunError
from agentinstruct_local.exporters import critique, preference
from agentinstruct_local.exporters.chat import export
from agentinstruct_local.records import Message, Row


def a_row(number: int, source: str = "a.md", **more: Any) -> Row:
    messages = (Message(role="user", content=f"Q{number}?"), Message(role="assistant", content=f"A{number}"))
    provenance = {"source": source, "seed": number, "teacher": "t", "draft": f"d{number}", "flow": ["ask"], **more}
    return Row(id=f"r{number}", messages=messages, skill="s", subskill="u", provenance=provenance)


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def corpus(documents: int, each: int) -> list[Row]:
    return [
        a_row(d * 100 + n, f"doc{d}.md", page=None, span=(0, 4), quote="q")
        for d in range(documents)
        for n in range(each)
    ]


def test_a_row_is_written_as_the_trainers_read_it(tmp_path: Path) -> None:
    files = export([a_row(1, page=3, span=(4, 9), quote="Ünï")], tmp_path)
    assert [file.name for file in files] == ["chat.jsonl", "manifest.json"]
    (row,) = read(tmp_path / "chat.jsonl")
    assert list(row) == ["id", "messages", "skill", "subskill", "provenance"]
    assert row["messages"] == [{"role": "user", "content": "Q1?"}, {"role": "assistant", "content": "A1"}]
    assert list(row["provenance"]) == ["source", "page", "span", "quote", "teacher", "seed", "draft", "flow"]
    assert row["provenance"]["span"] == [4, 9]
    assert "Ünï" in (tmp_path / "chat.jsonl").read_text(encoding="utf-8")


def test_every_row_has_the_same_keys(tmp_path: Path) -> None:
    export([a_row(1), a_row(2, page=1, form="poem")], tmp_path)
    first, second = read(tmp_path / "chat.jsonl")
    assert list(first["provenance"]) == list(second["provenance"])
    assert {row["id"]: row["provenance"]["form"] for row in (first, second)} == {"r1": None, "r2": "poem"}


def a_text(number: int, source: str) -> Row:
    message = Message(role="assistant", content=f"Text {number}")
    return replace(a_row(number, source), id=f"t{number}", messages=(message,), channel="text")


def test_texts_are_no_chats(tmp_path: Path) -> None:
    asked = [replace(row, id=f"x{row.id}", channel="reading") for row in corpus(6, 2)]
    rows = [*corpus(6, 4), *(a_text(n, f"doc{n}.md") for n in range(6)), *asked]
    files = export(rows, tmp_path, test_share=0.3)
    assert [file.name for file in files] == [
        "chat.jsonl", "chat_test.jsonl", "reading.jsonl", "reading_test.jsonl", "text.jsonl", "text_test.jsonl",
        "manifest.json",
    ]  # fmt: skip
    parts = [read(tmp_path / f"{name}_test.jsonl") for name in ("chat", "reading", "text")]
    tested = [{row["provenance"]["source"] for row in part} for part in parts]
    assert tested[0] and tested == [tested[0]] * 3, "a document is on one side, in all channels"
    assert all(row["id"].startswith("x") for row in read(tmp_path / "reading.jsonl"))
    first = read(tmp_path / "text.jsonl")[0]
    assert list(first) == ["id", "text", "skill", "subskill", "provenance"]
    assert first["text"].startswith("Text ")
    assert not any("text" in row for row in read(tmp_path / "chat.jsonl"))
    export(corpus(6, 4), tmp_path)
    assert not (tmp_path / "text.jsonl").exists(), "of an earlier export"
    assert not (tmp_path / "reading_test.jsonl").exists(), "of an earlier export"
    for other in (preference, critique):
        other.export([*rows, revised()], tmp_path / other.__name__)


def revised() -> Row:
    """A row whose answer came third: the first was wrong, the second the same in the end."""
    first = {"answer": "A0", "reason": "incomplete", "evidence": "8,000", "critique": "The hours are missing."}
    second = {"answer": "A1 ", "reason": "judge_clear", "evidence": "0.4", "critique": "It is not clear."}
    return replace(a_row(1), rejected=(first, second))


def test_a_refused_answer_and_the_kept_one_are_a_preference(tmp_path: Path) -> None:
    preference.export([revised(), a_row(2)], tmp_path)
    (pair,) = read(tmp_path / "preference.jsonl")
    assert pair["prompt"] == [{"role": "user", "content": "Q1?"}]
    assert pair["chosen"] == [{"role": "assistant", "content": "A1"}]
    assert pair["rejected"] == [{"role": "assistant", "content": "A0"}]
    assert (pair["reason"], pair["evidence"]) == ("incomplete", "8,000")
    assert json.loads((tmp_path / "manifest.json").read_text())["format"] == "preference"


def test_each_revision_is_written_with_its_critique(tmp_path: Path) -> None:
    critique.export([revised(), a_row(2)], tmp_path)
    first, second = read(tmp_path / "critique.jsonl")
    told = ("question", "answer", "critique", "revision")
    assert [first[name] for name in told] == ["Q1?", "A0", "The hours are missing.", "A1 "]
    assert [second[name] for name in told] == ["Q1?", "A1 ", "It is not clear.", "A1"]


def test_no_document_is_on_both_sides(tmp_path: Path) -> None:
    export(corpus(10, 5), tmp_path, test_share=0.2)
    train, test = read(tmp_path / "chat.jsonl"), read(tmp_path / "chat_test.jsonl")
    sources = [{row["provenance"]["source"] for row in rows} for rows in (train, test)]
    assert not sources[0] & sources[1]
    assert (len(train), len(test)) == (40, 10)


def test_the_split_is_the_same_every_time(tmp_path: Path) -> None:
    for name in "ab":
        export(corpus(6, 3), tmp_path / name)
    assert [(tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in (
        "chat.jsonl", "chat_test.jsonl", "manifest.json")] == [True] * 3  # fmt: skip


@pytest.mark.parametrize(("documents", "each", "tested"), [(1, 20, False), (2, 2, False), (2, 3, True), (3, 2, True)])
def test_both_files_hold_rows_once_there_is_something_to_split(
    tmp_path: Path, documents: int, each: int, tested: bool
) -> None:
    export(corpus(documents, each), tmp_path, test_share=0.1)
    assert (tmp_path / "chat_test.jsonl").exists() == tested
    assert read(tmp_path / "chat.jsonl")


def test_a_field_that_one_document_alone_fills_in_a_channel_stays_for_training(tmp_path: Path) -> None:
    """A loader reads chat.jsonl and chat_test.jsonl by themselves: what other channels fill is no help to it."""
    rows = corpus(4, 4)
    for document in range(4):
        source = f"doc{document}.md"
        mixed = [a_row(n, row.provenance["source"], page=4 if row.provenance["source"] == source else None)
                 for n, row in enumerate(rows)]  # fmt: skip
        read_ = [replace(a_row(100 + n, f"doc{n % 4}.md", page=2), channel="reading") for n in range(8)]
        export([*mixed, *read_], tmp_path / source, test_share=0.3)
        assert any(row["provenance"]["page"] for row in read(tmp_path / source / "chat.jsonl"))


def test_no_share_means_no_test_file(tmp_path: Path) -> None:
    export(corpus(4, 4), tmp_path, test_share=0)
    assert not (tmp_path / "chat_test.jsonl").exists()


def test_an_old_test_file_does_not_stay_behind(tmp_path: Path) -> None:
    export(corpus(4, 4), tmp_path)
    export(corpus(1, 4), tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chat.jsonl", "manifest.json"]


def test_another_format_takes_the_place_of_what_was_there_and_of_nothing_else(tmp_path: Path) -> None:
    export(corpus(4, 4), tmp_path)
    (tmp_path / "chat_test.jsonl").write_text("mine now\n")
    preference.export([revised()], tmp_path)
    left = sorted(file.name for file in tmp_path.iterdir())
    assert left == ["chat_test.jsonl", "manifest.json", "preference.jsonl"]
    (tmp_path / "manifest.json").write_text('{"files": ["chat_test.jsonl"]}')
    preference.export([revised()], tmp_path)
    assert (tmp_path / "chat_test.jsonl").read_text() == "mine now\n"


def test_the_manifest_counts_and_digests_each_file(tmp_path: Path) -> None:
    export(corpus(4, 4), tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    for name, told in manifest["files"].items():
        data = (tmp_path / name).read_bytes()
        assert told["sha256"] == hashlib.sha256(data).hexdigest()
        assert told["rows"] == data.count(b"\n")
    assert sum(told["documents"] for told in manifest["files"].values()) == 4


def test_no_rows_give_an_empty_file(tmp_path: Path) -> None:
    export([], tmp_path)
    assert (tmp_path / "chat.jsonl").read_bytes() == b""


def test_odd_characters_break_no_line(tmp_path: Path) -> None:
    export([a_row(1, quote="a\u2028b\u0085c\nd\ud800")], tmp_path)
    (row,) = read(tmp_path / "chat.jsonl")
    assert row["provenance"]["quote"] == "a\u2028b\u0085c\nd?"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export([a_row(1)], tmp_path)
    before = (tmp_path / "chat.jsonl").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunError, match="No space left"):
        export([a_row(2)], tmp_path)
    assert (tmp_path / "chat.jsonl").read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chat.jsonl", "manifest.json"]


@pytest.mark.parametrize("pages", ["train", "test", "last"])
def test_datasets_infers_one_schema(tmp_path: Path, pages: str, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    rows = corpus(4, 8)
    if pages == "last":
        rows = [*corpus(1, 1), *rows, a_row(999, "book.pdf", page=7)]
    else:
        whole = {"train": "doc0.md", "test": "doc1.md"}[pages]
        rows = [a_row(n, row.provenance["source"], page=4 if row.provenance["source"] == whole else None)
                for n, row in enumerate(rows)]  # fmt: skip
    files = {file.stem: str(file) for file in export(rows, tmp_path / "out", test_share=0.3) if file.suffix == ".jsonl"}
    assert set(files) == {"chat", "chat_test"}
    loaded = datasets.load_dataset(
        "json", data_files={"train": files["chat"], "test": files["chat_test"]}, cache_dir=str(tmp_path / "cache")
    )
    assert loaded["train"].features == loaded["test"].features
    assert loaded["train"].num_rows + loaded["test"].num_rows == len(rows)
    assert loaded["train"][0]["messages"][0]["role"] == "user"
