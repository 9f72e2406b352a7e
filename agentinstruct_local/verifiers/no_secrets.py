"""A row shows no personal data and no secret of another document, and no invented one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentinstruct_local import privacy
from agentinstruct_local.privacy import MASK, Finding, Rules
from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.verifiers.fields import bad, context, good, paths, string


def verify(
    draft: Draft,
    *,
    fields: str | Sequence[str] = ("item.question", "answer.answer"),
    texts: Sequence[str] = (),
    rules: Rules | None = None,
) -> Verdict:
    """No key or password (secret_leaked), no other personal value (personal_leaked) and no mask (mask_invented) that
    the passage does not have. What a teacher made of the passage is no source for one.

    `texts` are looked at instead of `fields` where they are given; `rules` instead of the program's own.
    """
    rules = privacy.made(None) if rules is None else rules
    shown = [*texts] or [string(draft, path) for path in paths(fields)]
    own = "\n".join((draft.passage.text, context(draft), draft.passage.source))
    known: set[tuple[str, str]] | None = None
    for text in shown:
        for one in privacy.find(text, rules):
            if known is None:
                known = {found.key for found in privacy.find(own, rules)}
            if one.key not in known and not _stands_in(one, own):
                why = f"{one.rule.name} that the passage does not have: {_hidden(one)}"
                if one.rule.secret:
                    return bad("no_secrets", "secret_leaked", why)
                return bad("no_secrets", "personal_leaked", why)
        if invented := next((mask for mask in MASK.findall(text) if mask not in own), None):
            return bad("no_secrets", "mask_invented", f"the passage does not have {invented}")
    return good("no_secrets")


def _stands_in(one: Finding, own: str) -> bool:
    """Whether the value is there by itself, if not in a form that a rule finds."""
    return re.search(rf"(?<![^\s\"'(<\[=:,]){re.escape(one.value)}(?![\w@-])", own) is not None


def _hidden(one: Finding) -> str:
    """Its first two characters and how long it is: verdicts are read by people who need not know the rest."""
    return f"{one.value[:2]}... ({len(one.value)} characters)"
