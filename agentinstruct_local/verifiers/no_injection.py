"""No question and no answer passes on words that are meant to steer a language model, wherever they come from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, paths, string
from agentinstruct_local.words import squash

_RULES = r"(?:instruction|prompt|rule|direction|guideline|directive|command|order|message|restriction)s?\b"
_BEFORE = r"(?:previous|prior|above|earlier|preceding|foregoing|former|your|system|original|initial|existing|hidden)"
_MODEL = r"(?:AI|LLM|chat ?bot|AI model|AI assistant|AI system|(?:large )?language model)s?\b"
_DROP = r"(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|overrid(?:e|ing)|bypass(?:ing)?|stop following)"

_STEERING = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # drop what you were told; "do not ignore the instructions" is what manuals say
        rf"(?<!not )(?<!never )(?<!n't )\b{_DROP} (?:\w+ ){{0,3}}{_BEFORE} (?:\w+ ){{0,3}}{_RULES}",
        rf"(?<!not )(?<!never )(?<!n't )\b{_DROP} (?:all|any) (?:of )?(?:the |these |those )?{_RULES}",
        rf"(?<!not )(?<!never )(?<!n't )\b{_DROP} (?:everything|anything|all) (?:that was |that is |you were )?"
        r"(?:above|before|said|told|you (?:know|were told|have been told))",
        r"\bdo not follow (?:your|the (?:previous|system|above)) (?:\w+ )?(?:instructions|rules|prompt)\b",
        rf"\bnew (?:system )?{_RULES} ?:|\b(?:end|beginning|start) of (?:the )?(?:system )?prompt\b",
        # be somebody else
        r"\byou are now (?:an? (?:\w+ ){0,3}(?:assistant|AI|bot|chatbot|model|agent|pirate|hacker|character|persona)\b"
        r"|DAN\b|un(?:restricted|filtered|censored)|free (?:of|from)|no longer (?:bound|an?)|called\b|acting\b"
        r"|in (?:developer|admin|god|jailbreak|DAN|sudo|unrestricted) mode|to (?:act|answer|reply|respond))",
        r"\bfrom now on,? (?:you (?:are|will|must|should|only)|(?:only )?(?:answer|reply|respond|say|write|end)\b)",
        r"\bpretend (?:to be|you are|that you are)\b",
        rf"\bact as (?:an? )?(?:unrestricted|uncensored|jailbroken|DAN\b|{_MODEL})",
        r"\bdo anything now\b|\bdeveloper mode (?:is )?(?:on|enabled|activated)\b",
        # tell what you were told
        r"\b(?:your|reveal|print|repeat|show|output|display|leak|disclose|recite)(?: \w+){0,3}"
        r" (?<!operating )(?:system|initial|hidden|developer) (?:prompt|instruction|message)s?\b",
        r"(?:^|[.!?:] )(?:the |my |your )?system prompt ?(?:is\b|was\b|says\b|reads\b|:)|^system prompt",
        # words to a model
        rf"\bif you are (?:an? |the )?(?:assistant\b|{_MODEL})",
        rf"\b(?:note|message|instructions?|reminder) (?:to|for) (?:the |any |all )?(?:assistant\b|{_MODEL})",
        rf"\b(?:dear|attention,?|hey,?) (?:the |any |all )?{_MODEL}",
        r"\b(?:reply|respond|answer) (?:only |exactly |just )?with (?:the (?:word|phrase|string|text)|nothing but)\b",
        # marks of chats
        r"<\|[\w ]{1,30}\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</?(?:system|assistant)>",
        r"(?:^|\s)#{2,} ?(?:system|instructions?|assistant|human|response) ?:",
        # the first of these in some other languages
        r"\bignorier\w* (?:sie )?(?:alle |deine |(?:die |alle |ihre )*(?:vorherigen|bisherigen|obigen|früheren) )"
        r"(?:anweisung|regel|befehl)",
        r"\bignore[zr]? (?:toutes? )?(?:tes |vos |les )(?:instructions|consignes|règles) "
        r"(?:précédent|antérieur|ci-dessus)",
        r"\bignor[ae](?:r|d|te)? (?:todas? |tutte )?(?:las |tus |sus |le |tue )"
        r"(?:instrucciones|istruzioni|reglas|regole) (?:anterior|previ|precedent)",
    )
)
_HIDDEN = re.compile("[\U000e0001-\U000e007f]")  # characters that spell text which nobody sees
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def verify(
    draft: Draft,
    *,
    fields: str | Sequence[str] = ("item.question", "answer.answer"),
    texts: Sequence[str] = (),
) -> Verdict:
    """Nothing that tells a model to drop its instructions, be somebody else or tell its prompt, and no marks of chats
    (injected): a row would teach it, even where its document says so.

    `texts` are looked at instead of `fields` where they are given, but for the passage that stands in them, and but for
    an order that a tool has planted among documents (`planted` in its output): all but the last of them, the answer,
    may have it.
    """
    shown = [*_unplanted(draft, texts)] or [string(draft, path) for path in paths(fields)]
    for text in shown:
        asked = text.replace(draft.text, "\n") if draft.text and texts else text
        if _HIDDEN.search(asked):
            return bad("no_injection", "injected", "characters that spell text which nobody sees")
        plain = squash(unicodedata.normalize("NFKC", _INVISIBLE.sub("", asked)).replace("’", "'"))
        for pattern in _STEERING:
            if match := pattern.search(plain):
                return bad("no_injection", "injected", f"'{match.group().strip()}' in: {asked}")
    return good("no_injection")


def _unplanted(draft: Draft, texts: Sequence[str]) -> Iterator[str]:
    orders = [one["planted"] for one in draft.outputs.values() if isinstance(one, Mapping) and one.get("planted")]
    for place, text in enumerate(texts, 1):
        shown = text
        for order in orders if place < len(texts) else ():
            shown = shown.replace(order, "\n")
        yield shown
