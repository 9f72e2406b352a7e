"""What the bytes of one file give: documents, refusals, and unknown suffixes in an archive. Runs in the child."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ._formats import readers, suffix_of
from .content import PACKED, Content, Unreadable, printable, unpack

MAX_TEXT = 50 * 1024 * 1024
"""Characters that the text of one document may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One thing that a file gave. `member` is its name inside an archive; empty for the file itself."""

    member: str = ""
    suffix: str = ""
    content: Content | None = None
    reason: str = ""  # of a refusal; where this is empty too, the suffix is not known
    detail: str = ""


def results(data: bytes, name: str) -> Iterator[Result]:
    """Read a file, or every file of an archive."""
    yield from _results(lambda: data, name, "")


def _results(load: Callable[[], bytes], name: str, member: str) -> Iterator[Result]:
    suffix = suffix_of(Path(name))
    refused = partial(Result, member=member, suffix=suffix)
    module = readers().get(suffix)
    if module is None:
        yield refused()
        return
    packed = name.lower().endswith(PACKED)
    try:
        if member and (hasattr(module, "members") or packed):
            raise Unreadable("nested_archive", "an archive inside an archive is not opened")
        data = unpack(load()) if packed else load()
        if hasattr(module, "members"):
            for inner, load_inner in module.members(data):
                yield from _results(load_inner, inner, inner)
            return
        content = module.read(data, name[: -len(PACKED)] if packed else name)
        if not any(character.isalnum() for character in content.text):
            raise Unreadable("no_text", "no text was found in it")
        if len(content.text) > MAX_TEXT:
            raise Unreadable("too_much_text", f"more than {MAX_TEXT:,} characters")
    except Unreadable as problem:
        yield refused(reason=problem.reason, detail=printable(problem.detail))
    except RecursionError:
        yield refused(reason="damaged", detail="nested too deep")
    except MemoryError:
        yield refused(reason="too_much_memory", detail="reading it takes more memory than a reader may have")
    except Exception as problem:  # noqa: BLE001  # libraries raise what they like, and one file never ends a run
        yield refused(reason="damaged", detail=printable(f"{type(problem).__name__}: {problem}"))
    else:
        yield Result(member=member, suffix=suffix, content=content)
