from __future__ import annotations

from pathlib import Path

import pytest

from agentinstruct_local.errors import RecipeError
from agentinstruct_local.recipe import Recipe, differences, load, merge


def written(folder: Path, text: str) -> Path:
    file = folder / "recipe.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_recipe_is_read_and_its_sources_lie_beside_it(tmp_path: Path) -> None:
    recipe = load(written(tmp_path, "sources: [docs, a.md]\nrows: 40\nskills: {open_domain_qa: 2, a/b: 1.5}\n"))
    assert recipe.sources == (str(tmp_path / "docs"), str(tmp_path / "a.md"))
    assert (recipe.rows, recipe.skills) == (40, {"open_domain_qa": 2.0, "a/b": 1.5})
    assert (recipe.near, recipe.similar, recipe.passage_tokens, recipe.test_share) == (0.97, 0.90, 420, 0.1)


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, "# nothing yet\n")) == Recipe()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("row: 5", "did you mean 'rows'"),
        ("rows: many", "rows "),
        ("rows: 0", "rows "),
        ("near: 1.5", "near "),
        ("skills: {a: -1}", "skills.a "),
        ("language: English", "language "),
        ("- rows", "field: value"),
        ("rows: [1", "recipe.yaml:1"),
        ("rows: 3\n\tx: 4", "recipe.yaml:2"),
        ("!!python/object:os.system {}", "not YAML"),
    ],
)
def test_mistakes_name_the_file_the_field_and_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load(written(tmp_path, text))
    assert said in str(caught.value)
    assert "recipe.yaml" in str(caught.value)
    assert caught.value.hint


def test_a_missing_or_huge_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="No such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(RecipeError, match="larger"):
        load(written(tmp_path, "#" * 1_000_001))


def test_options_win_over_the_recipe_and_absent_ones_do_not() -> None:
    recipe = Recipe(sources=("a",), rows=5, seed=3)
    assert merge(recipe, rows=9, seed=0, sources=(), teacher=None) == Recipe(sources=("a",), rows=9)
    with pytest.raises(RecipeError, match="rows"):
        merge(recipe, rows=-1)


def test_only_what_decides_the_rows_is_frozen() -> None:
    frozen, wanted = Recipe(rows=5, seed=3), Recipe(rows=9, seed=4, threads=2, language="de")
    assert differences(frozen, wanted, given={"rows", "seed", "threads"}) == {"seed": (3, 4)}


def test_the_draft_budget_follows_the_rows() -> None:
    assert Recipe(rows=3).drafts_allowed() == 120
    assert Recipe(rows=3, budget_drafts=7).drafts_allowed() == 7
