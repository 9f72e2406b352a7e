"""The row is written in the language that was asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, paths, string
from agentinstruct_local.words import tokens
from agentinstruct_local.words.stems import STOP

_CODE = re.compile(r"```.{0,8000}?```|`[^`\n]{0,200}`", re.DOTALL)


def verify(
    draft: Draft,
    *,
    fields: str | Sequence[str] = ("item.question", "answer.answer"),
    expected: str = "",
    letters_at_least: int = 40,
    doubt: float = 1.5,
) -> Verdict:
    """Prose of `letters_at_least` letters or more is in the language `expected`, an ISO 639-1 code (wrong_language).

    Where none is named, it is the one that the run was asked for: the draft's choice "language". Code, paths and
    identifiers are left out. `doubt` is how far the expected language may lag behind the likeliest one, in log-odds
    for each square root of a byte: more lets more through.
    """
    expected = expected or draft.choices.get("language", "en")
    texts = [string(draft, path) for path in paths(fields)]
    for text in (*texts, "\n".join(texts)):
        prose = _prose(text)
        if sum(map(str.isalpha, prose)) < letters_at_least or (expected == "en" and _english(prose)):
            continue
        found, lag = guess(prose, expected)
        if found != expected and lag > doubt:
            return bad("language", "wrong_language", f"looks like {found}, not {expected}: {prose}")
    return good("language", expected)


def _prose(text: str) -> str:
    kept = [token.text for token in tokens(_CODE.sub(" ", text[:20_000])) if token.kind == "word"]
    return " ".join(word for word in kept if not (len(word) > 1 and word.isupper()))


def _english(prose: str) -> bool:
    """True if enough of the words are English function words: surer than a guess from letters in technical prose."""
    words = prose.casefold().split()
    return sum(word in STOP for word in words) >= 0.3 * len(words)


def guess(prose: str, expected: str) -> tuple[str, float]:
    """The likeliest language and how far the expected one lags behind it."""
    import py3langid

    ranked = py3langid.rank(prose)
    scores = dict(ranked)
    best, score = ranked[0]
    if expected not in scores:
        return best, 0.0
    return str(best), float(score - scores[expected]) / math.sqrt(max(1, len(prose.encode())))
