from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from agentinstruct_local.errors import RunError, RunLocked
from agentinstruct_local.records import Document, Draft, Message, Passage, Row, Step, Unit, Verdict
from agentinstruct_local.store import Store
from agentinstruct_local.store.codec import from_json, to_json

TEXT = "Leave is thirty days. It must be asked for in writing."
UNITS = (Unit(span=(0, 21), text=TEXT[:21], kind="sentence"), Unit(span=(22, 54), text=TEXT[22:], kind="sentence"))
DOCUMENT = Document(id="d1", source="leave.md", text=TEXT, media_type="text/markdown", pages=(0, 22))
PASSAGE = Passage(
    id="p1", document="d1", source="leave.md", text=TEXT, span=(0, 54), headings=("Staff", "Leave"), pages=(1, 2),
    units=UNITS, foci=(1, 0),
)  # fmt: skip


def a_draft(name: str, place: int, *, item: int = 0) -> Draft:
    step = Step(
        key=f"k-{name}", name="ask", output={"question": f"Q {name}?", "tags": ["a"]}, tokens_in=10, tokens_out=3
    )
    return Draft(
        id=name, order=(place, item), skill="open_domain_qa", subskill="fact", passage=PASSAGE, focus=UNITS[0],
        choices={"form": "identity"}, seed=7, at=2, item={"question": f"Q {name}?"}, steps=(step,),
    )  # fmt: skip


def a_row(name: str) -> Row:
    messages = (Message(role="user", content=f"Q {name}?"), Message(role="assistant", content="Thirty days."))
    return Row(id=f"r-{name}", messages=messages, skill="open_domain_qa", subskill="fact", provenance={"draft": name})


def refused(draft: Draft, reason: str) -> Draft:
    return draft.with_verdict(Verdict(by="length", ok=True)).with_verdict(
        Verdict(by="quote", ok=False, reason=reason, evidence="not there")
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "leave"


@pytest.fixture
def store(folder: Path):
    with Store(folder) as store:
        store.put_corpus([DOCUMENT], [PASSAGE], [("x.bin", "unknown suffix", "")])
        yield store


def test_records_come_back_exactly() -> None:
    draft = refused(a_draft("a", 3, item=1), "not_located")
    assert from_json(Draft, to_json(draft)) == draft
    assert from_json(Document, to_json(DOCUMENT)) == DOCUMENT
    assert from_json(Row, to_json(a_row("a"))) == a_row("a")
    assert from_json(Draft, to_json(replace(draft, focus=None))).focus is None


@pytest.mark.parametrize("text", ["\ud800 alone", "nul \x00 inside", "line\u2028end", "naïve \U0001f600", ""])
def test_odd_text_comes_back_exactly(store: Store, text: str) -> None:
    store.put_corpus([replace(DOCUMENT, id="odd", text=text, source=f"caf\udce9 {text}")], [], [(text, text, text)])
    assert store.document("odd").text == text
    assert store.document("odd").source == f"caf\udce9 {text}"
    assert store.unread()[-1] == (text, text, text)


def test_the_corpus_is_kept_once(store: Store) -> None:
    for _ in range(2):
        store.put_corpus([DOCUMENT], [PASSAGE], [("x.bin", "unknown suffix", "")])
    assert store.documents() == [DOCUMENT]
    assert store.passages() == [PASSAGE]
    assert store.unread() == [("x.bin", "unknown suffix", "")]


def test_a_corpus_is_kept_whole_or_not_at_all(store: Store) -> None:
    lost = replace(PASSAGE, id="p2", document="nowhere")
    with pytest.raises(sqlite3.IntegrityError):
        store.put_corpus([replace(DOCUMENT, id="d2")], [lost], [])
    assert [document.id for document in store.documents()] == ["d1"]


def test_a_finished_step_is_recalled_and_the_first_one_stays(store: Store) -> None:
    step = Step(key="k", name="ask", output={"a": [1, {"b": None}]}, seconds=1.5)
    store.remember("a", step)
    store.remember("a", replace(step, output="other"))
    assert store.recall("k") == step
    assert store.recall("unknown") is None
    assert store.steps_of("a") == [step]


def test_finishing_twice_changes_nothing(store: Store) -> None:
    draft = a_draft("a", 0)
    store.finish(draft, a_row("a"))
    store.finish(refused(draft, "late"), None)
    assert store.outcomes() == {"a": "accepted"}
    assert list(store.rows()) == [a_row("a")]
    assert store.tokens().steps == 1


def test_a_draft_is_rebuilt_with_passage_steps_and_verdicts(store: Store) -> None:
    parent = a_draft("parent", 0)
    store.remember("parent", parent.steps[0])
    child = refused(replace(parent, id="child", order=(0, 1)).with_step(Step(key="", name="tool", output=4)), "wrong")
    store.finish(parent, None, outcome="fanned_out")
    store.finish(child, None)
    assert store.draft("child") == child
    assert store.draft("pa") == parent


def test_rows_stand_in_plan_order_and_can_be_limited(store: Store) -> None:
    for name, place, item in [("c", 2, 0), ("a", 0, 0), ("b2", 1, 1), ("b1", 1, 0)]:
        store.finish(a_draft(name, place, item=item), a_row(name))
    assert [row.id for row in store.rows()] == ["r-a", "r-b1", "r-b2", "r-c"]
    assert [row.id for row in store.rows(2)] == ["r-a", "r-b1"]


def test_a_reopened_run_keeps_its_steps(store: Store) -> None:
    store.finish(a_draft("a", 0), a_row("a"))
    store.set("reached", 1)
    store.reopen()
    assert (store.outcomes(), list(store.rows()), store.get("reached")) == ({}, [], None)
    assert store.recall("k-a") == a_draft("a", 0).steps[0]
    assert list(store.steps_named("ask")) == [a_draft("a", 0).steps[0]]
    store.finish(a_draft("a", 0), a_row("a"))
    assert list(store.rows()) == [a_row("a")]


def test_the_funnel_accounts_for_every_draft(store: Store) -> None:
    store.finish(a_draft("p", 0), None, outcome="fanned_out")
    store.finish(a_draft("a", 0, item=1), a_row("a"))
    for place, reason in enumerate(["duplicate", "trivial", "duplicate"], 1):
        store.finish(refused(a_draft(f"x{place}", place), reason), None)
    assert list(store.funnel().items()) == [("drafts", 4), ("duplicate", 2), ("trivial", 1), ("accepted", 1)]
    assert store.counts()["open_domain_qa", "fact", "duplicate"] == 2
    tokens = store.tokens()
    computed = tokens.tokens_in - tokens.tokens_cached
    assert store.cost() == {("open_domain_qa", "fact"): (computed, tokens.tokens_out)}
    assert computed > 0
    assert [each.draft for each in store.refused("duplicate")] == ["x1", "x3"]
    first = next(store.refused())
    assert (first.by, first.reason, first.evidence, first.question) == ("quote", "duplicate", "not there", "Q x1?")


def test_tokens_and_seconds_are_summed_over_sittings(folder: Path) -> None:
    for name in "ab":
        with Store(folder) as store:
            store.put_corpus([DOCUMENT], [PASSAGE], [])
            store.finish(a_draft(name, 0), None, outcome="x")
    with Store(folder, readonly=True) as store:
        assert (store.tokens().tokens_in, store.tokens().tokens_out, store.tokens().steps) == (20, 6, 2)
        assert store.sittings() == 2
        assert 0 < store.seconds() < 10


def test_an_id_may_be_shortened_while_it_is_unique(store: Store) -> None:
    store.finish(a_draft("ab1", 0), a_row("ab1"))
    store.finish(a_draft("ab2", 1), a_row("ab2"))
    assert store.row("r-ab1").id == "r-ab1"
    assert store.draft_of(store.row("r-ab2")).id == "ab2"
    assert store.row_of(store.draft("ab1")) == a_row("ab1")
    with pytest.raises(RunError, match="more than one"):
        store.draft("ab")
    with pytest.raises(RunError, match="has no draft"):
        store.draft("z%_")
    with pytest.raises(RunError, match="has no row"):
        store.row("")


def test_facts_about_the_run_are_kept(store: Store) -> None:
    store.set("recipe", {"rows": 3, "name": "é"})
    store.set("recipe", {"rows": 4})
    assert store.get("recipe") == {"rows": 4}
    assert store.get("nothing", 5) == 5


def test_the_folder_is_the_users_own(store: Store) -> None:
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_a_second_writer_is_told_who_holds_the_lock(store: Store) -> None:
    with pytest.raises(RunLocked) as caught:
        Store(store.folder)
    assert str(os.getpid()) in str(caught.value)
    assert caught.value.exit_code == 75


def test_a_reader_sees_what_is_finished_while_a_writer_writes(store: Store) -> None:
    with Store(store.folder, readonly=True) as reader:
        store.finish(a_draft("a", 0), a_row("a"))
        assert list(reader.rows()) == [a_row("a")]
        with pytest.raises(RunError):
            reader.set("x", 1)


def test_a_reader_makes_no_folder(folder: Path) -> None:
    with pytest.raises(RunError, match="no run"):
        Store(folder, readonly=True)
    assert not folder.exists()


def test_damage_is_named(folder: Path) -> None:
    with Store(folder) as store:
        store.put_corpus([replace(DOCUMENT, id=f"d{n}", text="x" * 5000) for n in range(20)], [], [])
    file = folder / "run.db"
    data = bytearray(file.read_bytes())
    data[4096 * 3 : 4096 * 12] = os.urandom(4096 * 9)
    file.write_bytes(data)
    with pytest.raises(RunError):
        Store(folder)
    file.write_bytes(b"not a database at all, but long enough to look like one" * 100)
    with pytest.raises(RunError) as caught:
        Store(folder, readonly=True)
    assert caught.value.hint
    (folder / "run.db").unlink()
    Store(folder).close()  # a failed start leaves the lock free


def test_another_programs_database_is_left_alone(folder: Path) -> None:
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "run.db") as other:
        other.execute("CREATE TABLE theirs (x)")
    with pytest.raises(RunError, match="another program"):
        Store(folder)


def test_a_newer_file_is_refused(folder: Path) -> None:
    Store(folder).close()
    with sqlite3.connect(folder / "run.db") as file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(RunError, match="newer"):
        Store(folder)


def test_a_full_disk_is_named_and_loses_nothing(store: Store) -> None:
    store.finish(a_draft("a", 0), a_row("a"))
    (pages,) = store._database.execute("PRAGMA page_count").fetchone()
    store._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(RunError, match="full") as caught:
        store.remember("b", Step(key="big", name="ask", output="x" * 100_000))
    assert "disk space" in caught.value.hint
    assert store.recall("big") is None
    assert store.outcomes() == {"a": "accepted"}


def test_a_killed_writer_loses_no_finished_step_and_frees_the_lock(folder: Path) -> None:
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from agentinstruct_local.records import Step
        from agentinstruct_local.store import Store
        store = Store(Path(sys.argv[1]))
        for n in range(1000000):
            store.remember("a", Step(key=f"k{n}", name="ask", output=n))
            print(n, flush=True)
    """)
    child = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    assert child.stdout
    told = [int(child.stdout.readline()) for _ in range(50)]
    child.send_signal(signal.SIGKILL)
    told += [int(line) for line in child.stdout.read().split("\n")[:-1]]
    child.wait()
    with Store(folder) as store:
        assert all(store.recall(f"k{n}") for n in told)
        assert store.sittings() == 2
        assert store.seconds() > 0
