"""From blocks to the spans of passages: sections first, then as much of a section as fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from agentinstruct_local.records import Span

from .blocks import Block
from .boilerplate import is_boilerplate, is_section
from .lines import section_depth
from .units import code_pieces, sentences

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Blocks that stand together in a passage, and the headings above them."""

    path: Path
    blocks: tuple[Block, ...]
    tokens: int

    @property
    def span(self) -> Span:
        """From its first block to its last."""
        return self.blocks[0].start, self.blocks[-1].end


def pieces(text: str, blocks: Sequence[Block], count: Callable[[str], int], most: int, least: int) -> list[Piece]:
    """The pieces of a document in order, of at most `most` tokens and, where that can be, at least `least`."""
    packed = [piece for section in _sections(text, blocks) for piece in _packed(text, section, count, most)]
    return _merged(text, packed, count, most, least)


def _sections(text: str, blocks: Sequence[Block]) -> Iterator[tuple[Path, list[Block]]]:
    """Runs of blocks under one heading, the heading first. Boilerplate ends a run and is left out."""
    stack: list[tuple[int, int, str]] = []  # level, depth by number, title
    run: list[Block] = []
    path: Path = ()
    for block in blocks:
        if block.kind == "heading":
            if run:
                yield path, run
            depth = section_depth(block.title)
            while stack and _closes(stack[-1], block.level, depth):
                stack.pop()
            stack.append((block.level, depth, " ".join(block.title.split())))
            path = tuple(title for _, _, title in stack)
            run = [block]
        elif any(map(is_section, path)) or is_boilerplate(text, block):
            if any(one.kind != "heading" for one in run):
                yield path, run
            run = []
        else:
            run.append(block)
    if run:
        yield path, run


def _closes(open_heading: tuple[int, int, str], level: int, depth: int) -> bool:
    """Whether a heading ends the section above it. Numbers tell more than the size of the letters."""
    above_level, above_depth, _ = open_heading
    if depth and above_depth:
        return above_depth >= depth
    return above_level >= level


def _packed(text: str, section: tuple[Path, list[Block]], count: Callable[[str], int], most: int) -> Iterator[Piece]:
    path, blocks = section
    if all(block.kind == "heading" for block in blocks):
        yield Piece(path=path, blocks=tuple(blocks), tokens=count(text[blocks[0].start : blocks[-1].end]))
        return
    parts = [part for block in blocks for part in _parts(text, block, count, most)]
    total = sum(tokens for _, tokens in parts)
    aim = min(most, math.ceil(total / max(1, math.ceil(total / most)) * 1.15))
    run: list[Block] = []
    held = 0
    for number, (block, alone) in enumerate(parts):
        # What lies between two blocks counts too.
        tokens = count(text[run[-1].end : block.end] + "\n\n") if run else alone
        leads = block.kind == "text" and text[block.end - 1] == ":" and number + 1 < len(parts)
        ahead = parts[number + 1][1] if leads else 0  # "as follows:" goes with what follows
        full = held + tokens > most or (held > aim / 2 and held + tokens + ahead > aim)
        if run and full:
            if any(one.kind != "heading" for one in run):
                yield Piece(path=path, blocks=tuple(run), tokens=held)
            run, held, tokens = [], 0, alone
        run.append(block)
        held += tokens
    if run:
        yield Piece(path=path, blocks=tuple(run), tokens=held)


def _parts(text: str, block: Block, count: Callable[[str], int], most: int) -> Iterator[tuple[Block, int]]:
    """A block with its tokens; one that is too long in parts that are cut between sentences, rows or lines.

    A sentence that alone is too long for a passage is left out.
    """
    tokens = count(text[block.start : block.end] + "\n\n")
    if tokens <= most:
        yield block, tokens
        return
    spans: list[Span]
    if block.kind in ("text", "item"):
        spans = sentences(text, block.start, block.end)
    elif block.kind == "code":
        spans = code_pieces(text, block.inner, block.close)
    else:
        spans, place = [], block.start
        for line in text[block.start : block.end].split("\n"):
            spans.append((place, place + len(line)))
            place += len(line) + 1
    start, end, held = 0, 0, 0
    for span in spans:
        more = count(text[end if held else span[0] : span[1]] + "\n")
        if held and held + more > most:
            yield _cut(block, start, end), held
            held, more = 0, count(text[span[0] : span[1]] + "\n")
        if more > most:
            continue
        start, end, held = (start if held else span[0]), span[1], held + more
    if held:
        yield _cut(block, start, end), held


def _cut(block: Block, start: int, end: int) -> Block:
    inner = max(start, block.inner)
    if block.kind == "item" and start > block.inner:
        return replace(block, kind="text", start=start, end=end)
    return replace(block, start=start, end=end, inner=inner, close=end)


def _merged(text: str, packed: Sequence[Piece], count: Callable[[str], int], most: int, least: int) -> list[Piece]:
    """Small neighbours under one parent become one piece, which then begins with its first heading."""
    small = max(least, most // 3)
    done: list[Piece] = []
    for piece in packed:
        last = done[-1] if done else None
        gap = count(text[last.span[1] : piece.span[0]]) if last and piece.span[0] - last.span[1] < 200 else most
        if last and last.tokens + gap + piece.tokens <= most and not _between(text, last, piece):
            shared = _shared(last.path, piece.path)
            kin = len(shared) >= max(1, min(len(last.path), len(piece.path)) - 1) or not (last.path and piece.path)
            tiny = min(last.tokens, piece.tokens) < least
            if (kin and (last.tokens < small or piece.tokens < least)) or (tiny and (shared or last.tokens < least)):
                tokens = last.tokens + gap + piece.tokens
                done[-1] = Piece(path=shared, blocks=(*last.blocks, *piece.blocks), tokens=tokens)
                continue
        done.append(piece)
    return [trimmed for piece in done if (trimmed := _without_own_heading(piece)) is not None]


def _between(text: str, last: Piece, piece: Piece) -> bool:
    """Whether something that was left out lies between two pieces."""
    return len(text[last.span[1] : piece.span[0]].strip("`~-=*_#+. \t\n|:\"'")) > 0


def _shared(left: Path, right: Path) -> Path:
    return tuple(pair[0] for pair in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))


def _without_own_heading(piece: Piece) -> Piece | None:
    """The path already says what the first headings say; a heading at the end belongs to what was cut off."""
    blocks = list(piece.blocks)
    while blocks and blocks[-1].kind == "heading":
        blocks.pop()
    while blocks and blocks[0].kind == "heading" and " ".join(blocks[0].title.split()) in piece.path:
        blocks.pop(0)
    return replace(piece, blocks=tuple(blocks)) if blocks else None
