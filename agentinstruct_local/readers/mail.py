"""E-mail: single messages (.eml) and mailboxes (.mbox), without what they quote and attach."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from . import html
from .content import Content, Unreadable, clean, decode, tidy

MEDIA_TYPES = {".eml": "message/rfc822", ".mbox": "application/mbox"}
SUFFIXES = tuple(MEDIA_TYPES)

_START = re.compile(rb"(?:\A|\n\r?\n)From [^\n]{1,500}\b\d{4}\b[^\n]{0,100}\n")
_SAYS = re.compile(r"^(?:On|Am|Le) [^\n]{5,300}(?:wrote|schrieb[^\n]{0,80}|a écrit) ?:$")
"""The line above a quoted message."""
_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)  # how a mailbox writes such a line of a message
_LOCKED = ("multipart/encrypted", "application/pkcs7-mime")
_BLANK_LINES = re.compile(r"\n{3,}")
_LONGEST_HEADER = 2000
_MAX_PARTS = 1000


def read(data: bytes, name: str) -> Content:
    """A message; or the messages of a mailbox, each a section. Raises Unreadable."""
    if not name.lower().endswith(".mbox"):
        message = email.message_from_bytes(data)
        text = _section(message)
        if not text and message.get_content_type() in _LOCKED:
            raise Unreadable("encrypted", "its text is encrypted")
        return Content(text=text, title=_header(message, "Subject"))
    found = list(_START.finditer(data))
    if not found and data.strip():
        raise Unreadable("damaged", "no message begins in it")
    spans = zip(found, [*(one.start() for one in found[1:]), len(data)], strict=True)
    raw = (_FROM.sub(rb"\1", data[one.end() : end]) for one, end in spans)
    return Content(text=tidy("\n\n".join(filter(None, (_section(email.message_from_bytes(one)) for one in raw)))))


def _section(message: Message) -> str:
    """A message under its subject; nothing where it has no text."""
    body = _body(message)
    subject = _header(message, "Subject")
    blocks = (f"# {subject}" if subject else "", _from_when(message), body) if body else ()
    return tidy(clean("\n\n".join(filter(None, blocks))))


def _body(message: Message) -> str:
    plain: list[str] = []
    pages: list[str] = []
    for part in _inline(message):
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            try:
                text = clean(decode(payload, part.get_content_charset() or ""))
            except Unreadable:  # bytes that only claim to be text are an attachment
                continue
            (plain if part.get_content_subtype() == "plain" else pages).append(text)
    text = "\n\n".join(_without_quotes(one) for one in plain).strip()
    return text or "\n\n".join(html.extract(page).text for page in pages).strip()


def _inline(message: Message) -> Iterator[Message]:
    """The parts that hold text of the message itself: no attachment, no message that it forwards."""
    stack = [message]
    seen = 0
    while stack and seen < _MAX_PARTS:
        part = stack.pop()
        seen += 1
        if part.get_content_maintype() == "multipart":
            inner = part.get_payload()
            stack.extend(one for one in reversed(inner if isinstance(inner, list) else []) if isinstance(one, Message))
        attached = part.get_content_disposition() == "attachment" or part.get_filename()
        if part.get_content_type() in ("text/plain", "text/html") and not attached:
            yield part


def _without_quotes(text: str) -> str:
    kept: list[str] = []
    for line in text.split("\n"):
        if not line.startswith(">"):
            kept.append(line)
            continue
        for back in range(1, min(3, len(kept) + 1)):  # above the quotation, or a blank line between
            if _SAYS.match(kept[-back].strip()):
                del kept[-back:]
                break
    return _BLANK_LINES.sub("\n\n", tidy("\n".join(kept)))


def _from_when(message: Message) -> str:
    """One line of who wrote and when; the address only where there is no name."""
    name, address = parseaddr(_header(message, "From"))
    try:
        when = f"{parsedate_to_datetime(_header(message, 'Date')):%Y-%m-%d %H:%M}"
    except (TypeError, ValueError, IndexError, OverflowError):
        when = ""
    parts = [part for part in (name or address, when) if part]
    return f"From: {', '.join(parts)}" if parts else ""


def _header(message: Message, name: str) -> str:
    """A header in plain words, on one line and not endless."""
    raw = " ".join(str(message.get(name, "")).split())[:_LONGEST_HEADER]
    try:
        parts = decode_header(raw)
        words = "".join(
            part if isinstance(part, str) else part.decode(charset or "latin-1", "replace") for part, charset in parts
        )
    except (HeaderParseError, ValueError, LookupError):
        words = raw
    return " ".join(clean(words).split())
