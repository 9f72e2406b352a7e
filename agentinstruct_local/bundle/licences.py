"""What licence each package and model comes under: the texts out of the wheels, and a table."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import BytesParser
from pathlib import Path, PurePosixPath

from agentinstruct_local.cards import Card

TEXTS = ("licen", "copying", "notice", "authors")  # how the names of such files begin
TEXT_BYTES = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A package's licence; `texts` are names of files, and what each says."""

    name: str
    version: str
    licence: str
    texts: dict[str, bytes]


def licence_of(wheel: Path) -> Licence:
    """The licence that a wheel's metadata tell (expression, classifiers or free text) and the texts that it holds."""
    texts = {}
    with zipfile.ZipFile(wheel) as archive:
        members = [item for item in archive.infolist() if not item.is_dir()]
        inside = [item for item in members if PurePosixPath(item.filename).parts[0].endswith(".dist-info")]
        found = next(item for item in inside if item.filename.count("/") == 1 and item.filename.endswith("/METADATA"))
        metadata = BytesParser().parsebytes(archive.read(found))
        for item in inside:
            path = PurePosixPath(*PurePosixPath(item.filename).parts[1:])
            named = path.name.lower().startswith(TEXTS) or path.parts[0] in ("licenses", "license_files")
            if named and item.file_size <= TEXT_BYTES:
                texts["_".join(part for part in path.parts if part not in ("..", "/"))] = archive.read(item)
    classifiers = [
        line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier", []) if line.startswith("License ::")
    ]
    free = str(metadata.get("License") or "").strip().splitlines()
    told = str(metadata.get("License-Expression") or "") or ", ".join(classifiers) or (free[0][:80] if free else "")
    return Licence(
        name=str(metadata["Name"]), version=str(metadata["Version"]), licence=told or "not told", texts=texts
    )


def gather(wheels: Iterable[Path], models: Iterable[Card], target: Path) -> None:
    """Write the texts to `target`/PACKAGE-VERSION/ and the table to `target`/README.md, anew."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    rows = []
    for found in sorted((licence_of(wheel) for wheel in wheels), key=lambda one: one.name.lower()):
        folder = target / f"{found.name}-{found.version}"
        for name, text in found.texts.items():
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(text)
        texts = f"`{folder.name}/`" if found.texts else "none in its wheel"
        rows.append(f"| {found.name} | {found.version} | {found.licence.replace('|', '/')} | {texts} |")
    rows += [f"| {card.name} | model | {card.licence} | as its maker publishes it |" for card in models]
    head = "# Licences\n\nAs the packages themselves tell them.\n\n| package | version | licence | texts |\n"
    (target / "README.md").write_text(head + "|---|---|---|---|\n" + "\n".join(rows) + "\n", "utf-8")
