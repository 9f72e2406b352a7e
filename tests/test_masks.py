"""Which tokens may come next: for every output type the same as Outlines' own processor allows, step by step."""

from __future__ import annotations

import ctypes
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from tiny import sentencepiece

from agentinstruct_local import cards, schema
from agentinstruct_local.errors import TeacherError
from agentinstruct_local.records import Output

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore:llama_token_get_attr")]


def objects(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMAS = {
    "enum": objects(topic={"type": "string", "maxLength": 30}, quote={"enum": ["one hare", "two hares"]}),
    "string": schema.parse("answer str(30): a").schema,
    "long string": schema.parse("answer str(400): a").schema,
    "list": schema.parse("steps list(3, 12): a\nkey A|B|C: b").schema,
    "integer": schema.parse("count int(2, 40): a\nanswer str(9): b").schema,
    "items": schema.items_of(schema.parse("question str(20): a\nright str(9): b").schema, (1, 2)),
    "question": schema.parse("question question(40): a").schema,
    "escapes": objects(quote={"enum": ['He said "no" — twice.', "C:\\\\path\tand °C", "a", "ab"]}),
    "boolean": objects(yes={"type": "boolean"}, no={"type": "boolean"}),
    "null": objects(maybe={"type": ["null", "integer"]}),
    "negative": objects(n={"type": "integer", "minimum": -12, "maximum": 7}),
    "number": objects(x={"type": "number", "minimum": 0, "maximum": 10}),
    "constant": objects(kind={"const": "answer"}, text={"type": "string", "maxLength": 8}),
    "nested": objects(one=objects(two=objects(three={"enum": ["a", "b"]}))),
    "list of objects": objects(
        rows={"type": "array", "minItems": 1, "maxItems": 2, "items": objects(n={"enum": [1, 2]})}
    ),
    "list of lists": objects(
        grid={
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer", "maximum": 9}},
        }
    ),
    "either": objects(it={"anyOf": [{"type": "boolean"}, objects(why={"enum": ["x", "y"]})]}),
    "pattern": objects(code={"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"}),
    "date": objects(day={"type": "string", "format": "date"}),
    "optional": {**objects(a={"enum": ["x"]}, b={"enum": ["y"]}), "required": ["a"]},
    "reference": {**objects(a={"$ref": "#/$defs/word"}), "$defs": {"word": {"enum": ["cat", "dog"]}}},
    "keys with spaces": objects(**{"two words": {"enum": ["yes", "no"]}, "é": {"enum": ["ß", "漢字"]}}),
    "other scripts": objects(answer={"enum": ["漢字", "🙂 and é", "ab漢"]}),
}
PATTERNS = {
    "choice": "(yes|no|it depends)",
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "words": "([a-z]{2,6} ){1,3}[a-z]{2,6}\\.",
    "bytes": "[é漢🙂]{2}x",
}
GRAMMARS = {
    "sum": 'start: NUMBER ("+" NUMBER)* "=" NUMBER\nNUMBER: /[0-9]{1,2}/',
    "nested": 'start: pair\npair: "(" pair? ")" | "x"',
}
CASES = {
    **{f"json {name}": Output(schema=one) for name, one in SCHEMAS.items()},
    **{f"regex {name}": Output(kind="regex", grammar=one) for name, one in PATTERNS.items()},
    **{f"lark {name}": Output(kind="lark", grammar=one) for name, one in GRAMMARS.items()},
}


@dataclass
class Vocabulary:
    """What the engine's grammars need of a library, and Outlines' model over the same tokens."""

    theirs: Any
    vocabulary: Any
    n_vocab: int

    def piece(self, token: int) -> bytes:
        import llama_cpp

        buffer = ctypes.create_string_buffer(512)
        count = llama_cpp.llama_token_to_piece(self.vocabulary, token, buffer, 512, 0, False)
        return bytes(buffer.raw[:count])


@pytest.fixture(scope="module", params=["byte-level BPE", "SentencePiece"])
def vocabulary(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vocabulary]:
    import llama_cpp
    import outlines

    if request.param == "SentencePiece":
        path = sentencepiece(tmp_path_factory.mktemp("vocabulary") / "words.gguf")
    else:
        path = cards.path_of(cards.teacher_for_tests())
    llama = llama_cpp.Llama(model_path=str(path), vocab_only=True, n_gpu_layers=0, verbose=False)
    model = outlines.from_llamacpp(llama)
    found = llama_cpp.llama_model_get_vocab(llama.model)
    yield Vocabulary(model, found, llama_cpp.llama_vocab_n_tokens(found))
    llama.close()


def their_processor(vocabulary: Vocabulary, output: Output) -> Any:
    from outlines.backends.llguidance import LLGuidanceBackend

    from agentinstruct_local.teachers.llamacpp.grammar import COMPACT

    backend = LLGuidanceBackend(vocabulary.theirs)
    if output.kind == "regex":
        return backend.get_regex_logits_processor(output.grammar)
    if output.kind == "lark":
        return backend.get_cfg_logits_processor(output.grammar)
    # The one choice of ours: where spaces stand.
    return backend.get_json_schema_logits_processor(json.dumps({**output.schema, "x-guidance": COMPACT}))


@pytest.mark.parametrize("name", CASES)
def test_our_masks_equal_those_of_outlines(vocabulary: Vocabulary, name: str) -> None:
    from agentinstruct_local.teachers.llamacpp.grammar import Grammars

    output, grammars = CASES[name], Grammars(vocabulary)  # type: ignore[arg-type]
    for seed in range(3):
        draw = random.Random(f"{name} {seed}")
        theirs, ours = their_processor(vocabulary, output), grammars.matcher(output)
        assert ours is not None
        written: list[int] = []
        for _ in range(400):
            logits = np.zeros((1, vocabulary.n_vocab), dtype=np.float32)
            wanted = np.isfinite(theirs.process_logits(np.array([written or [0]]), logits)[0])
            allowed = grammars.allowed(ours)
            assert np.array_equal(allowed, wanted), f"after {text_of(vocabulary, written)!r}"
            tokens = [int(token) for token in np.flatnonzero(allowed)]
            if ours.is_accepting() and (ours.is_stopped() or draw.random() < 0.5 or not tokens):
                break
            # Some haste towards the end of a text, or a walk would only write one long word.
            closing = [token for token in tokens if b'"' in vocabulary.piece(token)]
            token = draw.choice(closing if closing and draw.random() < 0.3 else tokens)
            if ours.is_accepting() and not vocabulary.piece(token):
                break  # it ended by an end token
            written.append(token)
            assert ours.consume_token(token)
        assert ours.is_accepting(), f"the walk did not end: {text_of(vocabulary, written)!r}"
        if output.kind == "json":
            assert schema.problems(json.loads(text_of(vocabulary, written)), output.schema) == []


def text_of(vocabulary: Vocabulary, tokens: list[int]) -> str:
    return b"".join(vocabulary.piece(token) for token in tokens).decode("utf-8", "replace")


@pytest.mark.parametrize("output", [Output(kind="regex", grammar="("), Output(kind="lark", grammar="start: nowhere")])
def test_a_grammar_that_cannot_be_used_is_named(vocabulary: Vocabulary, output: Output) -> None:
    from agentinstruct_local.teachers.llamacpp.grammar import Grammars

    with pytest.raises(TeacherError, match="no grammar"):
        Grammars(vocabulary).matcher(output)  # type: ignore[arg-type]


def test_what_is_free_has_no_grammar(vocabulary: Vocabulary) -> None:
    from agentinstruct_local.teachers.llamacpp.grammar import Grammars

    assert Grammars(vocabulary).matcher(Output(kind="text")) is None  # type: ignore[arg-type]
