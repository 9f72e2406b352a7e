"""A regular expression matches the codes of its question and nothing near them, and is what its words say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentinstruct_local import sandbox
from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "pattern_holds"
_CODES = re.compile(r"^- `([^`\n]+)`$", re.MULTILINE)
_CALLED = re.compile(r'fullmatch\(r"([^"\n]+)", text\)')
_INLINE = re.compile(r"`([^`\n]+)`")
_NUMBERS = "no one two three four five six seven eight nine ten"
_COUNTS = {name: at for at, name in enumerate(_NUMBERS.split())}
_SIGNS = {"a hyphen": "-", "an underscore": "_", "a dot": r"\.", "a slash": "/", "a colon": ":"}
_CLASSES = {"capital letter": "[A-Z]", "small letter": "[a-z]", "digit": r"\d"}
_PART = re.compile(r"(\w+)(?: (?:or|to) (\w+))? (capital letter|small letter|digit)s?")


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: code_unread, code_fails (no pattern), code_wrong (it misses a code, matches more, or is not as told)."""
    question, answer, told = (string(draft, f"{of}.{name}")[:6000] for name in ("question", "answer", "told"))
    codes = _CODES.findall(question)
    found = _CALLED.search(answer) or _INLINE.search(answer)
    if not found or len(codes) < 3 or not told or told not in question:
        return bad(BY, "code_unread", answer or "no pattern")
    pattern, wrong = found[1], [*dict.fromkeys(one for code in codes for one in _near(code))]
    tried = [f"bool(re.fullmatch({pattern!r}, {one!r}))" for one in (*codes, *wrong)]
    start, *results = sandbox.values("import re", tried)
    if any(one.kind != "value" for one in (start, *results)):
        return bad(BY, "code_fails", next(one.detail for one in (start, *results) if one.kind != "value"))
    for text, one in zip((*codes, *wrong), results, strict=True):
        if one.value is not (text in codes):
            return bad(BY, "code_wrong", f"{pattern} {'misses' if text in codes else 'matches'} {text}")
    spelled = _spelled(told)
    return good(BY, pattern) if spelled == pattern else bad(BY, "code_wrong", f"the words say {spelled}, not {pattern}")


def _near(code: str) -> Iterator[str]:
    """Texts that are no code of the shape: longer, shorter, with another sign in them."""
    yield from (f"{code}#", f" {code}", f"{code}\n", f"x{code}x" if code[0].isdigit() else f"0{code}0", "")
    for at, sign in enumerate(code):
        if not sign.isalnum():
            yield f"{code[:at]}{code[at + 1 :]}"
            yield f"{code[:at]}#{code[at + 1 :]}"
        else:
            yield f"{code[:at]}?{code[at + 1 :]}"
            yield f"{code[:at]}{sign * 45}{code[at + 1 :]}"
    if code.swapcase() != code:
        yield code.swapcase()


def _spelled(told: str) -> str:
    """The pattern that words describe: "two digits, a dot and then one digit" -> "\\d{2}\\.\\d"."""
    made = ""
    for part in re.split(r", | and then ", told):
        if part in _SIGNS:
            made += _SIGNS[part]
        elif part.startswith('"'):
            made += part.strip('"')
        elif (named := _PART.fullmatch(part)) is not None:
            low, high = (
                _COUNTS.get(one, int(one) if one.isdigit() else -1) for one in (named[1], named[2] or named[1])
            )
            size = "" if (low, high) == (1, 1) else f"{{{low}}}" if low == high else f"{{{low},{high}}}"
            made += _CLASSES[named[3]] + size
        else:
            return ""
    return made
