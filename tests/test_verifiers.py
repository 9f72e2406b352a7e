from __future__ import annotations

import importlib
import inspect
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from builders import make_draft

from agentinstruct_local import registry
from agentinstruct_local.records import Verdict

CASES = Path(__file__).parent / "cases" / "verifiers"


MODULES: dict[str, Any] = {
    name: importlib.import_module(registry.find("verifiers", name).__module__) for name in registry.names("verifiers")
}


def cases(name: str) -> dict[str, list[dict[str, Any]]]:
    return yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))


def needed(name: str) -> dict[str, Any]:
    """Something for each option that has no default."""
    _, *options = inspect.signature(MODULES[name].verify).parameters.values()
    return {option.name: "answer" for option in options if option.default is inspect.Parameter.empty}


ALL = [
    pytest.param(name, kind, case, id=f"{name}-{kind}-{case.get('is', at)}")
    for name in sorted(MODULES)
    if (CASES / f"{name}.yaml").is_file()
    for kind in ("accept", "reject")
    for at, case in enumerate(cases(name)[kind])
]


def judge(name: str, case: dict[str, Any]) -> Verdict:
    known = {"text", "passage", "title", "headings", "focus", "item", "outputs", "choices"}
    told = set(case) - known - {"options", "reason", "is", "evidence"}
    assert not told, f"unknown keys in a case: {told}"
    draft = make_draft(**{key: value for key, value in case.items() if key in known})
    return MODULES[name].verify(draft, **case.get("options", {}))


@pytest.mark.parametrize(("name", "kind", "case"), ALL)
def test_case(name: str, kind: str, case: dict[str, Any]) -> None:
    verdict = judge(name, case)
    assert verdict.by == name
    assert len(verdict.evidence) <= 200
    if kind == "accept":
        assert verdict.ok, f"{verdict.reason}: {verdict.evidence}"
        assert verdict.reason == ""
    else:
        assert not verdict.ok, verdict.evidence
        assert verdict.reason == case["reason"], verdict.evidence
        assert verdict.evidence
        assert case.get("evidence", "") in verdict.evidence


# What these look at is made by a tool and too long for a case: they are held against its outputs, as they are and changed.
ELSEWHERE = {
    "calls_sound": "test_calls.py", "one_key": "test_calls.py", "deduction_holds": "test_solver.py",
    "estimate_holds": "test_solver.py", "one_rule": "test_solver.py", "one_solution": "test_solver.py",
    "teaser_holds": "test_solver.py", "cited": "test_cited.py",
    "calculation_holds": "test_calculation.py", "called": "test_loop.py", "weighed": "test_weigh.py",
    "table_cited": "test_weigh.py", "query_stands": "test_weigh.py",
    "one_option": "test_choices.py", "right_options": "test_choices.py", "answers_table": "test_data_to_text.py", "names_gaps": "test_data_to_text.py", "tells_numbers": "test_data_to_text.py",
    "tells_rows": "test_data_to_text.py", "tells_steps": "test_data_to_text.py",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_what_has_no_case_file_has_tests_of_its_own(name: str) -> None:
    assert name in (Path(__file__).parent / ELSEWHERE[name]).read_text()


@pytest.mark.parametrize("name", sorted(set(MODULES) - set(ELSEWHERE)))
def test_every_verifier_has_cases_of_both_kinds(name: str) -> None:
    assert (CASES / f"{name}.yaml").is_file(), f"write tests/cases/verifiers/{name}.yaml"
    written = cases(name)
    assert len(written["accept"]) >= 3
    assert len(written["reject"]) >= 3


def test_no_case_file_is_left_over() -> None:
    assert {path.stem for path in CASES.glob("*.yaml")} == set(MODULES) - set(ELSEWHERE)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_verifier_explains_itself_and_takes_options_by_name(name: str) -> None:
    verify = MODULES[name].verify
    first, *options = inspect.signature(verify).parameters.values()
    assert first.name == "draft"
    assert verify.__doc__
    assert MODULES[name].__doc__
    for option in options:
        assert option.kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("name", sorted(MODULES))
def test_nothing_to_look_at_is_a_verdict_too(name: str) -> None:
    assert isinstance(MODULES[name].verify(make_draft(), **needed(name)), Verdict)


HOSTILE = ["a" * 12_000, "a." * 6_000, "/a" * 6_000, "( " * 6_000, '"' * 12_000, "no " * 4_000, "\n \n" * 4_000]
HOSTILE += [
    "if a, " * 2_000,
    "the text " * 1_500,
    "1,111" * 2_400,
    "_" * 12_000,
    "\ud800\x00{{<|" * 1_000,
    "A: " * 4_000,
    "Do not delete it if you can. " * 400,
    " ".join(f"not word{chr(97 + at % 26)}{chr(97 + at // 26 % 26)}" for at in range(1_200)),
]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_hostile_text_neither_breaks_nor_stalls_a_verifier(name: str) -> None:
    for text in HOSTILE:
        item = {
            "question": text,
            "sentence": text,
            "word": text[:50],
            "options": [text] * 4,
            "key": text,
            "statement": text,
        }
        item["shuffled"] = [text, text]
        answer = {"quote": text, "answer": text, "key": text, "label": "true", "explanation": text, "order": text}
        start = time.perf_counter()
        verdict = MODULES[name].verify(make_draft(text, item=item, outputs={"answer": answer}), **needed(name))
        assert time.perf_counter() - start < 2.0, f"{text[:8]!r} took {time.perf_counter() - start:.1f} s"
        assert len(verdict.evidence) <= 200
