"""The checks of the skills `knowledge` and `retelling`, which know no language."""

from __future__ import annotations

import pytest
from builders import make_draft

from agentinstruct_local import registry
from agentinstruct_local.library import Library
from agentinstruct_local.records import Verdict

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
    ("rank", "question", "text", "alone"),
    [
        (1, "Who opens OR62?", ENGLISH, True),
        (5, "What does Calloway open?", ENGLISH, True),
        (6, "Who opens OR62?", ENGLISH, False),
        (0, "Who opens OR62?", ENGLISH, False),
        (1, "Who opens the valve?", ENGLISH, False),
        (1, "What must I open?", ENGLISH, False),
        (1, "Wer öffnet das Ventil?", GERMAN, False),
        (1, "Wer öffnet das Ventil OR62?", GERMAN, True),
    ],
)
def test_a_question_that_names_nothing_or_leads_nowhere_is_told_where_it_belongs(
    rank: int, question: str, text: str, alone: bool
) -> None:
    outputs = {"found_again": {"rank": rank}}
    draft = make_draft(
        text, title="Valves", headings=["Manual", "Safety"], item={"question": question}, outputs=outputs
    )
    said = question if alone else f"{question} (Valves, Safety)"
    assert registry.find("tools", "say_where")(draft) == {"output": {"question": said}}


@pytest.mark.parametrize(
    ("row", "question", "value", "said"),
    [
        ("", "What does it cost?", "8.15", "What does it cost?"),
        ("Part: PV-14", "What does PV-14 cost?", "8.15", "What does PV-14 cost?"),
        ("Part: PV-14", "Which part costs 8.15?", "PV-14", "Which part costs 8.15?"),
        ("Part: PV-14", "What does the part cost?", "8.15", "What does the part cost? (Part: PV-14)"),
        ("Name: Ines Maria Calloway", "What is the number of Ines?", "4410", "What is the number of Ines? (Name: Ines Maria Calloway)"),
    ],
)  # fmt: skip
def test_a_question_about_a_cell_names_its_row(row: str, question: str, value: str, said: str) -> None:
    draft = make_draft(ENGLISH, item={"question": question, "value": value, **({"row": row} if row else {})})
    assert registry.find("tools", "name_row")(draft) == {"output": {"question": said}}


def pruned(text: str, passage: str = ENGLISH) -> dict[str, object]:
    draft = make_draft(passage, outputs={"retell": {"text": text}})
    return registry.find("tools", "prune")(draft, corpus=Library([draft.passage]))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("At 6,140 rpm Ines Calloway opens the OR62.", "At 6,140 rpm Ines Calloway opens the OR62."),
        ("At 6,140 rpm the OR62 opens. It takes 17 bar.", "At 6,140 rpm the OR62 opens."),
        ("The OR62 opens. Ask for Petra Lindquay. It shuts below 2.5 bar.", "The OR62 opens. It shuts below 2.5 bar."),
        ("Dear [Recipient's Name],\n\nthe OR62 opens at 6,140 rpm.", "the OR62 opens at 6,140 rpm."),
        ("Certainly! The OR62 opens at 6,140 rpm.", "The OR62 opens at 6,140 rpm."),
        ("Dear [Your Name],\n\nthe OR62 opens at 6,140 rpm.", "the OR62 opens at 6,140 rpm."),
        ("It opens.\n- Below 2.5 bar it shuts.\n- It opens.", "It opens.\n- Below 2.5 bar it shuts."),
        ("**Q:** Who opens it?\n**A:** We ask Petra Lindquay.\n\n**Q:** When?\n**A:** At 6,140 rpm.", "**Q:** When?\n**A:** At 6,140 rpm."),
        ("1. It opens at 6,140 rpm.\n2. It stays open for 30 min", "1. It opens at 6,140 rpm."),
        ("**Question 1:** When?\n**Answer:** At 6,140 rpm.", "**Question 1:** When?\n**Answer:** At 6,140 rpm."),
        ("It opens.\n\nIt takes 17 bar.\n\nIt shuts.", "It opens.\n\nIt shuts."),
        ("1. It opens.\n2. It takes 17 bar.\n3. It shuts.", "1. It opens.\n3. It shuts."),
    ],
)  # fmt: skip
def test_sentences_that_the_documents_do_not_bear_out_are_left_out(text: str, left: str) -> None:
    assert pruned(text)["output"]["text"] == left  # type: ignore[index]


def test_who_speaks_may_stand_in_a_text_and_not_in_an_answer() -> None:
    said = "Question: When does OR62 open?\nAnswer: At 6,140 rpm."
    assert check("no_leftovers", answer=said, _fields="item.answer").reason == "leftover"
    assert check("no_leftovers", answer=said, _fields="item.answer", _roles=False).ok


def test_a_text_of_which_nothing_stays_is_an_error() -> None:
    assert pruned("It takes 17 bar.")["error"] == "nothing_left"
    assert pruned("")["error"] == "nothing_left"


def test_a_german_text_is_pruned_too() -> None:
    text = "Alle 30 Minuten prüft die Schichtleitung das Ventil. Alle 45 Minuten ruft sie an."
    assert pruned(text, GERMAN)["output"] == {
        "text": "Alle 30 Minuten prüft die Schichtleitung das Ventil.",
        "left_out": ["Alle 45 Minuten ruft sie an."],
    }


def test_a_text_tells_which_lines_of_its_passage_it_states() -> None:
    said = "At 6,140 rpm Ines Calloway opens the valve OR62.\n\nIt stays open for 30 minutes, unless the pressure falls below 2.5 bar."
    draft = make_draft(ENGLISH, outputs={"prune": {"text": said}})
    lines = [one["quote"] for one in registry.find("tools", "states")(draft)["output"]["states"]]
    assert lines == [
        "The valve OR62 is opened at 6,140 rpm by Ines Calloway.",
        "It stays open for 30 minutes unless the pressure falls below 2.5 bar.",
    ]
