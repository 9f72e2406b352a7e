"""Drawing one token from logits: temperature, top-k, top-p, min-p, with a seed of the request's own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agentinstruct_local.records import Sampling

FAR = 25.0  # at exp(-25) of the likeliest token's weight, a token is not worth sorting
GROUPS = 1024
"""Logits are looked through as a table of so many columns; the columns' greatest tell where the greatest of all are."""


def draw(logits: NDArray[np.float32], sampling: Sampling, random: np.random.Generator) -> int:
    """One token id from logits [n_vocab]; masked tokens have -inf. Temperature 0 takes the likeliest."""
    if sampling.temperature <= 0:
        return int(logits.argmax())
    near = nearest(logits, sampling.top_k, FAR * sampling.temperature)
    if len(near) == 1:
        return int(near[0])
    scaled = logits[near].astype(np.float64) / sampling.temperature
    order = np.argsort(-scaled, kind="stable")
    if sampling.top_k > 0:
        order = order[: sampling.top_k]
    weights = np.exp(scaled[order] - scaled[order[0]])
    sums = weights.cumsum()
    keep = len(weights)
    if sampling.top_p < 1:
        keep = int(sums.searchsorted(sampling.top_p * sums[-1])) + 1
    if sampling.min_p > 0:
        keep = min(keep, int((weights >= sampling.min_p).sum()))
    keep = min(max(keep, 1), len(weights))
    place = int(sums[:keep].searchsorted(random.random() * sums[keep - 1], side="right"))
    return int(near[order[min(place, keep - 1)]])


def nearest(logits: NDArray[np.float32], count: int, far: float) -> NDArray[np.intp]:
    """Ids, in order, of the `count` greatest logits and few others; none more than `far` below the greatest.

    All that are not so far below, where `count` is 0. One pass over the logits: each of the `count` greatest columns
    has a logit as great as the least of their maxima, so nothing below that is among the `count` greatest.
    """
    whole = len(logits) - len(logits) % GROUPS
    if not 0 < count < GROUPS or not whole:
        return np.flatnonzero(logits > float(logits.max()) - far)
    table, rest = logits[:whole].reshape(-1, GROUPS), logits[whole:]
    peaks = table.max(axis=0)
    floor = np.partition(peaks, GROUPS - count)[GROUPS - count]
    floor = max(floor, max(peaks.max(), rest.max(initial=-np.inf)) - np.float32(far))
    columns = np.flatnonzero(peaks >= floor)
    rows, places = np.nonzero(table[:, columns] >= floor)
    return np.concatenate([rows * GROUPS + columns[places], whole + np.flatnonzero(rest >= floor)])


def shares(logits: NDArray[np.float32], groups: Sequence[Sequence[int]]) -> list[float]:
    """The probability of each group of token ids among all groups; they sum to 1."""
    scores = [float(np.logaddexp.reduce(logits[list(group)].astype(np.float64))) for group in groups]
    peak = max(scores)
    weights = [math.exp(score - peak) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights]


def log_probability(logits: NDArray[np.float32], token: int) -> float:
    """The natural logarithm of the probability of one token id, from logits [n_vocab]."""
    peak = float(logits.max())
    return float(logits[token]) - peak - math.log(float(np.exp(logits - peak).sum(dtype=np.float64)))
