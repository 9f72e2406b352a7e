"""Passages: structure first, exact places, nothing that is not worth reading."""

import random
import time
from dataclasses import replace

import pytest
from builders import make_passage

from agentinstruct_local.ids import digest
from agentinstruct_local.passages import features, followed_by, lines_of, split, steps, traits, units_of
from agentinstruct_local.records import Document, Passage, Unit


def count(text: str) -> int:
    return len(text.split())


def document(text: str, media_type: str = "text/markdown", **more: object) -> Document:
    return Document(id=digest(text), source="a.md", text=text, media_type=media_type, **more)  # type: ignore[arg-type]


def passages(
    text: str, media_type: str = "text/markdown", most: int = 120, least: int = 5, **more: object
) -> list[Passage]:
    made = document(text, media_type, **more)
    found = split(made, count_tokens=count, max_tokens=most, min_tokens=least)
    check(made, found, most)
    return found


def check(made: Document, found: list[Passage], most: int) -> None:
    last = 0
    for passage in found:
        assert last <= passage.span[0] < passage.span[1] <= len(made.text)
        last = passage.span[1]
        assert passage.text == made.text[slice(*passage.span)]
        assert count(passage.text) <= most
        at = passage.span[0]
        for unit in passage.units:
            assert at <= unit.span[0] < unit.span[1] <= passage.span[1]
            at = unit.span[1]
            assert unit.text == " ".join(made.text[slice(*unit.span)].split())
            assert len(unit.text) <= 600
        assert len(set(passage.foci)) == len(passage.foci)
        assert all(passage.units[number].kind not in ("heading", "code") for number in passage.foci)
    assert len({passage.id for passage in found}) == len(found)


def texts(found: list[Passage], kind: str) -> list[str]:
    return [unit.text for passage in found for unit in passage.units if unit.kind == kind]


def sentence(text: str) -> list[str]:
    return [unit.text for unit in units_of(text)]


MANUAL = """# Pump manual

The pump moves clean water from the tank in the yard to the boilers of the first hall, and it does so all day and
all night without a break.

## 1. Service

The pump must be serviced every 30 days by a trained person.
It takes two hours.

1. Close the valve before you open the cover of the pump.
2. Change the filter,
   which is made of steel.
   - the inner ring
3. Open the valve.

| Part | Interval in days |
|------|------------------|
| seal | 90 |
| rotor shaft | 365 |

```sh
pump --start
```

## 2. Storage

A dry room is a room with less than 40 % humidity, and pumps must be stored in one.
"""


def test_units_of_every_kind() -> None:
    found = passages(MANUAL, most=60)
    assert "The pump must be serviced every 30 days by a trained person." in texts(found, "sentence")
    assert "Change the filter, which is made of steel." in texts(found, "item")
    assert "the inner ring" in texts(found, "item")
    assert texts(found, "row") == ["| Part | Interval in days |", "| seal | 90 |", "| rotor shaft | 365 |"]
    assert texts(found, "code") == ["pump --start"]


def test_headings_are_a_path_and_not_the_start_of_the_text() -> None:
    found = passages(MANUAL, most=60)
    service = next(passage for passage in found if "serviced" in passage.text)
    assert service.headings == ("Pump manual", "1. Service")
    assert service.text.startswith("The pump must")


def test_small_sections_are_joined_under_their_parent() -> None:
    text = "# Rules\n\n" + "\n\n".join(f"## Rule {n}\n\nNobody may run on deck {n} of the ship." for n in range(4))
    (found,) = passages(text, most=120)
    assert found.headings == ("Rules",)
    assert texts([found], "heading") == [f"Rule {n}" for n in range(4)]


def test_long_sections_are_cut_between_sentences_only() -> None:
    text = "# Big\n\n" + " ".join(f"Valve number {n} must be closed before the pump starts." for n in range(60))
    found = passages(text, most=50)
    assert len(found) > 5
    assert all(passage.text.startswith("Valve") and passage.text.endswith("starts.") for passage in found)
    assert len(texts(found, "sentence")) == 60


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Files live in /etc/rc.d, e.g. those of 1.2.3. See Fig. 2 now.", 2),
        ("Dr. J. R. Smith wrote it in 1999. It is good.", 2),
        ("The file changelog.Debian.gz is kept. Run ./configure first.", 2),
        ("Use 3.5 V at most. The No. 5 fuse is for approx. 5 min of use.", 2),
        ("It supports .deb files. Packages in the U.S. Government etc. are excluded.", 2),
        ("Is it on? Yes! It is.", 3),
    ],
)
def test_sentences_of_technical_text(text: str, parts: int) -> None:
    assert len(sentence(text)) == parts, sentence(text)


def test_long_sentences_are_cut_at_clauses() -> None:
    text = "The pump " + "; ".join(f"has a valve of kind {n}, which must be closed" for n in range(40)) + "."
    units = units_of(text)
    assert len(units) > 2
    assert all(len(unit.text) <= 600 for unit in units)


PLAIN = """Pump Standard

                        Table of Contents

   1. Introduction ................................ 1
   2. Water ....................................... 7
   2.1. Hot water ................................. 9

1. Introduction

   This standard is for pumps.

2. Water

   Water is a liquid that must be clean before it reaches any of the
   pumps of the plant, since sand wears their seals down.

2.1. Hot water

   Hot water is water of more than 60 degrees, and pumps
   must be made of steel to move it.

     * Steel pumps are heavy and need two
       people to lift them.

   The command is this:

       pump --hot=yes --limit=60

Copyright (c) 1999 Pumps Inc. All rights reserved. Permission is granted to copy this notice.
"""


def test_plain_text_with_numbered_headings() -> None:
    found = passages(PLAIN, "text/plain", most=40)
    hot = next(passage for passage in found if "60 degrees" in passage.text)
    assert hot.headings[-1] == "2.1. Hot water"
    assert "Steel pumps are heavy and need two people to lift them." in texts(found, "item")
    assert texts(found, "code") == ["pump --hot=yes --limit=60"]


def test_boilerplate_is_in_no_passage() -> None:
    everything = " ".join(passage.text for passage in passages(PLAIN, "text/plain", most=40))
    assert "....." not in everything
    assert "Copyright" not in everything
    text = (
        "# Pumps\n\nPumps move water and must be serviced.\n\n## License\n\nDo as you like.\n\n## Index\n\nvalve, 3\n"
    )
    (found,) = passages(text)
    assert found.text == "Pumps move water and must be serviced."


def test_rst_headings_directives_and_tables() -> None:
    text = """=====
Pumps
=====

Service
-------

.. note::

   The pump must be serviced every 30 days.

=====  ====
Part   Days
=====  ====
seal   90
=====  ====

Start it like this::

    pump --start
"""
    found = passages(text, "text/x-rst")
    assert found[0].headings[0] == "Pumps"
    assert "The pump must be serviced every 30 days." in texts(found, "sentence")
    assert "seal 90" in texts(found, "row")
    assert texts(found, "code") == ["pump --start"]


PYTHON = '''"""Reads pumps.

A pump is a machine that moves water.
"""

import os


class Pump:
    """One pump of the plant."""

    def start(self, wait: int = 5) -> None:
        """Start the pump after `wait` seconds.

        The valve must be open, else ValueError is raised.

        >>> Pump().start()
        """
        os.system("pump")


def é(x):  # ünïcode
    """Return the pressure of the pump in bar."""
    return x
'''


def test_python_source() -> None:
    found = passages(PYTHON, "text/x-python", most=30)
    assert "The valve must be open, else ValueError is raised." in texts(found, "sentence")
    assert any(code.startswith("def start(self, wait: int = 5)") for code in texts(found, "code"))
    assert any(">>> Pump().start()" in code for code in texts(found, "code"))
    assert any("function Pump.start" in passage.headings for passage in found)
    assert any("function é" in passage.headings for passage in found)


def test_other_sources_and_broken_python() -> None:
    for media_type in ("text/x-python", "text/x-c"):
        found = passages("int main(void) {\n  return 1;\n}\n\nint pump(int a) {\n  return a;\n}\n", media_type, least=1)
        assert "".join(texts(found, "code")).count("return") == 2


def focused(text: str) -> list[str]:
    (found,) = passages(text, most=500, least=1)
    return [found.units[number].text for number in found.foci]


def test_foci_are_facts_that_stand_alone() -> None:
    good = "The seal of the main pump must be replaced every 90 days."
    for poor in (
        "This must be done by two trained people every 90 days.",
        "However, the seal may also be replaced by the night shift.",
        "See section 3 for the list of seals that must be replaced.",
        "Did the night shift replace the seal of the main pump in May?",
        "The following seals must be replaced by the night shift:",
        "I replaced the seal of the main pump in May 1999.",
        "The seal of the night shift must be kept, see :ref:`seals` of 1999.",
        "- List the seals that a pump must have: pump --list 90",
    ):
        assert focused(f"{poor}\n\n{good}") == [good]


def test_a_limit_is_no_pointer() -> None:
    limit = "Water above 60 degrees must be moved by a pump of steel."
    assert focused(limit) == [limit]


def test_what_leans_is_never_a_focus() -> None:
    assert focused("This must be done by two trained people every 90 days.") == []
    assert focused("The value of this field must be set every 90 days.") == []
    assert focused("Hello there. Nice day.") == []


def test_foci_are_spread() -> None:
    text = " ".join(f"Pump number {n} must be serviced every {n + 20} days." for n in range(6))
    (found,) = passages(text, most=500)
    assert len(found.foci) == 6
    assert not any(abs(a - b) == 1 for a, b in zip(found.foci[:2], found.foci[1:3], strict=True))


def test_rows_are_foci_only_under_a_header() -> None:
    rows = focused("| Part | Interval | Unit |\n|---|---|---|\n| seal of pump | 90 | days |\n")
    assert rows == ["| seal of pump | 90 | days |"]


@pytest.mark.parametrize("media_type", ["text/plain", "text/x-rst"])
def test_a_prompt_in_a_listing_is_no_heading(media_type: str) -> None:
    text = (
        "Recover\n=======\n\nClose it now:\n\n.. code-block:: console\n\n   # close -r 15\n\nDo not forget the option."
    )
    found = passages(text, media_type)
    assert {one.headings for one in found} == {("Recover",)}


def test_a_numbered_item_in_bold_is_no_heading() -> None:
    text = "Choice\n======\n\n1. **Length check**\n\n   The shortest is used.\n\n2. **Peer address**\n\n   The highest is used."
    assert {one.headings for one in passages(text, "text/plain")} == {("Choice",)}


def test_pages_and_title() -> None:
    first, second = "The first page is about water and pumps. " * 3, "The second page is about steel and fire. " * 3
    text = f"{first.strip()}\n\n{second.strip()}"
    found = passages(text, "application/pdf", most=25, title="Book", pages=(0, len(first) + 1))
    assert found[0].pages == (1, 1) and found[-1].pages == (2, 2)
    assert found[0].title == "Book"
    assert passages(text)[0].pages is None


def test_features() -> None:
    assert {"sequence", "list", "code"} <= {name for passage in passages(MANUAL, most=90) for name in features(passage)}
    (storage,) = passages("A dry room is a room with 40 % humidity. It has two doors and 12 lamps.")
    assert features(storage) == {"numbers"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A dry room is a room with 40 % humidity.", {"named", "definition", "askable", "specific", "figure"}),
        ("Der Ölwechsel ist nach 8.000 Stunden fällig.", {"named", "figure"}),
        ("Symbolic links must not traverse above the root directory.", {"named", "rule", "askable", "specific"}),
        ("Lead glazes are fired low because they give off vapour.", {"named", "reason", "askable", "specific"}),
        ("The syntax of the field value is that of a version number.", set()),
        ("The manual contains the algorithms of GNU Go.", set()),
        ("The manual of GNU Go contains its algorithms.", {"named"}),
        ("Adjust the horizontal scale, if required, and repeat.", {"rule"}),
    ],
)
def test_traits_of_a_sentence(text: str, wanted: set[str]) -> None:
    assert traits(make_passage(text), 0) == wanted | {"prose", "closing"}


def test_a_row_of_a_table_is_no_prose() -> None:
    row = Unit(span=(0, 20), text="| seal | 90 | days |", kind="row")
    assert "prose" not in traits(replace(make_passage(row.text), units=(row,)), 0)


def test_what_follows_in_a_paragraph_is_known() -> None:
    passage = make_passage("Pumps are hot. They are big.\n\nSeals are small.")
    assert [followed_by(passage, number) for number in range(3)] == ["They are big.", None, None]
    assert ["closing" in traits(passage, number) for number in range(3)] == [False, True, True]


SEAL = """# Maintenance of the KX-40 pump

## Replacing the shaft seal

The work takes two fitters about three hours. However, a trained fitter may do it alone at night.

1. Close the suction valve and lock it with a padlock;
2. Switch the drive off at the main isolator.
3. Drain the pump casing through the lower plug
4. Pull the old seal with the puller KX-T3.
"""


def test_steps_are_numbered_lists_without_gaps() -> None:
    (found,) = [one for passage in passages(SEAL) for one in steps(passage)]
    assert len(found.units) == 4
    assert found.heading == "Replacing the shaft seal"


@pytest.mark.parametrize(
    "text",
    [
        "1. Open the valve now.\n3. Close the valve again.\n4. Drain the pump casing.\n",
        "2. Open the valve now.\n3. Close the valve again.\n4. Drain the pump casing.\n",
        "- Open the valve now.\n- Close the valve again.\n- Drain the pump casing.\n",
        "1. The valve of the pump.\n2. The drive of the pump.\n3. The seal of the pump.\n",
        "1. Open the valve now.\n2. Close the valve again.\n",
        "1. Open the valve now.\n2. Type this:\n\n   ```\n   close\n   ```\n3. Drain the pump casing.\n",
    ],
)
def test_what_is_no_whole_instruction_has_no_steps(text: str) -> None:
    assert not [
        one for passage in passages(f"# Valves of the pump\n\nDo this at night.\n\n{text}") for one in steps(passage)
    ]


@pytest.mark.parametrize(
    ("text", "specific"),
    [
        ("If the KX-40 is dry, the whole plant stops at once.", True),
        ("If the input counter is greater than the ceiling, the packet is dropped.", False),
    ],
)
def test_a_condition_is_specific_only_if_it_names_something(text: str, specific: bool) -> None:
    found = traits(make_passage(text), 0)
    assert "askable" in found
    assert ("specific" in found) is specific


def test_a_tiny_document_is_one_passage() -> None:
    (found,) = passages("Only this.", least=40)
    assert found.text == "Only this."


def test_the_same_document_gives_the_same_passages() -> None:
    assert passages(MANUAL) == passages(MANUAL)


LINES = [
    "", "", "# Head", "Title", "=====", "---", "- item one is here", "  - nested", "1. first", "   more of it", "```",
    "    code = 1;", "| a | b |", "|---|---|", "+--+--+", "=== ===", ".. note::", "::", ">>> x", "\t", "<!-- x", "-->",
    "Plain words. More words, e.g. these.", "term\n: meaning", "2.1. Numbered", "...... 7", "É ü 𝒳 words.", "a" * 700,
    "word " * 200,
]  # fmt: skip


@pytest.mark.parametrize("media_type", ["text/markdown", "text/plain", "text/x-rst", "text/x-c", "text/x-python"])
def test_any_text_keeps_the_promises(media_type: str) -> None:
    dice = random.Random(7)
    for _ in range(60):
        passages("\n".join(dice.choices(LINES, k=40)), media_type, most=60, least=10)


@pytest.mark.parametrize(
    "hostile",
    ["(" * 20000, "a(" * 10000, ". " * 20000, "<" * 20000, "# " + " " * 20000 + "x", "|" * 20000, "a," * 20000,
     "- " * 20000, "\n".join(["=== ==="] * 3000), "\n".join(["- x"] * 3000), "http://" + "." * 20000,
     "\n".join("a" * 3000)],
)  # fmt: skip
def test_hostile_text_takes_no_time(hostile: str) -> None:
    started = time.monotonic()
    for media_type in ("text/plain", "text/x-c"):
        passages(hostile, media_type)
    assert time.monotonic() - started < 2


def test_a_row_states_its_cells_under_their_headings_and_the_headings_state_nothing() -> None:
    text = (
        "| Part | Torque | Note |\n|---|---|---|\n| Lid | 4 N·m | |\n| Flange | 21.5 N·m | twice |\n\nThe lid is thin."
    )
    (passage,) = split(document(text), count_tokens=len, max_tokens=1000)
    assert [unit.text for unit in lines_of(passage)] == [
        "Part: Lid; Torque: 4 N·m",
        "Part: Flange; Torque: 21.5 N·m",
        "Part: Flange; Note: twice",
        "The lid is thin.",
    ]


def test_the_middle_of_a_long_table_is_told_as_it_stands() -> None:
    text = "| Lid | 4 N·m | thin |\n| Flange | 21.5 N·m | thick |\n| Foot | 9 N·m | black |"
    (passage,) = split(document(text), count_tokens=len, max_tokens=1000)
    assert [unit.text for unit in lines_of(passage)] == text.split("\n")


def test_a_table_that_is_cut_keeps_its_headings() -> None:
    rows = "\n".join(f"| Part {n} | {n} N·m | note {n} |" for n in range(40))
    found = split(document(f"| Part | Torque | Note |\n|---|---|---|\n{rows}"), count_tokens=count, max_tokens=100)
    assert len(found) > 2
    assert [one.columns for one in found] == ["", *["| Part | Torque | Note |"] * (len(found) - 1)]
    assert lines_of(found[1])[0].text.startswith("Part: Part ")
