"""Each pair of a matching test stands together in the text, and the right side does not name the left."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string, strings
from agentinstruct_local.words import content, normalise, sentences, share


def verify(
    draft: Draft,
    *,
    left: str = "item.left",
    right: str = "item.right",
    letters: str = "item.letters",
    key: str = "item.key",
    within: str = "text",
    at_least: float = 0.6,
) -> Verdict:
    """Each term has a description (pair_missing) that does not name it (pair_given_away).

    And near the term the text says it (pair_unsupported).
    """
    terms, told = strings(draft, left), strings(draft, right)
    lines = [line for part in string(draft, within).split("\n") for line in sentences(part)]
    described = dict(zip(strings(draft, letters), told, strict=False))
    keys = strings(draft, key)
    if not terms or len(keys) != len(terms) or not set(keys) <= set(described):
        return bad("pairs_supported", "pair_missing", f"{len(terms)} terms, key {', '.join(keys)}")
    for term, letter in zip(terms, keys, strict=True):
        description = described[letter]
        if normalise(term) in normalise(description):
            return bad("pairs_supported", "pair_given_away", f"{term}: {description}")
        near = {
            word
            for at, line in enumerate(lines)
            if normalise(term) in normalise(line)
            for word in content(" ".join(lines[at : at + 2]))
        }
        if share(content(description), near) < at_least:
            return bad("pairs_supported", "pair_unsupported", f"{term}: {description}")
    return good("pairs_supported", f"{len(terms)} pairs")
