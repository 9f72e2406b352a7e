"""The judge's yes/no questions were answered with yes, surely enough."""

from __future__ import annotations

from collections.abc import Mapping

from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, good

_NO_OVERRIDES: Mapping[str, float] = {}


def verify(
    draft: Draft,
    *,
    prefix: str = "judge",
    at_least: float = 0.5,
    mean_at_least: float = 0.6,
    each: Mapping[str, float] = _NO_OVERRIDES,
) -> Verdict:
    """Each question's probability of yes reaches its threshold (judge_<question>), and so does the mean (judge_mean).

    Reads the steps "<prefix>.<question>", whose output is {"yes": probability}. `each` sets thresholds of single
    questions; a question named there that was never asked, or no question at all, refuses (judge_missing).
    """
    asked = {name.partition(".")[2]: output for name, output in draft.outputs.items() if name.startswith(prefix + ".")}
    chances = {
        question: float(output["yes"])
        for question, output in asked.items()
        if isinstance(output, Mapping) and isinstance(output.get("yes"), int | float)
    }
    evidence = ", ".join(f"{question} {chance:.2f}" for question, chance in chances.items())
    lost = (set(asked) | set(each)) - set(chances)
    if lost or not chances:
        return bad("judged", "judge_missing", f"no answer to: {', '.join(sorted(lost)) or prefix} ({evidence})")
    low = [question for question, chance in chances.items() if not chance >= each.get(question, at_least)]
    if low:
        worst = min(low, key=lambda question: chances[question] - each.get(question, at_least))
        return bad("judged", f"judge_{worst}", evidence)
    mean = sum(chances.values()) / len(chances)
    if not mean >= mean_at_least:
        return bad("judged", "judge_mean", f"mean {mean:.2f}: {evidence}")
    return good("judged", f"mean {mean:.2f}: {evidence}")
