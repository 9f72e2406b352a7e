from __future__ import annotations

import pytest

from agentinstruct_local import schema
from agentinstruct_local.errors import TeacherError
from agentinstruct_local.records import Message, Output, Request, Sampling
from agentinstruct_local.teachers.scripted import ScriptedTeacher, invent

PAGE = 'Document: x\n\n"""\nThe oil is changed after 8,000 hours. Each bearing takes 15 g of grease.\n"""\n\n'


def ask(text: str = PAGE, name: str = "r1", seed: int = 1, **output) -> Request:
    return Request(
        id=name, messages=(Message(role="user", content=text),), output=Output(**output), sampling=Sampling(), seed=seed
    )


def test_a_list_is_answered_in_turn_one_reply_a_poll():
    teacher = ScriptedTeacher(["one", {"a": 1}])
    teacher.submit(ask(name="r1", kind="text"))
    teacher.submit(ask(name="r2", kind="json"))
    assert [(reply.id, reply.value) for reply in teacher.poll()] == [("r1", "one")]
    assert [(reply.id, reply.value) for reply in teacher.poll()] == [("r2", {"a": 1})]
    assert list(teacher.poll()) == []
    assert [request.id for request in teacher.asked] == ["r1", "r2"]


def test_a_script_that_is_too_short_says_what_was_asked():
    teacher = ScriptedTeacher([])
    teacher.submit(ask("Which oil?", kind="text"))
    with pytest.raises(TeacherError, match="Which oil"):
        teacher.poll()


def test_errors_and_choices():
    teacher = ScriptedTeacher([{"error": "cut"}, "no", {"yes": 0.7, "no": 0.3}])
    for name in "abc":
        teacher.submit(ask(name=name, kind="choice", options=("yes", "no")))
    replies = [reply for _ in range(3) for reply in teacher.poll()]
    assert (replies[0].error, replies[0].value) == ("cut", None)
    assert (replies[1].value, replies[1].probabilities) == ("no", {"no": 1.0})
    assert (replies[2].value, replies[2].probabilities) == ("yes", {"yes": 0.7, "no": 0.3})


def test_tokens_are_counted():
    teacher = ScriptedTeacher(["three words here"])
    teacher.submit(ask("five words of a prompt", kind="text"))
    (reply,) = teacher.poll()
    assert (reply.tokens_in, reply.tokens_out) == (5, 3)
    assert teacher.count_tokens("") == 1
    teacher.close()


@pytest.mark.parametrize(
    "lines",
    [
        "question str(60): what",
        "answer str(40): what\nkey A|B: which\ncount int(2, 5): how many",
        "steps list(4, 30): what\nword phrase(focus): which",
    ],
)
@pytest.mark.parametrize("seed", range(6))
def test_made_up_replies_have_the_right_shape_and_are_decided_by_the_seed(lines, seed):
    for shape in (schema.parse(lines).schema, schema.items_of(schema.parse(lines).schema, (2, 3))):
        value = invent(ask(seed=seed, schema=shape))
        assert schema.problems(value, shape) == []
        assert value == invent(ask(seed=seed, schema=shape))


def test_copied_words_and_choices_are_those_that_are_allowed():
    shape = {
        "type": "object",
        "properties": {"w": {"type": "string", "x-substring": "a b c d e f g h i"}, "q": {"enum": ["x", "y"]}},
    }
    value = invent(ask(schema=shape))
    assert value["w"] in "a b c d e f g h i"
    assert value["q"] in ("x", "y")
    chances = invent(ask(kind="choice", options=("A", "B", "C")))
    assert sum(chances.values()) == pytest.approx(1)
    assert invent(ask(kind="text")).startswith("The oil is changed")


def test_a_made_up_answer_is_the_sentence_that_the_question_asks_about():
    value = invent(
        ask(PAGE + "Question: How much grease does a bearing take?", schema=schema.parse("answer str(200): a").schema)
    )
    assert value == {"answer": "Each bearing takes 15 g of grease."}
