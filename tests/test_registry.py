from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

import agentinstruct_local
from agentinstruct_local import registry
from agentinstruct_local.errors import PlugNotFound


@pytest.fixture(autouse=True)
def _forget():
    registry.find.cache_clear()
    registry.names.cache_clear()
    yield
    registry.find.cache_clear()
    registry.names.cache_clear()


@pytest.mark.parametrize("room", sorted(registry.VERBS))
def test_every_module_with_the_verb_is_a_plug(room):
    folder = Path(agentinstruct_local.__file__).parent / room
    verb = f"def {registry.VERBS[room]}("
    written = [path.stem for path in folder.rglob("*.py") if verb in path.read_text()]
    assert sorted(registry.names(room)) == sorted(written), "a name stands for one module of its room"
    for name in written:
        assert registry.find(room, name).__name__ == registry.VERBS[room]


def test_what_is_not_there_is_told_with_what_is():
    with pytest.raises(PlugNotFound) as caught:
        registry.find("verifiers", "lenght")
    assert "length" in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["fields", "clauses", "__init__", "", "../length"])
def test_a_module_without_the_verb_is_no_plug(name):
    with pytest.raises(PlugNotFound):
        registry.find("verifiers", name)


def test_another_package_adds_a_plug_by_entry_point(monkeypatch):
    def verify(draft):
        return draft

    points = [SimpleNamespace(name="spelling", load=lambda: verify)]

    def entry_points(*, group, name=None):
        assert group == "agentinstruct_local.verifiers"
        return [point for point in points if name in (None, point.name)]

    monkeypatch.setattr(registry, "entry_points", entry_points)
    assert registry.find("verifiers", "spelling") is verify
    assert "spelling" in registry.names("verifiers")
