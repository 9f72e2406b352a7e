from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from agentinstruct_local import cards
from agentinstruct_local.diversity import DIMENSIONS, Encoder, HashEncoder, Index
from agentinstruct_local.diversity.encoder import Vectors
from agentinstruct_local.diversity.index import differ
from agentinstruct_local.errors import ModelError

CARD = cards.default_embedder()
QUESTION = "How long is the warranty period of the X200 pump?"


class Fixed:
    """An encoder with the vectors that a test wants: two texts have the cosine of their angles' difference."""

    def __init__(self, angles: dict[str, float]) -> None:
        self.angles = angles
        self.calls: list[str] = []

    def encode(self, texts: list[str]) -> np.ndarray:
        self.calls += texts
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            row[0], row[1] = np.cos(self.angles[text]), np.sin(self.angles[text])
        return vectors


def angle(cosine: float) -> float:
    return float(np.arccos(cosine))


def test_hashing_gives_unit_vectors_that_are_always_the_same() -> None:
    vectors = HashEncoder().encode([QUESTION, QUESTION.upper(), "Who approves travel?", ""])
    assert vectors.shape == (4, DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    assert vectors[0] @ vectors[1] == pytest.approx(1.0)
    assert vectors[0] @ vectors[2] < 0.5
    assert HashEncoder().encode([]).shape == (0, DIMENSIONS)
    assert int(np.argmax(vectors[0])) == int(np.argmax(HashEncoder().encode([QUESTION])[0]))


def test_the_same_words_are_an_exact_duplicate_and_are_not_encoded_again() -> None:
    encoder = Fixed({QUESTION: 0.0})
    index = Index(encoder)
    first, vector = index.admit("d1", QUESTION)
    assert first.ok
    second, again = index.admit("d2", f"  {QUESTION.lower()} ")
    assert (second.ok, second.reason) == (False, "duplicate_exact")
    assert "d1" in second.evidence
    assert QUESTION in second.evidence
    np.testing.assert_array_equal(vector, again)
    assert encoder.calls == [QUESTION]
    assert len(index) == 1


def test_a_near_duplicate_names_its_neighbour_and_the_score() -> None:
    other = "What is the length of the warranty period of the X200 pump?"
    index = Index(Fixed({QUESTION: 0.0, other: angle(0.98)}))
    index.admit("d1", QUESTION)
    verdict, _ = index.admit("d2", other)
    assert verdict.reason == "near_duplicate"
    assert verdict.by == "diversity"
    assert "d1" in verdict.evidence
    assert "0.980" in verdict.evidence
    assert QUESTION in verdict.evidence
    assert "d2" not in index


@pytest.mark.parametrize(
    ("other", "ok"),
    [
        ("How long is the warranty period of the X300 pump?", True),
        ("How long is the warranty period of the X200 pump after 2 years?", True),
        ("How long is the guarantee period of the X200 pump?", False),
    ],
)
def test_similar_questions_about_different_things_are_admitted(other: str, ok: bool) -> None:
    index = Index(Fixed({QUESTION: 0.0, other: angle(0.93)}))
    index.admit("d1", QUESTION)
    assert index.admit("d2", other)[0].ok is ok


def test_the_second_nearest_neighbour_can_be_the_duplicate() -> None:
    near, other = "How long is the warranty of the X300 pump?", "What warranty period does the X200 pump have?"
    index = Index(Fixed({QUESTION: 0.0, near: angle(0.93), other: angle(0.93) - angle(0.95)}))
    index.admit("d1", QUESTION)
    assert index.admit("d2", near)[0].ok
    verdict, _ = index.admit("d3", other)
    assert not verdict.ok
    assert "d1" in verdict.evidence


def test_a_different_question_is_admitted() -> None:
    index = Index(HashEncoder())
    assert index.admit("d1", QUESTION)[0].ok
    assert index.admit("d2", "Which department approves travel abroad?")[0].ok
    assert len(index) == 2


def test_restored_questions_refuse_as_before() -> None:
    first = Index(HashEncoder())
    _, vector = first.admit("d1", QUESTION)
    second = Index(HashEncoder())
    second.restore("d1", QUESTION, vector)
    assert "d1" in second
    assert second.admit("d9", QUESTION)[0].reason == "duplicate_exact"
    assert second.admit("d9", QUESTION.replace("How long is", "how long  is") + " ")[0].reason == "duplicate_exact"


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        ("What is the default port of PostgreSQL 14?", "What is the default port of PostgreSQL 15?", True),
        ("What does /etc/opt hold?", "What does /var/opt hold?", True),
        ("What does the --force option do?", "What does the --quiet option do?", True),
        ("What does os.path.join() return?", "What is returned by os.path.join?", False),
        ("How many days of leave are granted?", "How many leave days do people get?", False),
        ("Is 10 MB the limit?", "Is 10 GB the limit?", True),
    ],
)
def test_numbers_and_names_tell_questions_apart(one: str, other: str, different: bool) -> None:
    assert differ(one, other) is different


def test_a_folder_without_safetensors_is_refused_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(ModelError) as error:
        Encoder(tmp_path)
    assert "models pull" in error.value.hint


@pytest.mark.real
@pytest.mark.skipif(not cards.is_here(CARD), reason=f"not here; type: agentinstruct models pull {CARD.name}")
def test_the_real_embedder_knows_paraphrases() -> None:
    encoder = Encoder(cards.path_of(CARD))
    vectors = encoder.encode([QUESTION, "What is the duration of the X200 pump's warranty?", "Who approves travel?"])
    assert vectors.shape == (3, DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-4)
    assert vectors[0] @ vectors[1] > 0.85 > 0.3 > vectors[0] @ vectors[2]
    index = Index(encoder)
    assert index.admit("d1", QUESTION)[0].ok
    assert index.admit("d2", "How long does the warranty period of the X200 pump last?")[0].reason == "near_duplicate"
    assert index.admit("d3", "How long is the warranty period of the Z9 compressor?")[0].ok


def test_questions_that_differ_in_a_code_alone_are_two() -> None:
    class Same(HashEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            return super().encode(["one and the same"] * len(texts))

    index = Index(Same())
    assert index.admit("a", "What is the price of the lid screw? (Part number: PV-14)")[0].ok
    assert index.admit("b", "What is the price of the lid screw? (Part number: PV-21)")[0].ok
    refused, _ = index.admit("c", "Please, what is the price of the lid screw? (Part number: PV-21)")
    assert refused.reason == "near_duplicate"
