"""Logits of a causal language model where they are wanted, and nowhere else."""

from __future__ import annotations

from typing import Any

SCALED = ("final_logit_softcapping", "logits_scaling", "logit_scale")
"""Settings by which a model changes what its vocabulary layer gives: then its own forward pass is used whole."""


def logits_at(model: Any, inputs: dict[str, Any], wanted: Any) -> Any:
    """Logits [n, vocabulary] at the n places where `wanted` [rows, tokens] is true, row by row.

    `inputs`: what the forward pass takes, `input_ids` [rows, tokens] among it. The vocabulary layer, a third of the
    work in a small model, is computed for these places alone.
    """
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    if any(getattr(plain.config, name, None) for name in SCALED):
        return plain(**inputs, use_cache=False).logits[wanted]
    hidden = plain.get_decoder()(**inputs, use_cache=False).last_hidden_state
    return plain.get_output_embeddings()(hidden[wanted])
