"""From sources to what a run works on: documents read once, passages cut, all of it in the store."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agentinstruct_local import privacy
from agentinstruct_local.diversity import DIMENSIONS, Encodes, Nearest, Vectors
from agentinstruct_local.errors import SourceError, TaxonomyError
from agentinstruct_local.library import Library, stretches
from agentinstruct_local.passages import split
from agentinstruct_local.plans import planned
from agentinstruct_local.privacy import Finding, Masks, Rules
from agentinstruct_local.readers import collect
from agentinstruct_local.recipe import Recipe
from agentinstruct_local.records import Document, Passage
from agentinstruct_local.store import FORGOTTEN, PERSONAL, RULES, Store
from agentinstruct_local.taxonomy import Taxonomy

BATCH = 32
"""Passages whose vectors are made and kept at once: a run that is killed loses a few seconds' work."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What there is to work on."""

    documents: int
    passages: int
    cells: int  # pairs of a passage and a sub-skill that suits it
    unfed: Mapping[str, Sequence[str]]  # "skill/subskill" that no passage suits -> what it wants, such as ("table",)


def prepare(recipe: Recipe, store: Store, taxonomy: Taxonomy, count_tokens: Callable[[str], int]) -> Corpus:
    """Read the sources into the store, unless they are there already. SourceError if nothing can be read."""
    check_names(recipe, taxonomy)
    if not store.documents():
        _read(recipe, store, count_tokens)
    passages = store.passages()
    plan = planned(passages, taxonomy.skills, recipe.skills, recipe.seed, recipe.per_fact)
    return Corpus(len(store.documents()), len(passages), plan.cells, plan.unfed)


def searchable(
    store: Store, passages: Sequence[Passage], encoder: Encodes, tell: Callable[[int], None], stop: Callable[[], bool]
) -> Library:
    """The passages of a run as a library that knows what they mean; by words alone where the encoder knows no meaning.

    Vectors that are missing are made and kept in the run, `BATCH` at a time; `tell` hears how many are there. Where
    `stop` says so in between, the library knows words alone, and the next sitting goes on with the rest.
    """
    if not encoder.name:
        return Library(passages)
    known = store.vectors(encoder.name)
    missing = sorted((one for one in passages if one.id not in known), key=lambda one: len(one.text))
    for start in range(0, len(missing), BATCH):
        tell(len(known))
        if stop():
            return Library(passages)
        parts = {one.id: stretches(one) for one in missing[start : start + BATCH]}
        made = encoder.encode([text for texts in parts.values() for text in texts])
        ends = np.cumsum([len(texts) for texts in parts.values()])[:-1]
        blocks = zip(parts, np.split(made, ends), strict=True)
        fresh = {name: np.asarray(block, dtype=np.float32).tobytes() for name, block in blocks}
        store.put_vectors(encoder.name, fresh)
        known |= fresh
    return Library(passages, Nearest(encoder, [_block(known[one.id]) for one in passages]))


def _block(body: bytes) -> Vectors:
    return np.frombuffer(body, dtype=np.float32).reshape(-1, DIMENSIONS)


def _read(recipe: Recipe, store: Store, count_tokens: Callable[[str], int]) -> None:
    plain_rules = privacy.wanted(Path(recipe.privacy_rules) if recipe.privacy_rules else None)
    rules = privacy.made(plain_rules)
    collection = collect([Path(source) for source in recipe.sources])
    forgotten = set(store.get(FORGOTTEN, []))
    masks = Masks(rules, [text for document in collection.documents for text in (document.text, document.title)])
    documents: list[Document] = []
    passages: list[Passage] = []
    personal: dict[str, Any] = {}
    for read in collection.documents:
        findings = privacy.find(read.text, rules)
        kinds = Counter(one.rule.name for text in (read.title, read.source) for one in privacy.find(text, rules))
        kinds.update(one.rule.name for one in findings)
        document = masks.masked(read, findings) if recipe.privacy == "mask" else read
        if document.id in forgotten:
            continue
        cut = split(document, count_tokens=count_tokens, max_tokens=recipe.passage_tokens)
        held = set() if recipe.privacy == "mask" else _holding(document, cut, findings, rules)
        documents.append(document)
        passages += [one for one in cut if recipe.privacy != "skip" or one.id not in held]
        if kinds:
            personal[document.id] = {"kinds": dict(sorted(kinds.items())), "passages": len(held)}
    if not any(passage.foci for passage in passages):
        raise _nothing_to_ask(recipe, documents, forgotten, personal)
    unread = [(one.source, one.reason, one.detail) for one in collection.unread]
    unread += [(f"{count} files", "unknown_suffix", suffix) for suffix, count in collection.unknown.items()]
    store.set(RULES, plain_rules)  # a run that goes on needs neither its sources nor its file of rules
    store.set(PERSONAL, personal)
    store.put_corpus(documents, passages, unread)


def _holding(document: Document, passages: Sequence[Passage], findings: Sequence[Finding], rules: Rules) -> set[str]:
    """The passages that show a teacher such a value: in their text, or in what stands above it.

    Those in the text are told by their places: a key in several lines may begin in one passage and end in another.
    """
    if privacy.kinds((document.title, document.source), rules):
        return {one.id for one in passages}
    ends = [found.span[1] for found in findings]  # in order, as findings do not overlap
    held = set()
    for one in passages:
        first = bisect_right(ends, one.span[0])  # the first that ends within the passage or after it
        inside = first < len(ends) and findings[first].span[0] < one.span[1]
        if inside or privacy.kinds(one.headings, rules):
            held.add(one.id)
    return held


def _nothing_to_ask(
    recipe: Recipe, documents: Sequence[Document], forgotten: set[str], personal: dict[str, Any]
) -> SourceError:
    hint = "give documents with full sentences; see what was read with: agentinstruct plan SOURCE"
    if forgotten and not documents:
        hint = "what was to be read was taken out of this run by `agentinstruct forget`; choose another folder"
    elif recipe.privacy == "skip" and personal:
        hint = "every passage that could be asked about holds personal data or secrets; mask them: --privacy mask"
    return SourceError(f"nothing worth asking about in {len(documents)} documents", hint=hint)


def check_names(recipe: Recipe, taxonomy: Taxonomy) -> None:
    """TaxonomyError for a skill of the recipe that there is not."""
    for name in recipe.skills:
        skill, _, subskill = name.partition("/")
        if skill not in taxonomy.skills or (subskill and subskill not in taxonomy.skills[skill].subskills):
            raise TaxonomyError(f"no such skill: {name}", hint="see them with: agentinstruct taxonomy list")
