from __future__ import annotations

import pytest

from agentinstruct_local.words import (
    akin,
    content,
    date_supported,
    dates,
    f1,
    name_supported,
    names,
    normalise,
    numbers,
    sentences,
    share,
    stem,
    strange_numbers,
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,000 files and 1.5 GB", [("1000", ""), ("1.5", "gb")]),
        ("two of twenty-five, two hundred in all", [("2", ""), ("25", ""), ("200", "")]),
        ("50 percent, 50% and 50 %", [("50", "%")] * 3),
        ("version 1.2.3 and v2.0", [("1.2.3", ""), ("2.0", "")]),
        ("utf-8, sha256, x86_64 and /dev/sda1 on port 22", [("22", "")]),
        ("the one that runs for one hour", [("1", "hour")]),
        ("1. Stop.\n2. Start after 30-day pause.", [("30", "day")]),
        ("from 10-20, at -1, for $5.00", [("10", ""), ("20", ""), ("-1", ""), ("5", "usd")]),
        ("a 200k block at 10:30", [("10:30", "")]),
    ],
)
def test_numbers(text: str, values: list[tuple[str, str]]) -> None:
    assert [(number.value, number.unit) for number in numbers(text)] == values


def test_numbers_need_the_same_unit_where_both_have_one() -> None:
    assert strange_numbers("30 hours", "within 30 days") == ["30 hour"]
    assert strange_numbers("30 seconds", "timeout (in seconds): 30") == []
    assert strange_numbers("The two are A and B.", "A, B") == []
    assert strange_numbers("half of it, 50 %", "half of it") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("on 5 March 2024", [(2024, 3, 5)]),
        ("on March 5th, 2024 and in Sept. 2023", [(2024, 3, 5), (2023, 9, None)]),
        ("2024-03-05", [(2024, 3, 5)]),
        ("05/03/2024", [(2024, 5, 3), (2024, 3, 5)]),
        ("you may 3 times", []),
    ],
)
def test_dates(text: str, found: list[tuple[int | None, int | None, int | None]]) -> None:
    assert list(dates(text)) == found


def test_a_date_is_supported_by_a_fuller_one() -> None:
    assert date_supported((2024, 3, None), [(2024, 3, 5)])
    assert not date_supported((2024, 4, None), [(2024, 3, 5)])


def test_names_are_not_words_at_the_start_of_a_sentence() -> None:
    text = "Files of Debian go to /etc/opt/<subdir>. Use `dpkg` or os.path.join() with --force. "
    text += "The FHS applies. MUST is no name."
    assert set(names(text)) == {"Debian", "/etc/opt/<subdir>", "dpkg", "os.path.join()", "--force", "FHS"}


@pytest.mark.parametrize(
    ("name", "source", "known"),
    [
        ("/etc/opt", "in /etc/opt/<subdir>", True),
        ("/var/tmp/", "in /var/tmp.", True),
        ("/opt/bin", "in /usr/local/opt", False),
        ("FHS", "the Filesystem Hierarchy Standard", True),
        ("open()", "the open function", True),
        ("Debian's", "a Debian package", True),
        ("Fedora", "a Debian package", False),
    ],
)
def test_name_supported(name: str, source: str, known: bool) -> None:
    assert name_supported(name, source) is known


def test_forms_of_a_word_meet() -> None:
    assert len({stem(word) for word in ("install", "installs", "installed", "installing", "installation")}) == 1
    assert stem("policies") == stem("policy")
    assert stem("overwritten") == stem("overwriting")
    assert akin(stem("prevention"), stem("prevents"))
    assert not akin("transport", "translate")


def test_content_keeps_what_means_something() -> None:
    assert content("The host-specific files are in /etc/opt for two days.") == (
        "host",
        "specific",
        "fil",
        "/etc/opt",
        "2",
        "day",
    )
    assert share(content("files in /etc"), content("All files lie in /etc/")) == 1.0
    assert share((), ()) == 1.0
    assert f1(("a", "b"), ("b", "c")) == 0.5


def test_sentences_stop_at_ends_and_not_at_abbreviations() -> None:
    text = "Use e.g. /srv for data. It is new (since 2.0).\n- one item\n- another\n\nA paragraph"
    assert sentences(text) == (
        "Use e.g. /srv for data.",
        "It is new (since 2.0).",
        "- one item",
        "- another",
        "A paragraph",
    )


def test_normalise_makes_what_readers_call_the_same_the_same() -> None:
    assert normalise("The /etc hierarchy.") == normalise("/ETC  hierarchy")
