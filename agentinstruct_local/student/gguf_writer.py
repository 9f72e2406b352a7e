"""The weights of a trained student as a GGUF file, made after the file that the student was loaded from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from agentinstruct_local.errors import ModelError
from agentinstruct_local.gguf_file import metadata
from agentinstruct_local.student.gguf_parts import Part, chunks, parts_of, proved, sources_of, value_of

if TYPE_CHECKING:
    import torch

PRECISE = ("norm", "ffn_gate_inp", "conv")
"""Parts of the names of tensors that llama.cpp wants in F32; so are all of one dimension."""
BLOCK = 32  # weights that share a scale in Q8_0
LARGEST = 65504.0  # of F16, which holds the scales of Q8_0 too


def check(untrained: Mapping[str, torch.Tensor], template: Path) -> None:
    """Raise ModelError, before anything is trained, where the student could not be written into the template."""
    _proved(untrained, untrained, template)


def write(
    state: Mapping[str, torch.Tensor],
    untrained: Mapping[str, torch.Tensor],
    template: Path,
    target: Path,
    *,
    type_: Literal["f16", "q8_0"] = "q8_0",
    name: str = "",
) -> None:
    """Write the weights `state` to `target`, a GGUF file for llama.cpp; one that is there already is replaced.

    `state` and `untrained` map the names of a causal language model in transformers to its weights, trained and as
    `from_pretrained(folder, gguf_file=template.name)` gave them. All of `template`'s metadata is kept, but for the type
    of its weights and, where it is given, the name. Norms and tensors of one dimension become F32; with q8_0, those
    whose rows are no multiple of 32 become F16.

    Raises ModelError if state, untrained and template do not belong together, if a weight is no number or too large, or
    if the file cannot be written. `target` is complete or as it was before, also when the process is killed.
    """
    reader, parts = _proved(state, untrained, template)
    try:
        with _appears(target) as draft:
            _write(draft, reader, parts, state, type_=type_, name=name)
    except OSError as error:
        hint = "make room on that disk, or name another folder"
        raise ModelError(f"cannot write {target}: {error.strerror or error}", hint=hint) from error


def _proved(
    state: Mapping[str, torch.Tensor], untrained: Mapping[str, torch.Tensor], template: Path
) -> tuple[Any, list[Part]]:
    """The template, open, and its tensors with what goes there."""
    from gguf import GGUFReader

    metadata(template)  # what is damaged is refused here
    try:
        reader = GGUFReader(template)
    except (ValueError, KeyError) as error:  # a type that the package does not know, say, or a key that comes twice
        why = " ".join(str(error).split())[:200]
        raise ModelError(f"cannot read {template}: {why}", hint="agentinstruct models check") from error
    parts = proved(parts_of(reader, sources_of(reader, state, untrained)), untrained)
    return reader, parts


def _write(
    path: Path, reader: Any, parts: list[Part], state: Mapping[str, torch.Tensor], *, type_: str, name: str
) -> None:
    """One tensor at a time: no more than the largest, as it is written, is held beside what was given."""
    from gguf import GGML_QUANT_SIZES, GGUFWriter

    writer = GGUFWriter(path, value_of(reader, "general.architecture", ""))
    try:
        _add_metadata(writer, reader, type_=type_, name=name)
        for part in parts:
            kind = _type(part, type_)
            block, size = GGML_QUANT_SIZES[kind]
            length = int(np.prod(part.shape)) // block * size
            writer.add_tensor_info(part.there.name, part.shape, np.dtype(np.float32), length, raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for part in parts:
            packed = _packed(part, state[part.source], _type(part, type_)) if part.source else part.there.data
            writer.write_tensor_data(packed)
    finally:
        writer.close()


def _add_metadata(writer: Any, reader: Any, *, type_: str, name: str) -> None:
    from gguf import GGML_QUANT_VERSION, GGUFValueType, LlamaFileType

    writer.data_alignment = int(reader.alignment)
    types = {"f16": LlamaFileType.MOSTLY_F16, "q8_0": LlamaFileType.MOSTLY_Q8_0}
    own: dict[str, tuple[Any, Any]] = {
        "general.file_type": (int(types[type_]), GGUFValueType.UINT32),
        "general.quantization_version": (GGML_QUANT_VERSION, GGUFValueType.UINT32),
    }
    if name:
        own["general.name"] = (name, GGUFValueType.STRING)
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key == "general.architecture" or key in own:  # the writer's own, or ours
            continue
        if field.types[0] != GGUFValueType.ARRAY:
            writer.add_key_value(key, _raw(field), field.types[0])
        elif len(field.types) == 2:
            writer.add_key_value(key, _raw(field), GGUFValueType.ARRAY, sub_type=field.types[1])
        else:
            message = f"the template's {key} is an empty list, or one of lists, which cannot be written"
            raise ModelError(message, hint="take another file of the same model")
    for key, (value, value_type) in own.items():
        writer.add_key_value(key, value, value_type)


def _raw(field: Any) -> Any:
    """A field's value: numbers as Python's, strings as the bytes that they are in the file."""
    from gguf import GGUFValueType

    if field.types[-1] != GGUFValueType.STRING:
        return field.contents()
    strings = [field.parts[index].tobytes() for index in field.data]
    return strings if field.types[0] == GGUFValueType.ARRAY else strings[0]


def _type(part: Part, type_: str) -> Any:
    from gguf import GGMLQuantizationType

    if not part.source:
        return part.there.tensor_type
    if len(part.shape) == 1 or any(one in part.there.name for one in PRECISE):
        return GGMLQuantizationType.F32
    fits = type_ == "q8_0" and part.shape[-1] % BLOCK == 0
    return GGMLQuantizationType.Q8_0 if fits else GGMLQuantizationType.F16


def _packed(part: Part, trained: torch.Tensor, kind: Any) -> NDArray[Any]:
    """The trained tensor as the file holds it. ModelError for a weight that is no number, or that F16 cannot hold."""
    import torch
    from gguf import GGMLQuantizationType, quantize

    order = part.order
    assert order is not None, "it has been proved"
    packed: NDArray[Any] | None = None
    for rows in chunks(part.shape):
        weights = trained.detach()[torch.from_numpy(order[rows])].to("cpu", torch.float32).numpy()
        weights = np.add(weights, np.float32(part.change.plus))
        most = float(np.abs(weights).max())
        if not np.isfinite(most):
            hint = "training went astray: train again at a lower learning rate"
            raise ModelError(f"{part.source} has weights that are no numbers", hint=hint)
        if most > LARGEST and kind != GGMLQuantizationType.F32:
            hint = "training went astray: train again at a lower learning rate"
            raise ModelError(f"{part.source} has a weight of {most:.3g}, more than the file can hold", hint=hint)
        chunk = quantize(weights, kind)
        if packed is None:
            packed = np.empty((part.shape[0], *chunk.shape[1:]), chunk.dtype)
        packed[rows] = chunk
    assert packed is not None, "no tensor of a file is empty"
    return packed


@contextmanager
def _appears(target: Path) -> Iterator[Path]:
    """A path to write to. The file appears as `target` once all of it is on the disk, and not if anything goes wrong.

    On Linux it has no name until then, so that even a kill leaves nothing. Raises OSError.
    """
    draft = target.with_name(f".{target.name}.part")
    draft.unlink(missing_ok=True)  # where a system without nameless files was killed
    try:
        handle = os.open(target.parent, os.O_TMPFILE | os.O_RDWR, 0o666)
        path = Path(f"/proc/self/fd/{handle}")
    except (OSError, AttributeError):
        handle, path = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666), draft
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        yield path
        os.fsync(handle)
        if path != draft:
            os.link(path, draft, src_dir_fd=folder)  # with a folder, Python follows the link in /proc
        draft.replace(target)
        os.fsync(folder)
    finally:
        os.close(folder)
        os.close(handle)
        draft.unlink(missing_ok=True)
