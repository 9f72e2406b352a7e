"""Means with intervals, and the share of a gap that was closed, by a bootstrap over questions (percentiles).

Every function takes one value a question, NaN where a question has none, and draws the same questions for all that it
compares (a paired bootstrap; Efron and Tibshirani 1993, chapter 13).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
DRAWS = 10_000
LEVEL = 0.95
TOGETHER = 2_000_000
"""Drawn questions held in memory at a time."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the interval in which it lies at LEVEL; None where it cannot be told. `n`: of so many questions."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0


def mean(values: Sequence[float] | Values, *, seed: int = 0) -> Estimate:
    """The mean of one value a question."""
    found = _known(values)
    return _estimate(lambda drawn: np.asarray(drawn[0].mean(axis=-1)), found[np.newaxis], seed)


def difference(one: Sequence[float], other: Sequence[float], *, seed: int = 0) -> Estimate:
    """The mean of `one` less that of `other`, question by question; a question that either lacks is left out."""
    return mean(np.asarray(one, dtype=float) - np.asarray(other, dtype=float), seed=seed)


def gap_closed(taught: Sequence[float], base: Sequence[float], gold: Sequence[float], *, seed: int = 0) -> Estimate:
    """(taught - base) / (gold - base), each the mean over the same questions.

    None where gold is not above base: there is no gap then. Draws without a gap are left out of the interval.
    """
    table = np.asarray([taught, base, gold], dtype=float)
    table = table[:, np.isfinite(table).all(axis=0)]

    def closed(drawn: Values) -> Values:
        taught_, base_, gold_ = drawn.mean(axis=-1)
        room = gold_ - base_
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(room > 1e-9, (taught_ - base_) / room, np.nan))

    return _estimate(closed, table, seed)


def _known(values: Sequence[float] | Values) -> Values:
    found = np.asarray(values, dtype=float)
    return np.asarray(found[np.isfinite(found)])


def _estimate(of: Callable[[Values], Values], table: Values, seed: int) -> Estimate:
    """`of` maps [rows, draws, questions] to one value a draw; `table` is [rows, questions]."""
    n = table.shape[-1]
    if not n:
        return Estimate(None)
    value = float(of(table[:, np.newaxis])[0])
    random, some = np.random.default_rng(seed), max(1, TOGETHER // n)
    parts = [of(table[:, random.integers(0, n, size=(min(some, DRAWS - at), n))]) for at in range(0, DRAWS, some)]
    draws = np.concatenate(parts)
    draws = draws[~np.isnan(draws)]
    if np.isnan(value) or not draws.size:
        return Estimate(None, n=n)
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high), n)
