"""Words that show how a writer feels, small words by which a language is known, and how easy a text is to read."""

from __future__ import annotations

import re

_POSITIVE = """
good great excellent helpful useful pleased happy glad delighted wonderful reliable reliably easy easily benefit
benefits conveniently convenient smooth smoothly thankfully fortunately welcome excited exciting love enjoy improve
improves valuable confident safe safely effective effectively efficient efficiently impressive advantage perfect
perfectly ideal clear handy rewarding encouraging encouraged best better proud thrilled simple simply success
successful comfortable
"""
_NEGATIVE = """
bad poor sadly unfortunately annoying annoyed frustrating frustrated disappointing disappointed problem problematic
tedious painful burden burdensome worrying worse worst terrible awful difficult hard cumbersome inconvenient unhelpful
regrettably regrettable concern concerning risky dangerous fail fails failure lack lacks complain complaint unpleasant
troubling alarming weak confusing needlessly unnecessarily unacceptable tiresome dreadful irritating drawback
"""
TONES = {"positive": frozenset(_POSITIVE.split()), "negative": frozenset(_NEGATIVE.split())}
"""A tone, and words that carry it."""

_SMALL = {
    "en": "the of and to in is are that for with this be on as by it from or not when must has have can should",
    "de": "der die das und ist sind nicht mit für ein eine den dem zu von auf im wird werden oder wenn",
    "fr": "le la les des et est sont une un pour dans que qui du pas sur par avec au ou si",
    "es": "el la los las de y es son una un para en que con por del no se al o si",
}
SMALL_WORDS = {language: frozenset(words.split()) for language, words in _SMALL.items()}
"""A language, and words of it that hardly any sentence lacks."""


def tone(text: str, name: str) -> int:
    """How many words of a tone a text has."""
    return sum(word in TONES[name] for word in re.findall(r"[a-z]+", text.casefold()))


def small_words(text: str, language: str) -> int:
    """How many of its words are small words of a language, and not of English as well where that is another."""
    own = SMALL_WORDS[language] - (SMALL_WORDS["en"] if language != "en" else frozenset())
    return sum(word in own for word in re.findall(r"[^\W\d_]+", text.casefold()))


def reading_ease(text: str) -> float:
    """How easy an English text is to read, higher is easier (R. Flesch, A New Readability Yardstick, 1948).

    Syllables are counted as groups of vowels, a silent e at the end left out.
    """
    words = re.findall(r"[a-z]+", text.casefold())
    ends = max(1, len(re.findall(r"[.!?](?=\s|$)", text)))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^aeiouyl])e$", "", word)))) for word in words)
    return 206.835 - 1.015 * len(words) / ends - 84.6 * syllables / max(1, len(words))
