"""An answer tells what a line says, in whatever words."""

from __future__ import annotations

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good, string
from agentinstruct_local.words.marks import figures, words


def verify(
    draft: Draft, *, line: str = "focus", answer: str = "item.answer", question: str = "item.question",
    at_least: float = 0.4,
) -> Verdict:  # fmt: skip
    """All figures of the line stand in the answer or the question, and `at_least` of its words of three letters or more
    in the answer (tells_part)."""
    said, told = string(draft, line), string(draft, answer)
    if lost := figures(said) - figures(told) - figures(string(draft, question)):
        return bad("tells", "tells_part", f"without {', '.join(sorted(lost))}: {told}")
    wanted = {one for one in words(said) if len(one) > 2}
    held = len(wanted & words(told)) / len(wanted) if wanted else 0.0
    if held < at_least:
        return bad("tells", "tells_part", f"{held:.2f} of: {said}")
    return good("tells", f"{held:.2f} of: {said}")
