"""The main job as a user meets it: through the command line, and with the smallest real model and the real embedder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentinstruct_local import cards, corpus, runner, taxonomy
from agentinstruct_local.cli import main
from agentinstruct_local.diversity import Encoder, Index
from agentinstruct_local.exporters.chat import export
from agentinstruct_local.recipe import Recipe
from agentinstruct_local.store import Store

HANDBOOK = Path(__file__).parents[1] / "examples" / "handbook"
SMALL = Path(__file__).parent / "data" / "taxonomy"
CHATML = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]


def check_rows(run: Path, rows: list[dict[str, Any]]) -> None:
    with Store(run, readonly=True) as store:
        for row in rows:
            told = row["provenance"]
            start, end = told["span"]
            assert " ".join(store.document(told["document"]).text[start:end].split()) == told["quote"]


def test_the_command_line_makes_rows_and_exports_them(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["generate", str(HANDBOOK), "-n", "6", "--teacher", "scripted", "--out", "run"]) == 0
    rows = rows_of(tmp_path / "run" / "dataset")
    assert len(rows) == 6
    check_rows(tmp_path / "run", rows)
    assert main(["export", "run", "--format", "chat", "--to", "data"]) == 0
    assert {row["id"] for row in rows_of(tmp_path / "data")} == {row["id"] for row in rows}
    assert main(["status", "run"]) == 0
    assert main(["show", "run", rows[0]["id"]]) == 0
    assert rows[0]["provenance"]["quote"].split()[0] in capsys.readouterr().out
    assert main(["generate", "--out", "run", "-n", "8"]) == 0
    assert {row["id"] for row in rows} <= {row["id"] for row in rows_of(tmp_path / "run" / "dataset")}


class Interrupted(Exception):
    pass


@pytest.fixture
def engine() -> Iterator[Any]:
    from agentinstruct_local.teachers.llamacpp import Settings, load

    card = cards.teacher_for_tests()
    cards.verify(card)
    settings = Settings(n_seq=4, context=4096, threads=1)  # one thread: others may be using the machine
    engines = []

    def make() -> Any:
        engines.append(load(cards.path_of(card), chat_format=card.chat_format, name=card.name, settings=settings))
        return engines[-1]

    yield make
    for one in engines:
        one.close()


@pytest.mark.real
@pytest.mark.filterwarnings("ignore:llama_token_get_attr")
def test_a_real_model_and_embedder_from_documents_to_a_data_set(tmp_path: Path, engine: Any) -> None:
    recipe = Recipe(
        sources=(str(HANDBOOK),), rows=4, budget_drafts=12, teacher="smollm2", passage_tokens=260,
        skills={"quiz/whole": 1.0, "quiz/fact": 1.0},
    )  # fmt: skip
    small = taxonomy.load(SMALL)
    index = Index(Encoder(cards.path_of(cards.default_embedder())))
    asked: list[str] = []

    def sitting(polls: int) -> runner.Outcome:
        teacher = engine()
        submit, poll = teacher.submit, teacher.poll
        left = [polls]

        def counted() -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Interrupted
            return poll()

        teacher.submit = lambda request: (asked.append(request.id), submit(request))
        teacher.poll = counted
        with Store(tmp_path / "run") as store:
            corpus.prepare(recipe, store, small, teacher.count_tokens)
            return runner.run(recipe=recipe, store=store, taxonomy=small, teacher=teacher, index=Index(index.encoder))

    with pytest.raises(Interrupted):
        sitting(4)
    with Store(tmp_path / "run", readonly=True) as store:
        done = {key for (key,) in store._all("SELECT key FROM step WHERE name != 'admit'")}
    assert len(done) >= 4
    asked.clear()
    outcome = sitting(10_000)
    assert done.isdisjoint(asked), "what was finished is not asked again"
    assert outcome.reason in ("done", "budget")

    with Store(tmp_path / "run", readonly=True) as store:
        errors = {name for (name,) in store._all("SELECT json_extract(body, '$.error') FROM step")}
        assert errors <= {None, "cut", "no_evidence"}, "a reply is valid by construction"
        rows = list(store.rows(4))
        assert rows, dict(store.funnel())
        files = export(rows, tmp_path / "data", test_share=0.0)
    plain = rows_of(tmp_path / "data")
    check_rows(tmp_path / "run", plain)
    loads(files[0], plain)


def loads(file: Path, plain: list[dict[str, Any]]) -> None:
    """A trainer's own loader and chat template take the file."""
    from datasets import load_dataset
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>", chat_template=CHATML)
    data = load_dataset("json", data_files=str(file), split="train")
    assert len(data) == len(plain)
    for row, was in zip(data, plain, strict=True):
        assert row["messages"] == was["messages"]
        text = tokenizer.apply_chat_template(row["messages"], tokenize=False)
        assert text.count("<|im_start|>") == len(row["messages"])
        assert row["messages"][-1]["role"] == "assistant"
        assert row["messages"][-1]["content"] in text
