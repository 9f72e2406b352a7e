"""Coding tasks are right, whatever the passage and the seed, and the checks see each thing that can be wrong with one."""

from __future__ import annotations

import builtins
import random
import re
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

import pytest

from agentinstruct_local import flow, registry, sandbox, taxonomy
from agentinstruct_local.passages import split
from agentinstruct_local.records import Document, Draft
from agentinstruct_local.sandbox.mutants import caught, mutants
from agentinstruct_local.tools import python as python_tool
from agentinstruct_local.tools.coding._dataset import datasets, identifier
from agentinstruct_local.tools.coding._programs import _templates, problems

PARTS = """# Spare parts of the KX-40 pump

The gearbox is filled with mineral oil before each season begins. The operator closes the suction valve first.
The voltage tester stays in the upper drawer. The vibration level is read weekly. A password must have at least 12 letters.

| Part | Number | Stock | Place | Order |
|---|---|---|---|---|
| Shaft seal | KX-1107 | 6 | store | weekly |
| Ball bearing | KX-2210 | 4 | workshop | |
| Impeller | KX-3001 | 1 | store | yearly |
| O'Neill ring, small | KX-4415 | 10 | store | weekly |
"""
SETTINGS = """# Settings of the gauge server

The server reads its settings at start. The cache of a zone is emptied by the operator. A log is kept of every change.

```
[server]
listen_port = 8053
log_level = debug
log_file = /var/log/gauge.log
answer_rotation = true
welcome = hello world
```

It is restarted like this:

```
$ gaugectl stop
$ systemctl start gauge
```

Known versions are 2.14.1, 2.15.0 and 3.0.12.
"""
NESTED = """# Reply of the gauge server

The gauge server gives out what it has read. The reply is an object of JSON. A reading is taken by the sensor every hour.

```json
{
    "gauge": {
        "id": "g-17",
        "place": {"station": "north", "height": 412},
        "readings": [3.5, 3.7]
    },
    "note": "is it true",
    "valid": true
}
```
"""
PROSE = """# Taking a sample

The laboratory gives out the bottle. The inspector rinses the outlet before the sample is taken. A label is put on the
bottle. The cooling box is closed at once. The driver takes the cooling box to the laboratory, and the receipt is kept
by the inspector. The thermometer is read when the sample arrives.
"""
SKILL = taxonomy.load_skill(Path(taxonomy.packaged_folder()) / "coding")
ALL = list(SKILL.subskills)


@cache
def passage(text):
    document = Document(id="d", source="manual.md", text=text, media_type="text/markdown", title="Manual")
    return split(document, count_tokens=lambda part: len(part) // 4)[0]


def draft_of(text, seed, subskill="function_from_spec"):
    found = passage(text)
    return Draft(
        id="x", order=(0, 0), skill="coding", subskill=subskill, passage=found, focus=None, choices={}, seed=seed, text=found.text,
    )  # fmt: skip


def made(subskill, text, seed):
    """What the sub-skill's tool makes of a text, as a draft with its item; None where it makes nothing."""
    draft = draft_of(text, seed, subskill)
    move = SKILL.flows[SKILL.subskills[subskill].flow][0]
    told = registry.find("tools", move.name)(draft, **flow.filled(move.options, SKILL.subskills[subskill].settings))
    return replace(draft, item=told["output"]) if "output" in told else None


def verdict(draft):
    checks = [move for move in SKILL.flows[SKILL.subskills[draft.subskill].flow] if move.kind == "check"]
    found = [registry.find("verifiers", move.name)(draft, **move.options) for move in checks]
    return next((one for one in found if not one.ok), found[0])


def rows(subskill, count=12):
    found = (made(subskill, text, seed) for seed in range(40) for text in (PARTS, SETTINGS, NESTED, PROSE))
    return list(islice((one for one in found if one is not None), count))


def changed(draft, **parts):
    return replace(draft, item={**draft.item, **parts})


def solved_problems(count=3):
    """Every program, filled with what the texts give."""
    seen = {}
    for seed in range(5):
        for text in (PARTS, SETTINGS, NESTED, PROSE):
            draft, draw = draft_of(text, seed), random.Random(seed)
            for needs in ((), ("interface",)):
                for one in problems(draft, draw, datasets(draft), needs):
                    if len(seen.setdefault(one.id, [])) < count:
                        seen[one.id].append(one)
    return seen


@pytest.fixture(scope="module")
def known():
    return solved_problems()


@pytest.mark.parametrize("subskill", ALL)
def test_what_the_tool_makes_holds(subskill):
    found = rows(subskill)
    assert len(found) >= 8
    for draft in found:
        assert verdict(draft).ok, (verdict(draft), draft.item["question"], draft.item["answer"])
        for name in ("question", "answer"):
            assert not re.search(r"(?<![{'\"$])\{[a-z_]+\}(?![}'\"])", re.sub(r"f\"[^\"]*\"", "", draft.item[name])), (
                draft.item[name]
            )
        assert draft.item["quote"] in [unit.text for unit in draft.passage.units]


@pytest.mark.parametrize("subskill", ALL)
def test_the_same_seed_makes_the_same_row_and_others_differ(subskill):
    text = SETTINGS if subskill == "shell_script" else PARTS
    assert made(subskill, text, 3) == made(subskill, text, 3)
    assert len({made(subskill, text, seed).item["question"] for seed in range(10)}) >= 3


def test_every_program_is_used(known):
    assert set(known) == {one["id"] for one in _templates()}


def test_a_program_gives_in_python_itself_what_it_gives_in_the_sandbox(known):
    for some in known.values():
        for one in some:
            for code in filter(None, (one.code, one.short, one.slow)):
                names = {"__builtins__": builtins, "__name__": "row"}
                exec(f"{one.data.shown}\n{code}", names)
                for call, value in one.calls:
                    assert sandbox.same(eval(call, names), value), (one.id, call)


def test_every_broken_copy_is_seen_or_changes_nothing_that_is_tried(known):
    total = found = 0
    for some in known.values():
        for one in some:
            for mutant in mutants(one.code):
                total += 1
                assert mutant.code != one.code and mutant.code.count("\n") == one.code.count("\n")
                found += caught(mutant.code, one.data.shown, one.calls) is not None
    assert found / total > 0.9


CODE = ["function_from_spec", "class_from_spec", "bug_repair", "code_completion", "refactoring", "optimisation", "documentation",
        "type_hints", "algorithm_design"]  # fmt: skip
WRONG = {
    "return ": "return not ", "def ": "def _", " in ": " not in ", "(": "((",
}  # fmt: skip


@pytest.mark.parametrize("subskill", CODE)
def test_an_answer_with_other_code_is_refused(subskill):
    for draft in rows(subskill, 6):
        fence, code = draft.item["answer"].split("```python\n", 1)
        for old, new in WRONG.items():
            body = code.split("\n```")[0]
            if old in body:
                wrong = changed(draft, answer=f"{fence}```python\n{new.join(body.rsplit(old, 1))}\n```")
                assert not verdict(wrong).ok, wrong.item["answer"]
        assert verdict(changed(draft, answer="It cannot be done.")).reason in (
            "code_unread",
            "code_wrong",
            "code_changed",
        )


@pytest.mark.parametrize("subskill", ["bug_repair", "optimisation", "function_from_spec"])
def test_broken_copies_of_the_right_code_are_refused(subskill):
    tried = 0
    for draft in rows(subskill, 8):
        for mutant in mutants(draft.item["right"]):
            if caught(
                mutant.code, draft.item["data"], [(call, eval(value, {})) for call, value in draft.item["tests"]]
            ):
                tried += 1
                assert not verdict(changed(draft, answer=f"```python\n{mutant.code}\n```")).ok
    assert tried > 8


@pytest.mark.parametrize("subskill", ["bug_location", "code_review"])
def test_another_line_than_the_faulty_one_is_refused(subskill):
    for draft in rows(subskill, 8):
        first = draft.item["code"].split("\n")[1]
        wrong = f"The bug is here:\n\n```python\n{first}\n```\n\nWrite:\n\n```python\n    return None\n```"
        assert not verdict(changed(draft, answer=wrong)).ok
        whole = changed(draft, question=draft.item["question"].replace(draft.item["code"], draft.item["right"]))
        assert not verdict(whole).ok, "there is no fault to be found"
        last = draft.item["right"].split("\n")[-1]
        if last.startswith("    return "):
            same = f"The bug is here:\n\n```python\n{last}\n```\n\nWrite:\n\n```python\n    return ({last[11:]})\n```"
            assert verdict(changed(whole, answer=same)).reason == "code_wrong", "a line that is as good is no repair"


@pytest.mark.parametrize("subskill", ["output_prediction", "api_usage"])
def test_another_output_is_refused(subskill):
    for draft in rows(subskill, 8):
        answer = draft.item["answer"]
        start = answer.index(
            "```\n",
            answer.index("```python") + 9 + answer[answer.index("```python") :].index("\n```") + 4
            if "```python" in answer
            else 0,
        )
        assert verdict(changed(draft, answer=answer[: start + 4] + "7" + answer[start + 4 :])).reason == "code_wrong"


def test_a_wrong_order_of_growth_is_refused():
    signs = {"O(n)", "O(n²)", "O(log n)"}
    seen = set()
    for draft in rows("complexity", 14):
        seen.add(draft.item["grows"])
        for sign in signs - {draft.item["grows"]}:
            assert verdict(changed(draft, answer=f"It is {sign}.")).reason == "code_wrong"
    assert seen == signs


def test_a_wrong_example_in_an_explanation_is_refused():
    for draft in rows("code_explanation", 8):
        wrong = re.sub(r"(returns|gives) `[^`\n]+`", r"\1 `'something else'`", draft.item["answer"])
        assert verdict(changed(draft, answer=wrong)).reason == "code_wrong"


def test_tests_that_pass_on_broken_code_are_refused():
    for draft in rows("unit_tests", 8):
        function = draft.item["name"]
        weak = f"```python\ndef test_it():\n    assert {function} is not None\n```"
        assert verdict(changed(draft, answer=weak)).reason == "tests_toothless"
        failing = draft.item["answer"].replace(" == ", " != ").replace(" is ", " is not ")
        assert verdict(changed(draft, answer=failing)).reason == "code_fails"
        # Each of the tests is needed by some row: one of them alone is seldom enough.
    alone = [
        re.sub(r"(\n```).*", r"\1", draft.item["answer"].split("\n\n\ndef test_")[0] + "\n```", flags=re.DOTALL)
        for draft in rows("unit_tests", 12)
    ]
    reasons = {
        verdict(changed(draft, answer=one)).reason for draft, one in zip(rows("unit_tests", 12), alone, strict=True)
    }
    assert "tests_toothless" in reasons


@pytest.mark.parametrize("subskill", ["sql_query", "python_to_sql", "sql_to_python"])
def test_another_query_or_result_is_refused(subskill):
    for draft in rows(subskill, 8):
        answer = draft.item["answer"]
        if subskill != "sql_to_python":
            assert verdict(changed(draft, answer=re.sub(r"\n- .*", "\n- other", answer))).reason == "code_wrong"
            assert not verdict(changed(draft, answer=answer.replace("SELECT ", "SELECT 1 + "))).ok
            assert verdict(changed(draft, answer=answer.replace("SELECT", "DELETE"))).reason == "code_fails"
        else:
            assert not verdict(changed(draft, answer=answer.replace("result = ", "result = 'a', "))).ok
            assert not verdict(changed(draft, answer=answer.replace("result = ", "other = "))).ok


def test_an_injection_that_is_left_open_is_refused():
    for draft in rows("security_review", 6):
        answer = draft.item["answer"]
        for old, new in (
            (" = ?", " = ? OR 1"),
            (",))", ",)) or None, 1))"),
            ("x' OR '1'='1", "x"),
            (", (", ", []) or (("),
        ):
            assert not verdict(changed(draft, answer=answer.replace(old, new))).ok, old


@pytest.mark.parametrize("subskill", ["data_form", "shell_script"])
def test_data_with_an_entry_less_or_more_is_refused(subskill):
    forms = set()
    for draft in rows(subskill, 30):
        forms.add(draft.item["form"])
        before, code = draft.item["answer"].split("```", 1)
        body = code.split("\n```")[0].split("\n")
        for lines in (
            body[:-2] if len(body) > 4 else body[:-1],
            [*body, "more=1"],
            [*body[:-1], body[-1].replace("a", "b") + "x"],
        ):
            assert not verdict(changed(draft, answer=f"{before}```{chr(10).join(lines)}\n```")).ok, lines
    assert forms == ({"json", "yaml", "csv", "env"} if subskill == "data_form" else {"script"})


def test_another_pattern_is_refused():
    for draft in rows("regular_expression", 8):
        pattern = draft.item["pattern"]
        for wrong in (
            ".*",
            pattern + "?",
            pattern[:-1],
            r"\S+",
            pattern.replace(r"\d", "[0-9A-F]"),
            pattern.replace("{", "{1,"),
            "(",
        ):
            assert not verdict(changed(draft, answer=f"`{wrong}`")).ok, wrong


def test_a_pattern_and_words_that_are_both_too_wide_are_refused():
    question = "Which pattern is it? Rule: 1 to 90 capital letters, a hyphen and then four digits.\n\n- `KX-1107`\n- `KX-2210`\n- `KX-3001`"
    draft = changed(
        rows("regular_expression", 1)[0],
        question=question,
        told="1 to 90 capital letters, a hyphen and then four digits",
    )
    assert verdict(changed(draft, answer=r"`[A-Z]{1,90}-\d{4}`")).reason == "code_wrong"
    told = "two capital letters, a hyphen and then four digits"
    exact = changed(draft, question=question.replace(draft.item["told"], told), told=told, answer=r"`[A-Z]{2}-\d{4}`")
    assert verdict(exact).ok


def test_code_that_the_sandbox_lacks_is_refused_as_such_and_not_as_wrong():
    for draft in rows("function_from_spec", 4):
        answer = draft.item["answer"].replace("```python\n", "```python\nimport heapq\n", 1)
        assert verdict(changed(draft, answer=answer)).reason == "code_unsupported"
        endless = draft.item["answer"].replace("```python\n", "```python\nwhile True:\n    pass\n", 1)
    assert verdict(changed(draft, answer=endless)).reason == "code_limit"


def test_data_is_what_the_passage_has():
    found = {one.kind: one for one in datasets(draft_of(PARTS, 1))}
    assert found["records"].value[0] == {
        "part": "Shaft seal",
        "number": "KX-1107",
        "stock": 6,
        "place": "store",
        "order": "weekly",
    }
    assert found["records"].name == "spare_parts_kx"
    assert (found["limits"].titles["op"], found["limits"].titles["limit"]) == (">=", "12")
    assert "gearbox" in found["words"].value
    found = {one.kind: one for one in datasets(draft_of(SETTINGS, 1))}
    assert found["settings"].value["log_file"] == "/var/log/gauge.log"


@pytest.mark.parametrize(("words", "name"), [
    ("Lead time", "lead_time"), ("The list of parts", "list_parts"), ("list", "list_entry"), ("class", "class_entry"), ("1st", ""),
    ("größe", ""), ("", ""), ("Stock (pcs.)", "stock_pcs"),
])  # fmt: skip
def test_words_as_names_of_python(words, name):
    assert identifier(words) == name


def test_the_python_tool_tells_what_calls_give():
    draft = replace(
        draft_of(PROSE, 1),
        item={"code": "Here:\n\n```python\ndef f(n):\n    return n + 1\n```\n", "calls": ["f(1)", "f('a')"]},
    )
    told = python_tool.use(draft, of="item.code", calls="item.calls")["output"]
    assert (told["kind"], told["error"], told["values"]) == ("raised", "TypeError", ["2", ""])
    assert python_tool.use(draft, of="item.code", calls=["f(41)"])["output"]["values"] == ["42"]
    assert python_tool.use(replace(draft, item={"code": "1 + 1"}), of="item.code")["output"]["values"] == ["2"]
    assert (
        python_tool.use(replace(draft, item={"code": "import numpy"}), of="item.code")["output"]["kind"]
        == "unsupported"
    )
    assert python_tool.use(draft, of="item.nothing") == {"error": "no_code"}
