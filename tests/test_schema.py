from __future__ import annotations

import pytest

from agentinstruct_local import schema


def one(line: str) -> dict:
    (found,) = schema.parse(line).schema["properties"].values()
    return found


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        ("question: what is asked", {"type": "string", "maxLength": 300}),
        ("question str: what is asked", {"type": "string", "maxLength": 300}),
        ("question str(20): what is asked", {"type": "string", "maxLength": 20}),
        ("question question(20): what is asked", {"type": "string", "pattern": r"^[^?？]{1,19}[?？]$"}),
        ("key A|B | C: the right one", {"enum": ["A", "B", "C"]}),
        ("count int: how many", {"type": "integer", "minimum": 0, "maximum": 10**6}),
        ("count int(9): how many", {"type": "integer", "minimum": 0, "maximum": 9}),
        ("count int(-3, 99): how many", {"type": "integer", "minimum": -3, "maximum": 99}),
        ("at str(9): such as 07:30: with a colon", {"type": "string", "maxLength": 9}),
    ],
)
def test_a_line_becomes_a_bounded_shape(line, shape):
    assert one(line) == shape


def test_lists_are_bounded_in_number_and_length():
    assert one("steps list(4, 50): done")["maxItems"] == 4
    assert one("steps list(4, 50): done")["items"] == {"type": "string", "minLength": 1, "maxLength": 50}
    assert one("steps list: done")["maxItems"] == 6
    assert one("steps list(3): done")["items"]["maxLength"] == 160


def test_an_object_has_its_fields_in_order_and_nothing_else():
    fields = schema.parse("b str: second\na str: first\n\nquote quote: where\nword phrase(focus): copied\nw phrase: x")
    assert list(fields.schema["properties"]) == ["b", "a", "quote", "word", "w"]
    assert fields.schema["required"] == ["b", "a", "quote", "word", "w"]
    assert fields.schema["additionalProperties"] is False
    assert fields.about["b"] == "second"
    assert fields.quotes == ("quote",)
    assert fields.phrases == {"word": "focus", "w": "text"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no fields"),
        ("question", "'question'"),
        ("Question str: in capitals", "Question"),
        ("question text: what", "unknown type 'text'"),
        ("question str(many): what", "question str(many)"),
        ("question str: what\nquestion str: again", "comes twice"),
    ],
)
def test_a_line_that_is_not_understood_is_named(text, told):
    with pytest.raises(ValueError) as caught:
        schema.parse(text)
    assert told in str(caught.value)


def test_problems_are_told_in_words():
    shape = schema.parse("question str(10): what\nkey A|B: which").schema
    assert schema.problems({"question": "What?", "key": "A"}, shape) == []
    assert len(schema.problems({"question": "What is it then?", "key": "C"}, shape)) == 2
    assert "'key' is a required property" in schema.problems({"question": "What?"}, shape)
    assert schema.problems({"question": "What?", "key": "A", "more": 1}, shape)


def test_many_wraps_the_object_in_items():
    shape = schema.items_of(schema.parse("question str(10): what").schema, (2, 3))
    assert schema.problems({"items": [{"question": "a"}, {"question": "b"}]}, shape) == []
    assert schema.problems({"items": [{"question": "a"}]}, shape)
    assert schema.problems({"items": [{"question": "a"}] * 4}, shape)
