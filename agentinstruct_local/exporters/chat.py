"""Rows as JSONL, a file for each channel, as TRL, Axolotl and LLaMA-Factory read them, and manifest.json.

chat.jsonl holds chats that are answered without a passage, reading.jsonl those whose prompt carries it, text.jsonl
{"text": ...} for training on plain text. What is for testing stands beside them: chat_test.jsonl and so on.

Where a row has tools, every row of the export has the column `tools`: their JSON schemas as one JSON text, null in
a row without. A loader that makes columns of the schemas' own keys puts the keys of every other tool into each of
them; TRL prefers the text for that reason (huggingface/trl, pull request 5118) and reads it before it applies the chat
template. The arguments of a call stay an object, because the templates of Hermes and Qwen write them as JSON
themselves: a text would come out as JSON in JSON. `datasets` keeps messages whose keys differ as they are (4.7 and
later).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from agentinstruct_local.errors import RunError
from agentinstruct_local.ids import digest, sha256_of
from agentinstruct_local.records import Channel, Message, Row

# Every row has these, in this order, so that a loader infers one schema whichever rows it sees first.
PROVENANCE: Mapping[str, Any] = {
    "source": "", "page": None, "span": None, "quote": None, "teacher": "", "seed": 0, "draft": "", "flow": [],
}  # fmt: skip

CHANNELS: tuple[Channel, ...] = ("chat", "reading", "text")
"""Each has a file of its own."""
FEWEST_TO_SPLIT = 5  # rows
_ENDS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "\x85\u2028\u2029"}  # some loaders end a line at these


def export(rows: Iterable[Row], path: Path, *, test_share: float = 0.1) -> list[Path]:
    """Writes the rows into the folder `path` and returns the files, the manifest last.

    All rows of one document, of whatever channel, are on the same side. Where nothing can be spared (a single document,
    fewer than five rows), everything is for training and there is no test file.
    Each file is either the old or the new one, never half of one, and for its owner alone where the folder is so.
    Raises RunError where the disk refuses.
    """
    parts: dict[str, list[dict[str, Any]]] = {channel: [] for channel in CHANNELS}
    for row in rows:
        parts[row.channel].append(as_plain(row))
    return write(parts, path, form="chat", test_share=test_share)


def write(parts: Mapping[str, list[dict[str, Any]]], path: Path, *, form: str, test_share: float) -> list[Path]:
    """Rows that have `provenance`, in files as `export` tells; those for testing of a part NAME in NAME_test.

    `form` is the format's name in the manifest. A part with no rows has no file, unless there are no rows at all.
    """
    plain = [row for part in parts.values() for row in part]
    if any("tools" in row for row in plain):
        for row in plain:
            if "text" not in row:
                row["tools"] = _tools(row)
    extra = sorted({key for row in plain for key in row["provenance"]} - PROVENANCE.keys())
    for row in plain:
        row["provenance"] = {key: row["provenance"].get(key, PROVENANCE.get(key)) for key in (*PROVENANCE, *extra)}
    tested = for_testing(parts, test_share)
    files = {
        f"{name}{end}": [row for row in part if (_document(row) in tested) is bool(end)]
        for name, part in parts.items()
        for end in ("", "_test")
    }
    try:
        return _write(files, path, form, first=next(iter(parts)))
    except OSError as error:
        hint = "Free some disk space or choose another folder, then export again: the rows are safe in run.db."
        raise RunError(f"{path}: {error.strerror or error}", hint=hint) from error


def as_plain(row: Row) -> dict[str, Any]:
    """The row as the export writes it, keys in their fixed order."""
    return {
        "id": row.id,
        **_content(row),
        **({"tools": [dict(tool) for tool in row.tools]} if row.tools else {}),
        "skill": row.skill,
        "subskill": row.subskill,
        "provenance": dict(row.provenance),
    }


def _content(row: Row) -> dict[str, Any]:
    if row.channel == "text":
        return {"text": row.messages[-1].content}
    return {"messages": [_turn(message) for message in row.messages]}


def _tools(row: Mapping[str, Any]) -> str | None:
    return json.dumps(row["tools"], ensure_ascii=False) if "tools" in row else None


def _turn(message: Message) -> dict[str, Any]:
    """One turn in the chat form of Hugging Face's templates; what a plain turn does not have is left out."""
    turn: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.name:
        turn["name"] = message.name
    if message.tool_calls:
        turn["tool_calls"] = [{"type": "function", "function": dict(call)} for call in message.tool_calls]
    return turn


def for_testing(parts: Mapping[str, list[dict[str, Any]]], share: float) -> set[str]:
    """The documents that are for testing: in the order of their digests, as many as fit into `share` of the rows.

    Where none fits, the one with the fewest rows, if that leaves half of them for training; otherwise none. A
    document that alone fills a field of a part (say, the only one with pages) stays for training: a loader takes a
    field that is null throughout the first file for one that can be nothing else, and fails at the second.
    """
    rows = [row for part in parts.values() for row in part]
    held = Counter(_document(row) for row in rows)
    if share <= 0 or len(held) < 2 or len(rows) < FEWEST_TO_SPLIT:
        return set()
    fills: dict[str, set[tuple[str, str]]] = {document: set() for document in held}
    for name, part in parts.items():
        for row in part:
            fills[_document(row)] |= {(name, field) for field in _filled(row)}
    filled_by = Counter(field for fields in fills.values() for field in fields)
    order = sorted(held, key=lambda document: (digest("test", document), document))
    chosen: set[str] = set()
    room = share * len(rows)
    for document in order:
        if held[document] <= room and all(filled_by[field] > 1 for field in fills[document]):
            chosen.add(document)
            room -= held[document]
            filled_by.subtract(fills[document])
    if chosen:
        return chosen
    free = [document for document in order if all(filled_by[field] > 1 for field in fills[document])]
    least = min(free, key=held.__getitem__, default="")
    return {least} if free and held[least] <= len(rows) / 2 else set()


def _document(row: Mapping[str, Any]) -> str:
    return str(row["provenance"].get("document") or row["provenance"]["source"])


def _filled(row: Mapping[str, Any]) -> set[str]:
    filled = {field for field, value in row["provenance"].items() if value not in (None, [])}
    return filled | ({"tools"} if row.get("tools") else set())


def _fullest_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, those that between them fill every field in front: a loader guesses the types from the first ones."""
    missing = set().union(*map(_filled, rows))
    front = []
    for place, row in enumerate(rows):
        if missing & _filled(row):
            missing -= _filled(row)
            front.append(place)
    moved = set(front)
    return [rows[place] for place in front[::-1]] + [row for place, row in enumerate(rows) if place not in moved]


def _write(parts: dict[str, list[dict[str, Any]]], path: Path, form: str, first: str) -> list[Path]:
    path.mkdir(parents=True, exist_ok=True)
    kept = {name: rows for name, rows in parts.items() if rows} or {first: parts[first]}  # at least an empty file
    earlier = {*_earlier(path), *(f"{name}.jsonl" for name in parts)}
    manifest: dict[str, Any] = {"format": form, "files": {}}
    for name, rows in kept.items():
        file = path / f"{name}.jsonl"
        _replace(file, (json.dumps(row, ensure_ascii=False) + "\n" for row in _fullest_first(rows)))
        documents = len({_document(row) for row in rows})
        manifest["files"][file.name] = {"rows": len(rows), "documents": documents, "sha256": sha256_of(file)}
    for name in earlier - manifest["files"].keys():
        (path / name).unlink(missing_ok=True)  # would hold rows that are now elsewhere
    _replace(path / "manifest.json", [json.dumps(manifest, indent=2) + "\n"])
    return [path / name for name in (*manifest["files"], "manifest.json")]


def _earlier(path: Path) -> list[str]:
    """The files of an earlier export into the folder that are still as its manifest says; nobody else's are."""
    try:
        files = json.loads((path / "manifest.json").read_text(encoding="utf-8"))["files"]
        told = {name: one["sha256"] for name, one in files.items() if Path(name).name == name}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return [name for name, sha256 in told.items() if (path / name).is_file() and sha256_of(path / name) == sha256]


def _at_work(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _replace(file: Path, lines: Iterable[str]) -> None:
    """The file has the new lines or the old ones, also after a power cut. What a killed export left there goes."""
    for left in file.parent.glob(f".{file.name}.*.tmp"):
        if not _at_work(left.name.split(".")[-2]):
            left.unlink(missing_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    alone = not file.parent.stat().st_mode & 0o077  # the folder is for its owner alone, as that of a run is
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if alone else 0o666), "wb") as out:
            if alone:
                os.fchmod(out.fileno(), 0o600)  # whatever the umask
            for line in lines:
                out.write(line.translate(_ENDS).encode("utf-8", "replace"))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
