"""Drawing one token from logits: temperature, top-k, top-p, min-p, with a seed of the request's own.

Written for a GPU's pace: there a step of 32 sequences takes some 10 ms, and a vocabulary has 150,000 tokens. So logits
are looked through once, in threads, as a table of a thousand columns; what follows works with the columns' greatest.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import NDArray

from agentinstruct_local.records import Sampling

Floats = NDArray[np.float32]
FAR = 25.0  # at exp(-25) of the likeliest token's weight, a token is not worth sorting
GROUPS = 1024
"""Columns of the table. The ids of a column are so far apart."""
AT_ONCE = 4
"""Rows of logits for each thread: fewer are not worth waking one."""
FEW = 4
"""Cores that llama.cpp's own threads, which wait busily between two batches, leave nothing of."""


def maxima(logits: Floats) -> Floats:
    """The greatest logit of each column: [rows, GROUPS] from [rows, n_vocab]; ids behind the last full row left out."""
    rows, columns = logits.shape[0], logits.shape[1] - logits.shape[1] % GROUPS
    found = np.empty((rows, GROUPS), dtype=np.float32)

    def look(start: int) -> None:
        for row in range(start, min(rows, start + AT_ONCE)):
            logits[row, :columns].reshape(-1, GROUPS).max(axis=0, out=found[row])

    starts = range(0, rows, AT_ONCE)
    if not columns:
        found.fill(-np.inf)
    elif len(starts) > 1 and threads_pay():
        list(_threads().map(look, starts))  # numpy lets go of the interpreter's lock meanwhile
    else:
        for start in starts:
            look(start)
    return found


def threads_pay() -> bool:
    """Whether there are cores for looking through many rows at once."""
    return (os.cpu_count() or 1) > FEW


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="maxima")


def draw(logits: Floats, sampling: Sampling, random: np.random.Generator, peaks: Floats | None = None) -> int:
    """One token id from logits [n_vocab]; masked tokens have -inf. Temperature 0 takes the likeliest.

    `peaks`: their row of `maxima`, where it is known.
    """
    if sampling.temperature <= 0 and peaks is None:
        return int(logits.argmax())
    if peaks is None:
        peaks = maxima(logits[np.newaxis])[0]
    best = likeliest(logits, peaks)
    if sampling.temperature <= 0:
        return best
    if sampling.top_p < 1 and _certain(logits, sampling, peaks, best):
        return best
    near = nearest(logits, sampling.top_k, FAR * sampling.temperature, peaks)
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


def likeliest(logits: Floats, peaks: Floats) -> int:
    """The id of the greatest logit, the first of them where several are as great."""
    whole = len(logits) - len(logits) % GROUPS
    peak = peaks.max()
    columns = np.flatnonzero(peaks == peak)
    table = logits[:whole].reshape(-1, GROUPS)
    best = min((int(table[:, one].argmax()) * GROUPS + int(one) for one in columns), default=0) if whole else 0
    if whole < len(logits):
        rest = whole + int(logits[whole:].argmax())
        best = rest if not whole or logits[rest] > peak else best
    return best


def _certain(logits: Floats, sampling: Sampling, peaks: Floats, best: int) -> bool:
    """Whether the likeliest token alone has more than `top_p` of what top-k leaves, however the others may be."""
    column = best % GROUPS
    whole = len(logits) - len(logits) % GROUPS
    if not sampling.top_k or best >= whole:
        return False
    others = peaks.copy()
    others[column] = np.partition(logits[column:whole:GROUPS], -2)[-2] if whole >= 2 * GROUPS else -np.inf
    second = max(float(others.max()), float(logits[whole:].max(initial=-np.inf)))
    far = (float(logits[best]) - second) / sampling.temperature
    return (sampling.top_k - 1) * math.exp(-min(far, 700.0)) < 1 / sampling.top_p - 1


def nearest(logits: Floats, count: int, far: float, peaks: Floats) -> NDArray[np.intp]:
    """Ids, in order, of the `count` greatest logits and few others; none more than `far` below the greatest.

    All that are not so far below, where `count` is 0. Each of the `count` greatest columns has a logit as great as the
    least of their maxima, so nothing below that is among the `count` greatest.
    """
    whole = len(logits) - len(logits) % GROUPS
    if not 0 < count < GROUPS or not whole:
        return np.flatnonzero(logits > float(logits.max()) - far)
    table, rest = logits[:whole].reshape(-1, GROUPS), logits[whole:]
    floor = np.partition(peaks, GROUPS - count)[GROUPS - count]
    floor = max(floor, max(peaks.max(), rest.max(initial=-np.inf)) - np.float32(far))
    columns = np.flatnonzero(peaks >= floor)
    rows, places = np.nonzero(table[:, columns] >= floor)
    return np.concatenate([rows * GROUPS + columns[places], whole + np.flatnonzero(rest >= floor)])


def shares(logits: Floats, groups: Sequence[Sequence[int]]) -> list[float]:
    """The probability of each group of token ids among all groups; they sum to 1."""
    scores = [float(np.logaddexp.reduce(logits[list(group)].astype(np.float64))) for group in groups]
    peak = max(scores)
    weights = [math.exp(score - peak) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights]


def log_probability(logits: Floats, token: int) -> float:
    """The natural logarithm of the probability of one token id, from logits [n_vocab]."""
    peak = float(logits.max())
    return float(logits[token]) - peak - math.log(float(np.exp(logits - peak).sum(dtype=np.float64)))
