"""Whether a short answer is right: its words and numbers against those of the answer, in any language.

A reply is right if the answer, or one of its aliases, stands in it as a run of whole words. That a reply may say more
is meant: a student that was taught to answer in sentences is not marked down for it. Replies are short (`MOST` tokens
of the model), so there is little room to guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

# A number keeps its minus, a point before it, and its inner points and colons; every other sign that is no letter parts
# words, but for those that are a unit. Chinese and Japanese have no spaces, so each of their characters is a word of
# its own.
_NUMBER = r"(?:(?<!\w)-)?(?:(?<![\w.])\.)?\d+(?:[.,:]\d+)*"
_WORD = re.compile(_NUMBER + r"|[぀-ヿ㐀-鿿가-힯]|[^\W\d_぀-ヿ㐀-鿿가-힯]+|[%‰°€$£¥+−-](?=\s*\d)|[%‰°€$£¥]")
_THOUSANDS = re.compile(r"(?<=\d)(?<!\d{4})[\u00a0\u202f' ](?=\d{3}\b)|(?<=\d)(?<!\d{4}),(?=\d{3}\b(?!,\d\b))")
_HYPHEN = re.compile(r"(?<=\w)[-‐‑–](?=\w)")


def words(text: str) -> list[str]:
    """Words and numbers of a text as they are compared: no case, no marks, no separators of thousands."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _HYPHEN.sub(" ", _THOUSANDS.sub("", plain)).replace("−", "-")
    return _WORD.findall(plain)


def exact(reply: str, answers: Iterable[str]) -> bool:
    """Whether the reply is one of the answers and nothing more."""
    said = words(reply)
    return bool(said) and any(said == words(answer) for answer in answers)


def holds(reply: str, answers: Iterable[str]) -> bool:
    """Whether one of the answers stands in the reply as a run of whole words."""
    said = words(reply)
    return any(_within(words(answer), said) for answer in answers)


def _within(part: Sequence[str], whole: Sequence[str]) -> bool:
    size = len(part)
    return size > 0 and any(list(part) == list(whole[at : at + size]) for at in range(len(whole) - size + 1))
