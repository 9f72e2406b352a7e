"""What a reply may be, token by token: JSON Schema and copied words, compiled by llguidance.

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
from agentinstruct_local.teachers.llamacpp.library import Library

COMPACT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class Grammars:
    """Compiles output types for one vocabulary. A matcher is made fresh for every sequence."""

    def __init__(self, library: Library) -> None:
        self.n_vocab = library.n_vocab
        self._tokenizer = lltokenizer_from_vocab(library.vocabulary, n_vocab=library.n_vocab)
        self._mask = np.zeros((library.n_vocab + 31) // 32, dtype=np.int32)

    def matcher(self, schema: Mapping[str, Any]) -> llguidance.LLMatcher:
        """A matcher at the start of a reply. TeacherError, with llguidance's words, for an unusable schema."""
        matcher = llguidance.LLMatcher(self._tokenizer, grammar_for(json.dumps(schema)), log_level=0)
        if matcher.is_error():
            raise TeacherError(f"no grammar for this output: {matcher.get_error()}")
        return matcher

    def allowed(self, matcher: llguidance.LLMatcher) -> NDArray[np.bool_]:
        """Which tokens may come next: bool [n_vocab]."""
        matcher.unsafe_compute_mask_ptr(self._mask.ctypes.data, self._mask.nbytes)
        bits = np.unpackbits(self._mask.view(np.uint8), bitorder="little")
        return bits[: self.n_vocab].astype(np.bool_)


@lru_cache(maxsize=512)
def grammar_for(schema_json: str) -> str:
    """The llguidance grammar of a JSON Schema; properties with "x-substring" become runs of that text's words."""
    schema = json.loads(schema_json)
    properties = schema.get("properties", {})
    if not any("x-substring" in one for one in properties.values()):
        return str(llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides=COMPACT))
    # An object with copied fields is written out in llguidance's Lark dialect, its keys in the schema's order.
    parts, rules = [], []
    for number, (name, one) in enumerate(properties.items()):
        parts.append(json.dumps(("{" if not number else ", ") + json.dumps(name) + ": ") + f" f{number}")
        if "x-substring" in one:
            inside = json.dumps(one["x-substring"], ensure_ascii=False)[1:-1]
            pattern = json.dumps({"substring_words": inside}, ensure_ascii=False)
            rules.append(f'f{number}: "\\"" w{number} "\\""\nw{number}: %regex {pattern}')
        else:
            rules.append(f"f{number}: %json {json.dumps({**one, 'x-guidance': COMPACT}, ensure_ascii=False)}")
    lark = "start: " + " ".join(parts) + ' "}"\n' + "\n".join(rules)
    return str(llguidance.LLMatcher.grammar_from_lark(lark))
