"""Drawing one token from logits: temperature, top-k, top-p, min-p, with a seed of the request's own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agentinstruct_local.records import Sampling

FAR = 25.0  # at exp(-25) of the likeliest token's weight, a token is not worth sorting


def draw(logits: NDArray[np.float32], sampling: Sampling, random: np.random.Generator) -> int:
    """One token id from logits [n_vocab]; masked tokens have -inf. Temperature 0 takes the likeliest."""
    best = int(logits.argmax())
    if sampling.temperature <= 0:
        return best
    peak = float(logits[best])
    near = np.flatnonzero(logits > peak - FAR * sampling.temperature)
    if len(near) == 1:
        return best
    scaled = (logits[near] - peak) / sampling.temperature
    if 0 < sampling.top_k < len(near):  # thousands may be near where the model is not sure: most need no sorting
        top = np.sort(np.argpartition(-scaled, sampling.top_k - 1)[: sampling.top_k])
        near, scaled = near[top], scaled[top]
    order = np.argsort(-scaled, kind="stable")
    weights = np.exp(scaled[order].astype(np.float64))
    weights /= weights.sum()
    keep = len(weights)
    if sampling.top_p < 1:
        keep = int(np.searchsorted(np.cumsum(weights), sampling.top_p)) + 1
    if sampling.min_p > 0:
        keep = min(keep, int((weights >= sampling.min_p * weights[0]).sum()))
    weights = weights[: max(keep, 1)]
    place = int(np.searchsorted(np.cumsum(weights), random.random() * weights.sum(), side="right"))
    return int(near[order[min(place, len(weights) - 1)]])


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
