"""LaTeX sources: headings, paragraphs, lists, tables and listings, as Markdown; formulas stay as they are written."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ._tables import markdown
from .content import Content, Unreadable, clean, decode, tidy

MEDIA_TYPES = {".tex": "application/x-tex"}
SUFFIXES = tuple(MEDIA_TYPES)

_LONGEST = 2_000_000  # characters; the parser takes some five seconds for as many
_LEVELS = {
    "part": 1,
    "chapter": 1,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
}
_LISTING = re.compile(r"\\begin\{(verbatim\*?|Verbatim|lstlisting|minted|alltt)\}")
_OPTIONS = re.compile(r"^(?:\[[^\]\n]{0,300}\]|\{[^}\n]{0,60}\}){1,2}")
_MARK = re.compile("[\ue000-\ue002]")
_KEPT = re.compile("\ue000(\\d+)\ue001")
_SILENT = re.compile(
    r"\\(?:label|pageref|index|vspace|hspace|bibliographystyle|bibliography|pagestyle|thispagestyle|href|cline)\*?"
    r"\{[^{}\n]{0,500}\}"
    r"|\\(?:multicolumn|multirow)\{[^{}\n]{0,20}\}\{[^{}\n]{0,40}\}"
    r"|\\cmidrule(?:\([lr]{0,2}\))?\{[^{}\n]{0,20}\}"
    r"|[~ ]?\\(?:cite|citep|parencite|autocite|footcite|nocite)\*?(?:\[[^\]\n]{0,100}\]){0,2}\{[^{}\n]{0,500}\}"
)
"""What says nothing to a reader, with its argument; links and joined cells keep the last one, which is text."""
_GAP = re.compile(r"[ \t\xa0]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_TITLE = re.compile(r"\\title(?:\[[^\]\n]{0,200}\])?\{([^{}]{0,300}(?:\{[^{}]{0,300}\}[^{}]{0,300}){0,5})\}")
_WITH_TEXT = ("textsf", "textmd", "textup", "textnormal", "underline", "mbox", "enquote", "caption")
_NOT_TEXT = ("figure", "figure*", "tikzpicture", "thebibliography", "filecontents", "filecontents*", "comment")
_TABLES = ("tabular", "tabular*", "tabularx")


def read(data: bytes, name: str) -> Content:
    """The text of the document environment, or all of it; no other file is read. Raises Unreadable."""
    source = _MARK.sub("", clean(decode(data)))
    if len(source) > _LONGEST:
        raise Unreadable("too_large", f"more than {_LONGEST:,} characters of LaTeX")
    found = _TITLE.search(source)
    head, begins, body = source.partition("\\begin{document}")
    body, listings = _set_listings_apart((body if begins else head).partition("\\end{document}")[0])
    text = _words(_SILENT.sub("", body).replace("{longtable}", "{tabular}"))
    lines = (_GAP.sub(" ", line).strip() for line in text.split("\n"))  # indented lines would look like code
    text = _BLANK_LINES.sub("\n\n", "\n".join(lines))
    text = _KEPT.sub(lambda mark: listings[int(mark[1])] if int(mark[1]) < len(listings) else "", text)
    return Content(text=tidy(clean(text)), title=" ".join(_words(found[1]).split()) if found else "")


def _words(source: str) -> str:
    from pylatexenc.latex2text import LatexNodes2Text

    writer = LatexNodes2Text(latex_context=_context(), math_mode="verbatim", keep_comments=False)
    return str(writer.latex_to_text(source, tolerant_parsing=True))


def _set_listings_apart(source: str) -> tuple[str, list[str]]:
    """The source with a mark for each listing, and the listings as fenced code: nothing in them is LaTeX."""
    parts: list[str] = []
    listings: list[str] = []
    at = 0
    for begin in _LISTING.finditer(source):
        if begin.start() < at:
            continue
        close = f"\\end{{{begin[1]}}}"
        end = source.find(close, begin.end())
        if end < 0:
            break
        code = source[begin.end() : end]
        if begin[1] in ("lstlisting", "minted", "Verbatim"):
            code = _OPTIONS.sub("", code)
        parts += [source[at : begin.start()], f"\n\n\ue000{len(listings)}\ue001\n\n"]
        listings.append("```\n" + code.strip("\n") + "\n```")
        at = end + len(close)
    return "".join([*parts, source[at:]]), listings


@cache
def _context() -> Any:
    """How the parser's nodes become text where its own way loses headings, tables or items; the parser goes by the name
    `l2tobj` of an argument."""
    from pylatexenc.latex2text import EnvironmentTextSpec, MacroTextSpec, get_default_latex_context_db

    def heading(level: int) -> Any:
        return lambda node, l2tobj: f"\n\n{'#' * level} {' '.join(_last(node, l2tobj).split())}\n\n"

    def table(node: Any, l2tobj: Any) -> str:
        return f"\n\n{_table(node, l2tobj)}\n\n"

    nothing = ["footnote", "footnotemark", "footnotetext", "maketitle", "tableofcontents", "today", "input", "include"]
    macros = [MacroTextSpec(name, simplify_repl=heading(level)) for name, level in _LEVELS.items()]
    macros += [
        MacroTextSpec(name, simplify_repl="") for name in (*nothing, "title", "author", "date", "includegraphics")
    ]
    macros += [MacroTextSpec(name, simplify_repl="[%s]") for name in ("ref", "eqref", "autoref", "cref", "Cref")]
    macros += [MacroTextSpec(name, discard=False) for name in _WITH_TEXT]
    macros += [
        MacroTextSpec("url", simplify_repl="%s"),
        MacroTextSpec("texttt", simplify_repl="`%s`"),
        MacroTextSpec("verb", simplify_repl=lambda node, l2tobj: f"`{_last(node, l2tobj)}`"),
        MacroTextSpec("item", simplify_repl=_item),
    ]
    environments = [EnvironmentTextSpec(name, simplify_repl=table) for name in _TABLES]
    environments += [EnvironmentTextSpec(name, discard=True) for name in _NOT_TEXT]
    context = get_default_latex_context_db()
    context.add_context_category("readers", macros=macros, environments=environments, prepend=True)
    return context


def _last(node: Any, l2tobj: Any) -> str:
    arguments = node.nodeargd.argnlist if node.nodeargd is not None else None
    return str(l2tobj.nodelist_to_text([arguments[-1]])) if arguments and arguments[-1] is not None else ""


def _item(node: Any, l2tobj: Any) -> str:
    name = _last(node, l2tobj)
    return f"\n- {name}: " if name else "\n- "


def _table(node: Any, l2tobj: Any) -> str:
    rows: list[list[list[Any]]] = [[[]]]
    for inner in node.nodelist:
        if getattr(inner, "specials_chars", "") == "&":
            rows[-1].append([])
        elif getattr(inner, "macroname", "") in ("\\", "tabularnewline"):
            rows.append([[]])
        else:
            rows[-1][-1].append(inner)
    return markdown([[l2tobj.nodelist_to_text(cell) for cell in row] for row in rows])
