"""Content words, lightly stemmed, and how much of one text another covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from agentinstruct_local.words.tokens import UNITS, spaced, tokens

_STOP = """
a an the and or but nor so yet if then else than as of at by for from in into on onto out over to up with within
without about above across after against along among around before behind below beneath beside between beyond down
during except inside near off outside per since through throughout toward towards under until upon via while when
where why how what which who whom whose that this these those there here it its itself he him his himself she her hers
herself they them their theirs themselves we us our ours you your yours i me my mine one ones be is am are was were
been being do does did doing done have has had having will would shall should can could may might must ought need not
no nor never none nothing cannot ain't don't doesn't didn't isn't aren't wasn't weren't won't can't couldn't shouldn't
wouldn't hasn't haven't hadn't also only just even still already again very too quite rather much many more most less
least few several some any all both each every either neither other others another such same own ever always often
usually however therefore thus hence because although though unless whether like yes etc e.g i.e let lets get gets got
let's that's it's there's what's
"""
STOP = frozenset(_STOP.split())
"""Words that carry no meaning of their own. The polarity of a sentence is another matter."""

_ONES = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
SPELLED = {word: value for value, word in enumerate(_ONES.split())}
SPELLED |= {word: 10 * at for at, word in enumerate(_TENS.split(), 2)}

_FORMS = """
written:write wrote:write overwritten:overwrite overwrote:overwrite rewritten:rewrite kept:keep held:hold sent:send
built:build rebuilt:rebuild found:find made:make left:leave lost:lose ran:run chosen:choose chose:choose taken:take
took:take given:give gave:give shown:show known:know knew:know gone:go went:go begun:begin began:begin paid:pay
told:tell bought:buy broken:break broke:break brought:bring sought:seek met:meet led:lead bound:bind driven:drive
drawn:draw grown:grow hidden:hide meant:mean seen:see saw:see sold:sell spent:spend stored:store stood:stand
understood:understand thrown:throw withdrawn:withdraw children:child people:person indices:index indexes:index
data:data login:log logon:log media:media always:always analysis:analysis analyses:analysis
used:use using:use
"""
_IRREGULAR = dict(pair.split(":") for pair in _FORMS.split())


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its endings: "installed", "installation" and "installs" give the same."""
    word = word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'")
    word = _IRREGULAR.get(word, word)
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "zes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith("ly") and len(word) > 5:
        word = word[:-2]
    for ending, left in (("ing", 3), ("ed", 3), ("ation", 5), ("ment", 5), ("ion", 4)):
        if word.endswith(ending) and len(word) - len(ending) >= left:
            cut = word[: -len(ending)]
            if ending in ("ing", "ed"):
                if not any(vowel in cut for vowel in "aeiouy"):
                    break
                if len(cut) > 3 and cut[-1] == cut[-2] and cut[-1] not in "lsz":
                    cut = cut[:-1]
            if ending == "ion" and cut[-1] not in "st":
                continue
            word = cut
            break
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


@lru_cache(maxsize=512)
def content(text: str) -> tuple[str, ...]:
    """The words that carry meaning, in order, stemmed; numbers, paths and identifiers as they are compared."""
    found: list[str] = []
    for token in tokens(spaced(text)):
        if token.kind == "word":
            parts = token.text.casefold().replace("’", "'").split("-")
            kept = (
                part for part in parts if part not in STOP and (len(part) > 1 or len(parts) > 1 or not part.isascii())
            )
            found += [str(SPELLED[part]) if part in SPELLED else stem(part) for part in kept]
        elif token.kind == "number":
            value, unit = split_number(token.text)
            found += [value, stem(unit)] if unit else [value]
        else:
            found.append(bare(token.text))
    return tuple(word for word in found if word)


def split_number(text: str) -> tuple[str, str]:
    """A number as it is compared, and its unit as it is compared or ""."""
    body = text.strip().casefold().replace("\u00a0", " ").replace("\u2212", "-").lstrip("+")
    sign = "-" if body.startswith("-") else ""
    body = body.lstrip("-")
    unit = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy"}.get(body[:1], "")
    body = body.lstrip("$€£¥")
    digits = body[: next((at for at, letter in enumerate(body) if letter not in "0123456789.,"), len(body))].rstrip(
        ".,"
    )
    rest = body[len(digits) :]
    if rest[:1] == "e" and rest[1:].lstrip("+-").isdigit():
        return sign + digits.replace(",", "") + rest, unit
    return sign + digits.replace(",", "").removesuffix(".00"), UNITS.get(rest.strip(" -"), unit)


def bare(name: str) -> str:
    """An identifier or path as it is compared: no case, no call brackets, no slash at its end."""
    name = name.rstrip(".")
    if len(name) > 1 and name[0] == "v" and name[1].isdigit():
        name = name[1:]
    name = name.casefold()
    if "(" in name:
        name = name[: name.index("(")]
    return name.rstrip("/") or name


def akin(one: str, other: str) -> bool:
    """True if two stems are forms of one word: equal, or alike for most of their length."""
    if one == other:
        return True
    if len(one) < 5 or len(other) < 5 or one[:5] != other[:5] or not (one[0].isalpha() and other[0].isalpha()):
        return False
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return same == min(len(one), len(other)) or same >= 0.7 * max(len(one), len(other))


def missing(words: Iterable[str], within: Collection[str]) -> list[str]:
    """Those of `words` that neither occur in `within` nor are akin to one that does; each once, in order."""
    known = set(within)
    return [
        word for word in dict.fromkeys(words) if word not in known and not any(akin(word, other) for other in known)
    ]


def share(words: Iterable[str], within: Collection[str]) -> float:
    """How much of `words` (each counted once) occurs in `within`, 0 to 1; 1 where there are none."""
    wanted = dict.fromkeys(words)
    return 1.0 - len(missing(wanted, within)) / len(wanted) if wanted else 1.0


def f1(one: Sequence[str], other: Sequence[str]) -> float:
    """Token F1 of two bags of words, 0 to 1; two empty bags are equal."""
    if not one or not other:
        return float(not one and not other)
    common = sum((Counter(one) & Counter(other)).values())
    return 2 * common / (len(one) + len(other))


def grams(text: str, size: int) -> tuple[tuple[str, ...], ...]:
    """Runs of `size` words, in order, without case."""
    words = [token.text.casefold() for token in tokens(text)]
    return tuple(tuple(words[at : at + size]) for at in range(len(words) - size + 1))
