"""Personal data and secrets: rules that find them, masks that stand in for them."""

from __future__ import annotations

from .finding import Finding, find, kinds
from .masks import MASK, Masks
from .rules import Rule, Rules, made, wanted

__all__ = ["MASK", "Finding", "Masks", "Rule", "Rules", "find", "kinds", "made", "wanted"]
