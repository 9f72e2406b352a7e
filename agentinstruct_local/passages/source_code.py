"""The structure of program sources: functions and classes as headings, docstrings and comments as text."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from itertools import pairwise

from agentinstruct_local.records import Span

from .blocks import Block, parse

_TOP = re.compile(r"^(?![ \t\n}\])#/*])", re.MULTILINE)
_NAME = re.compile(
    r"\b(?:function|func|fn|class|struct|enum|interface|trait|impl|def|module|sub|CREATE (?:TABLE|VIEW))\s+([\w.:<>]+)"
    r"|(\w+)[ \t]*\([^;{()]{0,300}\)\s{0,3}\{"
)
_MAX_SOURCE = 2_000_000

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def parse_source(text: str, media_type: str) -> list[Block]:
    """The blocks of a source: an empty heading with a title before every function and class."""
    if media_type == "text/x-python" and len(text) <= _MAX_SOURCE:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return list(_chunks(text))
        return list(_Python(text).blocks(tree))
    return list(_chunks(text))


class _Python:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def place(self, row: int, column: int) -> int:
        """Offset of a place that ast gives, whose columns count UTF-8 bytes."""
        line = self.lines[row - 1]
        return self.starts[row - 1] + len(line.encode()[:column].decode("utf-8", "ignore"))

    def bounds(self, node: ast.stmt) -> Span:
        """Where a statement starts and ends."""
        end = self.place(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return self.place(node.lineno, node.col_offset), end

    def blocks(self, tree: ast.Module) -> Iterator[Block]:
        """The module's own text first, then each definition with what is before it."""
        yield from self._body(tree, 0, len(self.text), 1, "")

    def _body(self, node: ast.Module | Definition, start: int, end: int, level: int, path: str) -> Iterator[Block]:
        at = start
        if node.body and ast.get_docstring(node, clean=False) is not None:
            begin, finish = self.bounds(node.body[0])
            yield from self._code(at, begin)
            yield from self._docstring(begin, finish)
            at = finish
        for child in node.body:
            if not isinstance(child, Definition):
                continue
            row = min([child.lineno, *(one.lineno for one in child.decorator_list)])
            begin, finish = self.starts[row - 1], self.bounds(child)[1]
            if begin < at:
                continue
            yield from self._code(at, begin)
            name = f"{path}.{child.name}" if path else child.name
            kind = "class" if isinstance(child, ast.ClassDef) else "function"
            yield Block(kind="heading", start=begin, end=begin, level=level, title=f"{kind} {name}")
            if isinstance(child, ast.ClassDef):
                yield from self._body(child, begin, finish, level + 1, name)
            else:
                yield from self._function(child, begin, finish)
            at = finish
        yield from self._code(at, end)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, start: int, end: int) -> Iterator[Block]:
        if ast.get_docstring(node, clean=False) is None:
            yield from self._code(start, end)
            return
        begin, finish = self.bounds(node.body[0])
        yield from self._code(start, begin)
        yield from self._docstring(begin, finish)
        yield from self._code(finish, end)

    def _docstring(self, start: int, end: int) -> Iterator[Block]:
        quoted = re.match(r"[A-Za-z]{0,2}(\"\"\"|'''|\"|')", self.text[start:end])
        mark = len(quoted[1]) if quoted else 0
        inner = self.text[start + (quoted.end() if quoted else 0) : end - mark]
        for block in parse(inner, "text/x-rst", start + (quoted.end() if quoted else 0)):
            # A heading inside a docstring is none of the file: what follows still belongs to the function.
            yield Block(kind="text", start=block.inner, end=block.close) if block.kind == "heading" else block

    def _code(self, start: int, end: int) -> Iterator[Block]:
        yield from _code_block(self.text, start, end)


def _chunks(text: str) -> Iterator[Block]:
    """Any other language: pieces that begin at the left margin after a blank line."""
    starts = [found.start() for found in _TOP.finditer(text) if text.startswith("\n\n", found.start() - 2)]
    bounds = sorted({0, *starts, len(text)})
    for start, end in pairwise(bounds):
        found = _NAME.search(text, start, min(end, start + 2000))
        if found:
            yield Block(kind="heading", start=start, end=start, level=1, title=found[1] or found[2])
        yield from _code_block(text, start, end)


def _code_block(text: str, start: int, end: int) -> Iterator[Block]:
    while start < end and text[start] in "\n \t":
        start = text.find("\n", start, end) + 1 if text[start] == "\n" else start + 1
        if start == 0:
            return
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end and any(map(str.isalnum, text[start:end])):
        yield Block(kind="code", start=start, end=end, inner=start, close=end)
