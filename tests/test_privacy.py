"""Personal data and secrets: each rule, masks that stay the same, and what the three policies do to a run."""

from __future__ import annotations

import json
import re
import time
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentinstruct_local import corpus, privacy, runner, taxonomy
from agentinstruct_local.cli import main
from agentinstruct_local.diversity import HashEncoder, Index
from agentinstruct_local.errors import RecipeError, SourceError
from agentinstruct_local.privacy import Masks
from agentinstruct_local.privacy.checks import CHECKS
from agentinstruct_local.readers import collect
from agentinstruct_local.recipe import Recipe, load
from agentinstruct_local.records import Document
from agentinstruct_local.store import Store
from agentinstruct_local.teachers.scripted import ScriptedTeacher, invent

HERE = Path(__file__).parent
SMALL = HERE / "data" / "taxonomy"
RULES = privacy.made(None)
CASES: dict[str, dict[str, list[str]]] = yaml.safe_load((HERE / "cases" / "privacy" / "rules.yaml").read_text())
EACH = [(rule, kind, text.replace("~", "")) for rule, told in CASES.items() for kind in told for text in told[kind]]

ADDRESS, OTHER = "m.rossi@works.invalid", "desk@works.invalid"
IBAN = "DE89 3704 0044 0532 0130 00"
PUMPS = """# Pump hall

The pump of the north hall is stopped above 70 degrees by the shift leader. The pump is started again below 40 degrees.
The filter of the south hall is washed every Monday by the day shift. The filter is replaced after 12 months of use.
The valve of the east hall is opened every morning by the day shift. The valve is closed at 9 in the evening.
"""
DESK = f"""# Who to ask

Questions about the pump go to the desk at {ADDRESS} before the shift ends. The fee of 40 euros is paid to the account
{IBAN} within 14 days. At night the shift leader writes to {ADDRESS.title()} or to {OTHER} about the pump.
"""


# Rules


@pytest.mark.parametrize(("rule", "kind", "text"), EACH)
def test_a_rule_finds_what_it_should_and_nothing_else(rule: str, kind: str, text: str) -> None:
    wanted = re.findall("«(.*?)»", text, re.DOTALL)
    assert bool(wanted) == (kind == "finds")
    found = privacy.find(text.replace("«", "").replace("»", ""), RULES)
    assert [one.value for one in found if one.rule.name == rule] == wanted
    assert [one.rule.name for one in found if one.rule.name != rule] == []


def test_every_rule_has_cases_of_both_kinds_and_every_check_is_used() -> None:
    assert {rule.name for rule in RULES} == set(CASES)
    assert all(set(told) == {"finds", "not"} for told in CASES.values())
    assert {rule.check for rule in RULES} - {""} == set(CHECKS)


def test_findings_stand_where_they_say_and_do_not_overlap() -> None:
    text = f"token = {IBAN.replace(' ', '')} for {ADDRESS}, {ADDRESS}"
    found = privacy.find(text, RULES)
    assert [text[slice(*one.span)] for one in found] == [one.value for one in found]
    assert [one.rule.name for one in found] == ["password", "email", "email"]  # a secret, whatever else it is


def test_the_handbook_of_the_examples_holds_nothing_personal() -> None:
    for document in collect([HERE.parent / "examples" / "handbook"]).documents:
        assert privacy.find(document.text, RULES) == [], document.source


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("a.", 20_000), ("a@", 20_000), ("1 ", 20_000), ("+1 ", 10_000), ("AB12", 10_000), ("eyJa", 10_000),
        ("-----BEGIN PRIVATE KEY-----", 1_000), ("password", 5_000), ("token=", 5_000), ("a://b:", 5_000),
        ("4111 ", 8_000), ("tel. 1", 5_000),
    ],
)  # fmt: skip
def test_hostile_text_does_not_stall_the_rules(text: str, times: int) -> None:
    start = time.perf_counter()
    privacy.find(text * times, RULES)
    assert time.perf_counter() - start < 4


# Rules of one's own


def own(folder: Path, text: str) -> Path:
    file = folder / "ours.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_rules_of_ones_own_stand_beside_ours_and_take_the_place_of_their_namesakes(tmp_path: Path) -> None:
    file = own(
        tmp_path, "rules:\n- {name: staff_number, pattern: 'EMP-\\d{5}'}\n- {name: phone, pattern: 'ext\\. \\d{3}'}\n"
    )
    rules = privacy.made(privacy.wanted(file))
    text = f"EMP-12345 has ext. 345, +49 30 901820 and {ADDRESS}"
    assert [one.rule.name for one in privacy.find(text, rules)] == ["staff_number", "phone", "email"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules:\n- {name: a, pattern: '('}", "rule a: pattern: no regular expression"),
        ("rules:\n- {name: a, pattern: 'x*'}", "it finds nothing at all"),
        ("rules:\n- {name: a, pattern: 'x', check: lune}", "no check 'lune'; there are: codice_fiscale"),
        ("rules:\n- {name: Ö, pattern: 'x'}", "rule Ö: name"),
        ("rules:\n- {pattern: 'x'}", "rule 1: name"),
        ("rules:\n- {name: a, pattern: 'x', mask: y}", "rule a: mask"),
        ("rules: [x]", "rule 1"),
        ("rule: []", "one list, `rules:`"),
        ("rules:\n- {name: a, pattern: 'x'", "ours.yaml:2"),
    ],
)
def test_mistakes_in_a_file_of_rules_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        privacy.wanted(own(tmp_path, text))
    assert said in str(caught.value)
    assert "ours.yaml" in str(caught.value)
    assert caught.value.hint


def test_the_rules_lie_beside_the_recipe_and_are_looked_at_before_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "recipe.yaml").write_text("sources: [notes.md]\nprivacy_rules: ours.yaml\nteacher: scripted\n")
    (tmp_path / "in" / "notes.md").write_text(PUMPS)
    assert load(Path("in/recipe.yaml")).privacy_rules == "in/ours.yaml"
    assert main(["generate", "--recipe", "in/recipe.yaml", "--out", "run"]) == 2
    assert "ours.yaml: No such file" in capsys.readouterr().err
    assert not Path("run").exists()


# Masks


def masked(document: Document, masks: Masks) -> Document:
    return masks.masked(document, privacy.find(document.text, RULES))


def document(text: str, **more: Any) -> Document:
    return Document(id="d", source=more.pop("source", "a.md"), text=text, media_type="text/markdown", **more)


def test_the_same_value_has_the_same_mask_in_every_document() -> None:
    masks = Masks(RULES)
    first = masked(document(f"{ADDRESS} and {OTHER}, {IBAN}", title=f"About {OTHER}"), masks)
    assert first.text == "[EMAIL_1] and [EMAIL_2], [IBAN_1]"
    assert first.title == "About [EMAIL_2]"
    second = masked(document(f"{IBAN.replace(' ', '')} of {ADDRESS.upper()}", source=f"{OTHER}.md"), masks)
    assert second.text == "[IBAN_1] of [EMAIL_1]"
    assert second.source == "[EMAIL_2].md" or OTHER not in second.source
    assert first.id != second.id != "d"


def test_secrets_that_differ_in_case_have_two_masks() -> None:
    found = masked(document("password = k7#Lw9vQ2x\npassword = K7#LW9VQ2X\n"), Masks(RULES))
    assert found.text == "password = [PASSWORD_1]\npassword = [PASSWORD_2]\n"


def test_a_mask_that_a_document_has_already_is_given_to_no_value() -> None:
    text = f"Forms show [EMAIL_1]. Write to {ADDRESS}."
    assert masked(document(text), Masks(RULES, [text])).text == "Forms show [EMAIL_1]. Write to [EMAIL_2]."


def test_pages_start_where_they_did() -> None:
    pages = [f"Page one has {ADDRESS} in it.\n", f"{IBAN} on page two.\n", "", "Page four."]
    text, starts = "".join(pages), [len("".join(pages[:at])) for at in range(4)]
    found = masked(document(text, pages=tuple(starts)), Masks(RULES))
    parts = [found.text[start:end] for start, end in zip(found.pages, (*found.pages[1:], None), strict=True)]
    assert parts == ["Page one has [EMAIL_1] in it.\n", "[IBAN_1] on page two.\n", "", "Page four."]
    within = masked(document(text, pages=(0, starts[1] + 4)), Masks(RULES))
    assert within.text[within.pages[1] :].startswith("[IBAN_1] on")


# A run


class Eager(ScriptedTeacher):
    """Keeps what it was asked as one text."""

    @property
    def heard(self) -> str:
        return "\n".join(message.content for request in self.asked for message in request.messages)


def put(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (texts or {"pumps": PUMPS, "desk": DESK}).items():
        (folder / f"{name}.md").write_text(text)
    return folder


def work(folder: Path, *, rows: int = 6, script: Any = invent, texts: Any = None, **more: Any) -> Eager:
    source = put(folder.parent / "documents", **(texts or {}))
    recipe = Recipe(sources=(str(source),), rows=rows, teacher="scripted", **more)
    skills, teacher = taxonomy.load(SMALL), Eager(script)
    with Store(folder) as store:
        corpus.prepare(recipe, store, skills, teacher.count_tokens)
        runner.run(recipe=recipe, store=store, taxonomy=skills, teacher=teacher, index=Index(HashEncoder()))
    return teacher


def everything(folder: Path) -> str:
    with Store(folder, readonly=True) as store:
        tables = ("document", "passage", "step", "draft", "row", "meta")
        return "\n".join(str(line) for table in tables for line in store._all(f"SELECT * FROM {table}"))


def quotes_agree(store: Store) -> None:
    for row in store.rows():
        start, end = row.provenance["span"]
        assert " ".join(store.document(row.provenance["document"]).text[start:end].split()) == row.provenance["quote"]


def test_keep_tells_which_rows_show_some(tmp_path: Path) -> None:
    teacher = work(tmp_path / "run", rows=12)
    assert ADDRESS in teacher.heard
    with Store(tmp_path / "run", readonly=True) as store:
        quotes_agree(store)
        assert store.personal() == {"email": 3, "iban": 1}
        assert 1 <= store.personal_passages() < len(store.passages())
        rows = list(store.rows())
        shown = [row for row in rows if "works.invalid" in json.dumps([m.content for m in row.messages]).casefold()]
        assert shown and all("email" in row.provenance["personal"] for row in shown)
        assert any(row.provenance["personal"] == [] for row in rows)
        assert store.personal_rows() == sum(bool(row.provenance["personal"]) for row in rows)


def test_mask_hides_every_value_from_the_teacher_and_from_the_run(tmp_path: Path) -> None:
    teacher = work(tmp_path / "run", privacy="mask", rows=12)
    assert "[EMAIL_1]" in teacher.heard
    for text in (teacher.heard, everything(tmp_path / "run")):
        assert "works.invalid" not in text.casefold()
        assert "37040044" not in text.replace(" ", "")
    with Store(tmp_path / "run", readonly=True) as store:
        quotes_agree(store)
        text = store.documents()[0].text
        assert store.documents()[0].source == "documents/desk.md"
        assert text.count("[EMAIL_1]") == 2 and text.count("[EMAIL_2]") == text.count("[IBAN_1]") == 1
        for passage in store.passages():
            assert store.document(passage.document).text[slice(*passage.span)] == passage.text
        assert store.personal() == {"email": 3, "iban": 1}
        assert [row.provenance["personal"] for row in store.rows()] == [[]] * len(list(store.rows()))
    work(tmp_path / "again" / "run", privacy="mask", rows=12)
    with Store(tmp_path / "run", readonly=True) as one, Store(tmp_path / "again" / "run", readonly=True) as other:
        assert list(one.rows()) == list(other.rows())


def test_skip_leaves_the_passages_out_and_counts_them(tmp_path: Path) -> None:
    teacher = work(tmp_path / "run", privacy="skip")
    assert "north hall" in teacher.heard
    assert "works.invalid" not in teacher.heard.casefold()
    with Store(tmp_path / "run", readonly=True) as store:
        assert store.personal_passages() >= 1
        assert store.personal() == {"email": 3, "iban": 1}
        assert all("works" not in passage.text for passage in store.passages())


def test_skip_takes_all_passages_that_a_key_in_several_lines_runs_through(tmp_path: Path) -> None:
    lines = "\n".join("MIIEowIBAAKCAQEAq83vEjRWeJq8z9Qb7sT2uVwXyZ0123456789abcdefghijkl" for _ in range(60))
    key = f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
    teacher = work(tmp_path / "run", texts={"pumps": f"{PUMPS}\n## Key\n\n{key}\n", "hall": PUMPS}, privacy="skip")
    with Store(tmp_path / "run", readonly=True) as store:
        assert all("MIIEow" not in passage.text for passage in store.passages())
    assert "MIIEow" not in teacher.heard


def test_a_run_whose_passages_are_all_skipped_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        work(tmp_path / "run", texts={"desk": DESK}, privacy="skip")
    assert "--privacy mask" in caught.value.hint


def test_a_row_with_a_value_of_no_passage_is_refused_by_name(tmp_path: Path) -> None:
    leaked = cycle(["boss@elsewhere.invalid", "AKIA" + "Q3EGVDLW7T2MBXYZ", "[EMAIL_7]"])

    def leaks(request: Any) -> Any:
        value = invent(request)
        leak = next(leaked)
        return (
            {**value, "answer": f"{value['answer']} {leak}"} if isinstance(value, dict) and "answer" in value else value
        )

    work(tmp_path / "run", script=leaks, budget_drafts=60)
    with Store(tmp_path / "run", readonly=True) as store:
        assert {"personal_leaked", "secret_leaked", "mask_invented"} <= set(store.funnel())
        assert list(store.rows()) == []


def test_a_run_that_goes_on_needs_no_file_of_rules(tmp_path: Path) -> None:
    file = own(tmp_path, "rules:\n- {name: hall, pattern: 'north hall'}\n")
    work(tmp_path / "run", rows=2, privacy_rules=str(file))
    file.unlink()
    work(tmp_path / "run", rows=12, privacy_rules=str(file))
    with Store(tmp_path / "run", readonly=True) as store:
        assert store.personal() == {"email": 3, "hall": 1, "iban": 1}
        assert any("hall" in row.provenance["personal"] for row in store.rows())


def test_the_command_line_tells_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    common = [str(put(tmp_path / "documents")), "--taxonomy", str(SMALL), "--teacher", "scripted"]
    assert main(["plan", *common, "--no-pilot", "--privacy", "skip"]) == 0
    assert "email 3, iban 1 found; 1 passage left out" in capsys.readouterr().out
    assert main(["generate", *common, "-n", "2", "--out", "run", "--privacy", "mask"]) == 0
    told = capsys.readouterr()
    assert "email 3, iban 1 found; masked" in told.err
    assert "email 3, iban 1 found; masked" in told.out
    assert main(["status", "run"]) == 0
    assert "email 3, iban 1 found; masked" in capsys.readouterr().out
    assert main(["status", "run", "--json"]) == 0
    personal = json.loads(capsys.readouterr().out)["personal"]
    assert personal == {"policy": "mask", "found": {"email": 3, "iban": 1}, "passages": 0, "rows": 0}
    assert main(["generate", "--out", "run", "--privacy", "keep"]) == 2
    assert "privacy: the run has 'mask', you ask for 'keep'" in capsys.readouterr().err
    assert main(["generate", *common, "-n", "9", "--out", "kept"]) == 0
    assert "`provenance.personal` of a row names the kinds" in capsys.readouterr().out
