"""Searching the corpus: by words, by meaning, fused; vectors that are made when they are needed, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import make_draft, make_passage

from agentinstruct_local import runner, taxonomy
from agentinstruct_local.corpus import searchable
from agentinstruct_local.diversity import DIMENSIONS, HashEncoder, Index, Nearest, Vectors
from agentinstruct_local.library import Library, fused, stretches
from agentinstruct_local.recipe import Recipe
from agentinstruct_local.records import Document, Passage
from agentinstruct_local.store import Store
from agentinstruct_local.teachers.scripted import ScriptedTeacher
from agentinstruct_local.tools import search

LOOPS = Path(__file__).parent / "data" / "loops"
TEXTS = [
    "The pump is stopped when its vibration exceeds 7 mm/s.",
    "Filters are changed every 1,000 operating hours.",
    "A holiday is asked for in writing, four weeks ahead.",
    "The gate is closed at ten in the evening.",
]
MEANT = {"vacation": 2, "holiday": 2, "pump": 0, "filter": 1, "gate": 3}  # a word -> the axis that it means


class Meaning(HashEncoder):
    """An encoder that knows a few words, and counts what it is asked."""

    name = "meaning"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            axis = next((axis for word, axis in MEANT.items() if word in text.casefold()), DIMENSIONS - 1)
            row[axis] = 1.0
        return vectors


def passages() -> list[Passage]:
    return [
        replace(make_passage(text), id=f"p{at}", document=f"d{at}", source=f"{at}.md") for at, text in enumerate(TEXTS)
    ]


def put(store: Store) -> None:
    documents = [
        Document(id=f"d{at}", source=f"{at}.md", text=text, media_type="text/markdown") for at, text in enumerate(TEXTS)
    ]
    store.put_corpus(documents, passages(), [])


def open_library(folder: Path, encoder: HashEncoder, stop=lambda: False) -> tuple[Library, list[int]]:
    told: list[int] = []
    with Store(folder) as store:
        put(store)
        return searchable(store, store.passages(), encoder, told.append, stop), told


def test_rankings_are_fused_by_their_ranks_and_ties_go_by_name() -> None:
    assert fused([[0, 1, 2], [2, 0]], "cba") == [0, 2, 1]  # 1/61 + 1/62, 1/63 + 1/61, 1/62
    assert fused([[0, 1], [1, 0]], ["b", "a"]) == [1, 0]
    assert fused([[0, 1], [1, 0]], ["a", "b"]) == [0, 1]
    assert fused([[], []], "ab") == []


def test_without_vectors_only_what_shares_a_word_is_found_and_ties_go_by_id() -> None:
    library = Library(passages())
    assert [one.id for one in library.search("vacation", 3)] == []
    assert library.search("When is the pump stopped?", 1)[0].id == "p0"
    twins = [replace(make_passage("A pump."), id=name) for name in ("b", "a")]
    assert [one.id for one in Library(twins).search("pump", 2)] == ["a", "b"]


def test_with_vectors_what_means_the_same_is_found_too(tmp_path: Path) -> None:
    library, _ = open_library(tmp_path / "run", Meaning())
    assert library.search("vacation", 1)[0].id == "p2"
    assert library.search("How is a pump stopped?", 1)[0].id == "p0"  # words and meaning agree


def test_a_long_passage_is_as_near_as_its_nearest_stretch() -> None:
    long = replace(make_passage("The weather is fine today. " * 40 + "The gate is closed."), id="long")
    parts = stretches(long)
    assert len(parts) > 1
    encoder = Meaning()
    nearest = Nearest(encoder, [encoder.encode(stretches(one)) for one in (long, *passages()[:3])])
    assert nearest("gate", 2)[0] == 0
    assert len(set(nearest("gate", 4))) == 4
    assert Nearest(encoder, [])("gate", 2) == []


def test_vectors_are_kept_and_not_made_again(tmp_path: Path) -> None:
    first, second = Meaning(), Meaning()
    library, told = open_library(tmp_path / "run", first)
    assert (len(first.asked), told) == (4, [0])
    again, told = open_library(tmp_path / "run", second)
    assert (second.asked, told) == ([], [])
    for query in ("vacation", "gate", "every hour"):
        assert [one.id for one in again.search(query, 4)] == [one.id for one in library.search(query, 4)]


def test_stopped_in_between_the_rest_is_made_by_the_next_sitting(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("agentinstruct_local.corpus.BATCH", 1)
    calls = iter([False, False, True])
    first, second = Meaning(), Meaning()
    library, _ = open_library(tmp_path / "run", first, lambda: next(calls))
    assert len(first.asked) == 2
    assert library.nearest is None
    library, told = open_library(tmp_path / "run", second)
    assert len(second.asked) == 2
    assert told == [2, 3]
    assert library.search("vacation", 1)[0].id == "p2"


def test_an_encoder_that_knows_no_meaning_makes_no_vectors(tmp_path: Path) -> None:
    library, told = open_library(tmp_path / "run", HashEncoder())
    assert library.nearest is None
    assert told == []


def sit(folder: Path, encoder: HashEncoder, subskill: str) -> runner.Progress:
    seen: list[runner.Progress] = []
    with Store(folder) as store:
        put(store)
        runner.run(
            recipe=Recipe(rows=2, teacher="scripted", skills={f"asker/{subskill}": 1.0}, budget_drafts=3), store=store,
            taxonomy=taxonomy.load(LOOPS), teacher=ScriptedTeacher(), index=Index(encoder), watch=seen.append,
        )  # fmt: skip
    return seen[-1]


def test_only_a_run_that_searches_makes_vectors(tmp_path: Path) -> None:
    for subskill, made in (("plain", False), ("asked", True)):
        sit(tmp_path / subskill, Meaning(), subskill)
        with Store(tmp_path / subskill, readonly=True) as store:
            assert len(store.vectors("meaning")) == (4 if made else 0)


def test_that_there_is_no_embedder_is_told_once(tmp_path: Path) -> None:
    assert sit(tmp_path / "run", HashEncoder(), "asked").notes == ["search goes by words alone: there is no embedder"]
    assert sit(tmp_path / "other", HashEncoder(), "plain").notes == []
    assert sit(tmp_path / "third", Meaning(), "asked").notes == []


def test_a_forgotten_document_leaves_no_vector(tmp_path: Path) -> None:
    open_library(tmp_path / "run", Meaning())
    with Store(tmp_path / "run") as store:
        store.forget("d1")
        assert set(store.vectors("meaning")) == {"p0", "p2", "p3"}


def test_what_a_search_showed_of_a_forgotten_document_goes_with_it(tmp_path: Path) -> None:
    def teach(request):
        if len(request.messages) == 2:
            return {"thought": "", "tool": "search", "arguments": {"query": "pump"}}
        return {"answer": f"Answer {request.seed}."}

    with Store(tmp_path / "run") as store:
        put(store)
        runner.run(
            recipe=Recipe(rows=4, teacher="scripted", skills={"asker/asked": 1.0}, budget_drafts=4), store=store,
            taxonomy=taxonomy.load(LOOPS), teacher=ScriptedTeacher(teach), index=Index(HashEncoder()),
        )  # fmt: skip
        assert len(list(store.rows())) == 4
        store.forget("d0")
        assert list(store.rows()) == []
        assert list(store.steps_named("answer.result")) == []


def test_the_search_tool_says_what_it_found_or_that_there_is_nothing() -> None:
    draft = make_draft(item={"query": "When is the gate closed?"})
    (first, *_) = search.use(draft, corpus=Library(passages()))["output"]["results"]
    assert first == {"id": "p3", "title": "3.md", "text": TEXTS[3]}
    assert search.use(draft) == {"error": "nothing_found"}


@pytest.mark.real
def test_the_real_embedder_finds_other_words_for_the_same_thing(tmp_path: Path) -> None:
    from agentinstruct_local import cards
    from agentinstruct_local.diversity import Encoder

    folder = cards.path_of(cards.default_embedder())
    if not folder.is_dir():
        pytest.skip("the embedder is not there")
    library, _ = open_library(tmp_path / "run", Encoder(folder))  # type: ignore[arg-type]
    assert library.search("days of vacation", 1)[0].id == "p2"
