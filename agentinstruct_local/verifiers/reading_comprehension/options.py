"""A multiple choice item has distinct options and one key that does not give itself away."""

from __future__ import annotations

import re
from itertools import combinations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, labels, string, strings
from agentinstruct_local.words import normalise

_LABEL = re.compile(r"^\(?(?:[A-Ha-h]|\d{1,2})[).:]\s+")


def verify(  # its options are its arguments
    draft: Draft,
    *,
    field: str = "item.options",
    key: str = "item.key",
    count: int = 4,
    longer_at_most: float = 1.6,
) -> Verdict:
    """`count` options (option_count), none empty or numbered (empty_option, numbered_option), all distinct.

    One of them is the key (no_key), which is not much longer than the others (key_given_away). The key may be
    the option itself or its letter.
    """
    options = [option.strip() for option in strings(draft, field)]
    place = find(string(draft, key), options, labels(draft, field))
    if len(options) != count:
        reason, evidence = "option_count", f"{len(options)} options, {count} asked for"
    elif why := _ill_made(options):
        reason, evidence = why
    elif place is None:
        reason, evidence = "no_key", f"'{string(draft, key)}' is none of the options"
    elif told := _given_away(options, place, longer_at_most):
        reason, evidence = "key_given_away", told
    else:
        return good("options", options[place])
    return bad("options", reason, evidence)


def _ill_made(options: list[str]) -> tuple[str, str] | None:
    """Reason and evidence of what is wrong with the options whichever of them is the key."""
    if empty := [at for at, option in enumerate(options, 1) if not normalise(option)]:
        return "empty_option", f"option {empty[0]} is empty"
    if numbered := next((option for option in options if _LABEL.match(option)), ""):
        return "numbered_option", numbered
    same = next(((a, b) for a, b in combinations(options, 2) if normalise(a) == normalise(b)), None)
    return ("duplicate_options", " | ".join(same)) if same else None


def _given_away(options: list[str], place: int, longer_at_most: float) -> str:
    """By what the key can be told from the others without knowing the answer, or ""."""
    key, others = options[place], [option for at, option in enumerate(options) if at != place]
    mean = sum(map(len, others)) / max(1, len(others))
    if len(key) > longer_at_most * mean and len(key) - mean >= 20:
        return f"{len(key)} characters, the others {mean:.0f}: {key}"
    stops = {option.endswith(".") for option in others}
    if len(others) > 1 and len(stops) == 1 and key.endswith(".") not in stops:
        return f"only the key ends differently: {key}"
    return ""


def find(key: str, options: list[str], names: list[str]) -> int | None:
    """Which option a key means: by its text, by its letter, or by both ("B) /usr"); None if none or several."""
    wanted = normalise(key)
    if not wanted:
        return None
    same = [at for at, option in enumerate(options) if normalise(option) == wanted]
    if not same:
        bare = normalise(_LABEL.sub("", key.strip()))
        same = [at for at, option in enumerate(options) if bare and normalise(option) == bare]
    if not same:
        letter = key.strip().strip("().:").casefold()
        same = [at for at, name in enumerate(names) if name.casefold() == letter]
    return same[0] if len(same) == 1 else None
