"""What a draft knows of its place."""

from __future__ import annotations

import pytest
from builders import make_draft

FOCUS = "If the client fails to connect, the program quits."


@pytest.mark.parametrize(
    ("before", "term"),
    [
        ("--management-client\n\nIt connects as a client.", "--management-client"),
        ("--lease-time seconds\n\nIt is told in seconds.", "--lease-time"),
        ("ACTION - {DROP|LOG}[log-level]\n\nOnly present in files of the second format.", "ACTION"),
        ("max_size\n\nHow long it may get.", "max_size"),
        ("drop : {'first'} or an array of shape (n,), default=None Tells which one goes.", "drop"),
        ("Note : it connects as a client.", ""),
        ("The client connects.\n\nIt is told in seconds.", ""),
        ("NOTE: it connects.", ""),
        ("--first\n\nIt is the first.\n\n--second\n\nIt is the second.", "--second"),
    ],
)
def test_an_option_on_a_line_of_its_own_is_a_heading(before: str, term: str) -> None:
    draft = make_draft(f"{before}\n\n{FOCUS}", focus=FOCUS, headings=["Options"])
    assert draft.headings == (("Options", term) if term else ("Options",))
