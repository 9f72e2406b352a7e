"""What a passage was turned into still says what the passage says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, context, good, string
from agentinstruct_local.words import content, grams, name_supported, names, share, squash, strange_numbers

_META = re.compile(
    r"(?i)\b(?:here is|here's|below is) (?:the|a|an|your|my)\s(?:\w{1,20}\s){0,3}(?:version|rewrite|poem|debate"
    r"|conversation|satire|transcript"
    r"|dialogue|passage|text|article|story)\b|\bas an ai\b|\blanguage model\b|\bI (?:have|['’]ve) (?:rewritten"
    r"|transformed|turned|converted)\b"
    r"|\bthe (?:original|above|given|provided|source) (?:passage|text)\b|\bthis (?:passage|text) (?:has been"
    r"|was) (?:rewritten|transformed)\b"
    r"|^\W{0,3}(?:sure|certainly|of course|absolutely)[,!.]"
)
_REFUSAL = re.compile(r"(?i)^\W{0,4}(?:i['’]?m sorry|i am sorry|sorry,|i (?:cannot|can['’]t|am unable))")
_SPEAKER = re.compile(r"(?m)^\W{0,4}([^\W\d_][\w .'’()-]{0,40}?)\W{0,4}:")
_COUNTED = re.compile(
    r"(?i)\b(?:speaker|step|part|point|item|person|participant|scene|act|round|stage|chapter|verse|stanza)\s#?\d{1,2}\b"
)


def verify(  # its options are its arguments
    draft: Draft,
    *,
    text: str = "text",
    at_least: float = 0.3,
    copy_at_most: float = 0.8,
    new_names_allowed: bool | Sequence[str] = ("debate", "conversation", "meeting"),
    form: str = "form",
) -> Verdict:
    """Numbers and names of the text are in the passage, and so is `at_least` of its words (strays_from_source).

    It is not a plain copy (form_is_copy), a refusal (refusal) or talk about itself (meta_talk). `new_names_allowed`
    are the forms in which people may be made up: true for all, false for none. Where the draft's form is identity,
    or the text is the passage itself, nothing is asked.
    """
    told, source = string(draft, text), "\n".join((draft.passage.text, context(draft)))
    shape = str(draft.choices.get(form, ""))
    if shape == "identity" or (not shape and squash(told) == squash(draft.passage.text)):
        return good("faithful", "the passage itself")
    free = new_names_allowed if isinstance(new_names_allowed, bool) else any(one in shape for one in new_names_allowed)
    covered, copied = share(content(told), content(source)), _copied(told, draft.passage.text)
    if _REFUSAL.search(told):
        return bad("faithful", "refusal", told)
    if match := _META.search(told):
        return bad("faithful", "meta_talk", match.group())
    if strange := strange_numbers(_COUNTED.sub(" ", told), source) or _strangers(told, source, people=free):
        return bad("faithful", "strays_from_source", f"not in the passage: {', '.join(strange[:8])}")
    if covered < at_least or copied > copy_at_most:
        reason = "strays_from_source" if covered < at_least else "form_is_copy"
        return bad("faithful", reason, f"{covered:.2f} of its words are in the passage, {copied:.2f} copied: {told}")
    return good("faithful", f"{covered:.2f} of its words are in the passage, {copied:.2f} copied")


def _copied(told: str, passage: str) -> float:
    """How much of a text is runs of eight words of the passage, 0 to 1."""
    runs, theirs = grams(told, 8), set(grams(passage, 8))
    return sum(run in theirs for run in runs) / len(runs) if runs else 0.0


def _strangers(told: str, source: str, *, people: bool) -> list[str]:
    """Names of the text that the passage does not have; with `people`, only identifiers, paths and the like count."""
    speakers = " ".join(match.group(1) for match in _SPEAKER.finditer(told))
    found = [name for name in names(told) if not name_supported(name, f"{source}\n{speakers}")]
    return [name for name in found if not (people and name.replace("-", "").isalpha() and not name.isupper())]
