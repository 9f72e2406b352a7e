"""The engine as an Outlines model: what Outlines' users know, in batches."""

from __future__ import annotations

import json
import re
from typing import Literal

import outlines
import pytest
from outlines.inputs import Chat
from outlines.types import CFG, JsonSchema, Regex
from pydantic import BaseModel, Field

from agentinstruct_local import cards
from agentinstruct_local.errors import TeacherError
from agentinstruct_local.teachers.outlines_model import OutlinesModel
from agentinstruct_local.teachers.scripted import ScriptedTeacher

PROMPTS = [f"What is {n} plus {n}?" for n in range(6)]


class Sum(BaseModel, extra="forbid"):  # or a model may add keys of its own until its tokens are used up
    thought: Literal["easy", "hard"]
    result: int = Field(ge=0, le=99)  # without bounds a small model may write digits for ever


pytestmark = pytest.mark.filterwarnings("ignore:llama_token_get_attr")


@pytest.fixture(scope="module")
def model():
    from agentinstruct_local.teachers.llamacpp import Settings, load

    card = cards.teacher_for_tests()
    settings = Settings(n_seq=4, context=2048, threads=1)
    engine = load(cards.path_of(card), chat_format=card.chat_format, name=card.name, settings=settings)
    yield OutlinesModel(engine)
    engine.close()


@pytest.mark.real
def test_a_batch_of_objects(model):
    found = outlines.Generator(model, Sum).batch(PROMPTS, temperature=1.0, max_tokens=60)
    assert len(found) == len(PROMPTS)
    assert all(Sum.model_validate_json(one) for one in found)


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        (Literal["yes", "no"], "yes|no"),
        (Regex(r"[0-9]{2}:[0-9]{2}"), r"\d\d:\d\d"),
        (CFG('start: "(" ("a" | "b")~2 ")"'), r"\([ab]{2}\)"),
    ],
)
def test_output_types_hold(model, kind, pattern):
    found = outlines.Generator(model, kind).batch(PROMPTS, temperature=1.0)
    assert all(re.fullmatch(pattern, one) for one in found)


def test_an_interrupted_batch_leaves_nothing_behind():
    def script(request):
        if request.messages[-1].content == "stop":
            raise KeyboardInterrupt
        return request.messages[-1].content

    teacher = ScriptedTeacher(script)
    generator = outlines.Generator(OutlinesModel(teacher), str)
    with pytest.raises(KeyboardInterrupt):
        generator.batch(["one", "stop", "three"])
    assert [(reply.value, reply.error) for reply in teacher.poll()] == [(None, "cancelled")]
    assert teacher.poll() == []


@pytest.mark.real
def test_one_prompt_equals_a_batch_of_one_and_a_stream(model):
    generator = outlines.Generator(model, Sum)
    chat = Chat([{"role": "system", "content": "You count."}, {"role": "user", "content": PROMPTS[3]}])
    alone = generator(chat, temperature=0.0)
    assert generator.batch([chat], temperature=0.0) == [alone]
    assert "".join(generator.stream(chat, temperature=0.0)) == alone


@pytest.mark.real
def test_a_reply_that_is_cut_off_is_an_error(model):
    with pytest.raises(TeacherError, match=r"no reply to prompt \d: cut"):
        model.batch(["Tell a long story.", "Tell a very long story."], None, max_tokens=1)


def test_replies_come_in_the_order_of_the_prompts():
    model = OutlinesModel(ScriptedTeacher(lambda request: {"said": request.messages[-1].content}, slots=2))
    found = outlines.Generator(model, outlines.json_schema({"type": "object"})).batch(PROMPTS)
    assert [json.loads(one)["said"] for one in found] == PROMPTS


def test_spaces_of_json_cannot_be_chosen():
    with pytest.raises(TeacherError, match="single spaces"):
        OutlinesModel(ScriptedTeacher()).generate("x", JsonSchema({"type": "object"}, whitespace_pattern=" *"))
