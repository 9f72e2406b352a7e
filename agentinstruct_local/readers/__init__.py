"""Readers: a module a format, with SUFFIXES, MEDIA_TYPES and `read(data, name) -> Content`. The folder is the registry.

An archive has `members(data)` instead: the name of each file in it, and how to get its bytes.
"""

from __future__ import annotations

from ._formats import readers, suffix_of
from .collect import Collection, Unread, collect
from .content import Content, Unreadable

__all__ = ["Collection", "Content", "Unread", "Unreadable", "collect", "readers", "suffix_of"]
