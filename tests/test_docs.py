"""The tables of the README are the code's own. To write them anew: make snapshots."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from agentinstruct_local import taxonomy
from agentinstruct_local.cli import COMMANDS, INTERRUPTED, main
from agentinstruct_local.cli.generate import STOPPED
from agentinstruct_local.cli.opening import wish
from agentinstruct_local.errors import AgentInstructError, RunLocked
from agentinstruct_local.recipe import Recipe

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def commands() -> list[str]:
    return [f"| `{name}` | {words} |" for name, words in COMMANDS.items()]


def skills() -> list[str]:
    return [
        f"| `{skill.name}` | {skill.about} | {len(skill.subskills)} | {sum(one.needs == 'small' for one in skill.subskills.values()) or 'needs a larger teacher'} |"
        for skill in taxonomy.load().skills.values()
    ]


def subskills() -> list[str]:
    return [
        f"| {skill.name} | `{one.id}` | {one.definition} | {one.provenance} | {'larger' if one.needs == 'large' else 'default'} |"
        for skill in taxonomy.load().skills.values()
        for one in skill.subskills.values()
    ]


def recipe() -> list[str]:
    def told(value: object) -> str:
        return "" if value in (None, "", (), {}) else f"`{value}`"

    fields = Recipe.model_fields.items()
    return [f"| `{name}` | {told(field.default)} | {field.description} |" for name, field in fields]


@pytest.mark.parametrize(
    ("table", "page"),
    [(commands, README), (skills, README), (recipe, README), (subskills, ROOT / "docs" / "subskills.md")],
)
def test_a_table_is_the_codes_own(table, page) -> None:
    name, text = table.__name__, page.read_text()
    pattern = re.compile(rf"(<!-- {name} -->\n\|[^\n]*\n\|[-|]*\n)(.*?)(<!-- /{name} -->)", re.DOTALL)
    found = pattern.search(text)
    assert found, f"{page} has no table between <!-- {name} --> and <!-- /{name} -->"
    wanted = "".join(f"{line}\n" for line in table())
    if os.environ.get("SNAPSHOTS") == "write":
        page.write_text(text[: found.start(2)] + wanted + text[found.end(2) :])
    else:
        assert found[2] == wanted, "to write the table anew: make snapshots"


def test_the_exit_codes_are_the_codes_own() -> None:
    part = README.read_text().partition("<!-- exit codes -->")[2].partition("<!-- /exit codes -->")[0]
    told = [int(code) for code in re.findall(r"^\| (\d+) \|", part, re.MULTILINE)]
    assert told == [0, AgentInstructError.exit_code, STOPPED, RunLocked.exit_code, INTERRUPTED]


def test_the_example_recipe_has_every_field_and_works(capsys: pytest.CaptureFixture[str]) -> None:
    file = ROOT / "examples" / "recipe.yaml"
    named = set(re.findall(r"^#? ?([a-z_]+):", file.read_text(), re.MULTILINE))
    assert set(Recipe.model_fields) <= named
    assert set(yaml.safe_load(file.read_text())) <= set(Recipe.model_fields)
    assert all(Path(source).is_dir() for source in wish(file, ()).recipe.sources)
    assert main(["plan", "--recipe", str(file), "--no-pilot"]) == 0
    assert f"--recipe {file}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name",
    ["README.md", "ARCHITECTURE.md", "docs/skills.md", "docs/subskills.md", "docs/privacy.md", "docs/airgap.md"],
)
def test_what_the_documents_name_is_there(name: str) -> None:
    text = (ROOT / name).read_text()
    for path in re.findall(r"`((?:docs|examples|agentinstruct_local|tests|taxonomy|models)/[\w./-]+)`", text):
        assert (ROOT / path).exists() or path == "docs/quality.md", path
    for target in re.findall(r"(?:^|`|=on )make ([a-z-]+)\b", text, re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target
    for command in re.findall(r"(?:^|`)agentinstruct ([a-z]+)\b", text, re.MULTILINE):
        assert command in COMMANDS, command
