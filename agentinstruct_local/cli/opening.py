"""Opens what a run needs, in the order in which mistakes are cheapest: recipe, folder, taxonomy, teacher, corpus."""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentinstruct_local.errors import RecipeError, RunError, SourceError, TaxonomyError
from agentinstruct_local.recipe import FREE, MOST_ROWS, Recipe, differences, from_fields, load, merge
from agentinstruct_local.store import REACHED, Store

if TYPE_CHECKING:
    from agentinstruct_local.corpus import Corpus
    from agentinstruct_local.diversity import Index
    from agentinstruct_local.runner import Outcome, Progress
    from agentinstruct_local.taxonomy import Taxonomy
    from agentinstruct_local.teachers import Teacher

SCRIPTED = "scripted"
OF_FACTS = {"knowledge": 4.0, "retelling": 1.0}
"""The skills of a run that ends with the facts."""
SHOWN = 10  # problems of a taxonomy
SEVERAL = 1000  # runs of one name in one folder


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user has asked for, and which fields of it they have named."""

    recipe: Recipe
    given: frozenset[str]


def wish(recipe_file: Path | None, skills: tuple[str, ...], **options: Any) -> Wish:
    """The recipe file and, over it, the options. Raises RecipeError."""
    recipe = load(recipe_file) if recipe_file else Recipe()
    shares = dict(_share(skill) for skill in skills)
    if options.get("per_fact"):
        shares = shares or dict(OF_FACTS)
        options["rows"] = options.get("rows") or MOST_ROWS
    given = {name for name, value in options.items() if value not in (None, ())} | ({"skills"} if skills else set())
    return Wish(merge(recipe, skills=shares, **options), frozenset(given | recipe.model_fields_set))


def _share(skill: str) -> tuple[str, Any]:
    name, sign, share = skill.partition("=")
    try:
        return name, float(share) if sign else 1.0
    except ValueError:
        hint = f"A share is a number, such as: --skill {name or 'open_domain_qa'}=2"
        raise RecipeError(f"--skill {skill}: {share!r} is no share.", hint=hint) from None


def frozen_recipe(store: Store) -> Recipe | None:
    """What the run was begun with; None where it has not got as far as a corpus."""
    fields = store.get("recipe")
    return from_fields(fields, str(store.folder)) if fields and store.passages() else None


def settle(wanted: Wish, out: Path | None) -> tuple[Recipe, Path, bool]:
    """The recipe to follow, the folder to follow it in, and whether the run is there already.

    A run that is there keeps its own recipe; asking it for other rows is a RunError that shows the difference.
    """
    if out is None:
        if not wanted.recipe.sources:
            hint = "Name a file or folder, such as: agentinstruct generate my-documents/ -n 20"
            raise RecipeError("There is nothing to read.", hint=hint)
        return _free_place(wanted.recipe)
    frozen = _frozen_at(out)
    if frozen is not None:
        return _go_on(frozen, wanted, out), out, True
    if not wanted.recipe.sources:
        hint = f"Name a file or folder, such as: agentinstruct generate my-documents/ --out {out}"
        raise RecipeError(f"There is no run in {out} yet, and nothing to read.", hint=hint)
    return wanted.recipe, out, False


def _frozen_at(folder: Path) -> Recipe | None:
    if not Store.exists(folder):
        return None
    with Store(folder, sits=False) as store:  # writes: one killed at its birth, or older, is made whole
        return frozen_recipe(store)


def _go_on(frozen: Recipe, wanted: Wish, folder: Path) -> Recipe:
    other = differences(frozen, wanted.recipe, given=wanted.given)
    if other:
        told = "\n".join(
            f"  {name}: the run has {_plain(was)}, you ask for {_plain(now)}" for name, (was, now) in other.items()
        )
        hint = f"Choose another folder with --out, or leave these out to go on: agentinstruct generate --out {folder}"
        raise RunError(f"{folder} was begun with something else:\n{told}", hint=hint)
    if "rows" in wanted.given and wanted.recipe.rows < frozen.rows:
        hint = f"Give -n {frozen.rows} or more, or choose another folder with --out."
        raise RunError(
            f"{folder} was asked for {frozen.rows} rows before; -n {wanted.recipe.rows} is fewer.", hint=hint
        )
    return merge(frozen, **{name: getattr(wanted.recipe, name) for name in wanted.given & FREE})


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {share:g}" for name, share in value.items()) or "the default"
    return ", ".join(value) if isinstance(value, tuple) else repr(value)


def _free_place(recipe: Recipe) -> tuple[Recipe, Path, bool]:
    recipe = merge(recipe, teacher=teacher_name(recipe))
    slug = re.sub(r"[^a-z0-9]+", "-", Path(recipe.sources[0]).resolve().stem.lower()).strip("-") or "run"
    for number in range(1, SEVERAL):
        folder = Path("runs") / (slug if number == 1 else f"{slug}-{number}")
        frozen = _frozen_at(folder)
        if frozen is None:
            return recipe, folder, False
        whole = Wish(recipe, frozenset(Recipe.model_fields))
        if not differences(frozen, recipe, given=whole.given) and recipe.rows >= frozen.rows:
            return merge(frozen, **{name: getattr(recipe, name) for name in FREE}), folder, True
    raise RunError(f"There are {SEVERAL} runs called {slug}.", hint="Choose a folder with --out.")


def taxonomy_folder(recipe: Recipe) -> Path | None:
    """The folder of skills that the recipe names; None for the program's own."""
    return Path(recipe.taxonomy) if recipe.taxonomy else None


def sound_taxonomy(recipe: Recipe) -> Taxonomy:
    """The recipe's skills; those of a folder of the user's own are looked through first.

    Raises TaxonomyError with every problem. That a skill has no cases is none here: rows can be made without.
    """
    from agentinstruct_local import lint
    from agentinstruct_local.taxonomy import overlaid

    folder = taxonomy_folder(recipe)
    if folder is not None:
        overlaid(folder)
        problems = [str(one) for one in lint.check(folder) if not one.file.endswith("cases.yaml")]
        if problems:
            told = "\n".join(["", *problems[:SHOWN], *(["..."] if len(problems) > SHOWN else [])])
            hint = f"Put these right, then look again with: agentinstruct taxonomy check {folder}"
            raise TaxonomyError(f"The skills in {folder} do not work yet:{told}", hint=hint)
    return overlaid(folder)


def check(recipe: Recipe) -> None:
    """What can be wrong with a new run, before a folder is made or anything big is loaded.

    Raises SourceError for a source that is not there, TaxonomyError for skills that cannot be read, and RecipeError
    for a skill or sub-skill that the taxonomy does not have, or for rules of privacy that make no sense.
    """
    from agentinstruct_local import privacy

    privacy.wanted(Path(recipe.privacy_rules) if recipe.privacy_rules else None)
    for source in recipe.sources:
        if not Path(source).exists():
            raise SourceError(f"{source}: no such file or folder", hint="Give files or folders that exist.")
    taxonomy = sound_taxonomy(recipe)
    known = [
        *taxonomy.skills,
        *(f"{skill.name}/{one}" for skill in taxonomy.skills.values() for one in skill.subskills),
    ]
    for name in recipe.skills:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            meant = f"Did you mean {near[0]}? " if near else ""
            raise RecipeError(
                f"There is no skill {name!r}.", hint=f"{meant}List them with: agentinstruct taxonomy list"
            )


def teacher_name(recipe: Recipe) -> str:
    """The recipe's teacher, or the name of the default one."""
    from agentinstruct_local import cards

    return recipe.teacher or cards.default_teacher().name


def open_teacher(recipe: Recipe) -> Teacher:
    """Loads the teacher that the recipe names. Raises ModelError or TeacherError."""
    if recipe.teacher == SCRIPTED:
        from agentinstruct_local.teachers.scripted import ScriptedTeacher

        return ScriptedTeacher(notes_requests=False)  # a run may ask a million times
    from agentinstruct_local.teachers import local

    return local.start(
        recipe.teacher,
        n_seq=recipe.n_seq,
        context=recipe.context,
        threads=recipe.threads,
        gpu_layers=recipe.gpu_layers,
    )


def open_index(recipe: Recipe) -> Index:
    """Loads the encoder and makes an empty index of questions. Raises ModelError."""
    from agentinstruct_local import cards
    from agentinstruct_local.diversity import Encoder, HashEncoder, Index

    if recipe.teacher == SCRIPTED:
        return Index(HashEncoder(), near=recipe.near, similar=recipe.similar)
    card = cards.default_embedder()
    cards.verify(card)
    encoder = Encoder(cards.path_of(card))
    return Index(encoder, near=recipe.near, similar=recipe.similar)


def is_done(store: Store, recipe: Recipe) -> bool:
    """Whether the run has all its rows. Enough accepted rows alone do not say so: drafts may be open that stand
    before them in the plan. A taxonomy that has changed since opens the run again."""  # fmt: skip
    from agentinstruct_local.taxonomy import overlaid

    if store.get(REACHED, 0) < recipe.rows:
        return False
    digest = store.get("taxonomy_digest")
    return digest is None or overlaid(taxonomy_folder(recipe)).digest == digest


@dataclass(frozen=True, slots=True)
class Opened:
    """A run that is ready to work."""

    recipe: Recipe
    store: Store
    taxonomy: Taxonomy
    teacher: Teacher
    corpus: Corpus

    def work(self, watch: Callable[[Progress], None], stop: Callable[[], bool]) -> Outcome:
        """Makes rows until there are as many as were asked for."""
        from agentinstruct_local.runner import run

        return run(
            recipe=self.recipe, store=self.store, taxonomy=self.taxonomy, teacher=self.teacher,
            index=open_index(self.recipe), watch=watch, stop=stop,
        )  # fmt: skip


@contextmanager
def tidied(folder: Path) -> Iterator[None]:
    """Takes a folder away again that was made for a run whose sources turned out to hold nothing."""
    made = not folder.exists()
    try:
        yield
    except SourceError:
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def opened(recipe: Recipe, store: Store) -> Iterator[Opened]:
    """The run with its corpus read, its teacher loaded and its recipe frozen."""
    from agentinstruct_local import __version__
    from agentinstruct_local.corpus import prepare

    taxonomy = sound_taxonomy(recipe)
    recipe = merge(recipe, teacher=teacher_name(recipe))
    with closing(open_teacher(recipe)) as teacher:
        store.set("recipe", recipe.model_dump(mode="json"))
        store.set("versions", {"agentinstruct_local": __version__})
        corpus = prepare(recipe, store, taxonomy, teacher.count_tokens)
        yield Opened(recipe, store, taxonomy, teacher, corpus)
