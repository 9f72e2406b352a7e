"""What a reply may be, token by token: JSON Schema, copied words, patterns and grammars, compiled by llguidance.

The schema dialect is the one that Outlines users know (JSON Schema); the compiler is Outlines' own `llguidance`
backend, used directly so that several sequences can be decoded together and the finish reason is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import llguidance
import numpy as np
from llguidance.llamacpp import lltokenizer_from_vocab
from numpy.typing import NDArray

from agentinstruct_local.errors import TeacherError
from agentinstruct_local.records import Output
from agentinstruct_local.teachers.llamacpp.library import Library

COMPACT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class Grammars:
    """Compiles output types for one vocabulary. A matcher is made fresh for every sequence."""

    def __init__(self, library: Library) -> None:
        self.n_vocab = library.n_vocab
        self._tokenizer = lltokenizer_from_vocab(library.vocabulary, n_vocab=library.n_vocab)
        self._mask = np.zeros((library.n_vocab + 31) // 32, dtype=np.int32)

    def matcher(self, output: Output) -> llguidance.LLMatcher | None:
        """A matcher at the start of a reply, None where a reply is free.

        TeacherError, with llguidance's words, for an unusable schema, pattern or grammar.
        """
        if output.kind in ("text", "choice", "scores"):
            return None
        matcher = llguidance.LLMatcher(self._tokenizer, compiled(output), log_level=0)
        if matcher.is_error():
            raise TeacherError(f"no grammar for this output: {matcher.get_error()}")
        return matcher

    def allowed(self, matcher: llguidance.LLMatcher) -> NDArray[np.bool_]:
        """Which tokens may come next: bool [n_vocab]."""
        matcher.unsafe_compute_mask_ptr(self._mask.ctypes.data, self._mask.nbytes)
        bits = np.unpackbits(self._mask.view(np.uint8), bitorder="little")
        return bits[: self.n_vocab].astype(np.bool_)


def compiled(output: Output) -> str:
    """What llguidance takes for an output type that is not free."""
    if output.kind == "regex":
        return str(llguidance.LLMatcher.grammar_from_regex(output.grammar))
    if output.kind == "lark":
        return str(llguidance.LLMatcher.grammar_from_lark(output.grammar))
    return grammar_for(json.dumps(output.schema))


@lru_cache(maxsize=512)
def grammar_for(schema_json: str) -> str:
    """The llguidance grammar of a JSON Schema; what has "x-substring" becomes a run of that text's words."""
    schema = json.loads(schema_json)
    if not _copies(schema):
        return str(llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides=COMPACT))
    rules: list[str] = []
    start = _rule(schema, rules)
    return str(llguidance.LLMatcher.grammar_from_lark("\n".join([f"start: {start}", *rules])))


def _copies(schema: Any) -> bool:
    """Whether something in a schema has to be copied."""
    if isinstance(schema, Mapping):
        return "x-substring" in schema or any(_copies(one) for one in schema.values())
    return False


def _rule(schema: Mapping[str, Any], rules: list[str]) -> str:
    """The name of a new rule in llguidance's Lark dialect for a schema; objects have their keys in its order."""
    number = len(rules)
    rules.append("")
    if "x-substring" in schema:
        inside = json.dumps(schema["x-substring"], ensure_ascii=False)[1:-1]
        pattern = json.dumps({"substring_words": inside}, ensure_ascii=False)
        body = f'"\\"" w{number} "\\""\nw{number}: %regex {pattern}'
    elif not _copies(schema):
        body = f"%json {json.dumps({**schema, 'x-guidance': COMPACT}, ensure_ascii=False)}"
    elif schema.get("type") == "array":
        one, least, most = _rule(schema["items"], rules), schema["minItems"], schema["maxItems"]
        more = f'(", " {one}){{{least - 1},{most - 1}}} ' if most > 1 else ""
        body = f'"[" {one} {more}"]"'
    else:
        parts = [
            json.dumps(("{" if not place else ", ") + json.dumps(name) + ": ") + " " + _rule(one, rules)
            for place, (name, one) in enumerate(schema["properties"].items())
        ]
        body = " ".join(parts) + ' "}"'
    rules[number] = f"f{number}: {body}"
    return f"f{number}"
