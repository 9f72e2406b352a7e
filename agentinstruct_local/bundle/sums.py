"""SHA256SUMS: the file that `sha256sum -c` reads, over everything else in a folder."""

from __future__ import annotations

from pathlib import Path

from agentinstruct_local.ids import sha256_of

SUMS = "SHA256SUMS"


def write_sums(folder: Path) -> tuple[int, int]:
    """Write the sums of every other file in `folder`; how many files there are, and their bytes."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)
    lines = [f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    draft = folder.parent / f"{folder.name}.{SUMS}.partial"
    draft.write_text("".join(lines), "utf-8")
    draft.replace(folder / SUMS)
    return len(paths), sum(path.stat().st_size for path in paths)


def read_sums(folder: Path) -> dict[str, str]:
    """Path -> sum, as the folder's file says; empty where there is none."""
    try:
        text = (folder / SUMS).read_text("utf-8")
    except OSError:
        return {}
    return {path: digest for digest, _, path in (line.partition("  ") for line in text.splitlines()) if path}


def as_summed(folder: Path) -> bool:
    """Whether the folder has sums, every file in it has its own, and none is missing."""
    sums = read_sums(folder)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {SUMS}
    return bool(sums) and there == set(sums) and all(sha256_of(folder / path) == sums[path] for path in sums)
