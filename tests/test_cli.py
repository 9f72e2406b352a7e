from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

import agentinstruct_local
import agentinstruct_local.cli.generate as generating
from agentinstruct_local import __version__
from agentinstruct_local.cli import COMMANDS, cli, facts, main, opening
from agentinstruct_local.cli.live import Lines, Screen, Stop
from agentinstruct_local.cli.output import clean, funnel_lines, span_of_time
from agentinstruct_local.cli.reasons import in_words
from agentinstruct_local.errors import SourceError, TeacherError
from agentinstruct_local.records import Document, Draft, Message, Passage, Row, Step, Unit, Verdict
from agentinstruct_local.store import Store

TEXT = "Leave is thirty days. It must be asked for in writing."
HEAVY = (
    "llama_cpp",
    "llguidance",
    "outlines",
    "faiss",
    "sentence_transformers",
    "torch",
    "pydantic",
    "numpy",
    "rich",
    "yaml",
)


class FakeTeacher:
    name = "fake"
    slots = 2
    about = ""
    closed = False

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def close(self) -> None:
        self.closed = True


class FakeRunner:
    """Accepts every other draft, one draft a step, and goes on from what the store has."""

    def __init__(self) -> None:
        self.most = 1000
        self.hook: Any = lambda place: None
        self.prepared = 0
        self.ran = 0

    def prepare(self, recipe: Any, store: Store, taxonomy: Any, count_tokens: Any) -> Any:
        self.prepared += 1
        unit = Unit(span=(0, 21), text=TEXT[:21], kind="sentence")
        document = Document(id="d1", source=recipe.sources[0], text=TEXT, media_type="text/markdown")
        passage = Passage(
            id="p1", document="d1", source=document.source, text=TEXT, span=(0, 54), units=(unit,), foci=(0,)
        )
        store.put_corpus([document], [passage], [("bad\x1b[31m.pdf", "encrypted", "needs a password")])
        return SimpleNamespace(documents=1, passages=1, cells=14, unfed={"qa/table": ("table",)})

    def run(self, *, recipe: Any, store: Store, taxonomy: Any, teacher: Any, index: Any, watch: Any, stop: Any) -> Any:
        self.ran += 1
        passage = store.passages()[0]
        progress = SimpleNamespace(
            notes=[],
            accepted=0, asked=recipe.rows, drafts=0, in_flight=1, refused=Counter(), tokens_in=0, tokens_cached=0,
            tokens_out=0, seconds=0.0, resumed=0, last_question="", last_row=None, doing="",
        )  # fmt: skip
        for place in range(self.most):
            self.hook(place)
            if progress.accepted >= recipe.rows:
                return SimpleNamespace(reached=True, reason="done")
            if stop():
                return SimpleNamespace(reached=False, reason="stopped")
            step = Step(
                key=f"k{place}",
                name="ask",
                output={"question": f"Q{place}?"},
                teacher="fake",
                tokens_in=9,
                tokens_out=4,
            )
            draft = Draft(
                id=f"{place:02}aa", order=(place, 0), skill="qa", subskill="fact", passage=passage, choices={}, seed=1,
                focus=passage.units[0], item={"question": f"Q{place}\x1b[2J?"}, text=TEXT, steps=(step,),
            )  # fmt: skip
            row = None
            if place % 2:
                draft = draft.with_verdict(Verdict(by="length", ok=True))
                provenance = {
                    "source": passage.source,
                    "page": None,
                    "span": [0, 21],
                    "quote": TEXT[:21],
                    "draft": draft.id,
                }
                messages = (
                    Message(role="user", content=f"Q{place}\x1b[2J?"),
                    Message(role="assistant", content="Thirty."),
                )
                row = Row(id=f"{place:02}bb", messages=messages, skill="qa", subskill="fact", provenance=provenance)
                progress.accepted += 1
            else:
                draft = draft.with_verdict(Verdict(by="near", ok=False, reason="duplicate", evidence="0.98 to Q1"))
                progress.refused["duplicate"] += 1
            store.finish(draft, row)
            progress.drafts += 1
            progress.seconds += 2.0
            progress.tokens_out += 20
            progress.last_question = f"Q{place}?"
            watch(progress)
        return SimpleNamespace(reached=False, reason="budget")


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeRunner:
    fake = FakeRunner()
    module = ModuleType("agentinstruct_local.runner")
    module.run = fake.run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "agentinstruct_local.runner", module)
    reading = ModuleType("agentinstruct_local.corpus")
    reading.prepare = fake.prepare  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "agentinstruct_local.corpus", reading)
    subskill = SimpleNamespace(
        id="fact", name="Facts", definition="One fact.", provenance="paper", forms=("identity",), flow="ask", share=1.0,
        needs="small",
    )  # fmt: skip
    skill = SimpleNamespace(
        name="qa",
        about="Questions.",
        subskills={"fact": subskill},
        agents={},
        flows={"ask": ()},
        transform=(),
        refinements={},
    )
    known = SimpleNamespace(skills={"qa": skill}, folder=tmp_path, digest="x")
    monkeypatch.setattr("agentinstruct_local.taxonomy.load", lambda folder=None: known)
    monkeypatch.setattr(opening, "open_teacher", lambda recipe: FakeTeacher())
    monkeypatch.setattr(opening, "open_index", lambda recipe: None)
    monkeypatch.setattr(opening, "teacher_name", lambda recipe: recipe.teacher or "fake")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Hand book.md").write_text(TEXT)
    return fake


def generate(*more: str) -> int:
    return main(["generate", "Hand book.md", "-n", "3", *more])


# The group


def test_help_is_light_and_lists_every_command() -> None:
    script = (
        "import sys; from agentinstruct_local.cli import main; code = main(['--help']);"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", ["generate", "plan", "status", "show", "export", "taxonomy"])
def test_the_help_of_a_command_loads_no_model_library_and_has_an_example(name: str) -> None:
    script = (
        f"import sys; from agentinstruct_local.cli import main; code = main([{name!r}, '--help']);"
        f"print('LOADED', [name for name in {HEAVY[:6]!r} if name in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout
    assert f"agentinstruct {name}" in done.stdout


def test_the_short_helps_are_those_of_the_commands() -> None:
    for name, words in COMMANDS.items():
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert command.get_short_help_str(200)
        assert words.endswith(".")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_a_mistyped_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["genrate"]) == 2
    assert "Did you mean 'generate'?" in capsys.readouterr().err


def test_a_forgotten_generate_is_guessed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2
    assert f"agentinstruct generate {tmp_path}" in capsys.readouterr().err


def test_python_m_works() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agentinstruct_local", "status", "nowhere"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("error: There is no run in nowhere")
    assert done.stderr.splitlines()[1].startswith("hint: ")


def test_a_bug_keeps_its_traceback(runner: FakeRunner) -> None:
    runner.hook = lambda place: 1 / 0
    with pytest.raises(ZeroDivisionError):
        generate()


# generate


def test_rows_are_written_and_shown(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate() == 0
    told = capsys.readouterr()
    rows = [json.loads(line) for line in Path("runs/hand-book/dataset/chat.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == ["01bb", "03bb", "05bb"]
    assert told.out.count("“Leave is thirty days.”") == 3
    assert "Hand book.md, characters 0 to 21" in told.out
    assert "runs/hand-book/dataset/chat.jsonl" in told.out
    assert "agentinstruct show runs/hand-book 01bb" in told.out
    assert "duplicate" in told.out
    assert "\x1b[2J" not in told.out + told.err
    for word in ("teacher    fake", "documents  1 read, 1 not", "1 passage of", "the default mix: qa", "encrypted"):
        assert word in told.err
    assert "\x1b" not in told.err


def test_json_is_one_object(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate("--json", "--out", "r") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["reached"], told["reason"], told["rows"], told["asked"]) == (True, "done", 3, 3)
    assert told["funnel"] == {"drafts": 6, "duplicate": 3, "accepted": 3}
    assert told["files"][0] == "r/dataset/chat.jsonl"


def test_too_few_rows_exit_with_3_and_say_how_to_go_on(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    runner.most = 3
    assert generate("--out", "r") == 3
    told = capsys.readouterr().out
    assert "1 of 3 rows: the budget is spent." in told
    assert "--budget-drafts 240" in told


def test_a_run_goes_on_without_its_sources(runner: FakeRunner) -> None:
    runner.most = 3
    assert generate("--out", "r") == 3
    runner.most = 1000
    Path("Hand book.md").unlink()
    assert main(["generate", "--out", "r"]) == 0
    with Store(Path("r"), readonly=True) as store:
        assert [row.id for row in store.rows()] == ["01bb", "03bb", "05bb"]


def test_a_finished_run_loads_no_teacher(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate() == 0
    assert generate() == 0
    assert (runner.ran, runner.prepared) == (1, 1)
    assert "already" in capsys.readouterr().err


def test_more_rows_may_be_asked_for_and_fewer_may_not(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate("--out", "r") == 0
    assert main(["generate", "--out", "r", "-n", "5"]) == 0
    with Store(Path("r"), readonly=True) as store:
        assert store.get("recipe")["rows"] == 5
        assert len(list(store.rows())) == 5
    assert main(["generate", "--out", "r", "-n", "4"]) == 2
    assert "fewer" in capsys.readouterr().err


def test_other_wishes_for_a_run_are_refused_with_the_difference(
    runner: FakeRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate("--out", "r") == 0
    assert generate("--out", "r", "--seed", "5", "--skill", "qa") == 2
    told = capsys.readouterr().err
    assert "seed: the run has 0, you ask for 5" in told
    assert "skills: the run has the default, you ask for qa 1" in told
    assert "--out" in told.splitlines()[-1]


def test_without_out_another_run_gets_another_folder(runner: FakeRunner) -> None:
    assert generate() == 0
    assert generate("--seed", "2") == 0
    assert sorted(folder.name for folder in Path("runs").iterdir()) == ["hand-book", "hand-book-2"]


def test_a_start_that_failed_does_not_bind_the_folder(
    runner: FakeRunner, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(recipe: Any) -> Any:
        raise TeacherError("It is broken.", hint="mend it")

    with monkeypatch.context() as patch:
        patch.setattr(opening, "open_teacher", broken)
        assert generate("--out", "r", "--seed", "4") == 2
    assert capsys.readouterr().err.splitlines()[-2:] == ["error: It is broken.", "hint: mend it"]
    assert generate("--out", "r", "--seed", "5") == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["generate"], "nothing to read"),
        (["generate", "--out", "new"], "no run in new"),
        (["generate", "absent"], "absent: no such file"),
        (["generate", "Hand book.md", "--skill", "qua"], "Did you mean qa?"),
        (["generate", "Hand book.md", "--skill", "qa=x"], "--skill qa=x"),
        (["generate", "Hand book.md", "--language", "English"], "language cannot be"),
        (["generate", "Hand book.md", "--recipe", "none.yaml"], "none.yaml"),
    ],
)
def test_mistakes_exit_with_2_and_a_hint(
    runner: FakeRunner, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "\nhint: " in told


def test_a_locked_run_exits_with_75(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(Path("r")):
        assert generate("--out", "r") == 75
    assert str(os.getpid()) in capsys.readouterr().err


def test_a_folder_that_holds_nothing_leaves_no_run_behind(
    runner: FakeRunner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(*_: Any) -> None:
        raise SourceError("nothing to read", hint="give documents")

    monkeypatch.setattr(sys.modules["agentinstruct_local.corpus"], "prepare", nothing)
    assert generate("--out", "r") == 2
    assert main(["generate", "absent", "--out", "s"]) == 2
    assert not Path("r").exists() and not Path("s").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_finishes_the_step_and_the_run_goes_on_later(
    runner: FakeRunner, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    runner.hook = lambda place: os.kill(os.getpid(), number) if place == 3 else None
    assert generate("--out", "r") == 130
    assert "agentinstruct generate --out r" in capsys.readouterr().out
    assert Path("r/dataset/chat.jsonl").exists()
    runner.hook = lambda place: None
    assert generate("--out", "r") == 0


def test_two_signals_stop_at_once(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    def twice(place: int) -> None:
        if place == 3:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    runner.hook = twice
    before = signal.getsignal(signal.SIGINT)
    assert generate("--out", "r") == 130
    assert "Stopped at once. To go on: agentinstruct generate --out r" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before
    runner.hook = lambda place: None
    assert generate("--out", "r") == 0


# plan, status, show, export, taxonomy


def test_plan_counts_and_estimates(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "Hand book.md", "-n", "300"]) == 0
    told = capsys.readouterr().out
    assert "1 read (1 Markdown)" in told
    assert "cells      14" in told
    assert "  table: qa/table" in told
    assert "encrypted needs a password" in told
    assert "900 accepted rows an hour: 300 rows take about 20 min" in told
    assert not Path("runs").exists()


def test_plan_without_a_pilot_loads_no_teacher(
    runner: FakeRunner, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "open_teacher", None)
    assert main(["plan", "Hand book.md", "--no-pilot", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["documents"], told["passages"], told["cells"]) == (1, 1, 14)
    assert runner.ran == 0


def test_generate_goes_on_with_a_pilot(runner: FakeRunner) -> None:
    assert main(["plan", "Hand book.md", "--out", "r"]) == 0
    assert main(["generate", "--out", "r", "-n", "4"]) == 0


def test_status_tells_what_became_of_the_drafts(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    generate("--out", "r")
    capsys.readouterr()
    assert main(["status", "r", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["accepted"], told["asked"], told["tokens_out"], told["writer"]) == (3, 3, 24, None)
    assert {"skill": "qa", "subskill": "fact", "outcome": "duplicate", "drafts": 3} in told["skills"]
    assert main(["status", "r"]) == 0
    told = capsys.readouterr().out
    assert "3 of 3 rows" in told
    assert "qa/fact     3 accepted  duplicate 3" in told


def test_show_lists_rows_and_refusals(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    generate("--out", "r")
    capsys.readouterr()
    assert main(["show", "r"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["01bb", "03bb", "05bb"]
    assert main(["show", "r", "--refused", "duplicate", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["draft"] for one in told] == ["00aa", "02aa", "04aa"]
    assert main(["show", "r", "--refused"]) == 0
    assert "0.98 to Q1" in capsys.readouterr().out


def test_show_says_so_where_there_is_nothing(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    runner.most = 1
    generate("--out", "r")
    capsys.readouterr()
    assert main(["show", "r"]) == 0
    assert "no rows yet" in capsys.readouterr().err
    assert main(["show", "r", "--refused", "nonsense"]) == 0
    assert "Reasons there are: duplicate." in capsys.readouterr().err


def test_show_marks_the_quote_and_tells_every_step(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    generate("--out", "r")
    capsys.readouterr()
    assert main(["show", "r", "01b"]) == 0
    told = capsys.readouterr().out
    assert ">>>Leave is thirty days.<<< It must" in told
    for word in ("row 01bb", "draft 01aa", "accepted", "ask", "9 tokens read", "Q1?", "length"):
        assert word in told
    assert "\x1b[2J" not in told
    assert main(["show", "r", "00aa"]) == 0
    told = capsys.readouterr().out
    assert "duplicate: 0.98 to Q1" in told
    assert main(["show", "r", "zz"]) == 2


def test_show_as_json_has_it_all(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    generate("--out", "r")
    capsys.readouterr()
    assert main(["show", "r", "01bb", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["row"]["id"] == "01bb"
    assert told["document"]["text"] == "Leave is thirty days."
    assert told["draft"]["steps"][0]["output"] == {"question": "Q1?"}
    assert told["outcome"] == "accepted"


def test_prompts_are_made_again_from_the_steps(tmp_path: Path) -> None:
    pytest.importorskip("agentinstruct_local.passages")
    from agentinstruct_local import flow
    from agentinstruct_local.cli.replay import prompts
    from agentinstruct_local.records import Agent, Move, Output, Skill, Subskill

    (tmp_path / "qa").mkdir()
    agents = {
        name: Agent(
            name=name, file=str(tmp_path / "qa" / f"{name}.jinja"), line=1, output=Output(),
            template="S {{ turn }} " + words,
        )
        for name, words in {"ask": "Ask about {{ focus }}", "answer": "Answer {{ item.question }}"}.items()
    }  # fmt: skip
    moves = tuple(Move(kind=kind, name=name) for kind, name in [  # type: ignore[arg-type]
        ("agent", "ask"), ("fan_out", "ask"), ("admit", "item.question"), ("agent", "answer")])  # fmt: skip
    leaf = Subskill(id="fact", name="Facts", definition="", provenance="paper", flow="f")
    skill = Skill(
        name="qa",
        about="",
        agents=agents,
        subskills={"fact": leaf},
        flows={"f": moves},
        transform=(),
        refinements={},
        rows={},
    )
    unit = Unit(span=(0, 21), text=TEXT[:21], kind="sentence")
    passage = Passage(id="p1", document="d1", source="a.md", text=TEXT, span=(0, 54), units=(unit,), foci=(0,))
    draft = Draft(
        id="d", order=(0, 0), skill="qa", subskill="fact", passage=passage, focus=unit, choices={}, seed=1, text=TEXT
    )
    output = {"items": [{"question": "One?"}, {"question": "Two?"}]}
    draft = flow.fold(draft, skill, moves[0], Step(key="1", name="ask", output=output))
    item = flow.fan_out(draft, moves[1])[1]
    done = item.with_step(Step(key="2", name="answer", output={"answer": "Thirty."}))
    told = prompts(done, skill, tmp_path, "en")
    assert [messages[-1]["content"] for messages in told.values()] == [f"Ask about {TEXT[:21]}", "Answer Two?"]


def test_export_writes_the_asked_format(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    generate("--out", "r")
    assert main(["export", "r", "--format", "chat", "--to", "out"]) == 0
    assert Path("out/chat.jsonl").read_bytes() == Path("r/dataset/chat.jsonl").read_bytes()
    assert main(["export", "r", "--format", "nonsense", "--to", "out"]) == 2
    assert "chat" in capsys.readouterr().err


def test_taxonomy_lists_shows_and_checks(
    runner: FakeRunner, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["taxonomy", "list"]) == 0
    assert "fact" in capsys.readouterr().out
    assert main(["taxonomy", "show", "qa/fact"]) == 0
    assert "One fact." in capsys.readouterr().out
    assert main(["taxonomy", "show", "qa/none"]) == 2
    problem = SimpleNamespace(file="a.yaml", line=3, message="wrong")
    monkeypatch.setattr("agentinstruct_local.lint.check", lambda folder=None: [problem])
    assert main(["taxonomy", "check"]) == 2
    assert "a.yaml:3: wrong" in capsys.readouterr().out
    monkeypatch.setattr("agentinstruct_local.lint.check", lambda folder=None: [])
    assert main(["taxonomy", "check"]) == 0


def test_the_list_of_skills_counts_the_rows_made_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    handbook = Path(__file__).parent.parent / "examples" / "handbook"
    factoid = ["--skill", "open_domain_qa/factoid"]
    assert main(["generate", str(handbook), "--teacher", "scripted", *factoid, "-n", "2", "--out", "runs/a"]) == 0
    (tmp_path / "runs" / "b").mkdir()
    (tmp_path / "runs" / "b" / "run.db").write_text("no database")
    capsys.readouterr()
    assert main(["taxonomy", "list", "--json"]) == 0
    told = capsys.readouterr()
    assert "b is left out" in told.err
    rows = {(one["skill"], one["subskill"]): one["rows"] for one in json.loads(told.out)}
    assert rows["open_domain_qa", "factoid"] == 2
    assert sum(rows.values()) == 2
    assert main(["taxonomy", "list", "--run", "runs/a"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  factoid")]
    assert line.split()[1] == "2"


def test_skills_of_ones_own_make_rows_and_are_looked_through_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    handbook = Path(__file__).parent.parent / "examples" / "handbook"
    assert main(["taxonomy", "new", "safety", "--folder", "mine"]) == 0
    begin = ["generate", str(handbook), "--teacher", "scripted", "--taxonomy", "mine", "--skill", "safety", "-n", "1"]
    assert main([*begin, "--out", "r"]) == 0
    assert "safety / first" in capsys.readouterr().out
    assert main(["show", "r", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["id"]
    assert main(["show", "r", row, "--prompts"]) == 0
    assert "Write the question to which" in capsys.readouterr().out
    skill = tmp_path / "mine" / "safety" / "skill.yaml"
    skill.write_text(skill.read_text().replace("flow: question", "flow: qestion"))
    assert main([*begin, "--out", "s"]) == 2
    assert "no flow 'qestion'" in capsys.readouterr().err
    assert not Path("s").exists()


# The views


def a_progress(**more: Any) -> Any:
    told = {
        "accepted": 5, "asked": 10, "drafts": 20, "in_flight": 3, "refused": Counter(duplicate=4, trivial=1),
        "tokens_in": 100, "tokens_cached": 50, "tokens_out": 1200, "seconds": 60.0, "resumed": 2,
        "last_question": "What [bold]is\x1b[2J this?", "last_row": None, "notes": [], "doing": "",
    }  # fmt: skip
    return SimpleNamespace(**{**told, **more})


def test_a_pipe_gets_a_line_at_the_start_and_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with Lines(Stop(), before=3) as watch:
        for _ in range(50):
            watch(a_progress())
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0] == "5/10 rows, 20 drafts, 120 rows/hour, 20 tokens/s, 2 min left; refused: duplicate 4, trivial 1"


def test_drafts_that_are_ended_after_the_last_row_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Lines(Stop(), before=0) as watch:
        watch(a_progress(accepted=10))
    lines = capsys.readouterr().err.splitlines()
    assert "ending what was begun before the last row: 3 in work" in lines[0]
    assert "0 s left" not in lines[0]


def test_a_terminal_sees_how_far_it_is() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=120)
    stop = Stop()
    with Screen(stop, 3, console) as watch:
        watch(a_progress())
        stop.count = 1
        console.print(watch.draw())
    told = file.getvalue()
    for word in ("5/10 rows", "120 rows/hour", "duplicate 4", "[bold]is", "Stopping"):
        assert word in told
    assert "\x1b[2J" not in told


def test_what_comes_before_the_first_draft_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    progress = a_progress(doing="making passages searchable: 64 of 8,000")
    with Lines(Stop(), before=0) as view:
        view(progress)
    assert capsys.readouterr().err.splitlines()[0] == progress.doing
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=120)
    with Screen(Stop(), 0, console) as screen:
        screen(progress)
        console.print(screen.draw())
    assert progress.doing in file.getvalue()


def test_text_of_documents_cannot_drive_the_terminal() -> None:
    assert clean("a\x1b[31mb\u202ec\x9bd\ud800\te\n") == "a\ufffd[31mbc\ufffdd\ufffd\te\n"
    assert clean("a\n\tb", line=True) == "a b"


def test_the_funnel_adds_up_what_is_left_out() -> None:
    funnel = {"drafts": 20, **{f"r{n}": 1 for n in range(10)}, "accepted": 10}
    lines = funnel_lines(funnel, most=3)
    assert [line.split()[-2] for line in lines] == ["20", "1", "1", "1", "7", "10"]


def test_every_reason_has_its_words() -> None:
    rooms = [Path(agentinstruct_local.__file__).parent / room for room in ("verifiers", "diversity")]
    sources = "\n".join(file.read_text() for room in rooms for file in room.rglob("*.py"))
    said = set(re.findall(r'\b(?:bad\(\s*"\w+",|_refusal\()\s*"(\w+)"', sources))
    assert len(said) > 40
    wanting = {reason for reason in said if not in_words(reason)}
    assert not wanting, "say what they mean in agentinstruct_local/cli/reasons.py"


@pytest.mark.parametrize(
    ("seconds", "said"), [(5, "5 s"), (600, "10 min"), (7800, "2 h 10 min"), (400_000, "4.6 days")]
)
def test_spans_of_time_are_told_in_words(seconds: float, said: str) -> None:
    assert span_of_time(seconds) == said


def test_troubles_of_the_teacher_are_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    progress = a_progress(notes=["the process died"])
    with Lines(Stop(), before=0) as view:
        view(progress)
        progress.notes.append("it died again")
        view(progress)
    told = capsys.readouterr().err
    assert told.count("the process died") == told.count("it died again") == 1


def made(number: int, subskill: str, channel: str, source: str, fact: str = "") -> Row:
    told = {"source": source, "quote": f"The lid {fact} is blue.", "fact": fact or None}
    said = (Message(role="user", content="?"), Message(role="assistant", content="!"))
    return Row(id=str(number), messages=said, skill="s", subskill=subskill, provenance=told, channel=channel)  # type: ignore[arg-type]


def test_three_rows_of_different_channels_are_shown_when_a_run_ends() -> None:
    rows = [made(n, f"k{n}", "chat", f"d{n}") for n in range(5)]
    rows += [made(5, "memo", "text", "d0"), made(6, "fact", "reading", "d0")]
    assert [row.channel for row in generating._samples(rows)] == ["chat", "text", "reading"]


def test_facts_are_told_in_a_line_each() -> None:
    rows = [made(0, "found", "chat", "d", "A"), made(1, "short", "chat", "d", "A"), made(2, "found", "chat", "d", "B")]
    assert [facts.briefly(one) for one in facts.taught(rows)] == [
        "    2  The lid A is blue.",
        "    1  The lid B is blue.",
    ]


def test_a_text_counts_for_the_lines_that_it_states() -> None:
    text = made(1, "memo", "text", "d")
    stated = [{"fact": "A", "quote": "The lid A is blue."}, {"fact": "C", "quote": "The lid C is red."}]
    rows = [made(0, "found", "chat", "d", "A"), replace(text, provenance={**text.provenance, "states": stated})]
    told = {one.quote: one.kinds for one in facts.taught(rows)}
    assert told == {"The lid A is blue.": ["found", "memo"], "The lid C is red.": ["memo"]}
