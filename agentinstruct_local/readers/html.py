"""HTML: the main part of a page as Markdown, with its headings, lists and tables."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from .content import Content, clean, decode, tidy

MEDIA_TYPES = {".html": "text/html", ".htm": "text/html", ".xhtml": "text/html"}
SUFFIXES = tuple(MEDIA_TYPES)

_MAX_DEPTH = 200
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_XML_HEAD = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_NEVER = (
    "script", "style", "noscript", "template", "nav", "aside", "button", "select", "iframe", "object", "svg",
    "canvas", "audio", "video", "map", "head",
)  # fmt: skip
_ROLES = ("navigation", "banner", "contentinfo", "search", "menu", "menubar", "complementary")
_FURNITURE = re.compile(
    r"^(nav|navbar|navigation|navheader|navfooter|navlinks?|breadcrumbs?|menu|sidebar|sphinxsidebar|related|footer|"
    r"site-footer|site-header|toc|table-of-contents|contents-list|list-of-(figures|tables|examples)|headerlink|anchor|permalink|"
    r"skip-?links?|cookie\S*|consent\S*|share|social|advert\S*|ads?|comments|pagination|pager|mw-editsection|"
    r"footnote-reference|fn-backref|printfooter|catlinks)$",
    re.IGNORECASE,
)
_NOTES = frozenset({"footnote", "footnotes", "footnote-list", "doc-footnote", "doc-endnotes"})
_MAIN = "//main | //*[@role='main'] | //article | //*[@id='mw-content-text' or @id='bodyContent' or @id='main-content']"
_BLOCKS = ("p", "ul", "ol", "dl", "table", "div", "section", "td", "li")
_DROP_TAGS = "a img b strong i em u code tt kbd samp var span font sub sup cite q".split()  # noqa: SIM905


def read(data: bytes, name: str) -> Content:
    """The main part of a page; the whole visible text where it has no main part. Raises Unreadable."""
    named = _CHARSET.search(data[:4096])
    text = clean(decode(data, named[1].decode("ascii", "replace") if named else ""))
    return extract(text)


def extract(markup: str) -> Content:
    """The main part of an HTML page as Markdown."""
    import lxml.etree
    import lxml.html

    if not markup.strip():
        return Content(text="")
    parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = lxml.html.document_fromstring(_XML_HEAD.sub("", markup), parser=parser)
    except (lxml.etree.ParserError, ValueError):
        return Content(text="")
    if not root.text_content().strip():  # elements nested too deep for the parser
        return Content(text=tidy(clean(unescape(_TAG.sub(" ", markup)))).strip())
    title = " ".join((root.findtext(".//title") or "").split())
    whole = _visible(root)
    body = root.find("body")
    links = sum(map(str.isalnum, "".join(link.text_content() for link in root.iter("a"))))
    main = _main_part(body if body is not None else root)
    _prune(main)
    _set_notes_apart(main)
    text = _render(main)
    much = sum(map(str.isalnum, whole))
    if sum(map(str.isalnum, text)) < min(200, much // 4) and links < much / 2:
        text = whole
    heading = main.find(".//h1")
    return Content(text=text, title=title or (" ".join(heading.text_content().split()) if heading is not None else ""))


def _main_part(body: Any) -> Any:
    """The element that holds most of the text among those marked as main; the body where none does."""
    found = sorted(body.xpath(_MAIN), key=lambda element: len(element.text_content()), reverse=True)
    return found[0] if found and len(found[0].text_content()) > len(body.text_content()) / 3 else body


def _prune(main: Any) -> None:
    """Take out what is no part of the text: scripts, menus, link lists, permalinks, headers and footers of the site."""
    for table in main.iter("table"):
        if _is_layout(table):
            for part in table.iter("table", "thead", "tbody", "tfoot", "tr", "td", "th"):
                part.tag = "div"
    for quote in main.iter("blockquote"):
        quote.tag = "div"  # its lines would each begin with a mark, and a sentence would hold them
    for element in list(main.iter("p")):
        if _is_listing(element):
            element.tag = "pre"  # else a line of it that begins with "#" would be a heading
    for element in list(main.iter()):
        if element is main or not isinstance(element.tag, str):
            continue
        names = f"{element.get('class', '')} {element.get('id', '')}".split()
        hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
        site = element.tag in ("header", "footer") and element.find(".//h1") is None
        named = element.tag not in ("h1", "h2", "h3", "body") and any(_FURNITURE.match(name) for name in names)
        mark = element.tag == "sup" and element.find(".//a") is not None  # the number of a footnote
        other = mark or hidden or site or named or element.get("role") in _ROLES
        if element.tag in _NEVER or other or _is_link_list(element):
            parent = element.getparent()
            if parent is not None:
                element.drop_tree()


def _is_listing(element: Any) -> bool:
    """A paragraph that is nothing but one stretch of code."""
    alone = len(element) == 1 and element[0].tag in ("code", "tt", "samp", "kbd")
    beside = f"{element.text or ''}{element[0].tail or ''}".strip() if alone else ""
    return alone and not beside and element[0].find(".//br") is not None


def _set_notes_apart(main: Any) -> None:
    """Give footnotes a heading of their own: those at the end of a page do not belong to its last section."""
    import lxml.html

    notes = [element for element in main.iter() if element is not main and _is_note(element)]
    for element in notes:
        if not _is_note(element.getprevious()) and not any(map(_is_note, element.iterancestors())):
            heading = lxml.html.Element("h2")
            heading.text = "Footnotes"
            element.addprevious(heading)


def _is_note(element: Any) -> bool:
    if element is None or not isinstance(element.tag, str):
        return False
    return bool(_NOTES.intersection(element.get("class", "").split())) or element.get("role") in _NOTES


def _is_layout(table: Any) -> bool:
    """A table that only places things: it holds tables, code or headings, or never two filled cells side by side."""
    if table.find(".//table") is not None or table.find(".//pre") is not None or table.find(".//h2") is not None:
        return True
    return all(sum(bool(cell.text_content().strip()) for cell in row) < 2 for row in table.iter("tr"))


def _is_link_list(element: Any) -> bool:
    if element.tag not in ("ul", "ol", "dl", "table", "div", "p"):
        return False
    links = element.findall(".//a[@href]")
    whole = sum(map(str.isalnum, element.text_content()))
    inside = sum(map(str.isalnum, "".join(link.text_content() for link in links)))
    return len(links) > 2 and whole < 20000 and inside >= 0.8 * whole


def _visible(root: Any) -> str:
    """All text that a reader would see, block by block; nothing of the structure but paragraphs."""
    parts: list[str] = []
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if any(parent.tag in _NEVER for parent in (element, *element.iterancestors())):
            parts.append(element.tail or "" if element.tag in _NEVER else "")
            continue
        if element.tag in (*_BLOCKS, "br", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "tr"):
            parts.append("\n\n")
        parts.extend((element.text or "", element.tail or ""))
    blocks = (" ".join(block.split()) for block in "".join(parts).split("\n\n"))
    return clean("\n\n".join(block for block in blocks if block))


def _render(main: Any) -> str:
    import lxml.html
    from markdownify import MarkdownConverter

    if _too_deep(main):
        return ""
    options: dict[str, Any] = {
        "heading_style": "ATX",
        "bullets": "-",
        "strip": _DROP_TAGS,
        "escape_asterisks": False,
        "escape_underscores": False,
        "escape_misc": False,
        "table_infer_header": True,
    }
    markup = lxml.html.tostring(main, encoding="unicode", with_tail=False)
    return tidy(clean(MarkdownConverter(**options).convert(markup)))


def _too_deep(main: Any) -> bool:
    depth = 0
    stack = [(main, 1)]
    while stack and depth <= _MAX_DEPTH:
        element, depth = stack.pop()
        stack.extend((child, depth + 1) for child in element)
    return depth > _MAX_DEPTH
