from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from builders import make_draft, make_passage, make_units

from agentinstruct_local import evidence
from agentinstruct_local.passages import split
from agentinstruct_local.readers import collect

TEXT = (
    "The KX-40 is a pump. The bearings are greased every 2,000 hours. Each bearing takes 15 g of grease. "
    "The oil is changed after 8,000 hours. Only mineral oil may be used."
)
UNITS = make_units(TEXT)


def test_ranked_puts_the_unit_that_shares_most_first_and_keeps_the_texts_order_among_equals():
    assert (
        evidence.ranked(UNITS, "How much grease does a bearing take?")[0].text == "Each bearing takes 15 g of grease."
    )
    assert evidence.ranked(UNITS, "elephants") == list(UNITS)
    assert evidence.ranked((), "grease") == []


def test_support_prefers_the_answers_words_to_the_questions():
    found = evidence.support(UNITS, "mineral oil only", "When is the KX-40 a pump?", TEXT)
    assert found == "Only mineral oil may be used."


def test_support_takes_two_neighbours_where_both_are_needed():
    found = evidence.support(
        UNITS, "Every 2,000 hours, and 15 g of grease for each bearing it takes.", "How are they greased?", TEXT
    )
    assert found == "The bearings are greased every 2,000 hours. Each bearing takes 15 g of grease."


def test_support_is_empty_where_nothing_is_shared():
    assert evidence.support(UNITS, "elephants", "zebras", TEXT) == ""
    assert evidence.support(UNITS, "", "", TEXT) == ""
    assert evidence.support((), "oil", "oil", TEXT) == ""


def test_equal_support_goes_to_the_first():
    text = "Zeta oil is red. Alpha oil is red."
    assert evidence.support(make_units(text), "red oil", "", text) == "Zeta oil is red."


def test_what_is_found_does_not_depend_on_the_process():
    """Sums over sets come out in another order under another hash seed; a run that goes on must not notice."""
    code = (
        "import sys; sys.path[:0] = ['tests']\n"
        "from builders import make_units\nfrom agentinstruct_local import evidence\n"
        "words = 'ale bay cat dog elm fog gum hat ink jam kin log map net oak pan'.split()\n"
        "lines = [' '.join(w for n, w in enumerate(words) if (k * 7 + n * k) % 5 < 3).capitalize() + '.' for k in range(1, 40)]\n"
        "text = ' '.join(lines)\nunits = make_units(text)\n"
        "print([u.text for u in evidence.ranked(units, ' '.join(words))])\n"
        "print([evidence.support(units, ' '.join(words[k:k + 9]), ' '.join(words[:k]), text) for k in range(9)])\n"
    )
    root = Path(__file__).parents[1]
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_candidates_are_few_and_in_the_texts_order():
    text = " ".join(f"Pump {n} has {n} valves of grease." for n in range(30)) + " The seal of the casing is black."
    draft = make_draft(text)
    found = evidence.candidates(draft, "Which colour has the seal of the casing?")
    assert len(found) == evidence.CANDIDATES
    assert "The seal of the casing is black." in found
    assert list(found) == sorted(found, key=text.index)
    assert evidence.candidates(make_draft(TEXT), "grease") == tuple(unit.text for unit in UNITS)


def test_headings_are_not_quoted():
    passage = make_passage(TEXT)
    units = (replace(UNITS[0], kind="heading"), *UNITS[1:])
    draft = replace(make_draft(TEXT), passage=replace(passage, units=units))
    assert UNITS[0].text not in evidence.candidates(draft, "pump")


def test_the_units_of_a_transformed_text_are_its_own():
    draft = make_draft("ANNA: The oil is old.\nBEN: Then change it.", passage=TEXT)
    assert all("oil is changed" not in unit.text for unit in evidence.quotable(draft))


@pytest.mark.parametrize("quote", ["a b  c", "a\nb c", " a b c "])
def test_locate_takes_any_whitespace_for_any_other(quote):
    text = "x a\n  b\tc y"
    start, end = evidence.locate(quote, text)
    assert text[start:end] == "a\n  b\tc"


def test_locate_finds_nothing_where_nothing_is():
    assert evidence.locate("", "text") is None
    assert evidence.locate("  ", "a  b") is None
    assert evidence.locate("(a+", "a") is None
    assert evidence.locate("(a+", "b (a+ c") == (2, 5)


def test_source_of_finds_a_quote_where_it_stands_in_the_document():
    draft = make_draft(TEXT)
    draft = replace(draft, passage=make_passage(TEXT, start=100))
    (start, end), quote = evidence.source_of(draft, "Each bearing takes 15 g of grease.")
    assert (" " * 100 + TEXT)[start:end] == quote == "Each bearing takes 15 g of grease."


def test_source_of_a_quote_from_another_text_is_the_unit_that_shares_most():
    draft = make_draft("x", passage=TEXT, focus="The oil is changed after 8,000 hours.")
    assert (
        evidence.source_of(draft, "ANNA: 15 g of grease, for each bearing!")[1] == "Each bearing takes 15 g of grease."
    )
    assert evidence.source_of(draft, "Nothing alike")[1] == "The oil is changed after 8,000 hours."
    empty = replace(draft, focus=None, passage=replace(draft.passage, units=()))
    assert evidence.source_of(empty, "Nothing alike")[1] == TEXT


def test_every_unit_of_the_examples_is_located_in_its_document():
    folder = Path(__file__).parents[1] / "examples" / "handbook"
    found = 0
    for document in collect([folder]).documents:
        for passage in split(document, count_tokens=lambda text: len(text) // 4):
            draft = replace(make_draft(passage.text), passage=passage)
            for unit in passage.units:
                (start, end), quote = evidence.source_of(draft, unit.text)
                assert " ".join(document.text[start:end].split()) == quote == unit.text
                found += 1
    assert found > 100
