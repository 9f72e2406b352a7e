"""The verifier `cited`: a cited document holds what the answer says, and no other does."""

from __future__ import annotations

import pytest
from builders import make_draft

from agentinstruct_local.verifiers.rag.cited import verify

TOLD = "Filters are changed every 1,000 operating hours."
OTHER = "The pump is stopped when its vibration exceeds 7 mm/s."
PROMPT = f"[1] Pumps\n{OTHER}\n[2] Filters\n{TOLD}\n\nWhen are filters changed?"


def verdict(answer: str, prompt: str = PROMPT, **options):
    draft = make_draft(TOLD, item={"told": TOLD}, outputs={"documents": {"user": prompt, "assistant": answer}})
    return verify(draft, **options)


@pytest.mark.parametrize(
    ("answer", "prompt", "options"),
    [
        (f"{TOLD} [2]", PROMPT, {}),
        ('{"answer": "Every 1,000 operating hours.", "relevant_passages": [2]}', PROMPT, {}),
        ("None of the documents says that.", f"[1] Pumps\n{OTHER}\n\nWhen are filters changed?", {"without": True}),
    ],
)
def test_a_right_citation_passes(answer: str, prompt: str, options: dict[str, bool]) -> None:
    assert verdict(answer, prompt, **options).ok


@pytest.mark.parametrize(
    ("answer", "prompt", "options", "reason"),
    [
        (f"{TOLD} [1]", PROMPT, {}, "citation_wrong"),
        (TOLD, PROMPT, {}, "citation_wrong"),
        ('{"answer": "Every 1,000 hours.", "relevant_passages": ', PROMPT, {}, "citation_wrong"),
        ("None of the documents says that.", PROMPT, {"without": True}, "citation_wrong"),
        (f"{TOLD} [2]", PROMPT.replace(OTHER, f"{OTHER} {TOLD}"), {}, "citation_ambiguous"),
    ],
)
def test_a_wrong_citation_is_refused(answer: str, prompt: str, options: dict[str, bool], reason: str) -> None:
    assert verdict(answer, prompt, **options).reason == reason
