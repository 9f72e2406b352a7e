"""The wheels of the project, of llama.cpp and of everything that they need, each at its pinned version."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from agentinstruct_local.bundle.llama import portable_wheel
from agentinstruct_local.bundle.pip import pip
from agentinstruct_local.bundle.sums import SUMS, as_summed, write_sums
from agentinstruct_local.cards import PACKAGE
from agentinstruct_local.errors import BundleError

Tell = Callable[[str], None]
KEY = "made-from.json"


@dataclass(frozen=True, slots=True)
class Source:
    """The checkout that the project's wheel is built from."""

    root: Path

    @classmethod
    def here(cls) -> Source:
        """The checkout that this program runs from. Raises BundleError where it was installed from a wheel."""
        if not (PACKAGE.parent / "constraints.txt").is_file():
            raise BundleError(
                "a bundle is made from the project's source folder, and this program was installed without it",
                hint="in the source folder: make bundle",
            )
        return cls(PACKAGE.parent)

    @property
    def constraints(self) -> Path:
        """The list of pinned versions."""
        return self.root / "constraints.txt"

    def pinned(self, name: str) -> str:
        """The version of one package. Raises BundleError where none is given."""
        found = re.search(rf"^{re.escape(name)}==(\S+)$", self.constraints.read_text("utf-8"), re.MULTILINE)
        if not found:
            raise BundleError(f"{self.constraints} has no version of {name}", hint="give it one: NAME==VERSION")
        return found[1]

    def digest(self) -> str:
        """Of all that the wheels depend on."""
        told = hashlib.sha256()
        data = [path for folder in ("taxonomy", "models") for path in (self.root / folder).rglob("*")]
        code = [path for path in PACKAGE.rglob("*") if "__pycache__" not in path.parts]
        for path in sorted([self.constraints, self.root / "pyproject.toml", *code, *data]):
            if path.is_file() and self.root / "models" / "files" not in path.parents:
                told.update(str(path.relative_to(self.root)).encode() + b"\0" + path.read_bytes())
        return told.hexdigest()


def torch_wanted(source: Source) -> str:
    """The pinned torch, in the build that is installed here: that of the processor is called VERSION+cpu."""
    pinned = source.pinned("torch")
    try:
        here = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return f"torch=={pinned}"
    return f"torch=={here if here.partition('+')[0] == pinned else pinned}"


def collect(source: Source, target: Path, tell: Tell, *, cuda: bool) -> list[Path]:
    """Fill `target` with wheels and return them; where it is full already and right, nothing is fetched."""
    key = json.dumps([source.digest(), sys.version_info[:2], torch_wanted(source), cuda])
    if target.is_dir() and as_summed(target) and (target / KEY).is_file() and (target / KEY).read_text("utf-8") == key:
        tell("the wheels are here already, and right")
        return sorted(target.glob("*.whl"))
    target.mkdir(parents=True, exist_ok=True)
    llama = portable_wheel(source.pinned("llama_cpp_python"), tell, cuda=cuda)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        fresh, log = Path(name) / "wheels", target.parent.parent / f"{target.parent.name}.log"
        pins = ["--constraint", str(source.constraints), "--wheel-dir", str(fresh)]
        own = ["wheel", "--no-deps", "--no-build-isolation", *pins, str(source.root)]
        pip(own, "the project's own wheel", log, tell)
        mine = next(fresh.glob("agentinstruct_local-*.whl"))
        pip(
            ["wheel", *pins, "--prefer-binary", f"{mine}[student]", str(llama), torch_wanted(source)],
            "the wheels that it needs, some 400 MB",
            log,
            tell,
        )
        if not list(fresh.glob(llama.name)):
            shutil.copy(llama, fresh)
        (fresh / KEY).write_text(key, "utf-8")
        write_sums(fresh)
        shutil.rmtree(target)
        fresh.replace(target)
    assert (target / SUMS).is_file()
    return sorted(target.glob("*.whl"))
