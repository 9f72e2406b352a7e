"""Which tensor of a GGUF file holds which of a student's weights, and in what order: proved, not guessed.

llama.cpp names tensors in its own way, and holds some of them changed: the rows of queries and keys in another order,
norms with one added. The weights as transformers read them from that very file are at hand: a tensor is taken only
under a change by which they equal what the file holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agentinstruct_local.errors import ModelError

if TYPE_CHECKING:
    import torch

OUTPUT, EMBEDDING = "output.weight", "token_embd.weight"
HEAD = "lm_head.weight"  # what transformers calls the output
KEPT = ("rope_freqs", "rope_factors_long", "rope_factors_short", "attn_rot_embd")
"""Tensors that transformers computes from its settings: they stay as they are in the file."""
CHUNK = 1 << 22  # weights looked at together: 16 MiB in F32
TOLERANCE = 1e-6  # of the largest weight in a chunk: the last bit or two of a float32
TRAIN_AGAIN = "train again from this file: the student must have been loaded from it, and from no other"


@dataclass(frozen=True)
class Change:
    """What makes the file's tensor out of that of transformers: its rows in another order, then a number added."""

    interleaved: bool = False  # of each head the two halves take turns, as rotary embedding in Llama files has it
    plus: float = 0.0

    def order(self, rows: int, heads: int) -> NDArray[np.int64] | None:
        """The row of transformers' tensor for each row of the file's: [rows]; None where heads do not divide them."""
        if not self.interleaved:
            return np.arange(rows)
        if rows % (2 * heads):
            return None
        return np.arange(rows).reshape(heads, 2, -1).swapaxes(1, 2).ravel()


AS_IT_IS = Change()


@dataclass(frozen=True)
class Part:
    """One tensor of the file: what it holds now, the name of its weights in transformers ("": it stays), the change."""

    there: Any  # gguf.ReaderTensor
    source: str = ""
    heads: int = 1
    change: Change = AS_IT_IS

    @property
    def shape(self) -> tuple[int, ...]:
        """As torch counts: the outermost dimension first."""
        return tuple(int(size) for size in reversed(self.there.shape))

    @property
    def order(self) -> NDArray[np.int64] | None:
        """The row of transformers' tensor for each row of the file's: [rows]."""
        return self.change.order(self.shape[0], self.heads)


def sources_of(reader: Any, state: Mapping[str, torch.Tensor], untrained: Mapping[str, torch.Tensor]) -> dict[str, str]:
    """The file's name of each tensor -> transformers' name. ModelError unless all sides have the same tensors."""
    from gguf import MODEL_ARCH_NAMES, get_tensor_name_map

    kind = str(value_of(reader, "general.architecture", ""))
    family = next((one for one, called in MODEL_ARCH_NAMES.items() if called == kind), None)
    if family is None:
        raise ModelError(f"the template is of the unknown kind {kind!r}", hint="take a language model, or update gguf")
    names = get_tensor_name_map(family, int(value_of(reader, f"{kind}.block_count", 0)))
    found: dict[str, str] = {}
    for source in {**untrained, **state}:
        place = names.get_name(source, try_suffixes=(".weight", ".bias"))
        if place is None and source == HEAD:  # of kinds whose ends are always one tensor
            place = OUTPUT
        if place is None or place in found:
            message = f"a {kind} file of that size has no place for the student's tensor {source}"
            raise ModelError(message, hint="give the state_dict() of the model as loaded, adapters merged into it")
        found[place] = source
    there = {one.name for one in reader.tensors}
    for place, source in list(found.items()):
        if place == OUTPUT and place not in there:  # it is the embedding's
            _check_tied(source, found.get(EMBEDDING, ""), state)
            del found[place]
        elif source not in state or source not in untrained:
            lacking = "trained" if source not in state else "untrained"
            raise ModelError(f"the {lacking} weights lack {source}", hint="give the model's whole state_dict()")
        elif place not in there:
            raise ModelError(f"the template lacks {place}, for the student's {source}", hint=TRAIN_AGAIN)
        elif state[source].shape != untrained[source].shape:
            sizes = f"{tuple(untrained[source].shape)} to {tuple(state[source].shape)}"
            raise ModelError(f"training has changed the shape of {source}: {sizes}", hint="add no tokens or layers")
    return found


def _check_tied(output: str, embedding: str, state: Mapping[str, torch.Tensor]) -> None:
    if output not in state or embedding not in state:
        return
    ours, theirs = state[output], state[embedding]
    if ours.data_ptr() != theirs.data_ptr() and not ours.equal(theirs):
        hint = "train with config.tie_word_embeddings = True"
        raise ModelError(f"{output} differs from {embedding}, but the template has one tensor for both", hint=hint)


def parts_of(reader: Any, sources: Mapping[str, str]) -> list[Part]:
    """Every tensor of the file, in its order. ModelError for one that the student has no weights for."""
    kind = str(value_of(reader, "general.architecture", ""))
    queries = value_of(reader, f"{kind}.attention.head_count", 1)
    keys = value_of(reader, f"{kind}.attention.head_count_kv", queries)
    parts = []
    for there in reader.tensors:
        source = sources.get(there.name, "")
        if there.name == OUTPUT and not source:
            source = sources.get(EMBEDDING, "")
        if not source and there.name.rsplit(".", 1)[0].rsplit(".", 1)[-1] not in KEPT:
            raise ModelError(f"the student has no weights for the template's {there.name}", hint=TRAIN_AGAIN)
        heads = keys if ".attn_k." in there.name else queries
        if isinstance(heads, list):  # one for each layer
            number = re.search(r"\d+", there.name)
            heads = heads[int(number[0])] if number else 1
        parts.append(Part(there, source, int(heads) or 1))
    return parts


def proved(parts: list[Part], untrained: Mapping[str, torch.Tensor]) -> list[Part]:
    """The parts with their changes: for all tensors of a kind the first under which each equals what the file holds."""
    kinds: dict[str, list[Change]] = {}
    for part in parts:
        if not part.source:
            continue
        kind = _kind(part)
        left = [one for one in kinds.get(kind, _changes(part)) if _fits(part, one, untrained[part.source])]
        if not left:
            message = f"{part.source} is not what the template has in {part.there.name}, in no way that is known"
            raise ModelError(message, hint=TRAIN_AGAIN)
        kinds[kind] = left
    return [Part(part.there, part.source, part.heads, kinds[_kind(part)][0]) if part.source else part for part in parts]


def _kind(part: Part) -> str:
    """The tensor's name without its layer, weight and bias alike: what is true of one layer is true of all."""
    return re.sub(r"\.\d+\.", ".", str(part.there.name)).rsplit(".", 1)[0]


def _changes(part: Part) -> list[Change]:
    name = part.there.name
    if ".attn_q." in name or ".attn_k." in name:
        return [AS_IT_IS, Change(interleaved=True)]
    return [AS_IT_IS, Change(plus=1.0)] if name.endswith("norm.weight") else [AS_IT_IS]


def _fits(part: Part, change: Change, loaded: torch.Tensor) -> bool:
    """Whether `loaded`, changed so, equals the file's tensor, in the precision that transformers may have chosen."""
    import torch
    from gguf import dequantize

    order = change.order(part.shape[0], part.heads)
    if order is None or tuple(loaded.shape) != part.shape:
        return False
    for rows in chunks(part.shape):
        try:
            held = dequantize(part.there.data[rows], part.there.tensor_type)
        except NotImplementedError as error:
            hint = "take a file in another quantisation, such as q4_k_m, q8_0 or f16"
            raise ModelError(f"{part.there.name}: {error}", hint=hint) from error
        ours = torch.from_numpy(np.subtract(held, np.float32(change.plus)))
        theirs = loaded.detach()[torch.from_numpy(order[rows])].to("cpu", torch.float32)
        allowed = TOLERANCE * float(theirs.abs().max())
        if not any(
            torch.allclose(ours.to(kind).float(), theirs, rtol=0, atol=allowed)
            for kind in (torch.float32, torch.bfloat16, torch.float16)
        ):
            return False
    return True


def chunks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Stretches of the outermost dimension of about CHUNK weights."""
    step = max(1, CHUNK * shape[0] // max(1, int(np.prod(shape))))
    for start in range(0, shape[0], step):
        yield slice(start, start + step)


def value_of(reader: Any, key: str, default: Any) -> Any:
    """What stands under a key of a file's metadata."""
    field = reader.get_field(key)
    return default if field is None else field.contents()
