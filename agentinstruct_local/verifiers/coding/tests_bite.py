"""The tests of an answer pass on the function of the question, and each broken copy of it fails one of them."""

from __future__ import annotations

import re

from agentinstruct_local import sandbox
from agentinstruct_local.records import Draft, Verdict
from agentinstruct_local.sandbox.mutants import mutants
from agentinstruct_local.verifiers.coding._code import blocks
from agentinstruct_local.verifiers.fields import bad, good, string

BY = "tests_bite"
_TEST = re.compile(r"^def (test_\w+)\(\):$", re.MULTILINE)


def verify(draft: Draft, *, of: str = "item") -> Verdict:
    """Reasons: code_unread (no function or no tests), code_unsupported, code_limit, code_fails (a test fails on the
    function as it is), tests_toothless (a broken copy passes them all)."""
    asked = (blocks(string(draft, f"{of}.question")) or [""])[-1]
    given = (blocks(string(draft, f"{of}.answer")) or [""])[0]
    names = _TEST.findall(given)
    start = next((at for at, line in enumerate(asked.split("\n")) if line.startswith("def ")), -1)
    if start < 0 or not names or len(set(names)) < len(names) or "assert" not in given:
        return bad(BY, "code_unread", "no function, or no tests of distinct names")
    calls = [f"{name}()" for name in names]
    for call, one in zip(("", *calls), sandbox.values(f"{asked}\n\n\n{given}", calls), strict=True):
        if one.kind != "value":
            reason = {"unsupported": "code_unsupported", "limit": "code_limit"}.get(one.kind, "code_fails")
            return bad(BY, reason, f"{call}: {one.error} {one.detail}")
    lines = asked.split("\n")
    setup, function = "\n".join(lines[:start]), "\n".join(lines[start:])
    broken = list(mutants(function))
    if not broken:
        return bad(BY, "code_unread", "nothing in the function can be broken")
    for mutant in broken:
        found = sandbox.values(f"{setup}\n{mutant.code}\n\n\n{given}", calls)
        if found[0].kind == "value" and all(one.kind == "value" for one in found):
            return bad(BY, "tests_toothless", f"line {mutant.line}: {mutant.wrong}")
    return good(BY, f"{len(broken)} broken copies")
