"""Questions, how replies are marked, sittings of scripted students, and what their marks say together."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agentinstruct_local.cli import main
from agentinstruct_local.errors import ExamError
from agentinstruct_local.exam import questions as reading
from agentinstruct_local.exam.marking import exact, holds, words
from agentinstruct_local.exam.material import FOUND, Material, place_of
from agentinstruct_local.exam.questions import Question
from agentinstruct_local.exam.report import recited, report
from agentinstruct_local.exam.sitting import MOST, NOTHING, Mark, as_plain, from_plain, recite, sit
from agentinstruct_local.exam.statistics import Estimate, difference, gap_closed, mean
from agentinstruct_local.records import Document, Draft, Message, Output, Passage, Request, Row
from agentinstruct_local.store import Store
from agentinstruct_local.student import examined
from agentinstruct_local.student.students import Student
from agentinstruct_local.teachers.llamacpp import replies
from agentinstruct_local.teachers.scripted import ScriptedTeacher

MC = {
    "id": "q1", "type": "mc", "question": "How long is leave?", "options": ["one day", "two days", "six days", "ten days"],
    "answer": "C", "doc": "leave.md", "evidence": "Leave is six days.", "skill": "value",
}  # fmt: skip
SHORT = {
    "id": "q2",
    "type": "short",
    "question": "Who signs?",
    "answer": "Ada Byron",
    "aliases": ["Byron"],
    "doc": "leave.md",
}


def written(tmp_path: Path, *lines: Any) -> Path:
    file = tmp_path / "questions.jsonl"
    told = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    file.write_text("\n".join(told) + "\n", "utf-8")
    return file


def mc(
    name: str = "m", *, key: int = 0, options: Sequence[str] = ("aaaa", "bbbb", "cccc", "dddd"), **more: Any
) -> Question:
    return Question(id=name, type="mc", text=f"Question {name}?", options=tuple(options), right=options[key], **more)


def short(name: str = "s", right: str = "45 Nm", aliases: tuple[str, ...] = (), **more: Any) -> Question:
    return Question(id=name, type="short", text=f"Question {name}?", right=right, aliases=aliases, **more)


# Files of questions


def test_questions_are_read_in_their_order(tmp_path: Path) -> None:
    choice, answer = reading.read(written(tmp_path, MC, "", SHORT))
    assert (choice.id, choice.type, choice.right, len(choice.options)) == ("q1", "mc", "six days", 4)
    assert (choice.text, choice.doc, choice.skill) == ("How long is leave?", "leave.md", "value")
    assert (answer.right, answer.aliases, answer.options) == ("Ada Byron", ("Byron",), ())


def test_unknown_fields_are_kept(tmp_path: Path) -> None:
    also = [{"doc": "b.md", "evidence": "Ada signs."}]
    (found,) = reading.read(written(tmp_path, MC | {"level": 3, "by": ["me"], "also": also}))
    assert found.more == {"level": 3, "by": ["me"], "also": also}
    assert found.evidences == (("leave.md", "Leave is six days."), ("b.md", "Ada signs."))


def test_a_byte_order_mark_and_windows_line_ends_are_no_trouble(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(MC).encode() + b"\r\n" + json.dumps(SHORT).encode() + b"\r\n")
    assert [one.id for one in reading.read(file)] == ["q1", "q2"]


def without(line: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != key}


@pytest.mark.parametrize(
    ("line", "field", "said"),
    [
        (without(MC, "answer"), "answer", "missing"),
        (without(MC, "options"), "options", "missing"),
        (without(MC, "id"), "id", "missing"),
        (without(SHORT, "question"), "question", "missing"),
        (without(SHORT, "answer"), "answer", "missing"),
        (MC | {"answer": "E"}, "answer", "'A', 'B', 'C' or 'D'"),
        (MC | {"options": ["a", "b", "c"]}, "options", "at least 4"),
        (MC | {"options": ["a", "b", "c", "d", "e"]}, "options", "at most 4"),
        (MC | {"options": ["a", "b", " a ", "d"]}, "options", "the same"),
        (MC | {"options": ["a", "b", "", "d"]}, "options.2", "at least 1"),
        (SHORT | {"answer": " "}, "answer", "at least 1"),
        (SHORT | {"answer": 45}, "answer", "string"),
        (SHORT | {"aliases": "Byron"}, "aliases", "list"),
        (SHORT | {"also": [{"doc": 1}]}, "also.0.doc", "string"),
        (SHORT | {"type": "essay"}, "type", "mc or short"),
        (without(SHORT, "type"), "type", "mc or short"),
        (SHORT | {"type": []}, "type", "mc or short"),
        (MC, "id", "twice"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_with_its_field(tmp_path: Path, line: dict[str, Any], field: str, said: str) -> None:
    file = written(tmp_path, MC, line)
    with pytest.raises(ExamError) as caught:
        reading.read(file)
    assert f"{file}, line 2, field {field}: " in str(caught.value)
    assert said in str(caught.value)
    assert "docs/evaluate.md" in caught.value.hint


@pytest.mark.parametrize("line", ["{", "no", "[1, 2]", '"text"', "3"])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ExamError, match="line 2: not a JSON object") as caught:
        reading.read(written(tmp_path, MC, line))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("data", "said"), [(b"", "no questions"), (b"\n \n", "no questions"), (b'{"id": "\xff"}', "not in UTF-8")]
)
def test_a_file_without_questions_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "q.jsonl"
    file.write_bytes(data)
    with pytest.raises(ExamError, match=said) as caught:
        reading.read(file)
    assert str(file) in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["nowhere.jsonl", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExamError, match=r"No such file|directory") as caught:
        reading.read(tmp_path / name)
    assert "JSON-lines" in caught.value.hint


def test_the_general_questions_are_sound() -> None:
    found = reading.general()
    assert len(found) == 120
    assert all(one.type == "mc" and not one.evidences for one in found)
    keys = Counter(one.options.index(one.right) for one in found)
    assert max(keys.values()) <= 0.3 * len(found)


# Marking


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("45 Nm", "45Nm"),
        ("45Nm", "45 Nm"),
        ("Tighten it to 45 Nm, then stop.", "45 Nm"),
        ("It holds 1,234 litres.", "1234 litres"),
        ("It holds 1234 litres.", "1,234 litres"),
        ("12 345 678", "12,345,678"),
        ("1\u00a0234", "1234"),
        ("1\u202f234", "1234"),
        ("1'234", "1234"),
        ("In 2024 500 people came.", "500 people"),
        ("THE GREY TAG.", "grey tag"),
        ("Straße", "STRASSE"),
        ("a well-known rule", "well known"),
        ("OR 62", "OR-62"),
        ("5–10 minutes", "5-10 minutes"),
        ("non‑breaking", "non-breaking"),
        ("etwa 3,5 mm", "3,5 mm"),
        ("bei 11,2 °C", "11,2°C"),
        ("一共三百元。", "三百元"),
        ("需要30分钟左右", "30分钟"),
        ("３０ minutes", "30 minutes"),
        ("at −5 °C", "-5 °C"),
        ("(-5 °C)", "-5 °C"),
        ("- 5 bolts", "5 bolts"),
        ("around 10 %", "10%"),
        ("at 10:30.", "10:30"),
        ("version 3.5.", "3.5"),
        ("**Ada Byron**", "Ada Byron"),
    ],
)  # fmt: skip
def test_a_reply_that_holds_the_answer_is_right(reply: str, answer: str) -> None:
    assert holds(reply, [answer])


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("3.5 mm", "5 mm"),
        ("3,5 mm", "5 mm"),
        ("3.5", "3"),
        ("140 Nm", "40 Nm"),
        ("1,234", "234"),
        ("1 234", "234"),
        ("10:30", "30"),
        (".31 mm", "31 mm"),
        ("5 °C", "-5 °C"),
        ("-5 °C", "5 °C"),
        ("−5 °C", "5 °C"),
        ("5", "5 %"),
        ("3.5", "3,5"),
        ("45 kNm", "45 Nm"),
        ("the greyhound", "grey"),
        ("Ada met Byron", "Ada Byron"),
        ("Byron Ada", "Ada Byron"),
        ("三千元", "三百元"),
        ("", "45"),
        ("...", "45"),
        ("45", ""),
        ("45", "—"),
    ],
)  # fmt: skip
def test_a_reply_that_does_not_hold_the_answer_is_wrong(reply: str, answer: str) -> None:
    assert not holds(reply, [answer])


def test_an_alias_is_as_right() -> None:
    assert holds("Signed by Byron.", ["Ada Byron", "Byron"])
    assert not holds("Signed by Ada.", ["Ada Byron", "Byron"])
    assert not holds("Ada Byron", [])


def test_exact_is_the_answer_and_nothing_more() -> None:
    assert exact("45 NM.", ["45Nm"])
    assert exact("Byron", ["Ada Byron", "Byron"])
    assert not exact("It is 45 Nm", ["45 Nm"])
    assert not exact("", [""])


def test_every_chinese_character_is_a_word() -> None:
    assert words("三百元 or 300元") == ["三", "百", "元", "or", "300", "元"]


# Texts that may be cut


@pytest.mark.parametrize("data", [b"It is 45 Nm and", "It is 45 Nm and ü".encode()[:-1]])
def test_a_text_that_may_be_cut_counts_as_it_is(data: bytes) -> None:
    assert replies.read(Output(kind="text", may_be_cut=True), data, stopped=False).value == "It is 45 Nm and"
    assert replies.read(Output(kind="text"), data, stopped=False).error == "cut"


def test_only_the_cut_excuses_a_broken_character() -> None:
    broken = "ü".encode()[:-1]
    assert replies.read(Output(kind="text", may_be_cut=True), broken, stopped=True).error == "broken_text"
    assert replies.read(Output(kind="text", may_be_cut=True), broken, stopped=False).error == "empty"


# Sittings


def student(choose: Callable[[Request], Any], text: Any = "no idea") -> ScriptedTeacher:
    """A student of known log-probabilities that writes the same text to every question."""
    return ScriptedTeacher(lambda asked: choose(asked) if asked.output.kind == "scores" else text)


def flat(request: Request) -> dict[str, float]:
    return dict.fromkeys(request.output.options, -1.0)


def to_nothing(request: Request) -> bool:
    return request.messages[-1].content == NOTHING


def test_options_are_not_shown() -> None:
    asked = student(flat)
    sit(asked, [mc()])
    assert [one.messages[-1].content for one in asked.asked] == ["Question m?", NOTHING]
    assert all(len(one.messages) == 1 and one.sampling.temperature == 0 for one in asked.asked)
    assert all(set(one.output.options) == set(mc().options) for one in asked.asked)


def test_the_option_that_the_question_makes_likelier_a_token_wins() -> None:
    options = ("four", "eight letters and more", "some", "none")
    asked = {"four": -2.0, "eight letters and more": -5.0, "some": -0.5, "none": -6.0}
    before = {"four": -2.5, "eight letters and more": -20.0, "some": -0.4, "none": -7.0}
    (mark,) = sit(student(lambda one: before if to_nothing(one) else asked), [mc(key=1, options=options)])
    assert (mark.reply, mark.right) == ("eight letters and more", True)  # 15 nats over 5 tokens; the others at most 1


@pytest.mark.parametrize("liked", range(4))
def test_a_student_that_likes_a_text_whatever_is_asked_is_at_chance(liked: int) -> None:
    def scores(request: Request) -> dict[str, float]:
        return {one: -1.0 if place == liked else -4.0 for place, one in enumerate(request.output.options)}

    marks = sit(student(scores), [mc(f"m{key}", key=key) for key in range(4)])
    assert sum(bool(mark.right) for mark in marks) == 1


def test_likely_is_the_score_of_the_right_answer_a_token() -> None:
    marks = sit(
        student(lambda one: dict.fromkeys(one.output.options, -9.0 if to_nothing(one) else -6.0)),
        [short(right="twelve chars"), mc(key=2)],
    )
    assert [mark.likely for mark in marks] == [-6.0 / 3, -6.0]


def test_short_answers_are_looked_through_and_may_be_cut() -> None:
    asked = student(flat, "It takes 45 Nm, and then one")
    (mark,) = sit(asked, [short()])
    assert (mark.right, mark.exact, mark.reply) == (True, False, "It takes 45 Nm, and then one")
    (text,) = [one for one in asked.asked if one.output.kind == "text"]
    assert (text.sampling.max_tokens, text.sampling.temperature, text.output.may_be_cut) == (MOST, 0.0, True)


@pytest.mark.parametrize(
    ("said", "right"), [("45Nm", True), ("140 Nm", False), ({"error": "empty"}, False), ({"error": "cut"}, None)]
)
def test_short_answers_are_marked(said: Any, right: bool | None) -> None:
    (mark,) = sit(student(flat, said), [short(aliases=("forty-five",))])
    assert (mark.right, mark.exact) == (right, right)
    assert mark.error == (said["error"] if isinstance(said, dict) else "")


def test_a_prompt_that_is_too_long_is_no_answer() -> None:
    too_long = {"error": "prompt_too_long"}
    marks = sit(student(lambda _: too_long, too_long), [short(), mc()])
    assert [(mark.right, mark.exact, mark.error) for mark in marks] == [(None, None, "prompt_too_long")] * 2
    assert all(math.isnan(mark.likely) for mark in marks)


def test_a_prompt_that_is_too_long_makes_a_choice_void() -> None:
    too_long = {"error": "prompt_too_long"}
    (mark,) = sit(student(lambda one: flat(one) if to_nothing(one) else too_long), [mc()])
    assert (mark.right, mark.error) == (None, "prompt_too_long")
    assert math.isnan(mark.likely)


class Backwards(ScriptedTeacher):
    """Answers what came last first, several at a time."""

    def poll(self) -> Sequence[Any]:
        self._queue.reverse()
        return [reply for _ in range(3) for reply in super(Backwards, self).poll()]


def test_marks_come_in_the_order_of_the_questions() -> None:
    asked = [short(f"a/{at}", right=str(at)) if at % 2 else mc(f"a/{at}") for at in range(30)]
    told: list[tuple[int, int]] = []
    script = lambda one: flat(one) if one.output.kind == "scores" else one.messages[-1].content  # noqa: E731
    marks = sit(Backwards(script, slots=2), asked, tell=lambda done, total: told.append((done, total)))
    assert [mark.id for mark in marks] == [one.id for one in asked]
    assert all(mark.right for mark in marks[1::2])
    assert told[-1] == (60, 60)
    assert len(told) == 60


def test_no_more_is_under_way_than_the_student_can_take() -> None:
    class Counting(ScriptedTeacher):
        most = 0

        def poll(self) -> Sequence[Any]:
            self.most = max(self.most, len(self._queue))
            return super().poll()

    teacher = Counting(flat, slots=2)
    sit(teacher, [mc(f"m{at}") for at in range(20)])
    assert teacher.most == 8


def test_material_stands_before_the_question() -> None:
    asked = student(flat)
    sit(asked, [short("s"), mc("m")], lambda one: f"About {one.id}.")
    assert {one.messages[0].content for one in asked.asked if not to_nothing(one)} == {
        "About s.\n\nQuestion s?", "About m.\n\nQuestion m?",
    }  # fmt: skip


def test_rows_are_recited() -> None:
    turn = (Message(role="user", content="Who?"),)
    asked = [(turn, "Ada Byron."), (turn, "Ada."), (turn, "x" * 4000)]
    teacher = student(flat, "ada byron")
    marks = recite(teacher, asked)
    assert [(mark.right, mark.exact) for mark in marks] == [(True, False), (False, False), (False, False)]
    assert marks[0].likely == -1.0 / 2
    assert {one.sampling.max_tokens for one in teacher.asked if one.output.kind == "text"} == {18, 17, 1016}
    assert recited(marks)["right"]["value"] == pytest.approx(1 / 3)


def test_a_recital_that_fails_is_no_answer() -> None:
    too_long = {"error": "prompt_too_long"}
    (mark,) = recite(student(lambda _: too_long, too_long), [((Message(role="user", content="Who?"),), "Ada.")])
    assert (mark.right, mark.exact, mark.error) == (None, None, "prompt_too_long")
    assert math.isnan(mark.likely)


def test_marks_survive_json() -> None:
    marks = [Mark(id="a", right=None, error="cut"), Mark(id="b", right=True, exact=False, likely=-1.5, reply="ü")]
    plain = json.loads(json.dumps(as_plain(marks), allow_nan=False))
    assert plain[0]["likely"] is None
    back = from_plain(plain)
    assert back[1] == marks[1]
    assert math.isnan(back[0].likely)
    assert as_plain(back) == as_plain(marks)


# Statistics


@pytest.mark.parametrize("right", [20, 100, 150])
def test_the_interval_of_a_share_is_the_known_one(right: int) -> None:
    n, share = 200, right / 200
    found = mean([1.0] * right + [0.0] * (n - right))
    assert found.value == share
    assert found.n == n
    half = 1.96 * math.sqrt(share * (1 - share) / n)
    assert found.low == pytest.approx(share - half, abs=0.02)
    assert found.high == pytest.approx(share + half, abs=0.02)


def test_questions_without_a_value_are_left_out() -> None:
    assert mean([1.0, math.nan, 0.0, math.nan]) == mean([1.0, 0.0])
    assert difference([1.0, math.nan, 1.0], [0.0, 0.0, math.nan]) == Estimate(1.0, 1.0, 1.0, 1)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = [0.0, 1.0, 1.0, 0.0, 1.0] * 5
    assert mean(values, seed=3) == mean(values, seed=3)


def test_pairs_tell_more_than_two_groups() -> None:
    draw = np.random.default_rng(1)
    base = draw.normal(size=200)
    taught = base + 0.2 + draw.normal(scale=0.1, size=200)
    paired = difference(taught.tolist(), base.tolist())
    one, other = mean(taught), mean(base)
    assert paired.value == pytest.approx(one.value - other.value)  # type: ignore[operator]
    assert paired.high - paired.low < 0.3 * math.hypot(one.high - one.low, other.high - other.low)  # type: ignore[operator]


def test_the_gap_closed_is_known() -> None:
    base, taught, gold = [0.0] * 10, [1.0] * 5 + [0.0] * 5, [1.0] * 10
    found = gap_closed(taught, base, gold)
    assert (found.value, found.n) == (0.5, 10)
    assert found.low is not None
    assert found.high is not None
    assert 0.1 <= found.low < 0.5 < found.high <= 0.9


def test_the_gap_is_over_the_same_questions() -> None:
    nan = math.nan
    assert gap_closed([1.0, 0.0, nan, 1.0], [0.0, 0.0, 0.0, nan], [1.0, 1.0, 1.0, 1.0]).n == 2
    assert gap_closed([-1.0, nan], [-2.0, -9.0], [0.0, 0.0]).value == 0.5


@pytest.mark.parametrize("gold", [[1.0, 0.0], [0.0, 0.0]])
def test_there_is_no_gap_where_the_passage_does_not_help(gold: list[float]) -> None:
    assert gap_closed([1.0, 1.0], [1.0, 0.0], gold) == Estimate(None, n=2)


def test_nothing_gives_no_estimate() -> None:
    assert mean([]) == mean([math.nan]) == difference([], []) == gap_closed([], [], []) == Estimate(None)


# The report


def told_of(*rights: bool | None, likely: float = -1.0) -> list[Mark]:
    return [Mark(id=str(at), right=one, exact=one, likely=likely) for at, one in enumerate(rights)]


ASKED = [
    short("0", skill="value", doc="a.md"), short("1", skill="value", doc="b.md"), mc("2", skill="order", doc="a.md"), mc("3", skill="order"),
]  # fmt: skip
SITTINGS = {
    "base": told_of(True, False, False, None, likely=-3.0),
    "taught": told_of(False, True, False, True, likely=-2.0),
    "gold": told_of(True, True, True, True, likely=-1.0),
}


def test_the_report_holds_scores_and_what_was_gained() -> None:
    told = report(ASKED, SITTINGS)
    assert told["questions"] == {"short": 2, "mc": 2}
    assert {name: one["short"]["value"] for name, one in told["scores"].items()} == {
        "base": 0.5,
        "taught": 0.5,
        "gold": 1.0,
    }
    assert told["scores"]["base"]["mc"] == {"value": 0.0, "low": 0.0, "high": 0.0, "n": 1}
    assert told["unanswered"] == {"base": 1, "taught": 0, "gold": 0}
    assert told["gained"]["short"]["value"] == 0.0
    assert told["gained"]["likely"]["value"] == 1.0
    json.dumps(told, allow_nan=False)


def test_the_gap_is_told_of_questions_that_were_unknown() -> None:
    told = report(ASKED, SITTINGS)["gap_closed"]
    assert (told["short"]["value"], told["short"]["n"]) == (1.0, 1)  # question 1; 0 was known, and then lost
    assert (told["mc"]["value"], told["mc"]["n"]) == (0.0, 1)
    assert (told["likely"]["value"], told["likely"]["n"]) == (0.5, 4)


def test_the_report_goes_by_kind_document_and_what_was_known() -> None:
    by = report(ASKED, SITTINGS)["by"]
    assert by["known"]["known"] == {
        "n": 1, "base": {"right": 1.0, "likely": -3.0}, "taught": {"right": 0.0, "likely": -2.0}, "gold": {"right": 1.0, "likely": -1.0},
    }  # fmt: skip
    assert by["known"]["unknown"]["n"] == 3
    assert by["known"]["unknown"]["taught"]["right"] == pytest.approx(2 / 3, abs=1e-4)
    assert {name: one["n"] for name, one in by["skill"].items()} == {"value": 2, "order": 2}
    assert by["skill"]["order"]["base"]["right"] == 0.0
    assert {name: one["n"] for name, one in by["doc"].items()} == {"a.md": 2, "b.md": 1, "-": 1}
    assert by["doc"]["-"]["base"]["right"] is None


def test_a_sitting_alone_has_no_gap() -> None:
    told = report(ASKED, {"base": SITTINGS["base"]})
    assert not {"gained", "gap_closed"} & set(told)


# Material

TEXT = "Leave is\nsix days.  It is asked for in writing. The form is blue. Ada Byron signs every form."


def document(text: str = TEXT, source: str = "docs/leave.md") -> Document:
    return Document(id=source, source=source, text=text, media_type="text/markdown")


def passages(of: Document, *ends: int) -> list[Passage]:
    cuts = [0, *ends, len(of.text)]
    return [
        Passage(id=f"{of.id}/{at}", document=of.id, source=of.source, text=of.text[start:end], span=(start, end))
        for at, (start, end) in enumerate(pairwise(cuts))
    ]


@pytest.fixture
def desk() -> Material:
    leave, pay = document(), document("Pay comes on Fridays. The clerk counts coins.", "docs/pay.md")
    return Material([leave, pay], [*passages(leave, 19, 47), *passages(pay, 22)])


def test_the_right_passage_holds_the_evidence_whatever_the_white_space(desk: Material) -> None:
    assert desk.gold(short(doc="leave.md", evidence="Leave  is six days.")) == "Leave is\nsix days. "


def test_evidence_across_two_passages_gives_both(desk: Material) -> None:
    found = desk.gold(short(doc="leave.md", evidence="asked for in writing. The form is blue."))
    assert found == f"{TEXT[19:47]}\n\n{TEXT[47:]}"


def test_evidence_in_no_document_is_given_itself_and_named(desk: Material) -> None:
    asked = [
        short("a", doc="leave.md", evidence="Leave is six days."), short("b", doc="leave.md", evidence="Leave is ten days."),
        short("c", doc="gone.md", evidence="Leave is six days."), short("d", doc="pay.md", evidence="Leave is six days."), short("e"),
    ]  # fmt: skip
    assert [one.id for one in desk.lost(asked)] == ["b", "c", "d"]
    assert desk.gold(asked[1]) == "Leave is ten days."
    assert desk.gold(asked[4]) == ""


def test_further_documents_are_given_as_well(desk: Material) -> None:
    also = {
        "also": [
            {"doc": "pay.md", "evidence": "The clerk counts"},
            {"doc": "pay.md", "evidence": "clerk counts coins."},
        ]
    }
    asked = short(doc="leave.md", evidence="Leave is six days.", more=also)
    assert desk.gold(asked) == "Leave is\nsix days. \n\nThe clerk counts coins."
    broken = short(
        doc="leave.md", evidence="Leave is six days.", more={"also": [{"doc": "pay.md", "evidence": "no such words"}]}
    )
    assert desk.lost([asked, broken]) == [broken]


def test_without_a_document_evidence_is_looked_for_in_all(desk: Material) -> None:
    assert desk.gold(short(evidence="Pay comes on Fridays.")) == "Pay comes on Fridays. "


def test_search_finds_by_words(desk: Material) -> None:
    found = desk.found(Question(id="q", type="short", text="Which clerk counts the coins?", right="x")).split("\n\n")
    assert found[0] == "The clerk counts coins."
    assert len(found) <= FOUND
    assert desk.found(Question(id="q", type="short", text="Zebra?", right="x")) == ""


def test_a_stretch_is_found_as_it_is_written() -> None:
    assert place_of("a.b (c)", "x a.b\n(c) y") == (2, 9)
    assert place_of("a.b", "axb") is None
    assert place_of("  ", "a b") is None


# The command


def known_as(name: str) -> Student:
    return Student(
        name=name, place=Path(f"{name}.gguf"), chat_format="chatml", parameters=1, layers=1, vocabulary=1, sha256=name
    )


FACTS = {"How long": "six days", "Who signs": "Ada Byron"}


def answers(*, taught: bool) -> ScriptedTeacher:
    """A student that knows the facts, or one that has to read them in its prompt."""

    def answer(request: Request) -> Any:
        material, _, question = request.messages[-1].content.rpartition("\n\n")
        right = next((fact for asked, fact in FACTS.items() if asked in question and (taught or fact in material)), "")
        if request.output.kind == "scores":
            return {one: -1.0 if one == right else -5.0 for one in request.output.options}
        return f"It is {right}." if right else "I do not know."

    return ScriptedTeacher(answer)


@pytest.fixture
def exam(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file of questions, its documents, and two students: one taught, and what it was before."""
    teachers = {"before": answers(taught=False), "after": answers(taught=True)}
    monkeypatch.setattr(examined, "find", lambda where, chat_format="": known_as(where))
    monkeypatch.setattr(
        examined, "base_of", lambda where, chat_format="": known_as("before") if where == "after" else None
    )
    monkeypatch.setattr(examined, "opened", lambda student, adapter=None, torch=False: teachers[student.name])
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "leave.md").write_text("# Leave\n\nLeave is six days.\n\nAda Byron signs every form.\n")
    return written(tmp_path, MC, SHORT | {"evidence": "Ada Byron signs", "skill": "owner"})


def test_evaluate_prints_a_table(exam: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(exam), "--student", "after", "--documents", str(exam.parent / "documents")]) == 0
    rows = capsys.readouterr().out.split("\n")
    (base,) = [row for row in rows if row.startswith("untaught, closed book")]
    (taught,) = [row for row in rows if row.startswith("taught, closed book")]
    assert base.count(" 0% [0% to 0%]") == 2
    assert taught.count("100% [100% to 100%]") == 2
    assert any(row.startswith("untaught, the right passage given") for row in rows)
    assert any(row.startswith("gap closed") and "100%" in row for row in rows)
    assert any(row.startswith("general questions, taught") for row in rows)
    assert any(row.split()[:2] == ["owner", "1"] for row in rows)


def test_evaluate_writes_json(exam: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(exam.parent / "documents")
    assert main(["evaluate", str(exam), "--student", "after", "--documents", folder, "--no-general", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["student"], told["base"], told["evidence_not_found"]) == ("after", "before", [])
    assert told["gap_closed"]["short"]["value"] == 1.0
    assert told["gap_closed"]["mc"]["value"] == 1.0
    assert {name: len(one) for name, one in told["replies"].items()} == dict.fromkeys(
        ("base", "gold", "search", "taught"), 2
    )
    assert told["replies"]["taught"][1]["reply"] == "It is Ada Byron."
    assert set(told["seconds"]) == set(told["replies"])
    assert "general" not in told


def test_evaluate_says_which_evidence_is_lost(exam: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = exam.parent / "documents"
    (folder / "leave.md").write_text("# Leave\n\nLeave is six days.\n")
    assert (
        main(["evaluate", str(exam), "--student", "after", "--documents", str(folder), "--no-general", "--json"]) == 0
    )
    said = capsys.readouterr()
    assert json.loads(said.out)["evidence_not_found"] == ["q2"]
    assert "1 question stands in none of the documents: q2" in said.err


def test_evaluate_asks_a_student_without_a_past_alone(exam: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(exam), "--student", "before", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["base"] is None
    assert set(told["replies"]) == {"base", "general"}
    assert len(told["replies"]["general"]) == 120


def test_evaluate_takes_documents_and_rows_from_a_run(exam: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "Leave is six days.\n\nAda Byron signs every form."
    leave = document(text, "leave.md")
    turn = (Message(role="user", content="Who signs it?"), Message(role="assistant", content="It is Ada Byron."))
    passage = passages(leave)[0]
    row = Row(id="r1", messages=turn, skill="qa", subskill="fact", provenance={})
    tools = Row(id="r2", messages=turn, skill="qa", subskill="fact", provenance={}, tools=({"name": "look"},))
    with Store(exam.parent / "run") as store:
        store.put_corpus([leave], [passage], [])
        for order, one in enumerate((row, tools)):
            draft = Draft(
                id=one.id,
                order=(order, 0),
                skill="qa",
                subskill="fact",
                passage=passage,
                focus=None,
                choices={},
                seed=1,
            )
            store.finish(draft, one)
    assert (
        main(["evaluate", str(exam), "--student", "after", "--run", str(exam.parent / "run"), "--no-general", "--json"])
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["gap_closed"]["short"]["value"] == 1.0
    assert told["rows"]["right"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1}


def test_evaluate_prints_a_name_as_it_is(exam: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(exam.parent, MC | {"doc": "a[bold].md", "skill": "[/x]"})
    assert main(["evaluate", str(file), "--student", "after", "--no-general"]) == 0
    told = capsys.readouterr().out
    assert "a[bold].md" in told
    assert "[/x]" in told


def test_evaluate_takes_another_base(exam: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(exam), "--student", "before", "--base", "after", "--no-general", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["student"], told["base"]) == ("before", "after")
    assert told["gained"]["short"]["value"] == -1.0


def test_evaluate_refuses_bad_questions(exam: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(exam.parent, MC, MC | {"id": "q3", "answer": "E"})
    assert main(["evaluate", str(file), "--student", "after"]) == 2
    said = capsys.readouterr().err
    assert f"error: {file}, line 2, field answer: " in said
    assert "hint: " in said


@pytest.mark.parametrize("option", ["--documents", "--run", "--adapter"])
def test_evaluate_misses_a_folder_before_it_asks(
    exam: Path, option: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examined, "opened", lambda student, adapter=None, torch=False: pytest.fail("it was opened"))
    assert main(["evaluate", str(exam), "--student", "after", option, "nowhere"]) == 2
    assert "'nowhere' does not exist" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["evaluate", "teach"])
def test_the_help_of_both_commands_loads_nothing_heavy(name: str) -> None:
    heavy = [
        "llama_cpp",
        "outlines",
        "faiss",
        "sentence_transformers",
        "torch",
        "transformers",
        "peft",
        "gguf",
        "numpy",
        "pydantic",
    ]
    code = (
        f"import sys; from agentinstruct_local.cli import main; main([{name!r}, '--help'])\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stderr.strip() == "[]"
    assert f"agentinstruct {name}" in found.stdout
