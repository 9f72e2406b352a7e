"""From sources to what a run works on: documents read once, passages cut, all of it in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agentinstruct_local.errors import SourceError, TaxonomyError
from agentinstruct_local.passages import split
from agentinstruct_local.plan import Plan
from agentinstruct_local.readers import collect
from agentinstruct_local.recipe import Recipe
from agentinstruct_local.store import Store
from agentinstruct_local.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Corpus:
    """What there is to work on."""

    documents: int
    passages: int
    cells: int  # pairs of a passage and a sub-skill that suits it


def prepare(recipe: Recipe, store: Store, taxonomy: Taxonomy, count_tokens: Callable[[str], int]) -> Corpus:
    """Read the sources into the store, unless they are there already. SourceError if nothing can be read."""
    check_names(recipe, taxonomy)
    if not store.documents():
        collection = collect([Path(source) for source in recipe.sources])
        passages = [
            passage
            for document in collection.documents
            for passage in split(document, count_tokens=count_tokens, max_tokens=recipe.passage_tokens)
        ]
        unread = [(one.source, one.reason, one.detail) for one in collection.unread]
        unread += [(f"{count} files", "unknown_suffix", suffix) for suffix, count in collection.unknown.items()]
        if not any(passage.foci for passage in passages):
            raise SourceError(
                f"nothing worth asking about in {len(collection.documents)} documents",
                hint="give documents with full sentences; see what was read with: agentinstruct plan SOURCE",
            )
        store.put_corpus(collection.documents, passages, unread)
    passages = store.passages()
    cells = Plan(passages, taxonomy.skills, recipe.skills, recipe.seed).cells
    return Corpus(len(store.documents()), len(passages), cells)


def check_names(recipe: Recipe, taxonomy: Taxonomy) -> None:
    """TaxonomyError for a skill of the recipe that there is not."""
    for name in recipe.skills:
        skill, _, subskill = name.partition("/")
        if skill not in taxonomy.skills or (subskill and subskill not in taxonomy.skills[skill].subskills):
            raise TaxonomyError(f"no such skill: {name}", hint="see them with: agentinstruct taxonomy list")
