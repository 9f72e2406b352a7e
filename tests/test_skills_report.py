from __future__ import annotations

import importlib.util
from pathlib import Path

from agentinstruct_local import taxonomy

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("skills_report", ROOT / "scripts" / "skills_report.py")
REPORT = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(REPORT)


def test_every_subskill_has_its_rows_or_the_reason_why_there_are_none():
    skills = taxonomy.load(ROOT / "tests" / "data" / "taxonomy").skills
    asked = [f"quiz/{one}" for one in skills["quiz"].subskills]
    counts = {
        ("quiz", "fact", "accepted"): 3, ("quiz", "fact", "cut"): 1, ("quiz", "fact", "fanned_out"): 9,
        ("quiz", "reason", "too_short"): 2,
    }  # fmt: skip
    lines = list(REPORT.table(skills, counts, asked, {"quiz/whole": ("numbers",)}, {("quiz", "fact"): (900, 300)}))
    assert "| quiz/fact | 4 | 3 | 75 % | 400 | cut 1 |" in lines
    assert "| quiz/reason | 2 | 0 | 0 % |  | too_short 2 |" in lines
    assert "| quiz/whole | 0 | 0 |  |  | no passage has: numbers |" in lines
    assert "| quiz/grand | 0 | 0 |  |  | not planned yet: the budget was spent on others |" in lines
    assert "| **quiz** | 6 | 3 | 50 % | 400 |  |" in lines
