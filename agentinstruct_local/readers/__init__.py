"""Readers: one module a format with SUFFIXES, MEDIA_TYPES and `read(path) -> Content`. The folder is the registry."""

from __future__ import annotations

from .collect import Collection, Unread, collect, readers, suffix_of
from .content import Content, Unreadable

__all__ = ["Collection", "Content", "Unread", "Unreadable", "collect", "readers", "suffix_of"]
