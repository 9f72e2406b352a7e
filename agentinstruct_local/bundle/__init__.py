"""A folder with all that a machine without a network needs: wheels, models, licences, sums and an installer."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from agentinstruct_local import __version__, cards
from agentinstruct_local.bundle.licences import gather
from agentinstruct_local.bundle.sums import SUMS, write_sums
from agentinstruct_local.bundle.wheels import Source, collect
from agentinstruct_local.cards import Card
from agentinstruct_local.errors import BundleError
from agentinstruct_local.ids import sha256_of
from agentinstruct_local.pull import pull

Tell = Callable[[str], None]
MANIFEST = "bundle.json"
SPACE = 3_000_000_000  # bytes for wheels, the build and what pip unpacks on the way; models come on top


def bundle(teacher: Card, out: Path, tell: Tell, *, cuda: bool = False) -> dict[str, Any]:
    """Fill the folder `out` and return its manifest. What is there with the right sum is kept.

    Raises BundleError where the disk is too small or `out` is another folder, ModelError where a model cannot be had.
    """
    begun = time.monotonic()
    wanted = [teacher, cards.default_embedder()]
    mine(out)
    room(out, SPACE + sum(card.bytes for card in wanted))
    (out / "models").mkdir(parents=True, exist_ok=True)
    told = manifest(teacher, cuda=cuda)
    (out / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    for card in wanted:
        pull(card, lambda text, name=card.name: tell(f"{name}: {text}"))  # type: ignore[misc]
        copy_model(card, out / "models", tell)
    wheels = collect(Source.here(), out / "wheels", tell, cuda=cuda)
    tell("licences")
    gather(wheels, wanted, out / "licences")
    write_installer(out, told)
    tell("sums of all files")
    count, size = write_sums(out)
    tell(f"{out}: {count} files, {size / 1e9:.2f} GB, {time.monotonic() - begun:.0f} s")
    return told


def manifest(teacher: Card, *, cuda: bool) -> dict[str, Any]:
    """What the other machine must be like, and what it gets."""
    libc, libc_version = platform.libc_ver()
    return {
        "agentinstruct": __version__,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "system": platform.system(),
        "machine": platform.machine(),
        "glibc": libc_version if libc == "glibc" else "",
        "cuda": cuda,
        "teacher": teacher.name,
    }


def mine(out: Path) -> None:
    """Refuse a folder that holds something else, so that nothing of it is overwritten or summed."""
    if out.exists() and not out.is_dir():
        raise BundleError(f"{out} is not a folder", hint="choose another: --out FOLDER")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise BundleError(f"{out} is not empty and holds no bundle", hint="choose a new folder: --out FOLDER")


def room(out: Path, need: int) -> None:
    """Refuse to begin where less than `need` bytes are free, less what the bundle holds already."""
    place = next(parent for parent in (out.resolve(), *out.resolve().parents) if parent.is_dir())
    here = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) if out.is_dir() else 0
    free = shutil.disk_usage(place).free
    if free + here < need:
        raise BundleError(
            f"a bundle needs about {need / 1e9:.1f} GB in {place}, {free / 1e9:.1f} GB are free",
            hint="free some, or choose another disk: --out FOLDER",
        )


def copy_model(card: Card, target: Path, tell: Tell) -> None:
    """Copy a model's files, those that are not there and right, and a card that needs no source."""
    cards.verify(card)
    name = Path(card.file).name
    for path, sha256 in card.contents.items():
        place = target / (name if not card.files else f"{name}/{path.relative_to(cards.models_folder() / card.file)}")
        if place.is_file() and place.stat().st_size == path.stat().st_size and sha256_of(place) == sha256:
            continue
        tell(f"{card.name}: copying {place.name}, {path.stat().st_size / 1e6:,.0f} MB")
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f"{place.name}.partial")
        shutil.copyfile(path, draft)
        if sha256_of(draft) != sha256:
            raise BundleError(f"{draft} is not what was copied", hint="check the disk, then the same command again")
        draft.replace(place)
    told = card.model_dump(mode="json", exclude={"sources"}, exclude_defaults=True) | {"file": name}
    (target / f"{card.name}.yaml").write_text(yaml.safe_dump(told, sort_keys=False, allow_unicode=True), "utf-8")


def write_installer(out: Path, told: dict[str, Any]) -> None:
    """Write install.sh and README.md with this bundle's versions in them."""
    for name in ("install.sh", "README.md"):
        text = files(__name__).joinpath(name).read_text("utf-8")
        for key, value in told.items():
            text = text.replace(f"@{key.upper()}@", str(value))
        (out / name).write_text(text, "utf-8")
    (out / "install.sh").chmod(0o755)


__all__ = ["MANIFEST", "SUMS", "bundle"]
