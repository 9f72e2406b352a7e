"""What a single line of a text is: a heading, an item of a list, a rule, part of a table, code."""

from __future__ import annotations

import re

FENCE = re.compile(r"^\s{0,8}(`{3,}|~{3,})")
ITEM = re.compile(r"^(\s*)((?:[-*+•‣▪◦●–·]|\(?\d{1,3}[.)]|\(?[a-z][.)]|\((?:[ivx]{1,5}|[A-Z])\)|:)\s+)(?=\S)")
ATX = re.compile(r"^ {0,3}(#{1,6})\s+(\S.{0,300}?)\s*#*\s*$")
RULE = re.compile(r"^\s*([-*_=#~^\"+.])(?:\s?\1){2,}\s*$")
UNDERLINE = re.compile(r"^\s*([=\-~^\"*+#`:.])\1{2,}\s*$")
SEPARATOR = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?\s*$|^\s*\|\s*:?-{2,}:?\s*\|\s*$")
GRID = re.compile(r"^\s*\+[-=+]{3,}\+\s*$")
RULED = re.compile(r"^\s*={2,}(?: +={2,})+\s*$")  # the rules of a simple table of reStructuredText
_NUMBERED = re.compile(
    r"^\s*((?:Chapter|CHAPTER|Appendix|APPENDIX|Part|PART|Article|ARTICLE|Section|SECTION|Amendment|AMENDMENT|"
    r"Annex|ANNEX|Schedule|SCHEDULE)\s+[\dIVXLCA-Z]{1,6}\b[.:]?"
    r"|\d{1,2}(?:\.\d{1,3}){1,5}\.?|[A-H]\.\d{1,2}(?:\.\d{1,3})*\.?|\d{1,2}\.)(?:\s+|$)(.*)$"
)
_SECTION_NUMBER = re.compile(
    r"^((?:\d{1,3}|[A-H])(?:\.\d{1,3})*)\.?\s+\S|^(?:Chapter|Appendix|Part|Article|Amendment|Annex|Schedule)\s+[\dIVXLCA-Z]+\b",
    re.IGNORECASE,
)
DIRECTIVE = re.compile(r"^\s*\.\.(?:\s|$)")
GAP = re.compile(r"\S(?: {3,}|\t+)\S")
_CODE_LINE = re.compile(
    r"[{};\\]\s*$|^\s*(?:[$#>%]|>>>|\.\.\.)\s|\w\([^()]*\)\s*$|^\s*[./~][\w./-]+\s*$|\s--?\w[\w-]*|^\s*\w[\w-]*:\s+\S+\s*$|"
    r"^\s*(?:import|from|def|class|return|sudo|apt|git|cd|echo|if|for|while|#include)\s|^\s*</?\w+[^>]*>|"
    r"^\s*[\w.\[\]\"']+\s*[:+]?=\s*\S"
)


def section_depth(title: str) -> int:
    """How deep a numbered heading stands: 3 for "3.2.1 Title", 1 for "Chapter 3"; 0 without a number."""
    found = _SECTION_NUMBER.match(title.strip())
    return found[1].count(".") + 1 if found and found[1] else int(found is not None)


def looks_like_code(lines: list[str]) -> bool:
    """Whether lines read like a program, a terminal or a configuration file, and not like prose."""
    filled = [line[:200] for line in lines[:200] if line.strip()]
    if not filled:
        return False
    prose = sum(len(line.split()) >= 7 and line.rstrip()[-1:] in ".,;:" for line in filled)
    return sum(_CODE_LINE.search(line) is not None for line in filled) >= len(filled) / 2 > prose


def plain_heading(line: str, *, apart: bool) -> int:
    """The level of a line of plain text that is a heading, else 0. `apart`: there is much space above it.

    "3.2. Title", "Chapter 3" and "DESCRIPTION" are headings, and short lines that stand apart.
    """
    numbered = _NUMBERED.match(line)
    if len(line) > 90 or (line[-1] in ".,;:?!" and not (numbered and numbered[2] == "")):
        return 0
    if numbered:
        title = numbered[2]
        prose = title.startswith("*") or (title[:1].islower() and not title.startswith("i"))  # or an item in bold
        level = 2 if line.lower().startswith("section") else section_depth(line) or 2
        return 0 if prose or len(title.split()) > 12 else level
    if line.isupper() and len(line) > 3 and len(line.split()) <= 8 and not GAP.search(line):
        return 1
    return 2 if apart and line[0].isupper() and len(line.split()) <= 9 else 0
