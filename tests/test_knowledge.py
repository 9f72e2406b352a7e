"""The checks of the skills `knowledge` and `retelling`, which know no language."""

from __future__ import annotations

import pytest

from agentinstruct_local import registry
from agentinstruct_local.library import Library
from agentinstruct_local.records import Verdict
from tests.builders import make_draft

ENGLISH = (
    "The valve OR62 is opened at 6,140 rpm by Ines Calloway. It stays open for 30 minutes unless the pressure falls "
    "below 2.5 bar. Until 14 March 2025 the limit was 20 minutes."
)
GERMAN = (
    "Der Dampfdruck im Kessel darf 2,5 bar nicht überschreiten. Die Schichtleitung prüft das Ventil alle 30 Minuten. "
    "Am Wochenende übernimmt das die Bereitschaft, sofern der Kessel unter Druck steht."
)


def check(name: str, text: str = ENGLISH, question: str = "", answer: str = "", **more: object) -> Verdict:
    options = {key: more.pop(key) for key in list(more) if key.startswith("_")}
    item = {"question": question, "answer": answer, **more}
    plain = {key[1:]: value for key, value in options.items()}
    return registry.find("verifiers", name)(make_draft(text, item=item), **plain)


def strangers(answer: str, text: str = ENGLISH, *, headed: bool = False) -> str:
    draft = make_draft(text, item={"answer": answer})
    library = Library([draft.passage])
    return registry.find("tools", "strangers")(draft, corpus=library, fields="item.answer", headed=headed).get(
        "error", ""
    )


@pytest.mark.parametrize(
    "answer",
    [
        "Ines Calloway opens it at 6140 rpm.",
        "At 6.140 rpm, for 30 minutes.",
        "The limit was 20 minutes until 14.03.2025, or so it says.",
        "Calloway's valve OR62 stays open.",
    ],
)
def test_what_the_document_has_is_contained(answer: str) -> None:
    if "03" in answer:  # another way to write a date is not known: it costs a good row now and then
        assert check("contained", answer=answer).reason == "unsupported_number"
    else:
        assert check("contained", answer=answer).ok


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("It is opened at 6,410 rpm.", "unsupported_number"),
        ("It stays open for 31 minutes.", "unsupported_number"),
    ],
)
def test_what_it_has_not_is_refused(answer: str, reason: str) -> None:
    assert check("contained", answer=answer).reason == reason


def test_german_nouns_are_no_names() -> None:
    assert check("contained", GERMAN, answer="Der Druck darf höchstens 2,5 bar betragen, sagt die Anweisung.").ok
    assert (
        check("contained", GERMAN, answer="Der Druck darf höchstens 3,5 bar betragen.").reason == "unsupported_number"
    )


def test_a_text_has_headings_and_numbers_of_its_own() -> None:
    text = "# Introduction\n\n1. The valve OR62 opens at 6,140 rpm.\n2. **Please Note**: it stays open for 30 minutes."
    assert check("contained", answer=text, _numbered=True, _fields="item.answer").ok
    assert check("contained", answer=text, _fields="item.answer").reason == "unsupported_number"
    assert check("contained", answer=text + " And 17 bar.", _numbered=True, _fields="item.answer").reason
    assert strangers(text, headed=True) == ""
    assert strangers(text + " Ask Petra Lindquay.", headed=True) == "unsupported_name"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("The valve OR62 is opened by Calloway's people.", ""),
        ("The valve OR40 is opened.", "unsupported_name"),
        ("It is opened by Petra.", "unsupported_name"),
    ],
)
def test_names_that_no_document_has(text: str, error: str) -> None:
    assert strangers(text) == error


def test_german_nouns_are_no_strangers() -> None:
    assert strangers("Ob das Thermometer dem Kessel schadet, sagt OR62.", GERMAN) == "unsupported_name"
    assert strangers("Ob das Thermometer dem Kessel schadet, sagt die Schichtleitung.", GERMAN) == ""


@pytest.mark.parametrize(
    ("value", "answer", "ok"),
    [
        ("30 minutes", "The valve stays open for 30 minutes.", True),
        ("30", "It is 30 minutes.", True),
        ("20 minutes", "The valve stays open for 30 minutes.", False),
        ("Ines Calloway", "Calloway opens it.", True),
        ("the shift leader", "Ines Calloway opens it.", False),
        ("", "It is 30 minutes.", False),
    ],
)
def test_a_blind_value_agrees_or_not(value: str, answer: str, ok: bool) -> None:
    found = check("value_agrees", answer=answer, value=value)
    assert found.ok is ok
    assert found.reason == ("" if ok else "answers_differ")


@pytest.mark.parametrize(
    ("question", "answer", "ok"),
    [
        ("What is the torque of the lid hinge?", "The torque of the lid hinge is 5.2 N·m.", True),
        ("Who opens the valve?", "Ines Calloway opens the valve.", True),
        ("What is the lifting fork TV-920-06?", "The lifting fork TV-920-06 is the lifting fork.", False),
        ("Wer prüft das Ventil?", "Das Ventil prüft, wer das Ventil prüft.", False),
    ],
)
def test_an_answer_adds_to_its_question(question: str, answer: str, ok: bool) -> None:
    assert check("adds", question=question, answer=answer).ok is ok


def test_a_part_is_held_or_not() -> None:
    assert check(
        "holds", question="Is it 30 minutes?", value="30 minutes", _field="item.question", _part="item.value"
    ).ok
    told = check(
        "holds",
        question="Is it 30 minutes?",
        value="30 Minutes",
        _field="item.question",
        _part="item.value",
        _wanted=False,
    )
    assert told.reason == "answer_in_question"
    gone = check("holds", question="Is it 130 minutes?", value="30 minutes", _field="item.question", _part="item.value")
    assert gone.reason == "part_missing"


def test_a_question_must_lead_back() -> None:
    assert check("stands_alone", found={"rank": 1}, _rank="item.found.rank").ok
    for rank in (0, 6):
        assert check("stands_alone", found={"rank": rank}, _rank="item.found.rank").reason == "names_nothing"


def test_other_words_are_other_words() -> None:
    asked = "How long does the valve stay open?"
    assert check("reworded", question=asked, other="For how many minutes is it open?", _one="item.other").ok
    assert check("reworded", question=asked, other="How long does the valve stay open", _one="item.other").reason


@pytest.mark.parametrize(
    ("text", "answer", "ok"),
    [
        (GERMAN, "Die Schichtleitung prüft das Ventil am Kessel alle 30 Minuten.", True),
        (GERMAN, "The shift leader has to check the valve of the boiler every 30 minutes.", False),
        (ENGLISH, "The valve stays open for half an hour, unless the pressure falls too low.", True),
        (ENGLISH, "30 minutes", True),
    ],
)
def test_a_row_is_in_the_language_of_its_passage(text: str, answer: str, ok: bool) -> None:
    found = check("same_language", text, answer=answer)
    assert found.ok is ok
    assert found.reason == ("" if ok else "wrong_language")


def test_a_text_is_retold_and_not_copied() -> None:
    retold = (
        "Ines Calloway opens OR62 once 6,140 rpm are reached. Thirty minutes (30) is how long it is left so; with less "
        "than 2.5 bar it is closed before. The former limit, 20 minutes, ended on 14 March 2025."
    )
    assert check("retold", answer=retold, _field="item.answer").ok
    assert check("retold", answer=ENGLISH, _field="item.answer").reason == "copied"
    assert check("retold", answer="It is opened at 6,140 rpm.", _field="item.answer").reason == "left_out"
