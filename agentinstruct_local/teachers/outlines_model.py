"""The engine as an Outlines model: `outlines.Generator(model, output_type).batch(prompts)` decodes them together.

Outlines' own llama.cpp model has no batches. A generator hands the output type itself only to the classes that Outlines
names in `BlackBoxModel`; of these `VLLMOffline` is a local engine that constrains by itself, as this one does, so it is
the one to inherit from. vLLM is not imported.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from outlines.inputs import Chat
from outlines.models.vllm_offline import VLLMOffline, VLLMOfflineTypeAdapter

from agentinstruct_local import ids
from agentinstruct_local.errors import TeacherError
from agentinstruct_local.records import Message, Output, Reply, Request, Sampling
from agentinstruct_local.teachers import Teacher


class OutlinesModel(VLLMOffline):  # type: ignore[misc]  # Outlines comes without types for this class
    """An Outlines model over a teacher that nobody else asks meanwhile.

    Output types: what Outlines knows (JSON Schema, Pydantic, Literal, regex, CFG). Keyword arguments of a call are the
    fields of `records.Sampling`, and `seed`. Raises TeacherError where a reply was cut off or is not whole.
    """

    def __init__(self, teacher: Teacher) -> None:
        self.teacher = teacher
        self.type_adapter = VLLMOfflineTypeAdapter(has_chat_template=True)
        self._calls = itertools.count()

    def generate(self, model_input: Chat | str, output_type: Any = None, **inference_kwargs: Any) -> str:
        """One reply."""
        return self.generate_batch([model_input], output_type, **inference_kwargs)[0]

    def generate_batch(
        self, model_input: Sequence[Chat | str], output_type: Any = None, **inference_kwargs: Any
    ) -> list[str]:
        """The replies to several prompts, in their order."""
        output, seed = self._output(output_type), int(inference_kwargs.pop("seed", 0))
        sampling, call = Sampling(**inference_kwargs), next(self._calls)
        for number, prompt in enumerate(model_input):
            turns = [
                Message(role=one["role"], content=one["content"]) for one in self.type_adapter.format_input(prompt)
            ]
            name = f"{call}.{number}"
            self.teacher.submit(
                Request(
                    id=name,
                    messages=tuple(turns),
                    output=output,
                    sampling=sampling,
                    seed=ids.seed_from(seed, str(number)),
                )
            )
        found: dict[str, Reply] = {}
        try:
            while replies := self.teacher.poll():
                found.update({reply.id: reply for reply in replies})
        except BaseException:  # an interrupt, say: what is left must not answer the next call
            for number in range(len(model_input)):
                self.teacher.cancel(f"{call}.{number}")
            raise
        return [_text(found[f"{call}.{number}"], number) for number in range(len(model_input))]

    def generate_stream(
        self, model_input: Chat | str, output_type: Any = None, **inference_kwargs: Any
    ) -> Iterator[str]:
        """One reply, in one piece."""
        yield self.generate(model_input, output_type, **inference_kwargs)

    def _output(self, output_type: Any) -> Output:
        asked = self.type_adapter.format_output_type(output_type)
        if "whitespace_pattern" in asked:
            raise TeacherError("JSON is written with single spaces here", hint="leave whitespace_pattern out")
        if "json" in asked:
            return Output(schema=asked["json"])
        if "regex" in asked:
            return Output(kind="regex", grammar=asked["regex"])
        return Output(kind="lark", grammar=asked["grammar"]) if asked else Output(kind="text")


def _text(reply: Reply, number: int) -> str:
    if reply.error:
        hint = "give it more tokens: max_tokens=800" if reply.error == "cut" else ""
        raise TeacherError(f"no reply to prompt {number}: {reply.error}", hint=hint)
    return reply.value if isinstance(reply.value, str) else json.dumps(reply.value, ensure_ascii=False)
