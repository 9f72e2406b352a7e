"""Drawing a token: what is drawn is what a full sort would give, and what the settings leave out never comes."""

from __future__ import annotations

import numpy as np
import pytest

from agentinstruct_local.records import Sampling
from agentinstruct_local.teachers.llamacpp import sampling

TEMPERATURE = 0.8


def some_logits(size: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    logits = random.normal(0, 4, size).astype(np.float32)
    logits[random.integers(0, size, size // 3)] = -np.inf  # a mask
    logits[random.integers(0, size, 5)] = 9.5  # ties
    return logits


def chances(logits: np.ndarray, settings: Sampling) -> dict[int, float]:
    """The probability of each token by the definitions: sort all, cut, norm."""
    order = np.argsort(-logits, kind="stable")
    order = order[: settings.top_k] if settings.top_k else order
    weights = np.exp((logits[order].astype(float) - float(logits[order[0]])) / settings.temperature)
    weights /= weights.sum()
    keep = int(np.searchsorted(np.cumsum(weights), settings.top_p)) + 1 if settings.top_p < 1 else len(weights)
    keep = min(keep, int((weights >= settings.min_p * weights[0]).sum()))
    return dict(zip(order[:keep].tolist(), (weights[:keep] / weights[:keep].sum()).tolist(), strict=True))


@pytest.mark.parametrize("size", [700, 1024, 5000, 49152, 151_936])
@pytest.mark.parametrize("count", [1, 20, 40])
def test_the_nearest_hold_the_greatest(size: int, count: int) -> None:
    for seed in range(8):
        logits = some_logits(size, seed)
        peaks = sampling.maxima(logits[np.newaxis])[0]
        assert sampling.likeliest(logits, peaks) == int(logits.argmax())
        found = sampling.nearest(logits, count, 1e9, peaks)
        assert set(np.argsort(-logits, kind="stable")[:count]) <= set(found)
        assert list(found) == sorted(set(found.tolist()))
        near = sampling.nearest(logits, count, 3.0, peaks)
        assert logits[near].min() >= logits.max() - 3.0


@pytest.mark.parametrize(
    "settings",
    [
        Sampling(temperature=TEMPERATURE, top_k=20, top_p=0.8),
        Sampling(temperature=TEMPERATURE, top_k=40, top_p=1.0, min_p=0.2),
        Sampling(temperature=TEMPERATURE, top_k=0, top_p=0.9),
    ],
    ids=["top-p", "min-p", "no top-k"],
)
@pytest.mark.parametrize("size", [300, 3000])
def test_tokens_come_as_often_as_their_probabilities_say(settings: Sampling, size: int) -> None:
    logits, random, draws = some_logits(size, 3), np.random.default_rng(1), 4000
    wanted = chances(logits, settings)
    drawn = [sampling.draw(logits, settings, random) for _ in range(draws)]
    assert set(drawn) <= set(wanted)
    for token, chance in wanted.items():
        spread = (chance * (1 - chance) / draws) ** 0.5
        assert abs(drawn.count(token) / draws - chance) < 5 * spread + 1e-3


def test_only_what_is_allowed_comes_even_if_it_is_less_than_asked_for() -> None:
    logits = np.full(151_936, -np.inf, dtype=np.float32)
    logits[[7, 151_935]] = [1.0, 0.5]
    settings = Sampling(temperature=1.0, top_k=40, top_p=1.0)
    random = np.random.default_rng(5)
    assert {sampling.draw(logits, settings, random) for _ in range(60)} == {7, 151_935}


@pytest.mark.parametrize("cores", [1, 16])
def test_many_rows_are_looked_through_as_one_is(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling.os, "cpu_count", lambda: cores)
    logits = np.random.default_rng(2).normal(0, 3, (11, 5000)).astype(np.float32)
    found = sampling.maxima(logits)
    for row in range(11):
        table = logits[row, :4096].reshape(4, 1024)
        assert np.array_equal(found[row], table.max(axis=0))
    assert sampling.maxima(logits[:, :700]).max() == -np.inf


def test_what_is_certain_is_taken_without_a_draw() -> None:
    logits = np.zeros(5000, dtype=np.float32)
    settings, random = Sampling(temperature=1.0, top_k=40, top_p=0.9), np.random.default_rng(7)
    before = random.bit_generator.state
    logits[1500] = 7.0
    assert sampling.draw(logits, settings, random) == 1500
    assert random.bit_generator.state == before
    logits[1500 + 1024] = 6.0  # of the same column
    assert {sampling.draw(logits, settings, random) for _ in range(50)} == {1500, 1500 + 1024}
