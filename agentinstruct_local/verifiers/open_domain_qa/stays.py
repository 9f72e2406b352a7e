"""The question stays with the sentence that it was written from."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, context, good, string
from agentinstruct_local.words import content
from agentinstruct_local.words.stems import missing

_ASKING_TEXT = """
what which who when where why how purpose reason role function use used using way kind type name term value place rule
requirement required require condition happen mean call recommend recommended recommendation action order difference
result effect affect define definition describe specify specific state indicate represent refer need needed necessary
example number amount many much long often possible able allow allowed permit permitted consider considered current
currently make made do done take taken give given get become work main step task person people someone thing case
situation time information provide contain include list consist part set serve responsible achieve obtain perform
occur determine happens occurs behavior behaviour simultaneously same following different several multiple approach
method process parameter argument class module option command feature benefit advantage factor limit maximum minimum
"""
_ASKING = frozenset(content(_ASKING_TEXT))
"""Stems of words that ask, and add nothing that is asked about."""


def verify(draft: Draft, *, question: str = "item.question", quote: str = "focus", most: int = 1) -> Verdict:
    """Few words of the question are in neither the focus nor the title and headings (question_strays).

    `most` of them may be, or one in five where the question is long; with 0, none.
    """
    asked = content(string(draft, question))
    strange = [
        word for word in missing(asked, content(f"{string(draft, quote)}\n{context(draft)}")) if word not in _ASKING
    ]
    if len(set(strange)) > (max(most, len(set(asked)) // 5) if most else 0):
        return bad("stays", "question_strays", f"not in the sentence: {', '.join(strange)} | {string(draft, question)}")
    return good("stays")
