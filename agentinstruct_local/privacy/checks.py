"""What a pattern alone cannot say: checksums, lengths by country, and whether a value looks drawn at random.

A check is given what a pattern has found and returns how many of its first characters are the value: 0 where it is
none. A pattern may run on into the words or figures that follow; a check knows where a value ends.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import string
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

Check = Callable[[str], int]

# Length of an IBAN by country, as the registry of ISO 13616 has it.
_IBAN = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip

# First digits of a card's number, and how many digits such a card has.
_CARDS = (
    (re.compile(r"4"), {13, 16, 19}),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"6011|64[4-9]|65|62|35"), {16, 17, 18, 19}),
    (re.compile(r"30[0-5]|3095|36|38|39"), {14, 15, 16, 17, 18, 19}),
    (re.compile(r"50|5[6-9]|6[0137]"), set(range(13, 20))),
)

# Country codes of telephone numbers, as ITU-T E.164 assigns them.
_CODES = re.compile(
    r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|(?:2[1-69]|3[578]|42|5[09]|6[789]|8[0578]|9[679])\d"
)

_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_CODICE_ODD = {
    "0": 1, "1": 0, "2": 5, "3": 7, "4": 9, "5": 13, "6": 15, "7": 17, "8": 19, "9": 21, "A": 1, "B": 0, "C": 5,
    "D": 7, "E": 9, "F": 13, "G": 15, "H": 17, "I": 19, "J": 21, "K": 2, "L": 4, "M": 18, "N": 20, "O": 11, "P": 3,
    "Q": 6, "R": 8, "S": 12, "T": 14, "U": 16, "V": 10, "W": 22, "X": 25, "Y": 24, "Z": 23,
}  # fmt: skip
"""What a character at an odd place of an Italian tax code counts."""
_PLACEHOLDER = re.compile(
    r"(?i)^(?:your|example|sample|dummy|change|replace|insert|enter|xxx|\*{3}|\.{3}|(?:my|the|some|test)[_-])"
    r"|example|changeme|placeholder|redacted|(?:password|secret|token|key)$"
)
_PLAIN = re.compile(
    r"[vV]?\d+(?:[.-]\w+)*|[\d.,:/-]+|[A-Za-z_]\w*(?:\.[a-z_]+)+|\$.*|%\w+%"
    r"|[a-z]+://.*|[.~]{0,2}/[\w./*-]+|[a-z0-9_.-]+(?:[/\\][a-z0-9_.*-]+)+/?"
)
"""Versions, dates, dotted names, variables, addresses and paths are no secrets."""
BITS = 2.8
"""Of Shannon entropy that a character of a random value has at the least; a value of 8 different ones has 3."""


def luhn(text: str) -> int:
    """A number of 13 to 19 digits, spaces and hyphens aside, whose last digit is Luhn's, with a card issuer's start.

    Without the start every tenth number of that length would pass.
    """
    for end in _ends(text):
        digits = _only_digits(text[:end])
        if any(start.match(digits) and len(digits) in lengths for start, lengths in _CARDS) and _luhn(digits):
            return end
    return 0


def iban(text: str) -> int:
    """An account number with its country's length whose remainder by 97 is 1 (ISO 7064)."""
    wanted, end, plain = _IBAN.get(text[:2], 0), 0, ""
    while end < len(text) and len(plain) < wanted:
        plain += text[end].strip()
        end += 1
    if not wanted or len(plain) < wanted or text[end : end + 1].isalnum():
        return 0
    return end if int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1 else 0


def phone(text: str) -> int:
    """A number with the code of a country, in all 8 to 15 digits; not a round one."""
    digits = _only_digits(text).removeprefix("00" if text.startswith("00") else "")
    return len(text) if _CODES.match(digits) and 8 <= len(digits) <= 15 and not digits.endswith("00000") else 0


def steuer_id(text: str) -> int:
    """A German tax number: of the first ten digits one comes twice or three times; the last is ISO 7064's."""
    digits = _only_digits(text)
    times = Counter(digits[:10]).most_common(2)
    if len(digits) != 11 or not 2 <= times[0][1] <= 3 or times[1][1] > 1:
        return 0
    product = 10
    for one in digits[:10]:
        product = 2 * ((int(one) + product) % 10 or 10) % 11
    return len(text) if (11 - product) % 10 == int(digits[10]) else 0


def nir(text: str) -> int:
    """A French social security number: its last two digits are 97 less the remainder of the rest by 97."""
    plain = "".join(text.split()).replace("2A", "19").replace("2B", "18")
    return len(text) if len(plain) == 15 and 97 - int(plain[:13]) % 97 == int(plain[13:]) else 0


def dni(text: str) -> int:
    """A Spanish identity number (DNI or NIE): its letter follows from the remainder by 23."""
    plain = text.replace("-", "")
    number = plain[:-1].translate(str.maketrans("XYZ", "012"))
    return len(text) if _DNI[int(number) % 23] == plain[-1] else 0


def codice_fiscale(text: str) -> int:
    """An Italian tax code: its last letter follows from the 15 before it."""
    total = sum(
        _CODICE_ODD[one] if place % 2 == 0 else int(one) if one.isdigit() else ord(one) - ord("A")
        for place, one in enumerate(text[:15])
    )
    return len(text) if chr(ord("A") + total % 26) == text[15:] else 0


def random(text: str) -> int:
    """A value of letters and digits or marks that looks drawn at random: no word, version, path or placeholder."""
    value = text.rstrip(".")
    digit, lower, upper, mark = (
        any(map(is_kind, value)) for is_kind in (str.isdigit, str.islower, str.isupper, _is_mark)
    )
    mixed = (digit and (lower or upper or mark)) or (mark and lower and upper)  # letters alone may be a name
    if len(value) < 8 or not mixed or _PLACEHOLDER.search(value) or _PLAIN.fullmatch(value):
        return 0
    return len(value) if _entropy(value) >= BITS else 0


def jwt(text: str) -> int:
    """A token of three parts whose first one is a JSON object with an algorithm."""
    head = text.partition(".")[0]
    try:
        told = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return 0
    return len(text) if isinstance(told, dict) and "alg" in told else 0


CHECKS: Mapping[str, Check] = {
    "codice_fiscale": codice_fiscale,
    "dni": dni,
    "iban": iban,
    "jwt": jwt,
    "luhn": luhn,
    "nir": nir,
    "phone": phone,
    "random": random,
    "steuer_id": steuer_id,
}
"""Name in a file of rules -> the check."""


def _only_digits(text: str) -> str:
    return "".join(one for one in text if one in string.digits)


def _ends(text: str) -> Iterator[int]:
    """Where a value may end: at the end of the text, or before one of its spaces or hyphens; the longest first."""
    yield len(text)
    yield from (place for place in range(len(text) - 1, 0, -1) if text[place] in " -")


def _luhn(digits: str) -> bool:
    doubled = (int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits)))
    return len(set(digits)) > 1 and sum(one // 10 + one % 10 for one in doubled) % 10 == 0


def _is_mark(one: str) -> bool:
    return one in "!#$%&*+=?@^~|/"


def _entropy(text: str) -> float:
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
