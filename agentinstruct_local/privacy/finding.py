"""Finds personal data and secrets in a text, by rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentinstruct_local.privacy.checks import CHECKS
from agentinstruct_local.privacy.rules import Rule, Rules
from agentinstruct_local.records import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A value that counts as personal data or as a secret, and where it stands."""

    rule: Rule
    span: Span
    value: str

    @property
    def key(self) -> tuple[str, str]:
        """Equal for two findings of the same value."""
        return self.rule.name, self.rule.key(self.value)


def find(text: str, rules: Rules) -> list[Finding]:
    """All values in the text, in order and not overlapping.

    Those that do overlap become one, named after the secret among them, or else the longest.
    """
    found = sorted((one for rule in rules for one in _of_rule(text, rule)), key=lambda one: (one.span[0], -one.span[1]))
    kept: list[Finding] = []
    for one in found:
        if kept and one.span[0] < kept[-1].span[1]:
            kept[-1] = _joined(text, kept[-1], one)
        else:
            kept.append(one)
    return kept


def kinds(texts: Sequence[str], rules: Rules) -> list[str]:
    """The names of the rules that find something in one of the texts, sorted."""
    return sorted({one.rule.name for text in texts for one in find(text, rules)})


def _of_rule(text: str, rule: Rule) -> Iterator[Finding]:
    group: str | int = "value" if "value" in rule.pattern.groupindex else 0
    for match in rule.pattern.finditer(text):
        value = match[group]
        start = match.start(group)
        if not value:
            continue
        if rule.check:
            value = value[: CHECKS[rule.check](value)]
        value = value.rstrip()
        if value and not (rule.but and rule.but.search(value)):
            yield Finding(rule=rule, span=(start, start + len(value)), value=value)


def _joined(text: str, one: Finding, other: Finding) -> Finding:
    start, end = one.span[0], max(one.span[1], other.span[1])
    first = max(one, other, key=lambda finding: (finding.rule.secret, finding.span[1] - finding.span[0]))
    return Finding(rule=first.rule, span=(start, end), value=text[start:end])
