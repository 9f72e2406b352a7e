"""Training in 16 bits only where the processor has them."""

from __future__ import annotations

import pytest
import torch

from agentinstruct_local.student.weights import sixteen_bits


def test_a_processor_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sixteen_bits("cpu") == torch.ops.mkldnn._is_mkldnn_bf16_supported()
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not sixteen_bits("cpu")


def test_a_card_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for able in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda able=able: able)
        assert sixteen_bits("cuda") == able
    assert sixteen_bits("mps")
